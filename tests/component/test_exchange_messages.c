#include "proto/dhcp/option.h"
#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */
static const struct ip4 id2 = { 0xc0a80102 }; /* a peer's */

/* A lease of another client, given by another node. */
static void give_to_other(struct ip4 address, struct ip4 server_id)
{
    struct command c = { .kind = COMMAND_BIND };

    c.bind.address = address;
    c.bind.client_key = bytes_of_text("another");
    c.bind.hw_type = 1;
    c.bind.lease.value = 600;
    c.bind.hold.value = 900;
    c.bind.server_id = server_id;
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
}

static const struct lease *row_of(struct ip4 address)
{
    static struct lease row;

    assert_true(lease_table_find(store_leases(node.store), address, &row));
    return &row;
}

/* The messages that are not DISCOVER and REQUEST */

TEST(rule_56_a_release_carries_when_it_came_and_whom_it_names)
{
    struct ip4 address = client_get_lease(&node, 1);
    struct command c;

    one_node_wait(&node, 5000);
    (void)client_say(
        &node,
        (struct client_says){ .type = MESSAGE_RELEASE,
                              .client = 1,
                              .ciaddr = address,
                              .server_id = id1,
                              .is_unicast = true });
    c = one_node_last_command(&node);
    assert_int_equal(c.kind, COMMAND_RELEASE);
    assert_true(ip4_equal(c.release.server_id, id1));
    assert_int_equal(c.release.received_at.ms, node.cluster_time.ms);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 2); /* OFFER and ACK */
    assert_int_equal(row_of(address)->state, LEASE_RELEASED);
    assert_int_equal(count_of(REASON_RELEASED), 1);
}

TEST(rule_56_a_release_that_waited_in_the_socket_is_older_than_the_renewal)
{
    struct ip4 address = client_get_lease(&node, 1);
    struct arrival arrival = one_node_arrival(&node);
    struct packet packet;
    struct message_header header = packet_header();

    header.ciaddr = address;
    packet_start(&packet, &header, MESSAGE_RELEASE);
    arrival.was_broadcast = false;
    one_node_wait(&node, 10000);
    (void)client_say(&node, client_renewing(1, address));
    one_node_commit(&node);
    one_node_wait(&node, 1000);
    exchanges_receive(node.exchanges, &arrival, packet_end(&packet)); /* 11 s old */
    one_node_commit(&node);
    assert_int_equal(row_of(address)->state, LEASE_BOUND);
    assert_int_equal(count_of(REASON_STALE), 1);
}

TEST(rule_57_a_decline_puts_the_address_away)
{
    struct ip4 address = client_get_lease(&node, 1);
    struct client_says says = {
        .type = MESSAGE_DECLINE, .client = 1, .wanted = address, .server_id = id1
    };

    one_node_wait(&node, 1000);
    assert_int_equal(client_say(&node, says), 0);
    assert_false(one_node_last_command(&node).decline.offered);
    one_node_commit(&node);
    assert_int_equal(row_of(address)->state, LEASE_DECLINED);
    assert_int_not_equal(client_get_offer(&node, 1).value, address.value);
}

TEST(rule_57_an_address_on_offer_may_be_declined)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says says = {
        .type = MESSAGE_DECLINE, .client = 1, .wanted = address, .server_id = id1
    };

    assert_int_equal(client_say(&node, says), 0);
    assert_true(one_node_last_command(&node).decline.offered);
    says.client = 2;
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 1);
}

TEST(rule_58_inform_gets_settings_and_no_lease_even_without_a_majority)
{
    struct ip4 address = lan_address(1, 50);
    struct client_says says = { .type = MESSAGE_INFORM, .ciaddr = address, .is_unicast = true };

    node.view.has_majority = false;
    assert_int_equal(client_say(&node, says), 1);
    client_assert_heard(&node, MESSAGE_ACK, IP4_ANY);
    assert_false(message_has(client_heard(&node), OPTION_LEASE_TIME));
    assert_false(message_has(client_heard(&node), OPTION_RENEWAL_TIME));
    assert_true(message_has(client_heard(&node), OPTION_ROUTERS));
    assert_true(ip4_equal(node.route.address, address));
    assert_int_equal(node.n_queued, 0);
}

TEST(rule_59_bootp_gets_its_reservation_when_it_is_committed)
{
    assert_int_equal(client_say(&node, (struct client_says){ .client = 0xaa }), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_BOOTP, lan_address(1, 10));
    assert_int_equal(client_say(&node, (struct client_says){ .client = 2 }), 0);
    assert_int_equal(count_of(REASON_NOT_RESERVED), 1);
}

/* Reservations by what the relay says */

static const struct ip4 relay = { 0xc0a801f1 }; /* 192.168.1.241 */

/* A client of circuit p7, whom lan.h's second reservation is given to. */
static struct client_says relayed(enum message_type type)
{
    return (struct client_says){
        .type = type, .client = 7, .giaddr = relay, .agent_info = bytes_of_text("\1\2p7")
    };
}

static struct ip4 lease_of_circuit(void)
{
    struct client_says says = relayed(MESSAGE_DISCOVER);

    node.lan.reservations[1].client_id.n = 0;
    node.lan.reservations[1].circuit_id = bytes_of_text("p7");
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(client_say(&node, says), 1);
    client_assert_heard(&node, MESSAGE_OFFER, lan_address(1, 103));
    says = relayed(MESSAGE_REQUEST);
    says.wanted = lan_address(1, 103);
    says.server_id = id1;
    assert_int_equal(client_say(&node, says), 0);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, lan_address(1, 103));
    return lan_address(1, 103);
}

TEST(rule_15_a_unicast_renewal_is_of_the_circuit_that_the_relay_named_before)
{
    struct ip4 address = lease_of_circuit();

    one_node_wait(&node, 5000);
    assert_int_equal(client_say(&node, client_renewing(7, address)), 0);
    assert_int_equal(one_node_last_command(&node).bind.agent_info.n, 0);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_false(message_has(client_heard(&node), OPTION_AGENT_INFO));
    assert_true(bytes_equal(row_of(address)->agent_info, bytes_of_text("\1\2p7")));
    assert_int_equal(row_of(address)->relay.value, relay.value);
}

TEST(rule_62_a_client_that_has_left_its_circuit_is_refused_what_is_reserved_for_that)
{
    struct ip4 address = lease_of_circuit();
    struct client_says says = relayed(MESSAGE_REQUEST);

    one_node_wait(&node, 5000);
    says.ciaddr = address;
    says.agent_info = bytes_of_text("\1\2p8");
    assert_int_equal(client_say(&node, says), 1);
    client_assert_heard(&node, MESSAGE_NAK, IP4_ANY);
    assert_int_equal(count_of(REASON_RESERVED_FOR_OTHER), 1);
}

TEST(a_reservation_without_an_address_gives_its_name_and_options)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 0xaa };
    static const uint8_t asked[] = { 12 };

    says.parameters = bytes_of(asked, sizeof asked);
    node.lan.reservations[0].address = IP4_ANY;
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(client_say(&node, says), 1);
    assert_true(client_heard(&node)->header.yiaddr.value >= lan_address(1, 100).value);
    assert_true(bytes_equal(
        message_option(client_heard(&node), OPTION_HOST_NAME), bytes_of_text("director")));
}

/* What is in the answer */

TEST(options_come_from_the_most_specific_scope)
{
    static const uint8_t asked[] = { 1, 3, 6, 12, 28, 51 };
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 0xaa };
    const struct message *m = NULL;

    says.parameters = (struct bytes){ asked, sizeof asked };
    assert_int_equal(client_say(&node, says), 1);
    m = client_heard(&node);
    assert_int_equal(m->header.yiaddr.value, lan_address(1, 10).value);
    assert_int_equal(message_address(m, OPTION_SUBNET_MASK).value, 0xffffff00);
    assert_int_equal(message_address(m, OPTION_ROUTERS).value, lan_address(1, 1).value);
    assert_int_equal(
        message_address(m, OPTION_DOMAIN_NAME_SERVERS).value, lan_address(1, 53).value);
    assert_int_equal(message_address(m, OPTION_BROADCAST_ADDRESS).value, lan_address(1, 255).value);
    assert_int_equal(message_address(m, OPTION_NTP_SERVERS).value, 0x09090909); /* forced */
    assert_true(bytes_equal(message_option(m, OPTION_HOST_NAME), bytes_of_text("director")));
    assert_true(ip4_equal(message_server_identifier(m), id1));
    assert_int_equal(message_lease_time(m).value, 600);
}

TEST(the_broadcast_address_is_told_to_who_asks_for_it)
{
    (void)client_get_offer(&node, 1);
    assert_true(message_has(client_heard(&node), OPTION_SUBNET_MASK));
    assert_false(message_has(client_heard(&node), OPTION_BROADCAST_ADDRESS));
}

TEST(boot_settings_are_the_subnet_s_before_the_network_s)
{
    node.lan.networks[0].boot =
        (struct boot_settings){ lan_address(1, 60), bytes_of_text("boot"), bytes_of_text("a.efi") };
    node.lan.subnets[0].boot.file = bytes_of_text("b.efi");
    assert_int_equal(one_node_apply_settings(&node), 0);
    (void)client_get_offer(&node, 1);
    assert_int_equal(client_heard(&node)->header.siaddr.value, lan_address(1, 60).value);
    assert_true(bytes_equal(client_heard(&node)->header.sname, bytes_of_text("boot")));
    assert_true(bytes_equal(client_heard(&node)->header.file, bytes_of_text("b.efi")));
}

TEST(rule_63_a_host_name_is_cleaned_before_it_is_stored)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says says = client_selecting(1, address, id1);

    says.host_name = bytes_of_text("lap\"top;\n.rm");
    (void)client_say(&node, says);
    one_node_commit(&node);
    assert_true(bytes_equal(row_of(address)->hostname, bytes_of_text("laptop.rm")));
}

static bool name_is(struct ip4 address, const char *name)
{
    return bytes_equal(row_of(address)->hostname, bytes_of_text(name));
}

TEST(rule_63_the_name_of_option_81_is_stored_before_that_of_option_12)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says says = client_selecting(1, address, id1);

    says.host_name = bytes_of_text("second");
    says.fqdn = bytes_of("\5\0\0\6fi rst\7Example\0", 19);
    (void)client_say(&node, says);
    one_node_commit(&node);
    assert_true(name_is(address, "first.Example"));
}

TEST(rule_63_option_81_is_answered_in_its_encoding_and_refuses_updates)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 1 };
    struct bytes answer;

    says.fqdn = bytes_of("\5\0\0\3p\nc\3lab\0", 12);
    assert_int_equal(client_say(&node, says), 1);
    answer = message_option(client_heard(&node), OPTION_CLIENT_FQDN);
    assert_true(bytes_equal(answer, bytes_of("\16\377\377\2pc\3lab\0", 11)));
    says.fqdn = bytes_of("\0\0\0pc.", 6);
    assert_int_equal(client_say(&node, says), 1);
    answer = message_option(client_heard(&node), OPTION_CLIENT_FQDN);
    assert_true(bytes_equal(answer, bytes_of("\10\377\377pc.", 6)));
    says.fqdn = bytes_of("\4\0\0\300\0", 5); /* a pointer */
    assert_int_equal(client_say(&node, says), 1);
    assert_false(message_has(client_heard(&node), OPTION_CLIENT_FQDN));
}

TEST(rule_63_the_name_of_the_reservation_goes_before_the_client_s)
{
    static const uint8_t asked[] = { OPTION_HOST_NAME };
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 0xaa };
    const struct message *m = NULL;

    says.parameters = (struct bytes){ asked, sizeof asked };
    says.host_name = bytes_of_text("impostor");
    says.fqdn = bytes_of("\4\0\0\10impostor", 12);
    assert_int_equal(client_say(&node, says), 1);
    m = client_heard(&node);
    assert_true(bytes_equal(message_option(m, OPTION_HOST_NAME), bytes_of_text("director")));
    assert_true(
        bytes_equal(message_option(m, OPTION_CLIENT_FQDN), bytes_of("\14\377\377\10director", 12)));
}

TEST(rule_14_the_echo_of_the_client_id_can_be_switched_off)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client_id = bytes_of_text("phone") };

    assert_int_equal(client_say(&node, says), 1);
    assert_true(message_has(client_heard(&node), OPTION_CLIENT_IDENTIFIER));
    node.lan.networks[0].echo_client_id = false;
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(client_say(&node, says), 1);
    assert_false(message_has(client_heard(&node), OPTION_CLIENT_IDENTIFIER));
}

TEST(rule_50_a_nak_says_why)
{
    struct ip4 address = lan_address(1, 100);
    struct bytes why;

    give_to_other(address, id2);
    assert_int_equal(client_say(&node, client_renewing(1, address)), 1);
    client_assert_heard(&node, MESSAGE_NAK, IP4_ANY);
    why = message_option(client_heard(&node), OPTION_MESSAGE);
    assert_true(bytes_equal(why, bytes_of_text(reason_spec(REASON_LEASED_TO_OTHER)->text)));
    assert_int_equal(node.n_queued, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(rule_56_a_release_carries_when_it_came_and_whom_it_names),
        CASE(rule_56_a_release_that_waited_in_the_socket_is_older_than_the_renewal),
        CASE(rule_57_a_decline_puts_the_address_away),
        CASE(rule_57_an_address_on_offer_may_be_declined),
        CASE(rule_58_inform_gets_settings_and_no_lease_even_without_a_majority),
        CASE(rule_59_bootp_gets_its_reservation_when_it_is_committed),
        CASE(rule_15_a_unicast_renewal_is_of_the_circuit_that_the_relay_named_before),
        CASE(rule_62_a_client_that_has_left_its_circuit_is_refused_what_is_reserved_for_that),
        CASE(a_reservation_without_an_address_gives_its_name_and_options),
        CASE(options_come_from_the_most_specific_scope),
        CASE(the_broadcast_address_is_told_to_who_asks_for_it),
        CASE(boot_settings_are_the_subnet_s_before_the_network_s),
        CASE(rule_63_a_host_name_is_cleaned_before_it_is_stored),
        CASE(rule_63_the_name_of_option_81_is_stored_before_that_of_option_12),
        CASE(rule_63_option_81_is_answered_in_its_encoding_and_refuses_updates),
        CASE(rule_63_the_name_of_the_reservation_goes_before_the_client_s),
        CASE(rule_14_the_echo_of_the_client_id_can_be_switched_off),
        CASE(rule_50_a_nak_says_why),
    };

    return cmocka_run_group_tests_name("exchange_messages", tests, NULL, NULL);
}
