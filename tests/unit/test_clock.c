#include "base/own.h"
#include "replication/clock.h"
#include "support/test.h"

/* A clock whose last entry said @base, applied at monotonic time 1000. */
static struct cluster_clock clock_at(int64_t base, int64_t stamped)
{
    struct cluster_clock c = { .stamped = { stamped } };

    clock_set(&c, (struct instant){ base }, (struct instant){ 1000 });
    return c;
}

TEST(the_estimate_advances_with_the_monotonic_clock)
{
    struct cluster_clock c = clock_at(50000, 0);

    assert_int_equal(clock_estimate(&c, (struct instant){ 1000 }).ms, 50000);
    assert_int_equal(clock_estimate(&c, (struct instant){ 4500 }).ms, 53500);
}

TEST(rule_69_the_estimate_does_not_go_back_when_the_monotonic_clock_seems_to)
{
    struct cluster_clock c = clock_at(50000, 0);

    assert_int_equal(clock_estimate(&c, (struct instant){ 10 }).ms, 50000);
}

/* Three members; monotonic time is 2000, so that the estimate is 51000. */
static const struct {
    const char *name;
    int64_t stamped;
    unsigned n;
    int64_t walls[3];
    int64_t expected;
} stamps[] = {
    {"without other clocks it only advances",     0,     1, { 90000 },                 51000},
    { "two of three catch up to the earlier",     0,     2, { 90000, 70000 },          70000},
    { "two of three, one behind: no catching up", 0,     2, { 90000, 40000 },          51000},
    { "three catch up to the middle",             0,     3, { 60000, 90000, 70000 },   70000},
    { "one clock far ahead is outvoted",          0,     3, { 51200, 51100, 9000000 }, 51200},
    { "one clock far behind is outvoted",         0,     3, { 51200, 51100, 0 },       51100},
    { "all behind: it goes on by itself",         0,     3, { 1, 2, 3 },               51000},
    { "all equal",                                0,     3, { 60000, 60000, 60000 },   60000},
    { "never before an earlier stamp",            65000, 3, { 60000, 60000, 60000 },   65000},
    { "no clock at all",                          0,     0, { 0 },                     51000},
};

TEST(rule_69_a_stamp_catches_up_only_to_the_lower_median_of_a_majority)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(stamps); i++) {
        struct cluster_clock c = clock_at(50000, stamps[i].stamped);
        struct instant at[3];
        struct wall_clocks walls = { .n = stamps[i].n, .n_members = 3, .at = at };

        for (unsigned k = 0; k < 3; k++) {
            at[k].ms = stamps[i].walls[k];
        }
        print_message("%s\n", stamps[i].name);
        assert_int_equal(clock_stamp(&c, (struct instant){ 2000 }, &walls).ms, stamps[i].expected);
    }
}

TEST(of_five_clocks_two_may_be_wrong)
{
    struct cluster_clock c = clock_at(50000, 0);
    struct instant at[] = { { 9000000 }, { 60001 }, { 60000 }, { 8000000 }, { 60002 } };
    struct wall_clocks walls = { .n = 5, .n_members = 5, .at = at };

    assert_int_equal(clock_stamp(&c, (struct instant){ 2000 }, &walls).ms, 60002);
}

TEST(entries_in_flight_never_go_back)
{
    struct cluster_clock c = clock_at(50000, 0);
    struct instant wall = { 60000 };
    struct wall_clocks walls = { .n = 1, .n_members = 1, .at = &wall };
    struct instant first = clock_stamp(&c, (struct instant){ 2000 }, &walls);

    clock_stamped(&c, first);
    wall.ms = 55000;
    assert_int_equal(first.ms, 60000);
    assert_int_equal(clock_stamp(&c, (struct instant){ 2001 }, &walls).ms, 60000);
}

/* Heard at monotonic time @at, when the clock's estimate is that of clock_at(50000). */
static void hear(struct cluster_clock *c, int64_t told, int64_t at, bool is_leader)
{
    clock_heard(c, (struct instant){ told }, (struct instant){ at }, is_leader);
}

static int64_t behind(const struct cluster_clock *c, int64_t at, int64_t wall)
{
    return clock_behind(c, (struct instant){ at }, (struct instant){ wall });
}

TEST(what_peers_say_and_wall_clocks_allow_tells_how_far_the_estimate_is_behind)
{
    struct cluster_clock c = clock_at(50000, 0);

    hear(&c, 49990, 1000, false);
    assert_int_equal(behind(&c, 1000, 0), 0);
    hear(&c, 50300, 1000, false);
    assert_int_equal(behind(&c, 1500, 0), 300);
    assert_int_equal(behind(&c, 1500, 52500), 2000);
}

TEST(an_entry_or_a_word_of_long_ago_does_not_turn_back_the_latest_time)
{
    struct cluster_clock c = clock_at(50000, 0);

    hear(&c, 50000, 1000, true);
    clock_set(&c, (struct instant){ 50010 }, (struct instant){ 61000 });
    hear(&c, 50020, 61000, false);
    assert_int_equal(behind(&c, 61000, 0), 59990);
    hear(&c, 50020, 61000, true);
    assert_int_equal(behind(&c, 61000, 0), 59989);
}

TEST(the_leader_s_word_takes_back_what_a_fast_oscillator_has_gained)
{
    struct cluster_clock c = clock_at(50000, 0);

    hear(&c, 50020, 1000, false);
    for (int64_t i = 1; i <= 100; i++) {
        hear(&c, 50000 + i * 250, 1000 + i * 250, true);
    }
    assert_int_equal(behind(&c, 1000 + 25000, 0), 0);
}

TEST(unheard_for_twelve_hours_a_drift_is_allowed_for)
{
    struct cluster_clock c = clock_at(50000, 0);

    hear(&c, 50000, 1000, true);
    assert_int_equal(behind(&c, 1000 + 12 * 3600000, 0), 8640);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_advances_with_the_monotonic_clock),
        cmocka_unit_test(rule_69_the_estimate_does_not_go_back_when_the_monotonic_clock_seems_to),
        cmocka_unit_test(rule_69_a_stamp_catches_up_only_to_the_lower_median_of_a_majority),
        cmocka_unit_test(of_five_clocks_two_may_be_wrong),
        cmocka_unit_test(entries_in_flight_never_go_back),
        cmocka_unit_test(what_peers_say_and_wall_clocks_allow_tells_how_far_the_estimate_is_behind),
        cmocka_unit_test(an_entry_or_a_word_of_long_ago_does_not_turn_back_the_latest_time),
        cmocka_unit_test(the_leader_s_word_takes_back_what_a_fast_oscillator_has_gained),
        cmocka_unit_test(unheard_for_twelve_hours_a_drift_is_allowed_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
