#include "base/ip4.h"
#include "base/own.h"
#include "support/test.h"

static struct ip4_prefix prefix(const char *text)
{
    struct ip4_prefix p = { .length = 0 };

    assert_true(ip4_prefix_parse(text, &p));
    return p;
}

TEST(reads_four_octets_and_nothing_else)
{
    static const char *const wrong[] = { "",         "1",         "1.2.3",     "1.2.3.4.5",
                                         "1.2.3.4 ", " 1.2.3.4",  "1.2.3.256", "01.2.3.4",
                                         "1.2.3.",   ".1.2.3",    "1..2.3",    "1.2.3.-4",
                                         "1.2.3.4a", "0x1.2.3.4", "1.2.3.999", "1.2.3.4294967296" };
    struct ip4 a = IP4_ANY;

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_false(ip4_parse(wrong[i], &a));
        assert_true(ip4_is_any(a));
    }
    assert_true(ip4_parse("192.168.1.20", &a));
    assert_int_equal(a.value, 0xc0a80114);
    assert_true(ip4_parse("0.0.0.0", &a));
    assert_true(ip4_is_any(a));
    assert_true(ip4_parse("255.255.255.255", &a));
    assert_true(ip4_equal(a, IP4_BROADCAST));
}

TEST(what_is_formatted_is_what_is_read)
{
    static const uint32_t values[] = { 0, 1, 0x0a000001, 0x7f000001, 0xc0a801fe, 0xffffffff };

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        char text[IP4_TEXT_MAX];
        struct ip4 a = IP4_ANY;

        assert_true(ip4_parse(ip4_format(ip4_of(values[i]), text), &a));
        assert_int_equal(a.value, values[i]);
    }
}

TEST(a_prefix_has_no_host_bits)
{
    static const char *const wrong[] = { "10.0.0.1/8",  "10.0.0.0/33", "10.0.0.0", "10.0.0.0/",
                                         "10.0.0.0/8x", "10.0.0.0/08", "10.0.0/8", "0.0.0.1/0" };
    struct ip4_prefix p = { .length = 77 };

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_false(ip4_prefix_parse(wrong[i], &p));
        assert_int_equal(p.length, 77);
    }
}

TEST(a_prefix_knows_its_mask_last_address_and_members)
{
    static const struct {
        const char *text;
        uint32_t mask, last;
    } rows[] = {
        {"0.0.0.0/0",         0,          0xffffffff},
        { "10.0.0.0/8",       0xff000000, 0x0affffff},
        { "192.168.1.0/24",   0xffffff00, 0xc0a801ff},
        { "192.168.1.128/25", 0xffffff80, 0xc0a801ff},
        { "192.168.1.4/31",   0xfffffffe, 0xc0a80105},
        { "192.168.1.5/32",   0xffffffff, 0xc0a80105},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct ip4_prefix p = prefix(rows[i].text);

        assert_int_equal(ip4_prefix_mask(p).value, rows[i].mask);
        assert_int_equal(ip4_prefix_last(p).value, rows[i].last);
        assert_true(ip4_prefix_contains(p, p.network));
        assert_true(ip4_prefix_contains(p, ip4_prefix_last(p)));
        assert_int_equal(ip4_prefix_contains(p, ip4_of(rows[i].last + 1)), p.length == 0);
    }
}

TEST(prefixes_overlap_when_one_is_in_the_other)
{
    assert_true(ip4_prefix_overlaps(prefix("10.0.0.0/8"), prefix("10.1.0.0/16")));
    assert_true(ip4_prefix_overlaps(prefix("10.1.0.0/16"), prefix("10.0.0.0/8")));
    assert_true(ip4_prefix_overlaps(prefix("0.0.0.0/0"), prefix("10.1.0.0/16")));
    assert_false(ip4_prefix_overlaps(prefix("10.0.0.0/16"), prefix("10.1.0.0/16")));
}

TEST(a_range_includes_both_its_ends)
{
    struct ip4_range r = { ip4_of(10), ip4_of(12) };
    struct ip4_range all = { IP4_ANY, IP4_BROADCAST };

    assert_false(ip4_range_contains(r, ip4_of(9)));
    assert_true(ip4_range_contains(r, ip4_of(10)));
    assert_true(ip4_range_contains(r, ip4_of(12)));
    assert_false(ip4_range_contains(r, ip4_of(13)));
    assert_int_equal(ip4_range_size(r), 3);
    assert_true(ip4_range_size(all) == UINT64_C(1) << 32);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_four_octets_and_nothing_else),
        cmocka_unit_test(what_is_formatted_is_what_is_read),
        cmocka_unit_test(a_prefix_has_no_host_bits),
        cmocka_unit_test(a_prefix_knows_its_mask_last_address_and_members),
        cmocka_unit_test(prefixes_overlap_when_one_is_in_the_other),
        cmocka_unit_test(a_range_includes_both_its_ends),
    };

    return cmocka_run_group_tests_name("ip4", tests, NULL, NULL);
}
