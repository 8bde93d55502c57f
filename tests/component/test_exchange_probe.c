#include <string.h>

#include "base/own.h"
#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

/* What happens between a DISCOVER and its OFFER when the network is asked first (rule 42). */

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */
static const struct hardware squatter = {
    1, {2, 0, 0, 0, 0xff, 1},
     6
};

static int setup(void **state)
{
    int r = exchange_case_setup(state);

    if (r != 0) {
        return r;
    }
    node.lan.subnets[0].conflict_detection = CONFLICT_DETECTION_YES;
    node.lan.subnets[1].conflict_detection = CONFLICT_DETECTION_YES;
    return one_node_apply_settings(&node);
}

static unsigned discover(uint8_t client)
{
    return client_say(&node, (struct client_says){ .type = MESSAGE_DISCOVER, .client = client });
}

static const struct exchange_counters *counters(void)
{
    return exchanges_counters(node.exchanges);
}

static const struct lease *row_of(struct ip4 address)
{
    static struct lease row;

    return lease_table_find(store_leases(node.store), address, &row) ? &row : NULL;
}

TEST(rule_42_an_offer_waits_until_nobody_has_answered)
{
    assert_int_equal(discover(1), 0);
    assert_int_equal(node.n_probes, 1);
    assert_int_equal(node.probes[0]->kind, PROBE_ARP);
    assert_in_range(node.probes[0]->wait_ms, 1, PROBE_WAIT_MS);

    struct ip4 address = node.probes[0]->address;

    one_node_wait(&node, PROBE_WAIT_MS);
    one_node_probed(&node, NULL);
    client_assert_heard(&node, MESSAGE_OFFER, address);
    assert_int_equal(counters()->probes_clear, 1);
    assert_int_equal(count_of(REASON_OFFERED), 1);
}

TEST(rule_42_a_rapid_commit_is_proposed_when_nobody_has_answered)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 1, .wants_rapid_commit = true };

    node.lan.networks[0].rapid_commit = true;
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_probes, 1);
    assert_int_equal(node.n_queued, 0);

    struct ip4 taken = node.probes[0]->address;

    one_node_probed(&node, &squatter);
    assert_int_equal(node.n_probes, 1); /* for another one */
    one_node_probed(&node, NULL);
    one_node_commit(&node);
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_ACK);
    assert_int_not_equal(client_heard(&node)->header.yiaddr.value, taken.value);
}

TEST(rule_42_what_was_found_clear_is_not_asked_again)
{
    (void)discover(1);
    one_node_probed(&node, NULL);
    one_node_wait(&node, 10000);
    assert_int_equal(discover(1), 1); /* at once */
    assert_int_equal(counters()->probes, 1);
}

TEST(rule_42_an_address_in_use_goes_into_quarantine_and_another_is_offered)
{
    (void)discover(1);

    struct ip4 taken = node.probes[0]->address;

    one_node_probed(&node, &squatter);
    assert_int_equal(node.n_sent, 0);
    assert_int_equal(node.n_queued, 1);
    assert_int_equal(one_node_last_command(&node).kind, COMMAND_QUARANTINE);
    assert_int_equal(node.n_probes, 1); /* the next choice, within the same DISCOVER */
    assert_int_not_equal(node.probes[0]->address.value, taken.value);

    struct ip4 other = node.probes[0]->address;

    one_node_commit(&node);
    one_node_wait(&node, PROBE_WAIT_MS);
    one_node_probed(&node, NULL);
    client_assert_heard(&node, MESSAGE_OFFER, other);
    assert_int_equal(row_of(taken)->state, LEASE_DECLINED);
    assert_true(bytes_equal(row_of(taken)->hw_address, hardware_address(&squatter)));
    assert_int_equal(
        row_of(taken)->held_until.ms,
        row_of(taken)->started_at.ms + node.lan.networks[0].probation.value * INT64_C(1000));
    assert_int_equal(counters()->quarantined, 1);
}

TEST(rule_42_nobody_is_asked_at_a_request)
{
    struct ip4 address = lan_address(1, 102);

    (void)client_say(&node, client_selecting(1, address, id1));
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    one_node_wait(&node, 300000);
    (void)client_say(&node, client_renewing(1, address));
    one_node_commit(&node);
    assert_int_equal(counters()->probes, 0);
}

TEST(rule_42_the_last_client_of_an_address_gets_it_unseen)
{
    struct ip4 address = lan_address(1, 102);

    (void)client_say(&node, client_selecting(1, address, id1));
    one_node_commit(&node);
    assert_int_equal(discover(1), 1);
    client_assert_heard(&node, MESSAGE_OFFER, address);
    assert_int_equal(counters()->probes, 0);
}

TEST(rule_42_a_relayed_client_is_looked_for_by_echo)
{
    (void)client_say(
        &node,
        (struct client_says){
            .type = MESSAGE_DISCOVER, .client = 1, .giaddr = lan_address(2, 254) });
    assert_int_equal(node.n_probes, 1);
    assert_int_equal(node.probes[0]->kind, PROBE_ICMP);
    one_node_probed(&node, &(struct hardware){ .n = 0 });
    one_node_commit(&node);
    assert_int_equal(counters()->quarantined, 1); /* nobody knows by whom */
}

TEST(the_clients_own_hardware_is_no_conflict)
{
    struct hardware own;

    (void)discover(1);
    one_node_probed(&node, NULL);
    own = client_heard(&node)->header.hardware;
    own.address[5] = 2;
    (void)discover(2);
    one_node_probed(&node, &own);
    assert_int_equal(node.n_sent, 2);
    assert_int_equal(node.n_queued, 0);
    assert_int_equal(counters()->probes_in_use, 0);
}

TEST(rule_39_a_client_that_asks_again_meanwhile_gets_one_offer_for_its_last_message)
{
    struct client_says again = { .type = MESSAGE_DISCOVER, .client = 1, .xid = 77 };

    (void)discover(1);
    (void)client_say(&node, again);
    assert_int_equal(node.n_probes, 1);
    assert_int_equal(count_of(REASON_PROBING), 1);
    one_node_probed(&node, NULL);
    assert_int_equal(node.n_sent, 1);
    assert_int_equal(client_heard(&node)->header.xid, 77);
}

TEST(others_are_served_while_an_offer_waits)
{
    (void)discover(1);
    (void)client_say(&node, client_selecting(2, lan_address(1, 102), id1));
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, lan_address(1, 102));
}

TEST(the_answer_comes_within_500_ms_however_many_addresses_are_in_use)
{
    (void)discover(1);
    for (unsigned i = 0; node.n_sent == 0; i++) {
        assert_true(i < 10);
        one_node_wait(&node, node.probes[0]->wait_ms - 1);
        one_node_probed(&node, &squatter);
    }
    assert_in_range(node.monotonic.ms, 5000000, 5000000 + 499);
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_OFFER); /* unseen */
    assert_int_equal(counters()->probes_impossible, 1);
}

TEST(more_than_can_be_asked_for_are_offered_unseen_and_counted)
{
    node.lan.pools[0].range = (struct ip4_range){ lan_address(1, 50), lan_address(1, 200) };
    assert_int_equal(one_node_apply_settings(&node), 0);
    for (uint8_t client = 1; client <= PROBES_MAX; client++) {
        assert_int_equal(discover(client), 0);
    }
    assert_int_equal(discover(PROBES_MAX + 1), 1);
    assert_int_equal(counters()->probes_impossible, 1);
    one_node_probed(&node, NULL);
    assert_int_equal(node.n_sent, PROBES_MAX + 1);
}

TEST(a_network_that_cannot_be_asked_is_no_reason_for_silence)
{
    node.cannot_probe = true;
    assert_int_equal(discover(1), 1);
    assert_int_equal(counters()->probes_impossible, 1);
}

TEST(an_address_that_is_in_use_is_offered_to_nobody_else_while_the_log_is_slow)
{
    (void)discover(1);

    struct ip4 taken = node.probes[0]->address;

    one_node_probed(&node, &squatter);
    (void)client_say(
        &node, (struct client_says){ .type = MESSAGE_DISCOVER, .client = 2, .wanted = taken });
    for (unsigned i = 0; i < node.n_probes; i++) {
        assert_int_not_equal(node.probes[i]->address.value, taken.value);
    }
}

TEST(rule_57_a_reserved_address_in_use_is_kept_away_and_stays_reserved)
{
    struct ip4 reserved;

    (void)discover(0xaa);
    reserved = node.probes[0]->address;
    one_node_probed(&node, &squatter);
    one_node_commit(&node);
    assert_int_not_equal(node.probes[0]->address.value, reserved.value); /* one of the pool */
    one_node_probed(&node, NULL);
    one_node_wait(&node, 3601000);
    (void)discover(0xaa);
    assert_int_equal(node.probes[0]->address.value, reserved.value);
}

TEST(rule_71_who_has_lost_the_majority_meanwhile_offers_nothing)
{
    (void)discover(1);
    node.view.has_majority = false;
    one_node_probed(&node, NULL);
    assert_int_equal(node.n_sent, 0);
    assert_int_equal(count_of(REASON_NO_MAJORITY), 1);
}

TEST(what_is_asked_is_withdrawn_at_the_end)
{
    (void)discover(1);
    (void)discover(2);
    one_node_probed(&node, &squatter);
    assert_int_equal(node.n_probes, 2);
    node.exchanges = exchanges_free(node.exchanges);
    assert_int_equal(node.n_probes, 0);
    assert_int_equal(node.n_cancelled, 2); /* the quarantines */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, exchange_case_teardown)
        CASE(rule_42_an_offer_waits_until_nobody_has_answered),
        CASE(rule_42_a_rapid_commit_is_proposed_when_nobody_has_answered),
        CASE(rule_42_what_was_found_clear_is_not_asked_again),
        CASE(rule_42_an_address_in_use_goes_into_quarantine_and_another_is_offered),
        CASE(rule_42_nobody_is_asked_at_a_request),
        CASE(rule_42_the_last_client_of_an_address_gets_it_unseen),
        CASE(rule_42_a_relayed_client_is_looked_for_by_echo),
        CASE(the_clients_own_hardware_is_no_conflict),
        CASE(rule_39_a_client_that_asks_again_meanwhile_gets_one_offer_for_its_last_message),
        CASE(others_are_served_while_an_offer_waits),
        CASE(the_answer_comes_within_500_ms_however_many_addresses_are_in_use),
        CASE(more_than_can_be_asked_for_are_offered_unseen_and_counted),
        CASE(a_network_that_cannot_be_asked_is_no_reason_for_silence),
        CASE(an_address_that_is_in_use_is_offered_to_nobody_else_while_the_log_is_slow),
        CASE(rule_57_a_reserved_address_in_use_is_kept_away_and_stays_reserved),
        CASE(rule_71_who_has_lost_the_majority_meanwhile_offers_nothing),
        CASE(what_is_asked_is_withdrawn_at_the_end),
    };

    return cmocka_run_group_tests_name("exchange_probe", tests, NULL, NULL);
}
