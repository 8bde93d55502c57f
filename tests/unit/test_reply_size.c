#include <string.h>

#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "proto/dhcp/reply.h"
#include "support/packet.h"
#include "support/random.h"
#include "support/test.h"

/* Rule 16 and its company: what happens when a reply does not fit. */
enum { DEFAULT_LIMIT = 548, ROUNDS = 20000, OPTIONS_MAX = 24 };

static struct packet packet;
static struct message request;
static struct message answer;
static uint8_t buffer[9000];
static uint8_t noise[1400];
static char codes[PACKET_CODES_MAX];

/* A DISCOVER with option 57 @max_size and option 82 of @agent_n bytes; 0 = not sent. */
static void request_is(uint16_t max_size, size_t agent_n)
{
    struct message_header header = packet_header();

    packet_start(&packet, &header, MESSAGE_DISCOVER);
    message_build_option(&packet.w, OPTION_PARAMETER_LIST, bytes_of("\53\170\1\3", 4));
    if (max_size > 0) {
        message_build_u16(&packet.w, OPTION_MAX_MESSAGE_SIZE, max_size);
    }
    if (agent_n > 0) {
        message_build_option(&packet.w, OPTION_AGENT_INFO, bytes_of(noise, agent_n));
    }
    assert_int_equal(message_parse(&request, packet_end(&packet)), 0);
}

static struct reply offer_of(const struct reply_option *options, size_t n)
{
    return (struct reply){
        .request = &request,
        .type = MESSAGE_OFFER,
        .yiaddr = ip4_of(0x0a000005),
        .server_id = ip4_of(0x0a000001),
        .lease = { 600 },
        .options = options,
        .n_options = n,
    };
}

static struct bytes answer_of(struct reply r)
{
    size_t n = 0;

    assert_int_equal(reply_build(&r, buffer, sizeof buffer, &n), 0);

    struct bytes whole = bytes_of(buffer, n);

    assert_int_equal(message_parse(&answer, whole), 0);
    (void)packet_codes(whole, codes);
    return whole;
}

/* How long a reply becomes when options of @n bytes together are asked for. */
static size_t length_with(size_t n, uint16_t mtu)
{
    size_t half = n / 2;
    struct reply_option options[] = {
        {43,   false, bytes_of(noise, half)    },
        { 120, false, bytes_of(noise, n - half)},
    };
    struct reply r = offer_of(options, ARRAY_LENGTH(options));

    r.mtu = mtu;
    r.file = bytes_of_text("boot");
    r.sname = bytes_of_text("server");
    return answer_of(r).n;
}

/* The longest reply that can be had. */
static size_t longest(uint16_t mtu)
{
    size_t most = 0;

    for (size_t n = 0; n < sizeof noise; n++) {
        size_t length = length_with(n, mtu);

        most = length > most ? length : most;
    }
    return most;
}

TEST(rule_16_the_limit_is_548_bytes_without_option_57)
{
    request_is(0, 0);
    assert_int_equal(longest(1500), DEFAULT_LIMIT);
    assert_int_equal(longest(0), DEFAULT_LIMIT);
}

TEST(rule_16_the_limit_is_the_smaller_of_option_57_and_the_mtu_less_28)
{
    request_is(1200, 0);
    assert_int_equal(longest(1500), 1172);
    assert_int_equal(longest(0), 1172);
    assert_int_equal(longest(1000), 972);
    request_is(0xffff, 0);
    assert_int_equal(longest(1400), 1372);
    assert_int_equal(longest(0), 1472);
}

TEST(rule_16_no_limit_is_below_what_every_client_can_take)
{
    request_is(300, 0);
    assert_int_equal(longest(1500), DEFAULT_LIMIT);
    request_is(1500, 0);
    assert_int_equal(longest(68), DEFAULT_LIMIT);
}

TEST(rule_16_overflow_goes_into_file_then_sname_with_option_52)
{
    const struct reply_option options[] = {
        {43,                false, { noise, 250 }                    },
        { 120,              false, { noise, 100 }                    },
        { OPTION_ROUTERS,   false, { (const uint8_t *)"\n\0\0\1", 4 }},
        { OPTION_HOST_NAME, true,  { noise, 60 }                     },
        { OPTION_ROOT_PATH, true,  { noise, 40 }                     },
    };

    request_is(0, 0);
    (void)answer_of(offer_of(options, ARRAY_LENGTH(options)));
    /* 293 bytes here: 250 of option 43, 3 of 52; 120 and 17 go elsewhere, 12 into sname */
    assert_string_equal(codes, "53 54 51 52 43 3");
    assert_true(bytes_equal(message_option(&answer, OPTION_OVERLOAD), bytes_of("\3", 1)));
    for (size_t i = 0; i < 4; i++) {
        assert_true(bytes_equal(message_option(&answer, options[i].code), options[i].value));
    }
    assert_false(message_has(&answer, OPTION_ROOT_PATH));
}

TEST(rule_16_a_field_that_holds_a_name_is_not_overloaded)
{
    const struct reply_option options[] = {
        {43,   false, { noise, 250 }},
        { 120, false, { noise, 60 } },
    };
    struct reply r = offer_of(options, ARRAY_LENGTH(options));

    request_is(0, 0);
    r.file = bytes_of_text("boot");
    (void)answer_of(r);
    assert_true(bytes_equal(message_option(&answer, OPTION_OVERLOAD), bytes_of("\2", 1)));
    assert_true(message_has(&answer, 120));
    assert_true(bytes_equal(answer.header.file, bytes_of_text("boot")));
    r.sname = bytes_of_text("server");
    (void)answer_of(r);
    assert_false(message_has(&answer, OPTION_OVERLOAD));
    assert_false(message_has(&answer, 120));
    assert_true(bytes_equal(answer.header.sname, bytes_of_text("server")));
}

TEST(a_name_that_its_field_cannot_hold_is_not_cut_but_left_out)
{
    struct reply r = offer_of(NULL, 0);

    memset(noise, 'x', sizeof noise);
    request_is(0, 0);
    r.file = bytes_of(noise, MESSAGE_FILE_SIZE - 1);
    r.sname = bytes_of(noise, MESSAGE_SNAME_SIZE - 1);
    (void)answer_of(r);
    assert_int_equal(answer.header.file.n, MESSAGE_FILE_SIZE - 1);
    assert_int_equal(answer.header.sname.n, MESSAGE_SNAME_SIZE - 1);
    r.file.n++;
    r.sname.n++;
    (void)answer_of(r);
    assert_int_equal(answer.header.file.n, 0);
    assert_int_equal(answer.header.sname.n, 0);
}

TEST(rule_16_vital_options_are_kept_before_others)
{
    const struct reply_option options[] = {
        {43,                  false, { noise, 290 }                          },
        { OPTION_SUBNET_MASK, false, { (const uint8_t *)"\xff\xff\xff\0", 4 }},
        { OPTION_ROUTERS,     false, { (const uint8_t *)"\n\0\0\1", 4 }      },
    };

    request_is(0, 0);
    (void)answer_of(offer_of(options, ARRAY_LENGTH(options)));
    assert_string_equal(codes, "53 54 51 1 3");
}

TEST(rule_15_room_for_option_82_is_kept_and_it_is_never_cut)
{
    const struct reply_option options[] = {
        {43,   false, { noise, 200 }},
        { 120, false, { noise, 100 }},
    };

    memset(noise, 0, sizeof noise);
    for (size_t n = 2; n < 280; n += 2) {
        request_is(0, n);
        assert_true(answer_of(offer_of(options, ARRAY_LENGTH(options))).n <= DEFAULT_LIMIT);
        assert_true(bytes_equal(message_option(&answer, OPTION_AGENT_INFO), bytes_of(noise, n)));
    }
}

TEST(a_reply_that_cannot_carry_option_82_is_not_built)
{
    struct reply r = offer_of(NULL, 0);
    size_t n = 7;

    request_is(0, 300);
    assert_int_equal(reply_build(&r, buffer, sizeof buffer, &n), REPLY_NO_ROOM);
    request_is(0, 290); /* 82 fits, but 53, 54 and 51 do not fit beside it */
    assert_int_equal(reply_build(&r, buffer, sizeof buffer, &n), REPLY_NO_ROOM);
    assert_int_equal(n, 7);
    request_is(1500, 600);
    assert_int_equal(reply_build(&r, buffer, 400, &n), REPLY_NO_ROOM);
}

TEST(rule_05_a_value_above_255_bytes_is_sent_in_pieces)
{
    struct reply_option option = { 43, false, bytes_of(noise, 600) };

    request_is(1500, 0);
    (void)answer_of(offer_of(&option, 1));
    assert_string_equal(codes, "53 54 51 43 43 43");
    assert_true(bytes_equal(message_option(&answer, 43), option.value));
}

TEST(rule_59_the_vendor_area_of_bootp_has_64_octets_and_room_for_option_82)
{
    const struct reply_option options[] = {
        {OPTION_SUBNET_MASK, false, { (const uint8_t *)"\xff\xff\xff\0", 4 }},
        { OPTION_HOST_NAME,  false, { noise, 60 }                           },
    };
    struct reply r = offer_of(options, ARRAY_LENGTH(options));
    struct message_header header = packet_header();

    r.type = MESSAGE_BOOTP;
    packet_start(&packet, &header, MESSAGE_BOOTP);
    message_build_option(&packet.w, OPTION_AGENT_INFO, bytes_of(noise, 100));
    assert_int_equal(message_parse(&request, packet_end(&packet)), 0);
    assert_true(answer_of(r).n <= 300 + 102);
    assert_string_equal(codes, "1 82");
}

/* Options of random codes and lengths, a few of them twice. */
static size_t random_options(uint32_t *seed, struct reply_option *options)
{
    size_t n = random_below(seed, OPTIONS_MAX);

    for (size_t i = 0; i < n; i++) {
        size_t length = random_below(seed, random_below(seed, 5) == 0 ? 400 : 30);

        options[i].code = (uint8_t)random_next(seed);
        options[i].is_forced = random_below(seed, 2) == 0;
        options[i].value = bytes_of(noise + random_below(seed, 500), length);
    }
    return n;
}

static void random_request(uint32_t *seed)
{
    struct message_header header = packet_header();
    uint8_t list[40];

    for (size_t i = 0; i < sizeof list; i++) {
        list[i] = (uint8_t)random_next(seed);
    }
    header.giaddr = ip4_of(random_below(seed, 2));
    packet_start(&packet, &header, (enum message_type)random_below(seed, 4));
    message_build_option(&packet.w, OPTION_PARAMETER_LIST, bytes_of(list, sizeof list));
    message_build_option(
        &packet.w, OPTION_CLIENT_IDENTIFIER, bytes_of(noise, random_below(seed, 256)));
    if (random_below(seed, 2) == 0) {
        message_build_option(
            &packet.w, OPTION_AGENT_INFO, bytes_of(noise, random_below(seed, 250)));
    }
    if (random_below(seed, 2) == 0) {
        message_build_u16(&packet.w, OPTION_MAX_MESSAGE_SIZE, (uint16_t)random_below(seed, 2000));
    }
    assert_int_equal(message_parse(&request, packet_end(&packet)), 0);
}

/* Nothing in the answer is cut, and nothing is in it that was not given. */
static void assert_options_are_whole(const struct reply *r)
{
    for (unsigned code = 1; code < 255; code++) {
        struct bytes sent = message_option(&answer, (uint8_t)code);
        struct bytes meant = { 0 };

        if (sent.at == NULL || (option_spec((uint8_t)code)->flags & OPTION_OWN) != 0) {
            continue;
        }
        for (size_t i = r->n_options; i-- > 0;) {
            meant = r->options[i].code == code ? r->options[i].value : meant;
        }
        assert_non_null(meant.at);
        assert_true(bytes_equal(sent, meant));
    }
}

/* What reply.h promises. */
static size_t limit_of(const struct reply *r)
{
    size_t datagram = message_max_datagram(&request);
    struct bytes agent_info = message_option(&request, OPTION_AGENT_INFO);

    if (r->type == MESSAGE_BOOTP && !message_has(&request, OPTION_MAX_MESSAGE_SIZE)) {
        return 300 + (agent_info.at == NULL ? 0 : message_option_size(agent_info.n));
    }
    return (datagram < 1500 ? datagram : 1500) - 28;
}

TEST(rule_16_whatever_is_asked_no_reply_is_too_long_and_no_option_is_cut)
{
    static const enum message_type types[] = {
        MESSAGE_OFFER, MESSAGE_ACK, MESSAGE_NAK, MESSAGE_BOOTP
    };
    struct reply_option options[OPTIONS_MAX];
    uint32_t seed = 4;

    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (uint8_t)random_next(&seed);
    }
    for (int round = 0; round < ROUNDS; round++) {
        random_request(&seed);

        struct reply r = offer_of(options, random_options(&seed, options));

        r.type = types[random_below(&seed, ARRAY_LENGTH(types))];
        r.file = bytes_of("boot", random_below(&seed, 2) == 0 ? 0 : 4);
        r.sname = bytes_of("name", random_below(&seed, 2) == 0 ? 0 : 4);

        struct bytes whole = answer_of(r);
        struct bytes agent_info = message_option(&request, OPTION_AGENT_INFO);

        assert_true(whole.n <= limit_of(&r));
        assert_true(whole.n >= MESSAGE_SIZE_MIN);
        assert_true(bytes_equal(message_option(&answer, OPTION_AGENT_INFO), agent_info));
        assert_options_are_whole(&r);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_16_the_limit_is_548_bytes_without_option_57),
        cmocka_unit_test(rule_16_the_limit_is_the_smaller_of_option_57_and_the_mtu_less_28),
        cmocka_unit_test(rule_16_no_limit_is_below_what_every_client_can_take),
        cmocka_unit_test(rule_16_overflow_goes_into_file_then_sname_with_option_52),
        cmocka_unit_test(rule_16_a_field_that_holds_a_name_is_not_overloaded),
        cmocka_unit_test(a_name_that_its_field_cannot_hold_is_not_cut_but_left_out),
        cmocka_unit_test(rule_16_vital_options_are_kept_before_others),
        cmocka_unit_test(rule_15_room_for_option_82_is_kept_and_it_is_never_cut),
        cmocka_unit_test(a_reply_that_cannot_carry_option_82_is_not_built),
        cmocka_unit_test(rule_05_a_value_above_255_bytes_is_sent_in_pieces),
        cmocka_unit_test(rule_59_the_vendor_area_of_bootp_has_64_octets_and_room_for_option_82),
        cmocka_unit_test(rule_16_whatever_is_asked_no_reply_is_too_long_and_no_option_is_cut),
    };

    return cmocka_run_group_tests_name("reply_size", tests, NULL, NULL);
}
