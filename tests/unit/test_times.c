#include "server/policy/times.h"
#include "support/random.h"
#include "support/test.h"

static const struct lease_times times = {
    .min = { 60 }, .default_ = { 600 }, .max = { 3600 }, .headroom = { 300 }
};
static const struct ip4 address = { 0xc0a80164 };

TEST(rule_41_the_lease_asked_for_is_kept_within_bounds)
{
    static const uint32_t rows[][2] = {
        {0,           600 },
        { 1,          60  },
        { 60,         60  },
        { 900,        900 },
        { 3600,       3600},
        { 3601,       3600},
        { UINT32_MAX, 3600},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(times_lease(&times, (struct seconds){ rows[i][0] }).value, rows[i][1]);
    }
}

#define NO TIMES_UNSET_S
#define TIMES(min_s, default_s, max_s, headroom_s)                                                \
    {                                                                                             \
        .min = { min_s }, .default_ = { default_s }, .max = { max_s }, .headroom = { headroom_s } \
    }

TEST(the_times_of_a_class_go_before_those_of_the_subnet)
{
    static const struct {
        struct lease_times first, second, result;
    } rows[] = {
        {TIMES(NO,   NO,   NO,  NO), TIMES(NO, NO,  NO,   NO), TIMES(60,  600,  3600, 300)},
        { TIMES(NO,  120,  NO,  NO), TIMES(NO, 90,  7200, 0),  TIMES(60,  120,  7200, 0)  },
        { TIMES(NO,  30,   NO,  NO), TIMES(NO, NO,  NO,   NO), TIMES(30,  30,   3600, 300)},
        { TIMES(NO,  9000, NO,  NO), TIMES(NO, NO,  NO,   NO), TIMES(60,  9000, 9000, 300)},
        { TIMES(NO,  NO,   300, NO), TIMES(NO, 400, NO,   NO), TIMES(60,  300,  300,  300)},
        { TIMES(900, NO,   NO,  NO), TIMES(NO, NO,  NO,   NO), TIMES(900, 900,  3600, 300)},
        { TIMES(NO,  NO,   30,  NO), TIMES(NO, NO,  NO,   NO), TIMES(30,  30,   30,   300)},
        { TIMES(900, NO,   NO,  NO), TIMES(NO, NO,  300,  NO), TIMES(900, 900,  900,  300)},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct client_class classes[] = { { .times = rows[i].first },
                                                { .times = rows[i].second } };
        const struct settings s = { .n_classes = 2, .classes = classes };
        const struct class_set both = { { 3 } };
        struct lease_times t = times_with_classes(&times, &s, &both);

        assert_memory_equal(&t, &rows[i].result, sizeof t);
    }
}

TEST(rule_20_t1_and_t2_of_a_class_go_before_those_of_the_subnet)
{
    const struct client_class class = {
        .times = {.min = { NO },
                  .default_ = { NO },
                  .max = { NO },
                  .headroom = { NO },
                  .renew = { { 0 }, 300 }},
    };
    const struct settings s = { .n_classes = 1, .classes = &class };
    const struct class_set set = { { 1 } };
    struct lease_times subnet = times;
    struct lease_times t;

    subnet.renew.permille = 400;
    subnet.rebind.time.value = 500;
    t = times_with_classes(&subnet, &s, &set);
    assert_int_equal(t.renew.permille, 300);
    assert_int_equal(t.rebind.time.value, 500);
}

TEST(rule_21_infinity_is_given_where_it_is_allowed_and_never_overflows)
{
    struct lease_times endless = times;

    endless.max = SECONDS_INFINITE;
    assert_true(seconds_is_infinite(times_lease(&endless, SECONDS_INFINITE)));
    assert_true(seconds_is_infinite(times_hold(&endless, SECONDS_INFINITE)));
    assert_true(seconds_is_infinite(times_hold(&endless, (struct seconds){ UINT32_MAX - 10 })));
    assert_int_equal(times_hold(&times, (struct seconds){ 600 }).value, 900);
}

TEST(rule_20_t1_is_before_t2_and_t2_before_the_end)
{
    uint32_t seed = 1;

    for (unsigned i = 0; i < 10000; i++) {
        uint32_t lease = random_next(&seed) >> random_below(&seed, 31);
        uint32_t client = random_next(&seed);
        struct times_renewal r =
            times_renewal(&times, (struct seconds){ lease }, bytes_of(&client, 4), address);

        if (r.t1.value == 0) {
            assert_int_equal(r.t2.value, 0);
            assert_true(lease < 3 || lease == UINT32_MAX);
            continue;
        }
        assert_true(r.t1.value < r.t2.value && r.t2.value < lease);
        assert_true(r.t1.value <= lease / 2 && r.t1.value >= lease / 2 - lease / 32);
        assert_true(r.t2.value >= lease / 8 * 7 - lease / 32);
    }
}

TEST(rule_20_t1_and_t2_can_be_set_as_parts_or_times)
{
    static const struct {
        struct lease_moment renew, rebind;
        uint32_t lease, t1, t2;
    } rows[] = {
        {{ { 0 }, 250 },  { { 0 }, 800 },  3200, 800, 2560},
        { { { 900 }, 0 }, { { 1000 }, 0 }, 3200, 900, 1000},
        { { { 900 }, 0 }, { { 0 }, 0 },    3200, 900, 2800},
        { { { 900 }, 0 }, { { 1000 }, 0 }, 800,  400, 700 }, /* as usual: beyond its end */
        { { { 900 }, 0 }, { { 0 }, 200 },  3200, 320, 640 }, /* T1 gives way to T2 */
        { { { 0 }, 900 }, { { 0 }, 0 },    800,  400, 700 },
        { { { 0 }, 999 }, { { 700 }, 0 },  1000, 500, 700 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lease_times t = times;
        struct times_renewal r;

        t.renew = rows[i].renew;
        t.rebind = rows[i].rebind;
        r = times_renewal(&t, (struct seconds){ rows[i].lease }, bytes_of_text("c1"), address);
        assert_in_range(r.t1.value, rows[i].t1 - rows[i].lease / 32, rows[i].t1);
        assert_int_equal(r.t2.value - r.t1.value, rows[i].t2 - rows[i].t1);
    }
}

TEST(rule_20_clients_that_started_together_do_not_renew_together)
{
    struct seconds lease = { 3600 };
    struct times_renewal a = times_renewal(&times, lease, bytes_of_text("c1"), address);
    struct times_renewal again = times_renewal(&times, lease, bytes_of_text("c1"), address);
    struct times_renewal b = times_renewal(&times, lease, bytes_of_text("c2"), address);

    assert_int_equal(a.t1.value, again.t1.value);
    assert_int_not_equal(a.t1.value, b.t1.value);
}

TEST(rule_21_an_infinite_lease_is_not_renewed)
{
    struct times_renewal r = times_renewal(&times, SECONDS_INFINITE, bytes_of_text("c1"), address);

    assert_int_equal(r.t1.value, 0);
    assert_int_equal(r.t2.value, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_41_the_lease_asked_for_is_kept_within_bounds),
        cmocka_unit_test(the_times_of_a_class_go_before_those_of_the_subnet),
        cmocka_unit_test(rule_20_t1_and_t2_of_a_class_go_before_those_of_the_subnet),
        cmocka_unit_test(rule_21_infinity_is_given_where_it_is_allowed_and_never_overflows),
        cmocka_unit_test(rule_20_t1_is_before_t2_and_t2_before_the_end),
        cmocka_unit_test(rule_20_t1_and_t2_can_be_set_as_parts_or_times),
        cmocka_unit_test(rule_20_clients_that_started_together_do_not_renew_together),
        cmocka_unit_test(rule_21_an_infinite_lease_is_not_renewed),
    };

    return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
