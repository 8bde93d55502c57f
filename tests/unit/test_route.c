#include "proto/dhcp/agent_info.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "proto/dhcp/route.h"
#include "support/packet.h"
#include "support/test.h"

#define GIVEN ip4_of(0x0a000005)
#define RELAY ip4_of(0x0a010001)

static struct packet packet;
static struct message message;

/* The route of a @reply to a @type with this header, which came from port @source_port. */
static struct route route(
    const struct message_header *header, enum message_type type, enum message_type reply)
{
    struct request_origin origin = { .source = ip4_of(0x0a000009), .source_port = 1067 };
    struct request request;

    packet_start(&packet, header, type);
    if (ip4_is_any(header->ciaddr) && type == MESSAGE_REQUEST) {
        message_build_address(&packet.w, OPTION_REQUESTED_ADDRESS, GIVEN);
    }
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, origin, &request), 0);
    return route_of(&request, reply, reply == MESSAGE_NAK ? IP4_ANY : GIVEN, false);
}

TEST(rule_23_through_a_relay_to_its_port_67_whatever_ciaddr_and_flags_say)
{
    struct message_header h = packet_header();

    h.giaddr = RELAY;
    h.ciaddr = GIVEN;
    h.flags = MESSAGE_FLAG_BROADCAST;

    struct route r = route(&h, MESSAGE_REQUEST, MESSAGE_ACK);

    assert_int_equal(r.kind, ROUTE_RELAY);
    assert_true(ip4_equal(r.address, RELAY));
    assert_int_equal(r.port, 67);
    r = route(&h, MESSAGE_INFORM, MESSAGE_ACK);
    assert_int_equal(r.kind, ROUTE_RELAY);
}

TEST(rule_23_a_relay_that_says_so_is_answered_on_its_own_port)
{
    static const uint8_t relay_port[] = { AGENT_INFO_RELAY_PORT, 0 };
    struct request_origin origin = { .source = RELAY, .source_port = 1067 };
    struct message_header h = packet_header();
    struct request request;

    h.giaddr = RELAY;
    packet_start(&packet, &h, MESSAGE_DISCOVER);
    message_build_option(&packet.w, OPTION_AGENT_INFO, bytes_of(relay_port, sizeof relay_port));
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, origin, &request), 0);
    assert_int_equal(route_of(&request, MESSAGE_OFFER, GIVEN, false).port, 1067);
}

TEST(rule_24_to_an_address_the_client_has_by_unicast)
{
    struct message_header h = packet_header();

    h.ciaddr = ip4_of(0x0a000006);
    h.flags = MESSAGE_FLAG_BROADCAST;

    struct route r = route(&h, MESSAGE_REQUEST, MESSAGE_ACK);

    assert_int_equal(r.kind, ROUTE_UNICAST);
    assert_true(ip4_equal(r.address, h.ciaddr));
    assert_int_equal(r.port, 68);
}

TEST(rule_25_a_client_that_asks_for_broadcast_gets_it)
{
    struct message_header h = packet_header();

    h.flags = MESSAGE_FLAG_BROADCAST;

    struct route r = route(&h, MESSAGE_DISCOVER, MESSAGE_OFFER);

    assert_int_equal(r.kind, ROUTE_BROADCAST);
    assert_true(ip4_equal(r.address, IP4_BROADCAST));
    assert_int_equal(r.port, 68);
}

TEST(rule_26_a_client_without_address_gets_a_frame_to_its_hardware_address)
{
    struct message_header h = packet_header();

    h.flags = 0x7fff; /* the other bits mean nothing */

    struct route r = route(&h, MESSAGE_DISCOVER, MESSAGE_OFFER);

    assert_int_equal(r.kind, ROUTE_RAW_UNICAST);
    assert_true(ip4_equal(r.address, GIVEN));
    assert_int_equal(r.port, 68);
    assert_int_equal(r.hardware.n, 6);
    assert_int_equal(r.hardware.address[5], 1);
}

TEST(rule_26_a_client_that_did_not_hear_gets_broadcast)
{
    struct message_header h = packet_header();
    struct request request;

    (void)route(&h, MESSAGE_DISCOVER, MESSAGE_OFFER);
    assert_int_equal(request_of(&message, (struct request_origin){ 0 }, &request), 0);
    assert_int_equal(route_of(&request, MESSAGE_OFFER, GIVEN, true).kind, ROUTE_BROADCAST);
}

TEST(rule_27_a_nak_is_broadcast_even_to_a_client_with_an_address)
{
    struct message_header h = packet_header();

    assert_int_equal(route(&h, MESSAGE_REQUEST, MESSAGE_NAK).kind, ROUTE_BROADCAST);
    h.ciaddr = GIVEN;
    assert_int_equal(route(&h, MESSAGE_REQUEST, MESSAGE_NAK).kind, ROUTE_BROADCAST);
    h.giaddr = RELAY;
    assert_int_equal(route(&h, MESSAGE_REQUEST, MESSAGE_NAK).kind, ROUTE_RELAY);
}

TEST(rule_03_hardware_that_is_not_ethernet_is_answered_by_broadcast)
{
    struct message_header h = packet_header();

    h.hardware.type = 32;
    h.hardware.n = 16;
    assert_int_equal(route(&h, MESSAGE_DISCOVER, MESSAGE_OFFER).kind, ROUTE_BROADCAST);
    h.hardware.type = HARDWARE_ETHERNET;
    assert_int_equal(route(&h, MESSAGE_DISCOVER, MESSAGE_OFFER).kind, ROUTE_BROADCAST);
}

TEST(rule_58_an_inform_is_answered_by_unicast_to_ciaddr_or_source)
{
    struct message_header h = packet_header();

    assert_int_equal(route(&h, MESSAGE_INFORM, MESSAGE_ACK).kind, ROUTE_UNICAST);
    assert_true(ip4_equal(route(&h, MESSAGE_INFORM, MESSAGE_ACK).address, ip4_of(0x0a000009)));
    h.ciaddr = GIVEN;
    assert_true(ip4_equal(route(&h, MESSAGE_INFORM, MESSAGE_ACK).address, GIVEN));
}

TEST(rule_59_bootp_is_delivered_like_dhcp)
{
    struct message_header h = packet_header();

    assert_int_equal(route(&h, MESSAGE_BOOTP, MESSAGE_BOOTP).kind, ROUTE_RAW_UNICAST);
    h.flags = MESSAGE_FLAG_BROADCAST;
    assert_int_equal(route(&h, MESSAGE_BOOTP, MESSAGE_BOOTP).kind, ROUTE_BROADCAST);
    h.giaddr = RELAY;
    assert_int_equal(route(&h, MESSAGE_BOOTP, MESSAGE_BOOTP).kind, ROUTE_RELAY);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_03_hardware_that_is_not_ethernet_is_answered_by_broadcast),
        cmocka_unit_test(rule_23_through_a_relay_to_its_port_67_whatever_ciaddr_and_flags_say),
        cmocka_unit_test(rule_23_a_relay_that_says_so_is_answered_on_its_own_port),
        cmocka_unit_test(rule_24_to_an_address_the_client_has_by_unicast),
        cmocka_unit_test(rule_25_a_client_that_asks_for_broadcast_gets_it),
        cmocka_unit_test(rule_26_a_client_without_address_gets_a_frame_to_its_hardware_address),
        cmocka_unit_test(rule_26_a_client_that_did_not_hear_gets_broadcast),
        cmocka_unit_test(rule_27_a_nak_is_broadcast_even_to_a_client_with_an_address),
        cmocka_unit_test(rule_58_an_inform_is_answered_by_unicast_to_ciaddr_or_source),
        cmocka_unit_test(rule_59_bootp_is_delivered_like_dhcp),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
