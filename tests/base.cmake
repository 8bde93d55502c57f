unit_test(reader LINK base)
