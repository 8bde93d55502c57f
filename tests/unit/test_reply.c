#include <string.h>

#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "proto/dhcp/reply.h"
#include "support/packet.h"
#include "support/test.h"

#define GIVEN  ip4_of(0x0a000005)
#define SERVER ip4_of(0x0a000001)
#define NEXT   ip4_of(0x0a000002)
#define RELAY  ip4_of(0x0a010001)

static struct packet packet;
static struct message request;
static struct message answer;
static uint8_t buffer[1472];
static char codes[PACKET_CODES_MAX];

static const struct reply_option plain_options[] = {
    {OPTION_ROUTERS,              false, { (const uint8_t *)"\n\0\0\1", 4 }      },
    { OPTION_DOMAIN_NAME_SERVERS, false, { (const uint8_t *)"\n\0\0\1", 4 }      },
    { OPTION_SUBNET_MASK,         false, { (const uint8_t *)"\xff\xff\xff\0", 4 }},
    { OPTION_NTP_SERVERS,         false, { (const uint8_t *)"\n\0\0\1", 4 }      },
};

/* Parses what was written into the packet as the request of what follows. */
static void request_is(struct bytes datagram)
{
    assert_int_equal(message_parse(&request, datagram), 0);
}

/* A request of @type that asks for the options in @list. */
static void request_asks(enum message_type type, const void *list, size_t n)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, type);
    message_build_option(&packet.w, OPTION_PARAMETER_LIST, bytes_of(list, n));
    request_is(packet_end(&packet));
}

static struct reply reply_of(enum message_type type)
{
    return (struct reply){
        .request = &request,
        .type = type,
        .yiaddr = GIVEN,
        .siaddr = NEXT,
        .server_id = SERVER,
        .lease = { 600 },
        .t1 = { 300 },
        .t2 = { 525 },
        .options = plain_options,
        .n_options = ARRAY_LENGTH(plain_options),
    };
}

/* Builds @r, reads it back into `answer`, and lists its options field in `codes`. */
static struct bytes answer_of(struct reply r)
{
    size_t n = 0;

    assert_int_equal(reply_build(&r, buffer, sizeof buffer, &n), 0);

    struct bytes whole = bytes_of(buffer, n);

    assert_int_equal(message_parse(&answer, whole), 0);
    (void)packet_codes(whole, codes);
    return whole;
}

static void request_with_everything(enum message_type type)
{
    struct message_header header = packet_header();

    header.hops = 3;
    header.secs = 40;
    header.flags = 0x8001;
    header.ciaddr = ip4_of(0x0a000063);
    header.giaddr = RELAY;
    header.hardware.address[15] = 0x77; /* past hlen, yet echoed */
    packet_start(&packet, &header, type);
    message_build_option(&packet.w, OPTION_CLIENT_IDENTIFIER, bytes_of("\1xyz", 4));
    message_build_address(&packet.w, OPTION_REQUESTED_ADDRESS, GIVEN);
    message_build_address(&packet.w, OPTION_SERVER_IDENTIFIER, SERVER);
    message_build_u16(&packet.w, OPTION_MAX_MESSAGE_SIZE, 1500);
    message_build_option(&packet.w, OPTION_PARAMETER_LIST, bytes_of("\1\3\63\62\65\67\71\122", 8));
    message_build_option(&packet.w, OPTION_AGENT_INFO, bytes_of("\1\3eth\360\1x", 8));
    request_is(packet_end(&packet));
}

/* RFC 2131 Table 3, "Fields and options used by DHCP servers". */
TEST(rule_11_and_12_the_header_is_that_of_table_3)
{
    static const struct {
        enum message_type type;
        uint32_t ciaddr, yiaddr, siaddr;
        uint16_t flags;
    } rows[] = {
        {MESSAGE_OFFER, 0,          0x0a000005, 0x0a000002, 0x8001},
        { MESSAGE_ACK,  0x0a000063, 0x0a000005, 0x0a000002, 0x8001},
        { MESSAGE_NAK,  0,          0,          0,          0x8001},
    };

    request_with_everything(MESSAGE_REQUEST);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct reply r = reply_of(rows[i].type);
        const struct message_header *h = &answer.header;

        r.file = bytes_of_text("boot");
        r.sname = bytes_of_text("server");
        (void)answer_of(r);
        assert_int_equal(h->op, MESSAGE_BOOTREPLY);
        assert_memory_equal(&h->hardware, &request.header.hardware, sizeof h->hardware);
        assert_int_equal(h->hops, 0);
        assert_int_equal(h->xid, 0x12345678);
        assert_int_equal(h->secs, 0);
        assert_int_equal(h->flags, rows[i].flags);
        assert_int_equal(h->ciaddr.value, rows[i].ciaddr);
        assert_int_equal(h->yiaddr.value, rows[i].yiaddr);
        assert_int_equal(h->siaddr.value, rows[i].siaddr);
        assert_int_equal(h->giaddr.value, RELAY.value);
        assert_int_equal(h->file.n, rows[i].type == MESSAGE_NAK ? 0 : 4);
        assert_int_equal(h->sname.n, rows[i].type == MESSAGE_NAK ? 0 : 6);
    }
}

TEST(rule_13_the_options_are_those_of_table_3)
{
    static const struct {
        enum message_type type;
        const char *codes;
    } rows[] = {
        {MESSAGE_OFFER, "53 54 51 1 3 58 59 61 82"},
        { MESSAGE_ACK,  "53 54 51 1 3 58 59 61 82"},
        { MESSAGE_NAK,  "53 54 56 61 82"          },
    };

    request_with_everything(MESSAGE_REQUEST);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct reply r = reply_of(rows[i].type);

        r.message = bytes_of_text("no");
        (void)answer_of(r);
        assert_string_equal(codes, rows[i].codes);
        assert_int_equal(message_type(&answer), rows[i].type);
        assert_int_equal(message_server_identifier(&answer).value, SERVER.value);
    }
}

TEST(rule_03_hardware_of_any_type_is_echoed_exactly)
{
    struct message_header header = packet_header();

    header.hardware = (struct hardware){
        .type = 32, .address = {9, 8, 7},
             .n = 0
    };
    packet_start(&packet, &header, MESSAGE_DISCOVER);
    request_is(packet_end(&packet));
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_memory_equal(&answer.header.hardware, &header.hardware, sizeof header.hardware);
}

TEST(rule_09_the_whole_flags_field_is_echoed)
{
    struct message_header header = packet_header();

    header.flags = 0x7abc;
    packet_start(&packet, &header, MESSAGE_REQUEST);
    request_is(packet_end(&packet));
    (void)answer_of(reply_of(MESSAGE_ACK));
    assert_int_equal(answer.header.flags, 0x7abc);
    (void)answer_of(reply_of(MESSAGE_NAK));
    assert_int_equal(answer.header.flags, 0x7abc);
}

TEST(rule_14_option_61_is_echoed_byte_exact_unless_switched_off)
{
    static const enum message_type types[] = { MESSAGE_OFFER, MESSAGE_ACK, MESSAGE_NAK };

    request_with_everything(MESSAGE_REQUEST);
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        struct reply r = reply_of(types[i]);
        struct bytes id = bytes_of("\1xyz", 4);

        (void)answer_of(r);
        assert_true(bytes_equal(message_option(&answer, OPTION_CLIENT_IDENTIFIER), id));
        r.omit_client_id = true;
        (void)answer_of(r);
        assert_false(message_has(&answer, OPTION_CLIENT_IDENTIFIER));
    }
}

TEST(rule_15_option_82_is_echoed_verbatim_as_the_last_option_only_if_received)
{
    static const enum message_type types[] = {
        MESSAGE_OFFER, MESSAGE_ACK, MESSAGE_NAK, MESSAGE_BOOTP
    };

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        request_with_everything(MESSAGE_REQUEST);
        (void)answer_of(reply_of(types[i]));
        assert_true(
            bytes_equal(message_option(&answer, OPTION_AGENT_INFO), bytes_of("\1\3eth\360\1x", 8)));
        assert_string_equal(codes + strlen(codes) - 3, " 82");
        request_asks(MESSAGE_REQUEST, "\122", 1);
        (void)answer_of(reply_of(types[i]));
        assert_false(message_has(&answer, OPTION_AGENT_INFO));
    }
}

TEST(rule_15_option_82_without_a_relay_is_echoed_too)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_DISCOVER);
    message_build_option(&packet.w, OPTION_AGENT_INFO, bytes_of("\1\1a", 3));
    request_is(packet_end(&packet));
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_true(message_has(&answer, OPTION_AGENT_INFO));
}

TEST(rule_17_a_reply_has_300_bytes_at_least)
{
    static const enum message_type types[] = {
        MESSAGE_OFFER, MESSAGE_ACK, MESSAGE_NAK, MESSAGE_BOOTP
    };

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        request_asks(MESSAGE_REQUEST, "\1", 1);
        assert_int_equal(answer_of(reply_of(types[i])).n, 300);
    }
}

TEST(rule_18_options_come_in_the_order_the_client_asked_for)
{
    request_asks(MESSAGE_DISCOVER, "\52\6\1\3", 4);
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_string_equal(codes, "53 54 51 42 6 1 3 58 59");
    request_asks(MESSAGE_DISCOVER, "\73\6\72\52", 4);
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_string_equal(codes, "53 54 51 59 6 58 42");
}

TEST(rule_18_the_mask_comes_before_routers)
{
    request_asks(MESSAGE_DISCOVER, "\6\3\52\1", 4);
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_string_equal(codes, "53 54 51 6 1 3 42 58 59");
    request_asks(MESSAGE_DISCOVER, "\3\6", 2); /* no mask asked for */
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_string_equal(codes, "53 54 51 3 6 58 59");
}

TEST(rule_18_a_forced_mask_comes_before_routers_too)
{
    struct reply_option options[] = { plain_options[0], plain_options[2] };
    struct reply r = reply_of(MESSAGE_OFFER);

    r.options = options;
    r.n_options = 2;
    options[0].is_forced = true;
    options[1].is_forced = true;
    request_asks(MESSAGE_DISCOVER, "\3", 1);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 1 3 58 59");
    request_asks(MESSAGE_DISCOVER, "\6", 1);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 1 3 58 59");
}

TEST(rule_18_classless_routes_do_not_suppress_routers)
{
    struct reply_option options[] = {
        {OPTION_ROUTERS,           false, { (const uint8_t *)"\n\0\0\1", 4 }  },
        { OPTION_CLASSLESS_ROUTES, false, { (const uint8_t *)"\0\n\0\0\1", 5 }},
    };
    struct reply r = reply_of(MESSAGE_OFFER);

    r.options = options;
    r.n_options = 2;
    request_asks(MESSAGE_DISCOVER, "\171\3", 2);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 121 3 58 59");
}

TEST(rule_19_only_what_is_asked_for_or_forced_is_sent)
{
    struct reply_option options[] = {
        {OPTION_NTP_SERVERS,        true,  { (const uint8_t *)"\n\0\0\1", 4 }},
        { OPTION_LOG_SERVERS,       false, { (const uint8_t *)"\n\0\0\1", 4 }},
        { OPTION_V6_ONLY_PREFERRED, true,  { (const uint8_t *)"\0\0\0\5", 4 }},
        { OPTION_AUTO_CONFIG,       true,  { (const uint8_t *)"\0", 1 }      },
    };
    struct reply r = reply_of(MESSAGE_OFFER);

    r.options = options;
    r.n_options = ARRAY_LENGTH(options);
    request_asks(MESSAGE_DISCOVER, "\1", 1);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 42 58 59");
    request_asks(MESSAGE_DISCOVER, "\154\164\7", 3);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 108 116 7 42 58 59");
}

TEST(rule_19_the_lease_time_is_sent_unasked_and_nothing_of_ours_by_settings)
{
    struct reply_option options[] = {
        {OPTION_LEASE_TIME,         true, { (const uint8_t *)"\1\1\1\1", 4 }},
        { OPTION_SERVER_IDENTIFIER, true, { (const uint8_t *)"\1\1\1\1", 4 }},
        { OPTION_PAD,               true, { (const uint8_t *)"\1", 1 }      },
        { OPTION_END,               true, { (const uint8_t *)"\1", 1 }      },
    };
    struct reply r = reply_of(MESSAGE_OFFER);

    r.options = options;
    r.n_options = ARRAY_LENGTH(options);
    request_asks(MESSAGE_DISCOVER, "\1\63\66\0\377", 5);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 58 59");
    assert_int_equal(message_lease_time(&answer).value, 600);
}

TEST(a_client_without_a_list_gets_what_it_cannot_do_without)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_DISCOVER);
    request_is(packet_end(&packet));
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_string_equal(codes, "53 54 51 1 3 6 58 59");
}

TEST(the_more_specific_of_two_values_is_sent)
{
    struct reply_option options[] = {
        {OPTION_DOMAIN_NAME,  false, { (const uint8_t *)"mine", 4 }},
        { OPTION_DOMAIN_NAME, true,  { (const uint8_t *)"ours", 4 }},
    };
    struct reply r = reply_of(MESSAGE_OFFER);

    r.options = options;
    r.n_options = ARRAY_LENGTH(options);
    request_asks(MESSAGE_DISCOVER, "\17\17", 2);
    (void)answer_of(r);
    assert_true(bytes_equal(message_option(&answer, OPTION_DOMAIN_NAME), bytes_of_text("mine")));
    assert_string_equal(codes, "53 54 51 15 58 59");
}

TEST(rule_20_t1_and_t2_are_left_out_of_infinite_leases)
{
    struct reply r = reply_of(MESSAGE_ACK);

    request_asks(MESSAGE_REQUEST, "\1\72\73", 3);
    (void)answer_of(r);
    assert_int_equal(message_address(&answer, OPTION_RENEWAL_TIME).value, 300);
    assert_int_equal(message_address(&answer, OPTION_REBINDING_TIME).value, 525);
    r.lease = SECONDS_INFINITE;
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 1");
    assert_true(seconds_is_infinite(message_lease_time(&answer)));
}

TEST(rule_27_a_nak_through_a_relay_has_the_broadcast_bit)
{
    struct message_header header = packet_header();

    header.giaddr = RELAY;
    packet_start(&packet, &header, MESSAGE_REQUEST);
    request_is(packet_end(&packet));
    (void)answer_of(reply_of(MESSAGE_NAK));
    assert_int_equal(answer.header.flags, MESSAGE_FLAG_BROADCAST);
    (void)answer_of(reply_of(MESSAGE_ACK));
    assert_int_equal(answer.header.flags, 0);
}

TEST(rule_43_a_rapid_commit_says_so)
{
    struct reply r = reply_of(MESSAGE_ACK);

    r.is_rapid_commit = true;
    request_asks(MESSAGE_DISCOVER, "\1", 1);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 51 80 1 58 59");
}

TEST(rule_58_an_ack_to_inform_has_no_times_and_no_address)
{
    struct reply r = reply_of(MESSAGE_ACK);

    r.yiaddr = IP4_ANY;
    r.lease.value = 0;
    request_asks(MESSAGE_INFORM, "\1\3\63\72\73", 5);
    (void)answer_of(r);
    assert_string_equal(codes, "53 54 1 3");
    assert_int_equal(answer.header.yiaddr.value, 0);
}

TEST(rule_59_a_bootreply_has_no_dhcp_options_and_300_bytes)
{
    struct message_header header = packet_header();
    struct reply r = reply_of(MESSAGE_BOOTP);

    header.ciaddr = GIVEN;
    packet_start(&packet, &header, MESSAGE_BOOTP);
    message_build_option(&packet.w, OPTION_CLIENT_IDENTIFIER, bytes_of("\1xyz", 4));
    request_is(packet_end(&packet));
    r.file = bytes_of_text("boot");
    assert_int_equal(answer_of(r).n, 300);
    assert_string_equal(codes, "1 3 6");
    assert_int_equal(answer.header.ciaddr.value, GIVEN.value);
    assert_int_equal(answer.header.yiaddr.value, GIVEN.value);
    assert_true(bytes_equal(answer.header.file, bytes_of_text("boot")));
}

TEST(rule_64_subnet_selection_is_echoed)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_DISCOVER);
    message_build_address(&packet.w, OPTION_SUBNET_SELECTION, RELAY);
    request_is(packet_end(&packet));
    (void)answer_of(reply_of(MESSAGE_OFFER));
    assert_int_equal(message_address(&answer, OPTION_SUBNET_SELECTION).value, RELAY.value);
    (void)answer_of(reply_of(MESSAGE_NAK));
    assert_false(message_has(&answer, OPTION_SUBNET_SELECTION));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_11_and_12_the_header_is_that_of_table_3),
        cmocka_unit_test(rule_13_the_options_are_those_of_table_3),
        cmocka_unit_test(rule_03_hardware_of_any_type_is_echoed_exactly),
        cmocka_unit_test(rule_09_the_whole_flags_field_is_echoed),
        cmocka_unit_test(rule_14_option_61_is_echoed_byte_exact_unless_switched_off),
        cmocka_unit_test(rule_15_option_82_is_echoed_verbatim_as_the_last_option_only_if_received),
        cmocka_unit_test(rule_15_option_82_without_a_relay_is_echoed_too),
        cmocka_unit_test(rule_17_a_reply_has_300_bytes_at_least),
        cmocka_unit_test(rule_18_options_come_in_the_order_the_client_asked_for),
        cmocka_unit_test(rule_18_the_mask_comes_before_routers),
        cmocka_unit_test(rule_18_a_forced_mask_comes_before_routers_too),
        cmocka_unit_test(rule_18_classless_routes_do_not_suppress_routers),
        cmocka_unit_test(rule_19_only_what_is_asked_for_or_forced_is_sent),
        cmocka_unit_test(rule_19_the_lease_time_is_sent_unasked_and_nothing_of_ours_by_settings),
        cmocka_unit_test(a_client_without_a_list_gets_what_it_cannot_do_without),
        cmocka_unit_test(the_more_specific_of_two_values_is_sent),
        cmocka_unit_test(rule_20_t1_and_t2_are_left_out_of_infinite_leases),
        cmocka_unit_test(rule_27_a_nak_through_a_relay_has_the_broadcast_bit),
        cmocka_unit_test(rule_43_a_rapid_commit_says_so),
        cmocka_unit_test(rule_58_an_ack_to_inform_has_no_times_and_no_address),
        cmocka_unit_test(rule_59_a_bootreply_has_no_dhcp_options_and_300_bytes),
        cmocka_unit_test(rule_64_subnet_selection_is_echoed),
    };

    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
