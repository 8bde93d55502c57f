#include "base/own.h"
#include "server/policy/headroom.h"
#include "support/test.h"

enum { NOW_MS = 1000000000 };

static const struct ip4 my_id = { 0xc0a80101 };
static const struct ip4 other_id = { 0xc0a80102 };

/* Held for 100 s more. */
static struct lease row_held(void)
{
    return (struct lease){
        .state = LEASE_BOUND,
        .expires_at = { NOW_MS + 50000 },
        .held_until = { NOW_MS + 100000 },
        .server_id = my_id,
    };
}

static struct headroom_facts facts_now(void)
{
    return (struct headroom_facts){ .is_known = true, .now = { NOW_MS } };
}

static uint32_t room(int64_t behind_ms, struct instant held_until)
{
    struct headroom_facts facts = facts_now();
    struct lease row = row_held();

    facts.behind_ms = behind_ms;
    row.held_until = held_until;
    return headroom_room(&facts, &row).value;
}

TEST(what_may_be_promised_ends_five_seconds_before_the_hold)
{
    assert_int_equal(room(0, (struct instant){ NOW_MS + 100000 }), 95);
    assert_int_equal(room(0, (struct instant){ NOW_MS + 5999 }), 0);
    assert_int_equal(room(0, (struct instant){ NOW_MS + 6000 }), 1);
    assert_int_equal(room(0, (struct instant){ NOW_MS - 1 }), 0);
    assert_int_equal(room(0, INSTANT_NEVER), SECONDS_INFINITE.value);
}

TEST(and_earlier_by_what_cluster_time_may_be_ahead)
{
    assert_int_equal(room(2500, (struct instant){ NOW_MS + 100000 }), 92);
    assert_int_equal(room(3600000, (struct instant){ NOW_MS + 100000 }), 0);
    assert_int_equal(room(INT64_MAX / 2, (struct instant){ NOW_MS + 100000 }), 0);
}

TEST(a_hold_is_longer_by_what_cluster_time_may_be_ahead)
{
    static const struct {
        int64_t behind_ms;
        uint32_t hold, expected;
    } cases[] = {
        {0,              900,        900       },
        { 1,             900,        901       },
        { 1000,          900,        901       },
        { 3600000,       900,        4500      },
        { INT64_MAX / 2, 900,        87300     },
        { 1,             0xffffffff, 0xffffffff},
        { 2000,          0xfffffffe, 0xffffffff},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct headroom_facts facts = { .behind_ms = cases[i].behind_ms };
        struct seconds hold = { cases[i].hold };

        assert_int_equal(headroom_hold(&facts, hold).value, cases[i].expected);
    }
}

static bool is_sure(enum request_kind kind, struct headroom_facts facts, struct lease row)
{
    return headroom_is_sure(&facts, kind, &row);
}

TEST(a_client_that_renews_has_not_given_its_lease_up)
{
    struct lease row = row_held();

    row.server_id = other_id;
    assert_true(is_sure(REQUEST_RENEWING, facts_now(), row));
    assert_true(is_sure(REQUEST_REBINDING, facts_now(), row));
}

TEST(a_client_that_reboots_may_have_released_where_this_node_has_not_heard_of_it)
{
    assert_false(is_sure(REQUEST_INIT_REBOOT, facts_now(), row_held()));
}

TEST(who_has_given_a_lease_up_or_never_had_one_waits_for_the_log)
{
    struct headroom_facts facts = facts_now();
    struct lease row = row_held();

    facts.has_given_up = true;
    assert_false(is_sure(REQUEST_RENEWING, facts, row));
    assert_false(is_sure(REQUEST_INIT_REBOOT, facts, row));
    assert_false(is_sure(REQUEST_SELECTING, facts_now(), row));
    assert_false(is_sure(REQUEST_DISCOVER, facts_now(), row));
    row.state = LEASE_RELEASED;
    assert_false(is_sure(REQUEST_RENEWING, facts_now(), row));
}

TEST(a_node_that_has_not_caught_up_since_its_start_knows_no_hold)
{
    struct headroom_facts facts = facts_now();

    facts.is_known = false;
    assert_false(is_sure(REQUEST_RENEWING, facts, row_held()));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_promised_ends_five_seconds_before_the_hold),
        cmocka_unit_test(and_earlier_by_what_cluster_time_may_be_ahead),
        cmocka_unit_test(a_hold_is_longer_by_what_cluster_time_may_be_ahead),
        cmocka_unit_test(a_client_that_renews_has_not_given_its_lease_up),
        cmocka_unit_test(
            a_client_that_reboots_may_have_released_where_this_node_has_not_heard_of_it),
        cmocka_unit_test(who_has_given_a_lease_up_or_never_had_one_waits_for_the_log),
        cmocka_unit_test(a_node_that_has_not_caught_up_since_its_start_knows_no_hold),
    };

    return cmocka_run_group_tests_name("headroom", tests, NULL, NULL);
}
