#include <string.h>

#include "base/err.h"
#include "storage/origins.h"
#include "support/random.h"
#include "support/test.h"

TEST(a_command_counts_once)
{
    struct origin o = { .node = 1 };

    assert_true(origin_admit(&o, 5, 1));
    assert_false(origin_admit(&o, 5, 1));
    assert_true(origin_admit(&o, 5, 2));
    assert_false(origin_admit(&o, 5, 1));
}

TEST(commands_may_arrive_in_any_order_inside_the_window)
{
    struct origin o = { .node = 1 };

    assert_true(origin_admit(&o, 5, ORIGIN_WINDOW));
    for (uint64_t i = ORIGIN_WINDOW - 1; i >= 1; i--) {
        assert_true(origin_admit(&o, 5, i));
    }
    for (uint64_t i = 1; i <= ORIGIN_WINDOW; i++) {
        assert_false(origin_admit(&o, 5, i));
    }
}

TEST(what_is_below_the_window_counts_as_repeated)
{
    struct origin o = { .node = 1 };

    assert_true(origin_admit(&o, 5, ORIGIN_WINDOW + 1));
    assert_false(origin_admit(&o, 5, 1));
    assert_true(origin_admit(&o, 5, 2));
}

TEST(a_jump_beyond_the_window_forgets_what_was_seen)
{
    struct origin o = { .node = 1 };

    assert_true(origin_admit(&o, 5, 3));
    assert_true(origin_admit(&o, 5, 3 + 10 * (uint64_t)ORIGIN_WINDOW));
    assert_true(origin_admit(&o, 5, 4 + 9 * (uint64_t)ORIGIN_WINDOW));
}

TEST(a_newer_boot_begins_anew_and_an_older_one_is_repeated)
{
    struct origin o = { .node = 1 };

    assert_true(origin_admit(&o, 5, 9));
    assert_true(origin_admit(&o, 6, 9));
    assert_false(origin_admit(&o, 5, 10));
    assert_int_equal(o.max_sequence, 9);
}

TEST(the_largest_sequence_number_is_no_trap)
{
    struct origin o = { .node = 1 };

    assert_true(origin_admit(&o, UINT64_MAX, UINT64_MAX));
    assert_false(origin_admit(&o, UINT64_MAX, UINT64_MAX));
    assert_true(origin_admit(&o, UINT64_MAX, UINT64_MAX - 1));
}

/* Against a plain list of everything that was admitted. */
TEST(random_orders_are_admitted_as_a_plain_list_says)
{
    enum { N = 3 * ORIGIN_WINDOW };

    static uint8_t admitted[2 * N];
    struct origin o = { .node = 1 };
    uint64_t max = 0;
    uint32_t seed = 7;

    while (max < 2 * N - 50) {
        uint64_t low = max > ORIGIN_WINDOW + 50 ? max - ORIGIN_WINDOW - 50 : 0;
        uint64_t sequence = random_below(&seed, 4) == 0
                                ? max + 1 + random_below(&seed, 4)
                                : 1 + low + random_below(&seed, (uint32_t)(max - low + 1));
        bool expected =
            admitted[sequence] == 0 && (sequence > max || max - sequence < ORIGIN_WINDOW);

        assert_int_equal(origin_admit(&o, 1, sequence), expected);
        admitted[sequence] = expected || admitted[sequence];
        max = sequence > max ? sequence : max;
    }
}

TEST(origins_are_kept_apart_and_bounded)
{
    struct origins all = { .n = 0 };
    struct origin *o = NULL;

    for (uint32_t node = 1; node <= ORIGINS_MAX; node++) {
        assert_int_equal(origins_get(&all, node, &o), 0);
        assert_int_equal(o->boot_id, 0);
        assert_true(origin_admit(o, 1, node));
    }
    assert_int_equal(origins_get(&all, ORIGINS_MAX + 1, &o), ORIGINS_FULL);
    assert_int_equal(origins_get(&all, 7, &o), 0);
    assert_int_equal(o->max_sequence, 7);
    origins_deinit(&all);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_counts_once),
        cmocka_unit_test(commands_may_arrive_in_any_order_inside_the_window),
        cmocka_unit_test(what_is_below_the_window_counts_as_repeated),
        cmocka_unit_test(a_jump_beyond_the_window_forgets_what_was_seen),
        cmocka_unit_test(a_newer_boot_begins_anew_and_an_older_one_is_repeated),
        cmocka_unit_test(the_largest_sequence_number_is_no_trap),
        cmocka_unit_test(random_orders_are_admitted_as_a_plain_list_says),
        cmocka_unit_test(origins_are_kept_apart_and_bounded),
    };

    return cmocka_run_group_tests_name("origins", tests, NULL, NULL);
}
