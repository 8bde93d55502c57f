#include "server/io/moderation.h"
#include "support/test.h"

enum { START_MS = 1000000 };

/* What is said after @n datagrams in each of @ms milliseconds from @at_ms on. */
static bool after(struct moderation *m, int64_t at_ms, int64_t ms, unsigned n)
{
    bool is_fast = false;

    for (int64_t i = 0; i < ms; i++) {
        is_fast = moderation_note(m, (struct instant){ at_ms + i }, n);
    }
    return is_fast;
}

TEST(few_datagrams_are_read_at_once)
{
    struct moderation m = { .n = 0 };

    assert_false(after(&m, START_MS, 1000, 3));
}

TEST(many_are_read_in_batches_within_two_windows)
{
    struct moderation m = { .n = 0 };

    assert_true(after(&m, START_MS, 2 * MODERATION_WINDOW_MS, 5));
    assert_true(after(&m, START_MS + 2 * MODERATION_WINDOW_MS, 1000, 5));
}

TEST(a_burst_after_a_quiet_time_is_read_at_once)
{
    struct moderation m = { .n = 0 };

    assert_false(after(&m, START_MS, 1, 1));
    assert_false(after(&m, START_MS + 60000, 1, 200));
}

TEST(when_they_stop_the_next_is_read_at_once)
{
    struct moderation m = { .n = 0 };

    assert_true(after(&m, START_MS, 100, 20));
    assert_false(after(&m, START_MS + 100, 2 * MODERATION_WINDOW_MS, 0));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_datagrams_are_read_at_once),
        cmocka_unit_test(many_are_read_in_batches_within_two_windows),
        cmocka_unit_test(a_burst_after_a_quiet_time_is_read_at_once),
        cmocka_unit_test(when_they_stop_the_next_is_read_at_once),
    };

    return cmocka_run_group_tests_name("moderation", tests, NULL, NULL);
}
