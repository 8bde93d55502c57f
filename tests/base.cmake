unit_test(arena LINK base)
unit_test(reader LINK base)
