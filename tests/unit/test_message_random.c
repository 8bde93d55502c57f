#include <string.h>

#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "support/packet.h"
#include "support/random.h"
#include "support/test.h"

/* Properties over random messages: what was built is what is read. */
enum {
    ROUNDS = 20000,
    OPTIONS_MAX = 12,
    VALUE_MAX = 600,
};

/* A random message as it was meant. */
struct sample {
    struct message_header header;
    struct bytes values[256]; /* at NULL: not sent */
    uint8_t codes[OPTIONS_MAX];
    size_t n;
};

static uint8_t noise[VALUE_MAX + 64];
static struct packet packet;
static struct message message;

static void make_noise(uint32_t *seed)
{
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (uint8_t)random_next(seed);
    }
}

static struct ip4 random_address(uint32_t *seed)
{
    return ip4_of(random_next(seed));
}

/* Up to @max - 1 characters, none of them NUL, in @buffer. */
static struct bytes random_name(uint32_t *seed, char *buffer, uint32_t max)
{
    uint32_t n = random_below(seed, max);

    memset(buffer, (int)(1 + random_below(seed, 255)), n);
    return bytes_of(buffer, n);
}

static struct message_header random_header(uint32_t *seed)
{
    static char sname[MESSAGE_SNAME_SIZE];
    static char file[MESSAGE_FILE_SIZE];
    struct message_header h = {
        .op = (uint8_t)(1 + random_below(seed, 2)),
        .hops = (uint8_t)random_next(seed),
        .hardware = {.type = (uint8_t)random_next(seed), .n = (uint8_t)random_below(seed, 17)},
        .xid = random_next(seed),
        .secs = (uint16_t)random_next(seed),
        .flags = (uint16_t)random_next(seed),
        .ciaddr = random_address(seed),
        .yiaddr = random_address(seed),
        .siaddr = random_address(seed),
        .giaddr = random_address(seed),
        .sname = random_name(seed, sname, sizeof sname),
        .file = random_name(seed, file, sizeof file),
    };

    for (size_t i = 0; i < HARDWARE_ADDRESS_MAX; i++) {
        h.hardware.address[i] = (uint8_t)random_next(seed);
    }
    return h;
}

/* Options whose length the parser has no opinion about. */
static bool is_free(uint8_t code)
{
    static const uint8_t checked[] = { 0, 50, 51, 52, 53, 54, 57, 61, 118, 255 };

    return memchr(checked, code, sizeof checked) == NULL;
}

static void random_sample(uint32_t *seed, struct sample *s)
{
    size_t left = MESSAGE_SCRATCH_SIZE;

    memset(s, 0, sizeof *s);
    make_noise(seed);
    s->header = random_header(seed);
    for (uint32_t i = random_below(seed, OPTIONS_MAX); i > 0; i--) {
        uint8_t code = (uint8_t)random_next(seed);
        size_t n = random_below(seed, random_below(seed, 4) == 0 ? VALUE_MAX : 40);

        if (!is_free(code) || s->values[code].at != NULL || n > left) {
            continue;
        }
        left -= n;
        s->values[code] = bytes_of(noise + random_below(seed, 64), n);
        s->codes[s->n++] = code;
    }
}

static void assert_header(const struct message_header *read, const struct message_header *meant)
{
    assert_int_equal(read->op, meant->op);
    assert_int_equal(read->hops, meant->hops);
    assert_memory_equal(&read->hardware, &meant->hardware, sizeof meant->hardware);
    assert_int_equal(read->xid, meant->xid);
    assert_int_equal(read->secs, meant->secs);
    assert_int_equal(read->flags, meant->flags);
    assert_int_equal(read->ciaddr.value, meant->ciaddr.value);
    assert_int_equal(read->yiaddr.value, meant->yiaddr.value);
    assert_int_equal(read->siaddr.value, meant->siaddr.value);
    assert_int_equal(read->giaddr.value, meant->giaddr.value);
    assert_true(bytes_equal(read->sname, meant->sname));
    assert_true(bytes_equal(read->file, meant->file));
}

static void assert_read_as(const struct sample *s)
{
    assert_int_equal(message_parse(&message, writer_done(&packet.w)), 0);
    assert_header(&message.header, &s->header);
    for (unsigned code = 1; code < 255; code++) {
        assert_int_equal(message_has(&message, (uint8_t)code), s->values[code].at != NULL);
        assert_true(bytes_equal(message_option(&message, (uint8_t)code), s->values[code]));
    }
}

TEST(what_is_built_is_what_is_read)
{
    static struct sample s;
    uint32_t seed = 1;

    for (int round = 0; round < ROUNDS; round++) {
        random_sample(&seed, &s);
        packet_start(&packet, &s.header, MESSAGE_BOOTP);
        for (size_t i = 0; i < s.n; i++) {
            message_build_option(&packet.w, s.codes[i], s.values[s.codes[i]]);
        }
        (void)packet_end(&packet);
        assert_false(packet.w.overrun);
        assert_true(packet.w.n >= MESSAGE_SIZE_MIN);
        assert_read_as(&s);
    }
}

/* Writes all options of @s in random pieces, mixed with one another and with padding. */
static void build_in_pieces(uint32_t *seed, const struct sample *s)
{
    size_t done[256] = { 0 };
    size_t n_open = s->n;

    while (n_open > 0) {
        uint8_t code = s->codes[random_below(seed, (uint32_t)s->n)];
        struct bytes rest = bytes_slice(s->values[code], done[code], VALUE_MAX);

        if (done[code] > s->values[code].n) {
            continue; /* written to its end */
        }
        rest.n = rest.n == 0 ? 0 : 1 + random_below(seed, rest.n < 255 ? (uint32_t)rest.n : 255);
        message_build_option(&packet.w, code, rest);
        writer_fill(&packet.w, OPTION_PAD, random_below(seed, 2));
        done[code] += rest.n;
        if (done[code] >= s->values[code].n) {
            done[code] = VALUE_MAX + 1;
            n_open--;
        }
    }
}

TEST(rule_05_however_options_are_cut_and_mixed_they_read_the_same)
{
    static struct sample s;
    uint32_t seed = 2;

    for (int round = 0; round < ROUNDS; round++) {
        random_sample(&seed, &s);
        packet_start(&packet, &s.header, MESSAGE_BOOTP);
        build_in_pieces(&seed, &s);
        if (!packet.w.overrun) {
            writer_u8(&packet.w, OPTION_END);
            assert_read_as(&s);
        }
    }
}

static void assert_lent_from(struct bytes value)
{
    const uint8_t *scratch = message.scratch;
    bool in_datagram = value.at >= packet.bytes && value.at + value.n <= packet.bytes + packet.w.n;
    bool in_scratch = value.at >= scratch && value.at + value.n <= scratch + sizeof message.scratch;

    assert_true(in_datagram || in_scratch);
}

TEST(a_damaged_message_lends_nothing_from_outside)
{
    static struct sample s;
    uint32_t seed = 3;

    for (int round = 0; round < ROUNDS; round++) {
        random_sample(&seed, &s);
        packet_start(&packet, &s.header, MESSAGE_BOOTP);
        for (size_t i = 0; i < s.n; i++) {
            message_build_option(&packet.w, s.codes[i], s.values[s.codes[i]]);
        }
        (void)packet_end(&packet);
        packet.bytes[240 + random_below(&seed, 60)] = (uint8_t)random_next(&seed);
        packet.w.n -= random_below(&seed, 60);
        if (message_parse(&message, writer_done(&packet.w)) != 0) {
            continue;
        }
        for (unsigned code = 1; code < 255; code++) {
            if (message_has(&message, (uint8_t)code)) {
                assert_lent_from(message_option(&message, (uint8_t)code));
            }
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_is_what_is_read),
        cmocka_unit_test(rule_05_however_options_are_cut_and_mixed_they_read_the_same),
        cmocka_unit_test(a_damaged_message_lends_nothing_from_outside),
    };

    return cmocka_run_group_tests_name("message_random", tests, NULL, NULL);
}
