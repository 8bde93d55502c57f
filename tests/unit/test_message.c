#include <string.h>

#include "base/own.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "support/packet.h"
#include "support/test.h"

enum { OPTIONS_AT = 240, FILE_AT = 108, SNAME_AT = 44 };

static struct message message;

/* A DISCOVER whose options field is just @options, without END or padding behind it. */
static struct bytes exactly(const void *options, size_t n)
{
    static struct packet packet;
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_BOOTP);
    writer_bytes(&packet.w, bytes_of(options, n));
    return writer_done(&packet.w);
}

static int parse(const void *options, size_t n)
{
    return message_parse(&message, exactly(options, n));
}

#define PARSE(...) parse((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void assert_option(uint8_t code, const char *value, size_t n)
{
    assert_true(message_has(&message, code));
    assert_true(bytes_equal(message_option(&message, code), bytes_of(value, n)));
}

TEST(reads_every_field_of_the_header)
{
    uint8_t raw[MESSAGE_HEADER_SIZE];
    const struct message_header *h = &message.header;

    for (size_t i = 0; i < sizeof raw; i++) {
        raw[i] = (uint8_t)(i + 1);
    }
    raw[0] = MESSAGE_BOOTREQUEST;
    raw[2] = 6;
    raw[SNAME_AT + 2] = 0;
    raw[FILE_AT + 127] = 0;
    assert_int_equal(message_parse(&message, bytes_of(raw, sizeof raw)), 0);
    assert_int_equal(h->op, 1);
    assert_int_equal(h->hardware.type, 2);
    assert_int_equal(h->hardware.n, 6);
    assert_int_equal(h->hops, 4);
    assert_int_equal(h->xid, 0x05060708);
    assert_int_equal(h->secs, 0x090a);
    assert_int_equal(h->flags, 0x0b0c);
    assert_int_equal(h->ciaddr.value, 0x0d0e0f10);
    assert_int_equal(h->yiaddr.value, 0x11121314);
    assert_int_equal(h->siaddr.value, 0x15161718);
    assert_int_equal(h->giaddr.value, 0x191a1b1c);
    assert_memory_equal(h->hardware.address, raw + 28, 16);
    assert_int_equal(hardware_address(&h->hardware).n, 6);
    assert_true(bytes_equal(h->sname, bytes_of(raw + SNAME_AT, 2)));
    assert_true(bytes_equal(h->file, bytes_of(raw + FILE_AT, 127)));
}

TEST(rule_01_an_op_that_is_neither_request_nor_reply_is_malformed)
{
    struct message_header header = packet_header();
    struct packet packet;

    for (unsigned op = 0; op < 256; op++) {
        header.op = (uint8_t)op;
        packet_start(&packet, &header, MESSAGE_DISCOVER);
        assert_int_equal(
            message_parse(&message, packet_end(&packet)),
            op == 1 || op == 2 ? 0 : MESSAGE_MALFORMED);
    }
}

TEST(rule_02_under_236_bytes_is_no_message_and_without_cookie_is_bootp)
{
    struct bytes whole = exactly("\65\1\1\xff", 4);

    for (size_t n = 0; n < MESSAGE_HEADER_SIZE; n++) {
        assert_int_equal(message_parse(&message, bytes_slice(whole, 0, n)), MESSAGE_SHORT);
    }
    for (size_t n = MESSAGE_HEADER_SIZE; n < OPTIONS_AT; n++) {
        assert_int_equal(message_parse(&message, bytes_slice(whole, 0, n)), 0);
        assert_false(message.has_cookie);
        assert_int_equal(message_type(&message), MESSAGE_BOOTP);
    }
    assert_int_equal(message_parse(&message, bytes_slice(whole, 0, OPTIONS_AT)), 0);
    assert_true(message.has_cookie);
    assert_int_equal(message_parse(&message, whole), 0);
    assert_int_equal(message_type(&message), MESSAGE_DISCOVER);
}

TEST(rule_02_a_wrong_cookie_means_there_are_no_options)
{
    uint8_t raw[300];

    memset(raw, 0, sizeof raw);
    memcpy(raw, exactly("\65\1\1\xff", 4).at, 244);
    raw[OPTIONS_AT - 1] ^= 1;
    assert_int_equal(message_parse(&message, bytes_of(raw, sizeof raw)), 0);
    assert_false(message.has_cookie);
    assert_false(message_has(&message, OPTION_MESSAGE_TYPE));
}

TEST(rule_03_an_hlen_above_16_is_malformed)
{
    struct message_header header = packet_header();
    struct packet packet;

    for (unsigned n = 0; n < 256; n++) {
        header.hardware.n = (uint8_t)n;
        packet_start(&packet, &header, MESSAGE_DISCOVER);
        assert_int_equal(
            message_parse(&message, packet_end(&packet)), n <= 16 ? 0 : MESSAGE_MALFORMED);
    }
}

TEST(rule_04_pad_is_skipped_and_nothing_behind_end_is_read)
{
    assert_int_equal(PARSE(0, 0, 53, 1, 1, 0, 12, 1, 'a', 255, 54, 1, 9, 12, 200), 0);
    assert_int_equal(message_type(&message), MESSAGE_DISCOVER);
    assert_option(OPTION_HOST_NAME, "a", 1);
    assert_false(message_has(&message, OPTION_SERVER_IDENTIFIER));
    assert_false(message_has(&message, OPTION_PAD));
    assert_false(message_has(&message, OPTION_END));
}

TEST(rule_04_a_length_past_the_end_is_malformed)
{
    assert_int_equal(PARSE(53, 1), MESSAGE_MALFORMED);
    assert_int_equal(PARSE(53, 1, 1, 12, 5, 'a', 'b', 'c', 'd'), MESSAGE_MALFORMED);
    assert_int_equal(PARSE(53, 1, 1, 12, 255), MESSAGE_MALFORMED);
    assert_int_equal(PARSE(53, 1, 1, 12), MESSAGE_MALFORMED);
}

TEST(rule_04_end_may_be_missing_when_the_last_option_ends_with_the_message)
{
    assert_int_equal(PARSE(53, 1, 1), 0);
    assert_int_equal(PARSE(53, 1, 1, 0, 0), 0);
    assert_int_equal(PARSE(53, 1, 1, 80, 0), 0);
    assert_true(message_has(&message, OPTION_RAPID_COMMIT));
}

TEST(an_empty_option_is_told_from_an_absent_one)
{
    assert_int_equal(PARSE(53, 1, 1, 80, 0, 255), 0);
    assert_non_null(message_option(&message, 80).at);
    assert_int_equal(message_option(&message, 80).n, 0);
    assert_null(message_option(&message, 81).at);
}

TEST(rule_05_an_option_that_comes_twice_is_joined_in_order)
{
    assert_int_equal(
        PARSE(53, 1, 1, 12, 2, 'a', 'b', 60, 1, 'x', 12, 1, 'c', 60, 0, 12, 1, 'd'), 0);
    assert_option(OPTION_HOST_NAME, "abcd", 4);
    assert_option(OPTION_VENDOR_CLASS, "x", 1);
    assert_int_equal(PARSE(53, 1, 1, 82, 3, 1, 4, 'a', 82, 3, 'b', 'c', 'd', 255), 0);
    assert_option(OPTION_AGENT_INFO, "\1\4abcd", 6);
}

TEST(rule_05_lengths_are_checked_after_joining)
{
    assert_int_equal(PARSE(53, 1, 1, 53, 1, 3, 255), MESSAGE_MALFORMED);
    assert_int_equal(PARSE(53, 1, 3, 50, 2, 10, 0, 50, 2, 0, 9, 255), 0);
    assert_int_equal(message_requested_address(&message).value, 0x0a000009);
    assert_int_equal(PARSE(53, 1, 3, 50, 4, 10, 0, 0, 9, 50, 4, 10, 0, 0, 9), MESSAGE_MALFORMED);
}

TEST(rule_05_a_message_that_was_moved_still_lends_joined_options)
{
    struct message moved;

    assert_int_equal(PARSE(53, 1, 1, 12, 1, 'a', 12, 1, 'b', 255), 0);
    moved = message;
    memset(message.scratch, 0, sizeof message.scratch);
    assert_true(bytes_equal(message_option(&moved, OPTION_HOST_NAME), bytes_of("ab", 2)));
}

TEST(rule_05_joined_options_beyond_the_scratch_are_malformed)
{
    static uint8_t options[6 * 257];
    size_t most = MESSAGE_SCRATCH_SIZE / 255;

    for (size_t i = 0; i < 6; i++) {
        options[i * 257] = 43;
        options[i * 257 + 1] = 255;
    }
    assert_int_equal(parse(options, most * 257), 0);
    assert_int_equal(message_option(&message, 43).n, most * 255);
    assert_int_equal(parse(options, (most + 1) * 257), MESSAGE_MALFORMED);
}

/* A message whose options, file and sname fields hold these, each followed by END. */
static int parse_overloaded(
    uint8_t overload, const char *options, const char *file, const char *sname)
{
    static uint8_t raw[OPTIONS_AT + 64];
    uint8_t *at = raw + OPTIONS_AT;

    memset(raw, 0, sizeof raw);
    memcpy(raw, exactly("", 0).at, OPTIONS_AT);
    *at++ = OPTION_OVERLOAD;
    *at++ = 1;
    *at++ = overload;
    memcpy(at, options, strlen(options));
    at[strlen(options)] = OPTION_END;
    memcpy(raw + FILE_AT, file, strlen(file));
    raw[FILE_AT + strlen(file)] = OPTION_END;
    memcpy(raw + SNAME_AT, sname, strlen(sname));
    raw[SNAME_AT + strlen(sname)] = OPTION_END;
    return message_parse(&message, bytes_of(raw, sizeof raw));
}

TEST(rule_06_overload_reads_options_then_file_then_sname)
{
    assert_int_equal(parse_overloaded(3, "\14\1a", "\14\1b\74\1f", "\14\1c\115\1s"), 0);
    assert_option(OPTION_HOST_NAME, "abc", 3);
    assert_option(OPTION_VENDOR_CLASS, "f", 1);
    assert_option(OPTION_USER_CLASS, "s", 1);
    assert_int_equal(message.header.file.n, 0);
    assert_int_equal(message.header.sname.n, 0);
}

TEST(rule_06_a_field_that_is_not_overloaded_is_a_name)
{
    assert_int_equal(parse_overloaded(1, "", "\74\1f", "server"), 0);
    assert_option(OPTION_VENDOR_CLASS, "f", 1);
    assert_int_equal(message.header.file.n, 0);
    assert_true(bytes_equal(message.header.sname, bytes_of_text("server\xff")));
    assert_int_equal(parse_overloaded(2, "", "boot", "\115\1s"), 0);
    assert_option(OPTION_USER_CLASS, "s", 1);
    assert_true(bytes_equal(message.header.file, bytes_of_text("boot\xff")));
}

TEST(rule_06_overload_inside_file_or_sname_is_ignored)
{
    assert_int_equal(parse_overloaded(1, "", "\64\1\3\74\1f", "\115\1s"), 0);
    assert_option(OPTION_OVERLOAD, "\1", 1);
    assert_option(OPTION_VENDOR_CLASS, "f", 1);
    assert_false(message_has(&message, OPTION_USER_CLASS));
}

TEST(rule_06_an_overload_that_says_nothing_is_malformed)
{
    assert_int_equal(parse_overloaded(0, "", "", ""), MESSAGE_MALFORMED);
    assert_int_equal(parse_overloaded(4, "", "", ""), MESSAGE_MALFORMED);
    assert_int_equal(PARSE(53, 1, 1, 52, 2, 1, 1, 255), MESSAGE_MALFORMED);
    assert_int_equal(PARSE(53, 1, 1, 52, 1, 1, 52, 1, 1, 255), MESSAGE_MALFORMED);
}

TEST(rule_06_a_broken_overloaded_field_is_malformed)
{
    uint8_t raw[OPTIONS_AT + 4];

    memcpy(raw, exactly("\64\1\1\xff", 4).at, sizeof raw);
    memset(raw + FILE_AT, 0, MESSAGE_FILE_SIZE);
    raw[FILE_AT + 126] = 12;
    raw[FILE_AT + 127] = 1; /* its value would lie in the cookie */
    assert_int_equal(message_parse(&message, bytes_of(raw, sizeof raw)), MESSAGE_MALFORMED);
    raw[FILE_AT + 127] = 0;
    assert_int_equal(message_parse(&message, bytes_of(raw, sizeof raw)), 0);
}

TEST(rule_07_wrong_lengths_spoil_the_message_or_only_the_option)
{
    static const struct {
        uint8_t code, right;
        bool spoils_message;
    } rows[] = {
        {OPTION_REQUESTED_ADDRESS,  4, true },
        { OPTION_SERVER_IDENTIFIER, 4, true },
        { OPTION_MESSAGE_TYPE,      1, true },
        { OPTION_LEASE_TIME,        4, false},
        { OPTION_SUBNET_SELECTION,  4, false},
        { OPTION_MAX_MESSAGE_SIZE,  2, false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        for (uint8_t n = 0; n < 9; n++) {
            uint8_t options[16] = { rows[i].code, n, 1 };
            bool is_right = n == rows[i].right;

            assert_int_equal(
                parse(options, 2u + n),
                is_right || !rows[i].spoils_message ? 0 : MESSAGE_MALFORMED);
            assert_true(rows[i].spoils_message || message_has(&message, rows[i].code) == is_right);
        }
    }
}

TEST(rule_07_a_message_size_below_576_is_576)
{
    assert_int_equal(PARSE(53, 1, 1, 57, 2, 0x02, 0x3f), 0);
    assert_int_equal(message_max_datagram(&message), 576);
    assert_int_equal(PARSE(53, 1, 1, 57, 2, 0x05, 0xdc), 0);
    assert_int_equal(message_max_datagram(&message), 1500);
    assert_int_equal(PARSE(53, 1, 1), 0);
    assert_int_equal(message_max_datagram(&message), 576);
}

TEST(absent_options_read_as_zero)
{
    assert_int_equal(PARSE(53, 1, 1, 255), 0);
    assert_true(ip4_is_any(message_requested_address(&message)));
    assert_true(ip4_is_any(message_server_identifier(&message)));
    assert_int_equal(message_lease_time(&message).value, 0);
    assert_int_equal(message_parameter_list(&message).n, 0);
    assert_int_equal(PARSE(53, 1, 3, 54, 4, 10, 0, 0, 1, 51, 4, 0, 0, 14, 16, 55, 2, 1, 3), 0);
    assert_int_equal(message_server_identifier(&message).value, 0x0a000001);
    assert_int_equal(message_lease_time(&message).value, 3600);
    assert_int_equal(message_parameter_list(&message).n, 2);
}

TEST(what_an_earlier_message_held_is_gone)
{
    assert_int_equal(PARSE(53, 1, 1, 12, 1, 'a', 12, 1, 'b'), 0);
    assert_int_equal(PARSE(53, 1, 1, 12, 1, 'c'), 0);
    assert_option(OPTION_HOST_NAME, "c", 1);
    assert_int_equal(PARSE(53, 1, 1), 0);
    assert_false(message_has(&message, OPTION_HOST_NAME));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field_of_the_header),
        cmocka_unit_test(rule_01_an_op_that_is_neither_request_nor_reply_is_malformed),
        cmocka_unit_test(rule_02_under_236_bytes_is_no_message_and_without_cookie_is_bootp),
        cmocka_unit_test(rule_02_a_wrong_cookie_means_there_are_no_options),
        cmocka_unit_test(rule_03_an_hlen_above_16_is_malformed),
        cmocka_unit_test(rule_04_pad_is_skipped_and_nothing_behind_end_is_read),
        cmocka_unit_test(rule_04_a_length_past_the_end_is_malformed),
        cmocka_unit_test(rule_04_end_may_be_missing_when_the_last_option_ends_with_the_message),
        cmocka_unit_test(an_empty_option_is_told_from_an_absent_one),
        cmocka_unit_test(rule_05_an_option_that_comes_twice_is_joined_in_order),
        cmocka_unit_test(rule_05_lengths_are_checked_after_joining),
        cmocka_unit_test(rule_05_a_message_that_was_moved_still_lends_joined_options),
        cmocka_unit_test(rule_05_joined_options_beyond_the_scratch_are_malformed),
        cmocka_unit_test(rule_06_overload_reads_options_then_file_then_sname),
        cmocka_unit_test(rule_06_a_field_that_is_not_overloaded_is_a_name),
        cmocka_unit_test(rule_06_overload_inside_file_or_sname_is_ignored),
        cmocka_unit_test(rule_06_an_overload_that_says_nothing_is_malformed),
        cmocka_unit_test(rule_06_a_broken_overloaded_field_is_malformed),
        cmocka_unit_test(rule_07_wrong_lengths_spoil_the_message_or_only_the_option),
        cmocka_unit_test(rule_07_a_message_size_below_576_is_576),
        cmocka_unit_test(absent_options_read_as_zero),
        cmocka_unit_test(what_an_earlier_message_held_is_gone),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
