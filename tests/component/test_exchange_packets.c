#include <string.h>

#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

/* What is around the message: the packet it came in, and options that are none of ours. */

enum { PRIVATE_OPTION = 231 };

static struct packet packet;

static struct bytes discover_of(uint8_t client)
{
    struct message_header header = packet_header();

    header.hardware.address[5] = client;
    packet_start(&packet, &header, MESSAGE_DISCOVER);
    return packet_end(&packet);
}

TEST(rule_08_an_unknown_option_is_not_echoed)
{
    struct message_header header = packet_header();
    struct arrival arrival = one_node_arrival(&node);

    packet_start(&packet, &header, MESSAGE_DISCOVER);
    message_build_option(&packet.w, PRIVATE_OPTION, bytes_of("private", 7));
    message_build_u8(&packet.w, OPTION_PARAMETER_LIST, PRIVATE_OPTION);
    exchanges_receive(node.exchanges, &arrival, packet_end(&packet));
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_OFFER);
    assert_false(message_has(client_heard(&node), PRIVATE_OPTION));
}

TEST(rule_10_the_source_address_decides_nothing)
{
    static uint8_t first[ONE_NODE_REPLY_MAX];
    static const uint32_t sources[] = { 0, 0xc0a80163, 0x0a010063, 0xc0a80101, 0xffffffff };
    struct arrival arrival = one_node_arrival(&node);
    struct route route;

    exchanges_receive(node.exchanges, &arrival, discover_of(1));
    memcpy(first, node.reply, node.n_reply);
    route = node.route;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        one_node_wait(&node, 120000); /* the offer before is forgotten */
        exchanges_tick(node.exchanges);
        arrival = one_node_arrival(&node);
        arrival.source = ip4_of(sources[i]);
        arrival.source_port = (uint16_t)(1000 + i);
        exchanges_receive(node.exchanges, &arrival, discover_of(1));
        assert_int_equal(node.n_sent, i + 2);
        assert_memory_equal(node.reply, first, node.n_reply);
        assert_int_equal(node.route.kind, route.kind);
        assert_true(ip4_equal(node.route.address, route.address));
        assert_int_equal(node.route.port, route.port);
    }
}

TEST(rule_28_a_reply_leaves_by_the_link_of_its_request)
{
    struct arrival arrival = one_node_arrival(&node);

    for (unsigned link = 0; link < 3; link++) {
        arrival.link = link;
        exchanges_receive(node.exchanges, &arrival, discover_of((uint8_t)(link + 1)));
        assert_int_equal(node.n_sent, link + 1);
        assert_int_equal(node.sent_on.link, link);
        assert_int_equal(node.sent_on.local.value, arrival.local.value);
    }
}

TEST(rule_28_the_identifier_is_an_address_of_the_link)
{
    struct arrival arrival = one_node_arrival(&node);

    arrival.local = lan_address(1, 7);
    exchanges_receive(node.exchanges, &arrival, discover_of(1));
    assert_int_equal(message_server_identifier(client_heard(&node)).value, lan_address(1, 7).value);
}

TEST(rule_51_a_renewal_before_t1_is_acknowledged)
{
    struct ip4 address = client_get_lease(&node, 1);

    one_node_wait(&node, 2000); /* of 600 s */
    (void)client_say(&node, client_renewing(1, address));
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_true(message_lease_time(client_heard(&node)).value >= 598);
}

/* Two relays stand before one network, in different subnets of it. */
TEST(rule_66_a_discover_through_two_relays_is_offered_one_address)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .client = 1 };
    struct ip4 offered;

    says.giaddr = lan_address(1, 250);
    assert_int_equal(client_say(&node, says), 1);
    offered = client_heard(&node)->header.yiaddr;
    says.giaddr = lan_address(2, 250);
    assert_int_equal(client_say(&node, says), 1);
    client_assert_heard(&node, MESSAGE_OFFER, offered);
    assert_true(ip4_equal(node.route.address, says.giaddr));
}

TEST(rule_66_a_request_that_comes_twice_is_one_entry_and_one_ack)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says says = client_selecting(1, address, lan_address(1, 1));

    says.giaddr = lan_address(1, 250);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(client_say(&node, says), 0); /* the relay has two interfaces */
    says.giaddr = lan_address(2, 250);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 2); /* the OFFER before it */
    client_assert_heard(&node, MESSAGE_ACK, address);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(rule_08_an_unknown_option_is_not_echoed),
        CASE(rule_10_the_source_address_decides_nothing),
        CASE(rule_28_a_reply_leaves_by_the_link_of_its_request),
        CASE(rule_28_the_identifier_is_an_address_of_the_link),
        CASE(rule_66_a_discover_through_two_relays_is_offered_one_address),
        CASE(rule_66_a_request_that_comes_twice_is_one_entry_and_one_ack),
        CASE(rule_51_a_renewal_before_t1_is_acknowledged),
    };

    return cmocka_run_group_tests_name("exchange_packets", tests, NULL, NULL);
}
