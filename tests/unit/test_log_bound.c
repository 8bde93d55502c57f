#include "replication/log_bound.h"
#include "support/test.h"

/* The limits after @n entries of @size bytes each. */
static struct log_limits after(unsigned n, size_t size)
{
    struct log_bound b = { .threshold_max = 16384, .trailing_max = 8192 };
    struct log_limits limits = { 0 };

    for (unsigned i = 0; i < n; i++) {
        limits = log_bound_add(&b, size);
    }
    return limits;
}

TEST(small_entries_leave_the_limits_as_configured)
{
    struct log_limits limits = after(20000, 300);

    assert_int_equal(limits.threshold, 16384);
    assert_int_equal(limits.trailing, 8192);
}

TEST(large_entries_lower_both_limits)
{
    struct log_limits limits = after(20000, 64 * 1024);

    assert_in_range(limits.threshold, 400, 512);
    assert_in_range(limits.trailing, 200, 256);
}

TEST(the_log_in_memory_stays_within_its_bound_whatever_the_size)
{
    for (size_t size = 64; size <= 64 * 1024; size *= 2) {
        struct log_limits limits = after(10000, size);

        assert_true((limits.threshold + limits.trailing) * size <= LOG_BYTES_MAX);
    }
}

TEST(one_huge_entry_does_not_make_every_entry_a_snapshot)
{
    assert_true(after(1, 1024 * 1024).threshold >= LOG_THRESHOLD_MIN);
}

TEST(small_configured_limits_are_never_raised)
{
    struct log_bound b = { .threshold_max = 8, .trailing_max = 4 };
    struct log_limits limits = log_bound_add(&b, 1024 * 1024);

    assert_int_equal(limits.threshold, 8);
    assert_int_equal(limits.trailing, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_entries_leave_the_limits_as_configured),
        cmocka_unit_test(large_entries_lower_both_limits),
        cmocka_unit_test(the_log_in_memory_stays_within_its_bound_whatever_the_size),
        cmocka_unit_test(one_huge_entry_does_not_make_every_entry_a_snapshot),
        cmocka_unit_test(small_configured_limits_are_never_raised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
