#include <string.h>

#include "proto/dhcp/option.h"
#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

/* What the settings of a network change about its answers. */

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */

static struct network *lan_network(void)
{
    return &node.lan.networks[0];
}

static void apply(void)
{
    assert_int_equal(one_node_apply_settings(&node), 0);
}

static struct client_says rapid_discover(uint8_t client)
{
    return (struct client_says){ .type = MESSAGE_DISCOVER,
                                 .client = client,
                                 .wants_rapid_commit = true };
}

TEST(rule_43_a_rapid_commit_leaves_when_it_is_committed)
{
    lan_network()->rapid_commit = true;
    apply();
    assert_int_equal(client_say(&node, rapid_discover(1)), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 1);
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_ACK);
    assert_true(message_has(client_heard(&node), OPTION_RAPID_COMMIT));
    assert_int_equal(message_lease_time(client_heard(&node)).value, 600);

    struct ip4 address = client_heard(&node)->header.yiaddr;

    assert_int_equal(client_say(&node, rapid_discover(1)), 1); /* again, a moment later */
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(node.n_queued, 0);
}

TEST(rule_43_a_rapid_commit_that_the_log_refuses_is_silence_and_no_nak)
{
    lan_network()->rapid_commit = true;
    apply();
    assert_int_equal(client_say(&node, rapid_discover(1)), 0);
    one_node_answer(&node, (struct result){ .outcome = OUTCOME_TAKEN });
    assert_int_equal(node.n_sent, 0);
    assert_int_equal(count_of(REASON_LEASED_TO_OTHER), 1);
}

TEST(rule_43_without_the_setting_the_answer_is_an_offer_without_option_80)
{
    assert_int_equal(client_say(&node, rapid_discover(1)), 1);
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_OFFER);
    assert_false(message_has(client_heard(&node), OPTION_RAPID_COMMIT));
    assert_int_equal(node.n_queued, 0);
}

TEST(rule_59_bootp_may_have_addresses_of_the_pools_for_ever)
{
    struct lease row;

    lan_network()->bootp = BOOTP_DYNAMIC;
    lan_network()->bootp_lease = SECONDS_INFINITE;
    apply();
    assert_int_equal(client_say(&node, (struct client_says){ .client = 2 }), 0);
    one_node_commit(&node);
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_BOOTP);
    assert_int_equal(client_heard(&node)->header.yiaddr.value >> 8, lan_address(1, 0).value >> 8);
    assert_true(
        lease_table_find(store_leases(node.store), client_heard(&node)->header.yiaddr, &row));
    assert_true(instant_equal(row.expires_at, INSTANT_NEVER));
    assert_int_equal(node.n_reply, MESSAGE_SIZE_MIN);
}

TEST(rule_61_the_stages_of_one_machine_are_one_client_if_the_settings_say_so)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 1 };
    struct ip4 first = IP4_ANY;

    says.client_id = bytes_of_text("pxe");
    assert_int_equal(client_say(&node, says), 1);
    first = client_heard(&node)->header.yiaddr;
    says.client_id = bytes_of_text("linux");
    assert_int_equal(client_say(&node, says), 1);
    assert_int_not_equal(client_heard(&node)->header.yiaddr.value, first.value);

    lan_network()->ignores_client_id = true;
    apply();
    says.client_id = bytes_of_text("pxe");
    assert_int_equal(client_say(&node, says), 1);
    first = client_heard(&node)->header.yiaddr;
    says.client_id = bytes_of_text("linux");
    assert_int_equal(client_say(&node, says), 1);
    client_assert_heard(&node, MESSAGE_OFFER, first);
    assert_true(
        bytes_equal(message_option(client_heard(&node), OPTION_CLIENT_IDENTIFIER), says.client_id));
}

TEST(rule_26_broadcast_to_everybody_if_the_settings_say_so)
{
    (void)client_get_offer(&node, 1);
    assert_int_equal(node.route.kind, ROUTE_RAW_UNICAST);
    lan_network()->always_broadcast = true;
    apply();
    (void)client_get_offer(&node, 1);
    assert_int_equal(node.route.kind, ROUTE_BROADCAST);
}

TEST(rule_20_t1_and_t2_are_those_of_the_settings_and_the_same_for_a_repeated_ack)
{
    struct message first;
    struct ip4 address = IP4_ANY;

    node.lan.subnets[0].times.renew.time.value = 100;
    node.lan.subnets[0].times.rebind.time.value = 200;
    apply();
    address = client_get_lease(&node, 1);
    first = *client_heard(&node);
    assert_in_range(message_address(&first, OPTION_RENEWAL_TIME).value, 82, 100);
    assert_in_range(message_address(&first, OPTION_REBINDING_TIME).value, 182, 200);
    assert_int_equal(client_say(&node, client_selecting(1, address, id1)), 1);
    assert_int_equal(
        message_address(client_heard(&node), OPTION_RENEWAL_TIME).value,
        message_address(&first, OPTION_RENEWAL_TIME).value);
}

/* Gives client 1 a lease, and then its address to nobody: the pool begins behind it. */
static struct ip4 lease_outside_the_pools(enum on_move on_move)
{
    struct ip4 address = IP4_ANY;

    node.lan.pools[0].range.last = lan_address(1, 100); /* else it could have any */
    node.lan.pools[0].n_excludes = 0;
    apply();
    address = client_get_lease(&node, 1);
    node.lan.pools[0].range = (struct ip4_range){ lan_address(1, 101), lan_address(1, 102) };
    lan_network()->on_move = on_move;
    apply();
    node.view.knows_holds = true;
    one_node_wait(&node, 400000); /* a promise of 600 s is beyond the hold */
    return address;
}

TEST(rule_54_what_is_left_of_a_lease_is_told_without_a_new_entry)
{
    struct ip4 address = lease_outside_the_pools(ON_MOVE_SHRINK);

    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(message_lease_time(client_heard(&node)).value, 200);
    assert_int_equal(node.n_queued, 0);
}

TEST(rule_54_a_client_that_may_stay_is_renewed_by_the_log_too)
{
    struct ip4 address = lease_outside_the_pools(ON_MOVE_KEEP);

    assert_int_equal(client_say(&node, client_renewing(1, address)), 0);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(message_lease_time(client_heard(&node)).value, 600);
}

TEST(rule_54_by_default_a_client_is_sent_away_from_what_has_left_the_pools)
{
    struct ip4 address = lease_outside_the_pools(ON_MOVE_NAK);

    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    client_assert_heard(&node, MESSAGE_NAK, IP4_ANY);
}

TEST(rule_66_a_copy_of_a_discover_is_not_answered_and_another_relay_gets_the_same_offer)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 1, .xid = 77 };
    struct ip4 offered = IP4_ANY;

    says.giaddr = lan_address(1, 241);
    assert_int_equal(client_say(&node, says), 1);
    offered = client_heard(&node)->header.yiaddr;
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(count_of(REASON_COPY), 1);
    says.giaddr = lan_address(2, 241); /* in front of the same network */
    assert_int_equal(client_say(&node, says), 1);
    client_assert_heard(&node, MESSAGE_OFFER, offered);
    assert_int_equal(node.route.address.value, says.giaddr.value);
    one_node_wait(&node, 1000);
    assert_int_equal(client_say(&node, says), 1);
}

TEST(rule_66_a_request_through_two_relays_is_bound_once_and_answered_once)
{
    struct client_says says = client_selecting(1, client_get_offer(&node, 1), id1);

    says.giaddr = lan_address(1, 241);
    assert_int_equal(client_say(&node, says), 0);
    says.giaddr = lan_address(1, 242);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 2); /* the OFFER, and one ACK */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(rule_43_a_rapid_commit_leaves_when_it_is_committed),
        CASE(rule_43_a_rapid_commit_that_the_log_refuses_is_silence_and_no_nak),
        CASE(rule_43_without_the_setting_the_answer_is_an_offer_without_option_80),
        CASE(rule_59_bootp_may_have_addresses_of_the_pools_for_ever),
        CASE(rule_61_the_stages_of_one_machine_are_one_client_if_the_settings_say_so),
        CASE(rule_26_broadcast_to_everybody_if_the_settings_say_so),
        CASE(rule_20_t1_and_t2_are_those_of_the_settings_and_the_same_for_a_repeated_ack),
        CASE(rule_54_what_is_left_of_a_lease_is_told_without_a_new_entry),
        CASE(rule_54_a_client_that_may_stay_is_renewed_by_the_log_too),
        CASE(rule_54_by_default_a_client_is_sent_away_from_what_has_left_the_pools),
        CASE(rule_66_a_copy_of_a_discover_is_not_answered_and_another_relay_gets_the_same_offer),
        CASE(rule_66_a_request_through_two_relays_is_bound_once_and_answered_once),
    };

    return cmocka_run_group_tests_name("exchange_modes", tests, NULL, NULL);
}
