#include "base/instant.h"
#include "support/test.h"

static struct instant at(int64_t ms)
{
    return (struct instant){ ms };
}

TEST(never_is_later_than_everything_and_stays_never)
{
    assert_true(instant_is_never(instant_add_ms(INSTANT_NEVER, -1)));
    assert_true(instant_is_never(instant_add_seconds(INSTANT_NEVER, (struct seconds){ 5 })));
    assert_true(instant_before(at(INT64_MAX - 1), INSTANT_NEVER));
    assert_true(instant_is_never(instant_max(at(5), INSTANT_NEVER)));
}

TEST(sums_saturate_at_never)
{
    assert_true(instant_is_never(instant_add_ms(at(INT64_MAX - 1), 2)));
    assert_true(instant_is_never(instant_add_seconds(at(INT64_MAX - 5), (struct seconds){ 1 })));
    assert_int_equal(instant_add_ms(at(5), -7).ms, -2);
    assert_int_equal(instant_add_seconds(at(5), (struct seconds){ 2 }).ms, 2005);
}

TEST(rule_21_infinite_seconds_are_never_and_not_a_sum)
{
    assert_true(seconds_is_infinite(SECONDS_INFINITE));
    assert_true(instant_is_never(instant_add_seconds(at(0), SECONDS_INFINITE)));
    assert_true(seconds_is_infinite(instant_seconds_until(INSTANT_NEVER, at(1000))));
}

TEST(seconds_until_round_down_and_stop_at_zero)
{
    assert_int_equal(instant_seconds_until(at(5999), at(1000)).value, 4);
    assert_int_equal(instant_seconds_until(at(6000), at(1000)).value, 5);
    assert_int_equal(instant_seconds_until(at(1000), at(1000)).value, 0);
    assert_int_equal(instant_seconds_until(at(999), at(1000)).value, 0);
    assert_int_equal(instant_seconds_until(at(1000), at(INT64_MAX)).value, 0);
}

TEST(a_long_time_is_long_and_not_infinite)
{
    struct seconds s = instant_seconds_until(at(INT64_MAX - 1), at(0));

    assert_int_equal(s.value, UINT32_MAX - 1);
    assert_false(seconds_is_infinite(s));
}

TEST(order_and_equality_are_by_milliseconds)
{
    assert_true(instant_before(at(1), at(2)));
    assert_false(instant_before(at(2), at(2)));
    assert_true(instant_equal(at(2), at(2)));
    assert_int_equal(instant_max(at(1), at(2)).ms, 2);
    assert_int_equal(instant_max(at(2), at(1)).ms, 2);
}

TEST(formats_as_utc_with_milliseconds)
{
    char text[INSTANT_TEXT_MAX];

    assert_string_equal(instant_format(at(0), text), "1970-01-01T00:00:00.000Z");
    assert_string_equal(instant_format(at(1767323045678), text), "2026-01-02T03:04:05.678Z");
    assert_string_equal(instant_format(INSTANT_NEVER, text), "never");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_is_later_than_everything_and_stays_never),
        cmocka_unit_test(sums_saturate_at_never),
        cmocka_unit_test(rule_21_infinite_seconds_are_never_and_not_a_sum),
        cmocka_unit_test(seconds_until_round_down_and_stop_at_zero),
        cmocka_unit_test(a_long_time_is_long_and_not_infinite),
        cmocka_unit_test(order_and_equality_are_by_milliseconds),
        cmocka_unit_test(formats_as_utc_with_milliseconds),
    };

    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
