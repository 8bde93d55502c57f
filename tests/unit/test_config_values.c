#include "base/own.h"
#include "base/printable.h"
#include "server/config/problems.h"
#include "server/config/values.h"
#include "support/test.h"

TEST(a_duration_is_a_sum_of_units)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } rows[] = {
        {"0",            0            },
        { "10m",         600000       },
        { "1h30m",       5400000      },
        { "1w2d",        777600000    },
        { "500ms",       500          },
        { "1s500ms",     1500         },
        { "4294967293s", 4294967293000},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t ms = 1;

        assert_true(values_parse_duration(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

TEST(a_duration_without_a_unit_or_out_of_order_is_refused)
{
    static const char *const texts[] = { "",
                                         "10",
                                         "m",
                                         "10x",
                                         "10m1h",
                                         "1m1m",
                                         "-1s",
                                         "1 s",
                                         "1.5h",
                                         "4294967294s",
                                         "99999999999999999999s",
                                         "7102w",
                                         "1h30" };

    for (unsigned i = 0; i < ARRAY_LENGTH(texts); i++) {
        uint64_t ms = 0;

        assert_false(values_parse_duration(texts[i], &ms));
    }
}

TEST(a_range_has_two_addresses_or_one)
{
    struct ip4_range r = { .first = IP4_ANY };

    assert_true(values_parse_range("10.0.0.1-10.0.0.9", &r));
    assert_int_equal(r.first.value, 0x0a000001);
    assert_int_equal(r.last.value, 0x0a000009);
    assert_true(values_parse_range("10.0.0.1 - 10.0.0.2", &r));
    assert_int_equal(r.last.value, 0x0a000002);
    assert_true(values_parse_range("10.0.0.7", &r));
    assert_int_equal(r.first.value, r.last.value);
    assert_false(values_parse_range("10.0.0.7-", &r));
    assert_false(values_parse_range("10.0.0.1-10.0.0.2-10.0.0.3", &r));
    assert_false(values_parse_range("", &r));
}

TEST(an_endpoint_needs_an_address_and_a_port)
{
    struct ip4 a = IP4_ANY;
    uint16_t port = 0;

    assert_true(values_parse_endpoint("10.0.0.1:6767", &a, &port));
    assert_int_equal(a.value, 0x0a000001);
    assert_int_equal(port, 6767);
    assert_false(values_parse_endpoint("10.0.0.1", &a, &port));
    assert_false(values_parse_endpoint("10.0.0.1:0", &a, &port));
    assert_false(values_parse_endpoint("10.0.0.1:65536", &a, &port));
    assert_false(values_parse_endpoint("0.0.0.0:6767", &a, &port));
    assert_false(values_parse_endpoint("host:6767", &a, &port));
}

TEST(a_number_is_digits_up_to_the_limit)
{
    uint64_t n = 0;

    assert_true(values_parse_number("255", 255, &n));
    assert_int_equal(n, 255);
    assert_false(values_parse_number("256", 255, &n));
    assert_false(values_parse_number("18446744073709551616", UINT64_MAX, &n));
    assert_true(values_parse_number("18446744073709551615", UINT64_MAX, &n));
    assert_false(values_parse_number("0x10", 255, &n));
    assert_false(values_parse_number("", 255, &n));
}

TEST(the_distance_counts_edits_and_swaps)
{
    assert_int_equal(edit_distance("pools", "pools"), 0);
    assert_int_equal(edit_distance("pool", "pools"), 1);
    assert_int_equal(edit_distance("opols", "pools"), 1);
    assert_int_equal(edit_distance("", "abc"), 3);
    assert_int_equal(edit_distance("kitten", "sitting"), 3);
    assert_int_equal(edit_distance("delay-treshold", "delay-threshold"), 1);
    assert_int_equal(edit_distance("a-name-that-is-longer-than-forty-characters-is", "pools"), 32);
}

TEST(the_nearest_name_is_offered_when_it_is_near)
{
    struct nearest n = nearest_of("domain-name-server");
    struct nearest far = nearest_of("xyz");

    nearest_try(&n, "domain-name");
    nearest_try(&n, "domain-name-servers");
    nearest_try(&n, "routers");
    assert_string_equal(n.best, "domain-name-servers");
    nearest_try(&far, "routers");
    assert_null(far.best);
}

TEST(problems_are_ordered_and_counted_beyond_their_limit)
{
    static struct config_problems problems;
    char line[PROBLEM_LINE_MAX];

    for (unsigned i = 0; i < PROBLEMS_MAX + 5; i++) {
        problems_add(&problems, (struct config_place){ 1000 - i, 1 }, "number %u", i);
    }
    assert_int_equal(problems.n, PROBLEMS_MAX + 5);
    assert_int_equal(problems_kept(&problems), PROBLEMS_MAX);
    problems_sort(&problems);
    assert_string_equal(
        problem_format(&problems.list[0], "a.yaml", line), "a.yaml:901:1: number 99");
}

TEST(printable_text_has_no_control_bytes)
{
    static const uint8_t raw[] = { 'a', ' ', 0x1b, '[', '\\', 0, 0xff, '\n' };
    char out[64];
    char tight[8];

    assert_string_equal(
        printable((struct bytes){ raw, sizeof raw }, out, sizeof out),
        "a \\x1b[\\\\\\x00\\xff\\x0a");
    assert_string_equal(printable(bytes_of_text("abcdefgh"), tight, sizeof tight), "abcd...");
    assert_string_equal(printable(bytes_of_text("abcdefg"), tight, sizeof tight), "abcdefg");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_is_a_sum_of_units),
        cmocka_unit_test(a_duration_without_a_unit_or_out_of_order_is_refused),
        cmocka_unit_test(a_range_has_two_addresses_or_one),
        cmocka_unit_test(an_endpoint_needs_an_address_and_a_port),
        cmocka_unit_test(a_number_is_digits_up_to_the_limit),
        cmocka_unit_test(the_distance_counts_edits_and_swaps),
        cmocka_unit_test(the_nearest_name_is_offered_when_it_is_near),
        cmocka_unit_test(problems_are_ordered_and_counted_beyond_their_limit),
        cmocka_unit_test(printable_text_has_no_control_bytes),
    };

    return cmocka_run_group_tests_name("config_values", tests, NULL, NULL);
}
