#include "guard/scenarios.h"
#include "support/test.h"

/* Every rule of the guard in a scenario that shows libraft's defect when the rule is off. */
static struct row {
    enum guard_rule rule;
    lab_scenario *scenario;
    enum lab_verdict with, without;
    uint32_t also_off;
} rows[] = {

#define OFF(rule) (1u << GUARD_##rule)
#define ROW(rule, scenario, with, without, also_off) \
    { GUARD_##rule, scenario, LAB_##with, LAB_##without, also_off },
#include "guard/rows.def"
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void run_row(void **state)
{
    const struct row *row = *state;
    enum lab_verdict with = lab_try(row->scenario, row->also_off);
    enum lab_verdict without = lab_try(row->scenario, row->also_off | 1u << row->rule);

    assert_string_equal(lab_verdict_name(with), lab_verdict_name(row->with));
    assert_string_equal(lab_verdict_name(without), lab_verdict_name(row->without));
}

/* Whether the rule is needed here depends on the disk's timing, so there is no run without it. */
TEST(the_disk_keeps_up_with_leaders_that_replace_each_other_at_random)
{
    assert_string_equal(lab_verdict_name(lab_try(logs_are_replaced_at_random, 0)), "safe");
}

TEST(a_quiet_cluster_needs_few_rules_and_leaves_nothing_behind)
{
    struct lab *lab = lab_led_by_0(0);
    const struct guard *leader = lab->nodes[0].guard, *follower = lab->nodes[1].guard;
    struct lab_put *put;

    lab_run(lab, 1000);
    assert_true(guard_leader_is_ready(leader));
    assert_false(guard_leader_is_ready(follower));
    put = lab_put(lab, 0, 100);
    lab_run(lab, 1000);
    assert_true(put->is_done && put->status == 0);
    for (unsigned i = 0; i < lab->n; i++) {
        assert_int_equal(lab->nodes[i].applied[put->index], 100);
        assert_false(guard_is_installing(lab->nodes[i].guard));
        assert_false(guard_snapshot_is_busy(lab->nodes[i].guard));
        assert_int_equal(guard_count(lab->nodes[i].guard, GUARD_VERIFIED_MATCH), 0);
        assert_int_equal(guard_count(lab->nodes[i].guard, GUARD_CURRENT_RESULT), 0);
        assert_int_equal(guard_count(lab->nodes[i].guard, GUARD_STORED_ONCE), 0);
    }
    lab_free(lab);
}

TEST(every_rule_has_a_scenario)
{
    for (unsigned rule = 0; rule < GUARD_N_RULES; rule++) {
        unsigned n = 0;

        for (unsigned i = 0; i < N_ROWS; i++) {
            n += rows[i].rule == rule;
        }
        if (n == 0) {
            fail_msg("%s has none", guard_rule_name((enum guard_rule)rule));
        }
    }
}

int main(void)
{
    static const char *const names[] = {
#undef ROW
#define ROW(rule, scenario, with, without, also_off) #rule ": " #scenario,
#include "guard/rows.def"
    };
    static struct CMUnitTest tests[N_ROWS + 3];

    for (unsigned i = 0; i < N_ROWS; i++) {
        tests[i] = (struct CMUnitTest){ .name = names[i],
                                        .test_func = run_row,
                                        .initial_state = &rows[i] };
    }
    tests[N_ROWS] = (struct CMUnitTest)cmocka_unit_test(every_rule_has_a_scenario);
    tests[N_ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(
        the_disk_keeps_up_with_leaders_that_replace_each_other_at_random);
    tests[N_ROWS + 2] = (struct CMUnitTest)cmocka_unit_test(
        a_quiet_cluster_needs_few_rules_and_leaves_nothing_behind);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
