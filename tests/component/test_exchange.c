#include <string.h>

#include "base/own.h"
#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */

static const struct lease *row_of(struct ip4 address)
{
    static struct lease row;

    assert_true(lease_table_find(store_leases(node.store), address, &row));
    return &row;
}

/* The one rule */

TEST(rule_68_no_ack_leaves_before_the_log_says_done)
{
    struct ip4 address = client_get_offer(&node, 1);

    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    assert_int_equal(node.n_queued, 1);
    assert_false(exchanges_is_quiet(node.exchanges));
    one_node_wait(&node, 2000);
    assert_int_equal(node.n_sent, 1); /* the OFFER */
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 2);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_true(exchanges_is_quiet(node.exchanges));
    assert_int_equal(count_of(REASON_BOUND), 1);
}

TEST(rule_68_a_renewal_waits_for_the_log_too)
{
    struct ip4 address = client_get_lease(&node, 1);

    one_node_wait(&node, 300000);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 0);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(message_lease_time(client_heard(&node)).value, 600);
    assert_int_equal(node.route.kind, ROUTE_UNICAST);
    assert_int_equal(row_of(address)->expires_at.ms, node.cluster_time.ms + 600000);
    assert_int_equal(count_of(REASON_RENEWED), 1);
}

TEST(rule_22_the_ack_promises_what_is_committed)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says says = client_selecting(1, address, id1);

    says.lease = 3600;
    (void)client_say(&node, says);
    one_node_commit(&node);
    assert_int_equal(message_lease_time(client_heard(&node)).value, 3600);
    assert_int_equal(row_of(address)->held_until.ms, node.cluster_time.ms + 3900000);
    one_node_wait(&node, 60000);
    says = client_renewing(1, address);
    says.lease = 60; /* shorter than what is left of the earlier promise */
    (void)client_say(&node, says);
    one_node_commit(&node);
    assert_int_equal(message_lease_time(client_heard(&node)).value, 3540);
}

TEST(rule_22_a_late_ack_promises_nothing_beyond_the_hold)
{
    struct result result = { .outcome = OUTCOME_DONE, .index = 9, .at = node.cluster_time };

    static const struct {
        int64_t headroom_ms;
        uint32_t told;
    } rows[] = {
        {0,       597},
        { 2000,   599},
        { 300000, 600},
    };

    result.expires_at = instant_add_ms(result.at, 600000);
    one_node_wait(&node, 2500);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct ip4 address = client_get_offer(&node, 1);

        result.held_until = instant_add_ms(result.expires_at, rows[i].headroom_ms);
        (void)client_say(&node, client_selecting(1, address, id1));
        one_node_answer(&node, result);
        assert_int_equal(message_lease_time(client_heard(&node)).value, rows[i].told);
    }
    result.held_until = result.at;
    (void)client_say(&node, client_selecting(1, client_get_offer(&node, 1), id1));
    one_node_answer(&node, result);
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_OFFER); /* and nothing after it */
}

TEST(rule_31_what_the_log_refuses_is_a_nak)
{
    static const struct {
        enum outcome outcome;
        enum reason reason;
    } rows[] = {
        {OUTCOME_TAKEN,        REASON_LEASED_TO_OTHER   },
        { OUTCOME_RESERVED,    REASON_RESERVED_FOR_OTHER},
        { OUTCOME_DECLINED,    REASON_IN_QUARANTINE     },
        { OUTCOME_UNAVAILABLE, REASON_NOT_IN_POOL       },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct ip4 address = client_get_offer(&node, 1);

        assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
        one_node_answer(&node, (struct result){ .outcome = rows[i].outcome, .index = 9 });
        client_assert_heard(&node, MESSAGE_NAK, IP4_ANY);
        assert_int_equal(node.route.kind, ROUTE_BROADCAST);
        assert_int_equal(count_of(rows[i].reason), 1);
    }
}

TEST(rule_70_what_the_log_does_not_answer_is_silence)
{
    static const enum outcome outcomes[] = {
        OUTCOME_TIMEOUT, OUTCOME_OVERLOADED, OUTCOME_REPEATED, OUTCOME_STALE,
        OUTCOME_UNKNOWN, OUTCOME_INVALID,    OUTCOME_CONFLICT, OUTCOME_BLOCKED,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(outcomes); i++) {
        struct ip4 address = client_get_offer(&node, 1);
        unsigned before = node.n_sent;

        (void)client_say(&node, client_selecting(1, address, id1));
        one_node_answer(&node, (struct result){ .outcome = outcomes[i] });
        assert_int_equal(node.n_sent, before);
        assert_true(exchanges_is_quiet(node.exchanges));
    }
}

TEST(rule_71_without_a_majority_nothing_is_offered_bound_or_refused)
{
    struct ip4 address = client_get_lease(&node, 1);

    node.view.has_majority = false;
    assert_int_equal(client_say(&node, (struct client_says){ .type = MESSAGE_DISCOVER }), 0);
    assert_int_equal(client_say(&node, client_selecting(2, address, id1)), 0);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 0);
    assert_int_equal(node.n_queued, 0);
    assert_int_equal(count_of(REASON_NO_MAJORITY), 3);
}

TEST(one_exchange_of_a_client_waits_and_a_repetition_moves_the_reply)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says says = client_selecting(1, address, id1);

    assert_int_equal(client_say(&node, says), 0);
    says.xid = 77;
    assert_int_equal(client_say(&node, says), 0);
    says = client_selecting(1, lan_address(1, 109), id1);
    says.xid = 78;
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 2);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(client_heard(&node)->header.xid, 77);
}

TEST(rule_55_a_retransmitted_request_gets_the_same_ack_without_a_new_entry)
{
    static uint8_t first[ONE_NODE_REPLY_MAX];
    struct ip4 address = client_get_lease(&node, 1);
    struct client_says says = client_selecting(1, address, id1);
    size_t n = node.n_reply;

    says.xid = client_heard(&node)->header.xid;
    memcpy(first, node.reply, n);
    one_node_wait(&node, 900);
    assert_int_equal(client_say(&node, says), 1);
    assert_int_equal(node.n_proposed, 1);
    assert_int_equal(node.n_reply, n);
    assert_memory_equal(node.reply, first, n);
    one_node_wait(&node, 100);
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    assert_int_equal(node.n_proposed, 2);
}

TEST(rule_34_an_offer_is_over_with_an_ack_that_follows_a_lease_too)
{
    struct ip4 address = client_get_lease(&node, 1);

    assert_int_equal(client_get_offer(&node, 1).value, address.value);
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    one_node_commit(&node); /* it began anew, perhaps after a RELEASE: no repetition */
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(count_of(REASON_REPEATED), 0);
    node.lan.networks[0].server_id_mode = SERVER_ID_FIXED; /* whose offer it was decides */
    node.lan.networks[0].server_id = id1;
    node.lan.networks[0].thresholds = node.lan.thresholds;
    node.lan.networks[0].n_thresholds = 1;
    node.lan.thresholds[0] = (struct threshold){ .node = 1, .ms = 10000 };
    node.view.nodes[1].is_serving = true; /* has no threshold, and comes first */
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    assert_int_equal(count_of(REASON_BELOW_THRESHOLD), 1);
}

TEST(more_than_can_wait_are_not_answered)
{
    struct ip4 address = lan_address(1, 100);

    for (unsigned i = 0; i < EXCHANGES_MAX; i++) {
        struct client_says says = client_selecting(1, address, id1);
        uint8_t key[3] = { 0, (uint8_t)(i >> 8), (uint8_t)i };

        says.client_id = (struct bytes){ key, sizeof key };
        assert_int_equal(client_say(&node, says), 0);
    }
    assert_int_equal(node.n_queued, STRANGERS_MAX);
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    assert_int_equal(count_of(REASON_OVERLOADED), EXCHANGES_MAX - STRANGERS_MAX + 1);
    one_node_commit(&node);
    assert_true(exchanges_is_quiet(node.exchanges));
    assert_int_equal(count_of(REASON_BOUND), 1);
    assert_int_equal(count_of(REASON_LEASED_TO_OTHER), STRANGERS_MAX - 1);
}

TEST(a_log_that_is_full_is_silence)
{
    struct ip4 address = client_get_offer(&node, 1);

    node.is_overloaded = true;
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 0);
    assert_true(exchanges_is_quiet(node.exchanges));
    assert_int_equal(count_of(REASON_OVERLOADED), 1);
}

TEST(what_waits_is_cancelled_at_the_end)
{
    (void)client_say(&node, client_selecting(1, lan_address(1, 100), id1));
    (void)client_say(&node, client_selecting(2, lan_address(1, 101), id1));
    node.exchanges = exchanges_free(node.exchanges);
    assert_int_equal(node.n_cancelled, 2);
}

TEST(settings_that_change_meanwhile_are_those_of_the_reply)
{
    struct ip4 address = client_get_offer(&node, 1);
    static const uint8_t routers[] = { 192, 168, 1, 2 };
    static const struct option_value options[] = {
        {3, false, { routers, 4 }}
    };

    (void)client_say(&node, client_selecting(1, address, id1));
    node.lan.subnets[0].options = (struct option_list){ 1, options };
    assert_int_equal(one_node_apply_settings(&node), 0);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_true(ip4_equal(message_address(client_heard(&node), 3), lan_address(1, 2)));
}

TEST(a_network_that_goes_meanwhile_is_answered_no_more)
{
    struct ip4 address = client_get_offer(&node, 1);

    (void)client_say(&node, client_selecting(1, address, id1));
    node.lan.networks[0].name = bytes_of_text("other");
    assert_int_equal(one_node_apply_settings(&node), 0);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 1);
    assert_int_equal(count_of(REASON_UNKNOWN_NETWORK), 1);
    assert_true(exchanges_is_quiet(node.exchanges));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(rule_68_no_ack_leaves_before_the_log_says_done),
        CASE(rule_68_a_renewal_waits_for_the_log_too),
        CASE(rule_22_the_ack_promises_what_is_committed),
        CASE(rule_22_a_late_ack_promises_nothing_beyond_the_hold),
        CASE(rule_31_what_the_log_refuses_is_a_nak),
        CASE(rule_70_what_the_log_does_not_answer_is_silence),
        CASE(rule_71_without_a_majority_nothing_is_offered_bound_or_refused),
        CASE(one_exchange_of_a_client_waits_and_a_repetition_moves_the_reply),
        CASE(rule_55_a_retransmitted_request_gets_the_same_ack_without_a_new_entry),
        CASE(rule_34_an_offer_is_over_with_an_ack_that_follows_a_lease_too),
        CASE(more_than_can_wait_are_not_answered),
        CASE(a_log_that_is_full_is_silence),
        CASE(what_waits_is_cancelled_at_the_end),
        CASE(settings_that_change_meanwhile_are_those_of_the_reply),
        CASE(a_network_that_goes_meanwhile_is_answered_no_more),
    };

    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
