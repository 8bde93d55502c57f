#include "server/policy/admission.h"
#include "support/lan.h"
#include "support/sample_lease.h"
#include "support/test.h"

TEST(two_seconds_worth_may_come_at_once_and_then_as_many_as_time_gives_back)
{
    struct admission a = { 0 };
    struct instant now = { 1000000 };
    unsigned n = 0;

    while (admission_take(&a, 3, 10, now)) {
        n++;
    }
    assert_int_equal(n, 20);
    now.ms += 99;
    assert_false(admission_take(&a, 3, 10, now));
    now.ms += 1;
    assert_true(admission_take(&a, 3, 10, now));
    assert_false(admission_take(&a, 3, 10, now));
    assert_true(admission_take(&a, 4, 10, now)); /* another network */
    now.ms += 3600000;
    for (n = 0; admission_take(&a, 3, 10, now); n++) {
    }
    assert_int_equal(n, 20); /* a quiet hour does not add up */
}

TEST(the_smallest_rate_lets_one_in_and_no_limit_all)
{
    struct admission a = { 0 };
    struct instant now = { 1000000 };

    assert_true(admission_take(&a, 0, 1, now));
    assert_true(admission_take(&a, 0, 1, now));
    assert_false(admission_take(&a, 0, 1, now));
    for (unsigned i = 0; i < 100000; i++) {
        assert_true(admission_take(&a, 0, 0, now));
    }
}

TEST(low_pools_are_for_fewer_strangers_and_never_for_more)
{
    static const struct {
        uint32_t always, when_low, rate, rate_when_low;
    } rows[] = {
        {0,    0,  0,   0 },
        { 0,   10, 0,   10},
        { 100, 10, 100, 10},
        { 5,   10, 5,   5 },
        { 5,   0,  5,   5 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct network_limits limits = { .new_clients = rows[i].always,
                                               .new_clients_when_low = rows[i].when_low };

        assert_int_equal(admission_rate(&limits, false), rows[i].rate);
        assert_int_equal(admission_rate(&limits, true), rows[i].rate_when_low);
    }
}

TEST(pools_are_low_below_the_limit_and_relieved_well_above_it)
{
    static const struct {
        uint64_t used;
        bool fresh, were;
    } rows[] = {
        {89,   false, true },
        { 90,  false, true },
        { 91,  true,  true },
        { 100, true,  true },
        { 86,  false, true },
        { 85,  false, false},
        { 0,   false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct pool_use use = { .size = 100, .used = rows[i].used };

        assert_int_equal(pool_use_is_low(use, 10, false), rows[i].fresh);
        assert_int_equal(pool_use_is_low(use, 10, true), rows[i].were);
        assert_false(pool_use_is_low(use, 0, true)); /* no limit */
    }
    assert_false(pool_use_is_low((struct pool_use){ 0, 0 }, 10, true)); /* no pools */
}

TEST(what_is_held_or_in_quarantine_is_used_and_what_is_remembered_is_free)
{
    struct lan lan;
    struct network_map *map = NULL;
    struct lease_table *leases = NULL;
    struct pool_use before;
    struct pool_use after;

    static const enum lease_state states[] = {
        LEASE_BOUND, LEASE_DECLINED, LEASE_RELEASED, LEASE_EXPIRED
    };

    lan_init(&lan);
    map = lan_map(&lan);
    assert_non_null(map);
    assert_int_equal(lease_table_new(&leases), 0);

    const struct subnet *subnet = network_map_subnet_of(map, lan_address(1, 100), NULL);

    before = pool_use_of(map, leases, subnet);
    for (uint8_t i = 0; i < 4; i++) {
        struct lease l = sample_lease(lan_address(1, (uint8_t)(106 + i)).value, "a");

        l.state = states[i];
        assert_int_equal(lease_table_put(leases, &l), 0);
    }
    after = pool_use_of(map, leases, subnet);
    assert_int_equal(before.used, 0);
    assert_int_equal(after.used, 2);
    assert_int_equal(after.size, before.size);
    assert_in_range(before.size, 4, 10); /* less those excluded and reserved */
    leases = lease_table_free(leases);
    map = network_map_free(map);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_seconds_worth_may_come_at_once_and_then_as_many_as_time_gives_back),
        cmocka_unit_test(the_smallest_rate_lets_one_in_and_no_limit_all),
        cmocka_unit_test(low_pools_are_for_fewer_strangers_and_never_for_more),
        cmocka_unit_test(pools_are_low_below_the_limit_and_relieved_well_above_it),
        cmocka_unit_test(what_is_held_or_in_quarantine_is_used_and_what_is_remembered_is_free),
    };

    return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
