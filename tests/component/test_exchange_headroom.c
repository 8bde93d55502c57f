#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

/* Lease 600 s, headroom 300 s; the node knows the cluster's holds. */

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */

static const struct lease *row_of(struct ip4 address)
{
    static struct lease row;

    assert_true(lease_table_find(store_leases(node.store), address, &row));
    return &row;
}

static uint32_t told(void)
{
    return message_lease_time(client_heard(&node)).value;
}

static struct ip4 bound_client(void)
{
    struct ip4 address = client_get_lease(&node, 1);

    node.view.knows_holds = true;
    return address;
}

static struct client_says rebooting(struct ip4 address)
{
    return (struct client_says){ .type = MESSAGE_REQUEST, .client = 1, .wanted = address };
}

static struct client_says releasing(struct ip4 address)
{
    return (struct client_says){
        .type = MESSAGE_RELEASE,
        .client = 1,
        .ciaddr = address,
        .server_id = id1,
        .is_unicast = true,
    };
}

TEST(rule_49_a_renewal_inside_the_hold_is_answered_at_once_and_extended_after)
{
    struct ip4 address = bound_client();

    one_node_wait(&node, 295000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(told(), 600);
    assert_false(
        instant_before(row_of(address)->held_until, instant_add_ms(node.cluster_time, 600000)));
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 3); /* OFFER, two ACKs: the extension says nothing */
    assert_int_equal(row_of(address)->held_until.ms, node.cluster_time.ms + 900000);
    assert_int_equal(row_of(address)->expires_at.ms, node.cluster_time.ms + 600000);
    assert_int_equal(count_of(REASON_RENEWED_IN_HOLD), 1);
    assert_int_equal(count_of(REASON_EXTENDED), 1);
}

TEST(a_renewal_that_would_reach_beyond_the_hold_waits_for_the_log)
{
    struct ip4 address = bound_client();

    one_node_wait(&node, 295001);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 0);
    one_node_commit(&node);
    assert_int_equal(told(), 600);
    assert_int_equal(count_of(REASON_RENEWED), 1);
}

TEST(what_the_cluster_s_time_may_be_ahead_is_taken_off_the_hold)
{
    struct ip4 address = bound_client();

    node.view.behind_ms = 5000;
    one_node_wait(&node, 290001);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 0);
}

TEST(headroom_0_is_the_strict_way)
{
    struct client_says says;

    node.lan.subnets[0].times.headroom.value = 0;
    assert_int_equal(one_node_apply_settings(&node), 0);

    struct ip4 address = bound_client();

    says = client_renewing(1, address);
    says.lease = 60; /* much less than what is held */
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    node.view.has_majority = false;
    one_node_wait(&node, 100000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    assert_int_equal(told(), 495);
}

TEST(an_extension_that_fails_is_not_told_to_the_client)
{
    struct ip4 address = bound_client();
    unsigned n = 0;

    one_node_wait(&node, 2000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    n = node.n_sent;
    one_node_answer(&node, (struct result){ .outcome = OUTCOME_TAKEN });
    assert_int_equal(node.n_sent, n);
    node.is_overloaded = true;
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    assert_int_equal(count_of(REASON_NOT_EXTENDED), 2);
    assert_true(exchanges_is_quiet(node.exchanges));
}

TEST(rule_55_a_repeated_renewal_is_answered_again_with_one_extension)
{
    struct ip4 address = bound_client();

    one_node_wait(&node, 2000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    assert_int_equal(told(), 600);
    assert_int_equal(node.n_queued, 1);
}

TEST(rule_71_without_a_majority_what_is_left_of_the_hold_is_promised_and_no_more)
{
    struct ip4 address = bound_client();

    node.view.has_majority = false;
    one_node_wait(&node, 300000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    assert_int_equal(told(), 595);
    one_node_wait(&node, 500000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    assert_int_equal(told(), 95);
    assert_true(message_address(client_heard(&node), 58).value < 95);
    one_node_wait(&node, 95000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 0);
    assert_int_equal(count_of(REASON_HOLD_OVER), 1);
    assert_int_equal(node.n_queued, 0);
}

TEST(rule_71_without_a_majority_nobody_else_is_served_or_refused)
{
    struct ip4 address = bound_client();

    node.view.has_majority = false;
    assert_int_equal(client_say(&node, client_renewing(2, address)), 0);
    assert_int_equal(client_say(&node, client_renewing(2, lan_address(1, 108))), 0);
    assert_int_equal(client_say(&node, client_renewing(1, lan_address(9, 9))), 0);
    assert_int_equal(client_say(&node, (struct client_says){ .type = MESSAGE_DISCOVER }), 0);
    assert_int_equal(node.n_queued, 0);
}

TEST(rule_71_a_client_that_rebinds_is_answered_when_nobody_else_does)
{
    struct ip4 address = bound_client();
    struct client_says rebinding = client_renewing(1, address);

    rebinding.is_unicast = false;
    one_node_wait(&node, 2000);
    node.view.has_majority = false;
    assert_int_equal(client_say(&node, rebinding), 0);
    one_node_wait(&node, 4000);
    assert_int_equal(client_say(&node, rebinding), 1);
    client_assert_heard(&node, MESSAGE_ACK, address);
}

TEST(rule_48_a_client_that_reboots_waits_for_the_log)
{
    struct ip4 address = bound_client();

    assert_int_equal(client_say(&node, rebooting(address)), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    one_node_wait(&node, 2000);
    assert_int_equal(client_say(&node, rebooting(address)), 0);
    assert_int_equal(node.n_queued, 1);
}

TEST(rule_71_a_client_that_reboots_is_left_to_what_it_has_without_a_majority)
{
    struct ip4 address = bound_client();

    one_node_wait(&node, 2000);
    node.view.has_majority = false;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(client_say(&node, rebooting(address)), 0);
        assert_int_equal(node.n_queued, 0);
        one_node_wait(&node, 4000);
    }
}

TEST(rule_55_what_a_client_asks_after_it_released_is_no_repetition)
{
    struct ip4 address = bound_client();

    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 1);
    assert_int_equal(count_of(REASON_REPEATED), 1);
    one_node_wait(&node, 10);
    assert_int_equal(client_say(&node, releasing(address)), 0);
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(row_of(address)->state, LEASE_BOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(rule_49_a_renewal_inside_the_hold_is_answered_at_once_and_extended_after),
        CASE(a_renewal_that_would_reach_beyond_the_hold_waits_for_the_log),
        CASE(what_the_cluster_s_time_may_be_ahead_is_taken_off_the_hold),
        CASE(headroom_0_is_the_strict_way),
        CASE(an_extension_that_fails_is_not_told_to_the_client),
        CASE(rule_55_a_repeated_renewal_is_answered_again_with_one_extension),
        CASE(rule_71_without_a_majority_what_is_left_of_the_hold_is_promised_and_no_more),
        CASE(rule_71_without_a_majority_nobody_else_is_served_or_refused),
        CASE(rule_71_a_client_that_rebinds_is_answered_when_nobody_else_does),
        CASE(rule_71_a_client_that_reboots_is_left_to_what_it_has_without_a_majority),
        CASE(rule_48_a_client_that_reboots_waits_for_the_log),
        CASE(rule_55_what_a_client_asks_after_it_released_is_no_repetition),
    };

    return cmocka_run_group_tests_name("exchange_headroom", tests, NULL, NULL);
}
