#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "proto/dhcp/request.h"
#include "support/packet.h"
#include "support/test.h"

#define CLIENT ip4_of(0x0a000005)
#define SERVER ip4_of(0x0a000001)
#define RELAY  ip4_of(0x0a010001)

static struct packet packet;
static struct message message;
static struct request request;

/* A message in a few words; what is zero is not sent. */
struct sketch {
    enum message_type type;
    struct ip4 ciaddr, giaddr, requested, server_id, subnet_selection;
    uint16_t secs;
    bool was_unicast;
    struct ip4 source;
    struct bytes agent_info;
};

static int read_sketch(struct sketch s)
{
    struct message_header header = packet_header();
    struct request_origin origin = { s.was_unicast, s.source, 1067 };

    header.ciaddr = s.ciaddr;
    header.giaddr = s.giaddr;
    header.secs = s.secs;
    packet_start(&packet, &header, s.type);
    if (!ip4_is_any(s.requested)) {
        message_build_address(&packet.w, OPTION_REQUESTED_ADDRESS, s.requested);
    }
    if (!ip4_is_any(s.server_id)) {
        message_build_address(&packet.w, OPTION_SERVER_IDENTIFIER, s.server_id);
    }
    if (!ip4_is_any(s.subnet_selection)) {
        message_build_address(&packet.w, OPTION_SUBNET_SELECTION, s.subnet_selection);
    }
    if (s.agent_info.at != NULL) {
        message_build_option(&packet.w, OPTION_AGENT_INFO, s.agent_info);
    }
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    return request_of(&message, origin, &request);
}

TEST(the_states_of_rfc_2131_table_4_are_told_apart)
{
    static const struct ip4 none = { 0 };

    const struct {
        struct sketch sketch;
        enum request_kind kind;
        struct ip4 address;
    } rows[] = {
        {{ .type = MESSAGE_DISCOVER },                                                         REQUEST_DISCOVER,    none  },
        { { .type = MESSAGE_DISCOVER, .requested = CLIENT },                                   REQUEST_DISCOVER,    CLIENT},
        { { .type = MESSAGE_REQUEST, .requested = CLIENT, .server_id = SERVER },
         REQUEST_SELECTING,                                                                                         CLIENT},
        { { .type = MESSAGE_REQUEST, .requested = CLIENT },                                    REQUEST_INIT_REBOOT, CLIENT},
        { { .type = MESSAGE_REQUEST, .ciaddr = CLIENT, .was_unicast = true },
         REQUEST_RENEWING,                                                                                          CLIENT},
        { { .type = MESSAGE_REQUEST, .ciaddr = CLIENT },                                       REQUEST_REBINDING,   CLIENT},
        { { .type = MESSAGE_REQUEST, .ciaddr = CLIENT, .giaddr = RELAY, .was_unicast = true },
         REQUEST_REBINDING,                                                                                         CLIENT},
        { { .type = MESSAGE_RELEASE, .ciaddr = CLIENT, .server_id = SERVER },
         REQUEST_RELEASE,                                                                                           CLIENT},
        { { .type = MESSAGE_DECLINE, .requested = CLIENT, .server_id = SERVER },
         REQUEST_DECLINE,                                                                                           CLIENT},
        { { .type = MESSAGE_INFORM, .ciaddr = CLIENT },                                        REQUEST_INFORM,      CLIENT},
        { { .type = MESSAGE_BOOTP },                                                           REQUEST_BOOTP,       none  },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(read_sketch(rows[i].sketch), 0);
        assert_int_equal(request.kind, rows[i].kind);
        assert_true(ip4_equal(request.address, rows[i].address));
        assert_int_equal(request.client.n, 7);
    }
}

TEST(rule_01_a_reply_is_no_request)
{
    struct message_header header = packet_header();

    header.op = MESSAGE_BOOTREPLY;
    packet_start(&packet, &header, MESSAGE_OFFER);
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(
        request_of(&message, (struct request_origin){ 0 }, &request), REQUEST_NOT_A_REQUEST);
}

TEST(rule_03_a_message_without_any_identity_is_not_answered)
{
    struct message_header header = packet_header();

    header.hardware.n = 0;
    packet_start(&packet, &header, MESSAGE_DISCOVER);
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(
        request_of(&message, (struct request_origin){ 0 }, &request), REQUEST_NO_CLIENT);
}

TEST(rule_08_types_that_no_client_sends_are_unknown)
{
    for (unsigned type = 1; type < 256; type++) {
        bool is_known = type == 1 || type == 3 || type == 4 || type == 7 || type == 8;
        struct message_header header = packet_header();

        header.ciaddr = CLIENT;
        packet_start(&packet, &header, MESSAGE_BOOTP);
        message_build_u8(&packet.w, OPTION_MESSAGE_TYPE, (uint8_t)type);
        message_build_address(&packet.w, OPTION_REQUESTED_ADDRESS, CLIENT);
        assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
        assert_int_equal(
            request_of(&message, (struct request_origin){ 0 }, &request),
            is_known ? 0 : REQUEST_UNKNOWN_TYPE);
    }
}

TEST(rule_08_a_type_of_zero_is_not_bootp)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_BOOTP);
    message_build_u8(&packet.w, OPTION_MESSAGE_TYPE, 0);
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(
        request_of(&message, (struct request_origin){ 0 }, &request), REQUEST_UNKNOWN_TYPE);
}

TEST(rule_60_a_lease_query_is_dropped)
{
    static const uint8_t types[] = { 9, 10, 11, 12, 13 }; /* FORCERENEW, LEASEQUERY, its answers */

    for (size_t i = 0; i < sizeof types; i++) {
        struct message_header header = packet_header();

        header.ciaddr = CLIENT;
        header.giaddr = ip4_of(0x0a010001);
        packet_start(&packet, &header, MESSAGE_BOOTP);
        message_build_u8(&packet.w, OPTION_MESSAGE_TYPE, types[i]);
        assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
        assert_int_equal(
            request_of(&message, (struct request_origin){ 0 }, &request), REQUEST_UNKNOWN_TYPE);
    }
}

TEST(rule_35_a_server_id_beside_a_ciaddr_is_not_heeded)
{
    struct sketch s = { .type = MESSAGE_REQUEST,
                        .ciaddr = CLIENT,
                        .requested = SERVER,
                        .server_id = SERVER,
                        .was_unicast = true };

    assert_int_equal(read_sketch(s), 0);
    assert_int_equal(request.kind, REQUEST_RENEWING);
    assert_true(ip4_equal(request.address, CLIENT));
    assert_true(ip4_is_any(request.server_id));
}

TEST(rule_35_a_server_id_of_zero_is_absent)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_REQUEST);
    message_build_address(&packet.w, OPTION_SERVER_IDENTIFIER, IP4_ANY);
    message_build_address(&packet.w, OPTION_REQUESTED_ADDRESS, CLIENT);
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, (struct request_origin){ 0 }, &request), 0);
    assert_int_equal(request.kind, REQUEST_INIT_REBOOT);
}

TEST(rule_36_a_request_that_names_no_address_is_not_answered)
{
    assert_int_equal(read_sketch((struct sketch){ .type = MESSAGE_REQUEST }), REQUEST_NO_ADDRESS);
    assert_int_equal(
        read_sketch((struct sketch){ .type = MESSAGE_REQUEST, .server_id = SERVER }),
        REQUEST_NO_ADDRESS);
}

TEST(rule_44_secs_in_the_wrong_byte_order_are_repaired)
{
    static const uint16_t rows[][2] = {
        {0,       0     },
        { 10,     10    },
        { 255,    255   },
        { 256,    1     },
        { 0x0a00, 10    },
        { 257,    257   },
        { 0xff00, 255   },
        { 0xffff, 0xffff},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(
            read_sketch((struct sketch){ .type = MESSAGE_DISCOVER, .secs = rows[i][0] }), 0);
        assert_int_equal(request.secs, rows[i][1]);
    }
}

TEST(rule_45_the_link_is_link_selection_then_subnet_selection_then_relay)
{
    static const uint8_t selection[] = { 5, 4, 10, 3, 0, 0 };
    struct sketch s = { .type = MESSAGE_DISCOVER };

    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_is_any(request.link));
    s.giaddr = RELAY;
    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_equal(request.link, RELAY));
    s.subnet_selection = ip4_of(0x0a020000);
    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_equal(request.link, ip4_of(0x0a020000)));
    s.agent_info = bytes_of(selection, sizeof selection);
    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_equal(request.link, ip4_of(0x0a030000)));
    assert_true(ip4_equal(request.relay, RELAY));
}

TEST(rule_30_the_server_id_override_of_the_relay_is_read)
{
    static const uint8_t override[] = { 1, 1, 7, 11, 4, 10, 1, 0, 1 };
    struct sketch s = { .type = MESSAGE_DISCOVER,
                        .giaddr = RELAY,
                        .agent_info = bytes_of(override, sizeof override) };

    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_equal(request.server_id_override, RELAY));
}

TEST(malformed_agent_information_is_not_guessed_at)
{
    static const uint8_t past[] = { 1, 9, 7 };
    static const uint8_t short_link[] = { 5, 3, 10, 0, 0 };
    static const uint8_t short_override[] = { 11, 1, 10 };
    struct sketch s = { .type = MESSAGE_DISCOVER, .giaddr = RELAY };

    s.agent_info = bytes_of(past, sizeof past);
    assert_int_equal(read_sketch(s), REQUEST_BAD_AGENT_INFO);
    s.agent_info = bytes_of(short_link, sizeof short_link);
    assert_int_equal(read_sketch(s), REQUEST_BAD_AGENT_INFO);
    s.agent_info = bytes_of(short_override, sizeof short_override);
    assert_int_equal(read_sketch(s), REQUEST_BAD_AGENT_INFO);
}

TEST(rule_56_a_release_names_its_address)
{
    assert_int_equal(
        read_sketch((struct sketch){ .type = MESSAGE_RELEASE, .requested = CLIENT }),
        REQUEST_NO_ADDRESS);
}

TEST(rule_57_a_decline_names_its_address)
{
    assert_int_equal(
        read_sketch((struct sketch){ .type = MESSAGE_DECLINE, .ciaddr = CLIENT }),
        REQUEST_NO_ADDRESS);
}

TEST(rule_58_an_inform_without_ciaddr_is_about_its_source)
{
    struct sketch s = { .type = MESSAGE_INFORM, .source = CLIENT };

    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_equal(request.address, CLIENT));
    s.giaddr = RELAY; /* then the source is the relay */
    assert_int_equal(read_sketch(s), 0);
    assert_true(ip4_is_any(request.address));
    s.giaddr = IP4_ANY;
    s.source = IP4_ANY;
    assert_int_equal(read_sketch(s), REQUEST_NO_ADDRESS);
}

TEST(what_policy_looks_at_is_lent_from_the_message)
{
    static const uint8_t list[] = { 1, 3, 6 };
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_DISCOVER);
    message_build_option(&packet.w, OPTION_PARAMETER_LIST, bytes_of(list, sizeof list));
    message_build_option(&packet.w, OPTION_HOST_NAME, bytes_of_text("pc"));
    message_build_option(&packet.w, OPTION_VENDOR_CLASS, bytes_of_text("MSFT"));
    message_build_option(&packet.w, OPTION_USER_CLASS, bytes_of_text("iPXE"));
    message_build_u32(&packet.w, OPTION_LEASE_TIME, 3600);
    message_build_option(&packet.w, OPTION_RAPID_COMMIT, (struct bytes){ 0 });
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, (struct request_origin){ 0 }, &request), 0);
    assert_true(bytes_equal(request.parameters, bytes_of(list, sizeof list)));
    assert_true(bytes_equal(request.host_name, bytes_of_text("pc")));
    assert_true(bytes_equal(request.vendor_class, bytes_of_text("MSFT")));
    assert_true(bytes_equal(request.user_class, bytes_of_text("iPXE")));
    assert_int_equal(request.wanted_lease.value, 3600);
    assert_true(request.wants_rapid_commit);
}

TEST(kinds_and_outcomes_have_names)
{
    for (int kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
        assert_non_null(request_kind_name((enum request_kind)kind));
    }
    assert_string_equal(request_kind_name(REQUEST_SELECTING), "selecting");
    assert_string_equal(request_outcome_name(REQUEST_NO_ADDRESS), "no-address");
    assert_string_equal(request_outcome_name(99), "unknown-outcome");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_states_of_rfc_2131_table_4_are_told_apart),
        cmocka_unit_test(rule_01_a_reply_is_no_request),
        cmocka_unit_test(rule_03_a_message_without_any_identity_is_not_answered),
        cmocka_unit_test(rule_08_types_that_no_client_sends_are_unknown),
        cmocka_unit_test(rule_08_a_type_of_zero_is_not_bootp),
        cmocka_unit_test(rule_30_the_server_id_override_of_the_relay_is_read),
        cmocka_unit_test(rule_35_a_server_id_beside_a_ciaddr_is_not_heeded),
        cmocka_unit_test(rule_35_a_server_id_of_zero_is_absent),
        cmocka_unit_test(rule_36_a_request_that_names_no_address_is_not_answered),
        cmocka_unit_test(rule_44_secs_in_the_wrong_byte_order_are_repaired),
        cmocka_unit_test(rule_45_the_link_is_link_selection_then_subnet_selection_then_relay),
        cmocka_unit_test(malformed_agent_information_is_not_guessed_at),
        cmocka_unit_test(rule_56_a_release_names_its_address),
        cmocka_unit_test(rule_57_a_decline_names_its_address),
        cmocka_unit_test(rule_58_an_inform_without_ciaddr_is_about_its_source),
        cmocka_unit_test(rule_60_a_lease_query_is_dropped),
        cmocka_unit_test(what_policy_looks_at_is_lent_from_the_message),
        cmocka_unit_test(kinds_and_outcomes_have_names),
    };

    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
