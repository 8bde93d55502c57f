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

int main(void)
{
    static const char *const names[] = {
#undef ROW
#define ROW(rule, scenario, with, without, also_off) #rule ": " #scenario,
#include "guard/rows.def"
    };
    static struct CMUnitTest tests[N_ROWS];

    for (unsigned i = 0; i < N_ROWS; i++) {
        tests[i] = (struct CMUnitTest){ .name = names[i],
                                        .test_func = run_row,
                                        .initial_state = &rows[i] };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
