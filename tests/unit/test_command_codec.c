#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "proto/command_codec.h"
#include "support/test.h"

#define TEXT(t)                             \
    {                                       \
        (const uint8_t *)(t), sizeof(t) - 1 \
    }

static const struct ip4 some_addresses[] = { { 0x0a000001 }, { 0x0a000002 }, { 0xffffffff } };

static const struct command commands[] = {
    {.origin = 1,
     .boot_id = 0x0102030405060708,
     .sequence = 9,
     .kind = COMMAND_BIND,
     .bind = { .address = { 0xc0a80164 },
                .client_key = TEXT("\x01\x02\x00\x00\x00\x00\x01"),
                .hw_type = 1,
                .hw_address = TEXT("\x02\x00\x00\x00\x00\x01"),
                .lease = { 600 },
                .hold = { 900 },
                .server_id = { 0xc0a80102 },
                .relay = { 0x0a010101 },
                .hostname = TEXT("director"),
                .agent_info = TEXT("\x01\x02\x00\x10"),
                .vendor_class = TEXT("MSFT 5.0"),
                .user_class = TEXT("iPXE"),
                .settings_version = 7,
                .received_at = { 1700000000123 },
                .is_unasked = true }                                                          },
    { .origin = 2,
     .boot_id = 1,
     .sequence = UINT64_MAX,
     .kind = COMMAND_BIND,
     .bind = { .address = { 1 },
                .client_key = TEXT("\0"),
                .lease = { 1 },
                .hold = { 0xffffffff } }                                                      },
    { .origin = 3,
     .boot_id = UINT64_MAX,
     .sequence = 1,
     .kind = COMMAND_RELEASE,
     .release = { .address = { 0xc0a80164 },
                   .client_key = TEXT("\x01key"),
                   .server_id = { 5 },
                   .received_at = { 1700000000123 } }                                         },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 2,
     .kind = COMMAND_DECLINE,
     .decline = { .address = { 0xc0a80164 },
                   .client_key = TEXT("\x01key"),
                   .received_at = { 0 },
                   .offered = true,
                   .hw_type = 255,
                   .hw_address = TEXT("0123456789abcdef") }                                   },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 3,
     .kind = COMMAND_EXPIRE,
     .expire = { 3, some_addresses }                                                          },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 4,
     .kind = COMMAND_PUT_SETTINGS,
     .put_settings = { 12,
                        TEXT("\x0a\x00"),
                        TEXT("networks: []\n"),
                        TEXT("printers"),
                        TEXT("root") }                                                        },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 5,
     .kind = COMMAND_PUT_NODE,
     .put_node = { 3, 0xfedcba9876543210, TEXT("10.0.0.3:6767"), 0x1122334455667788 }         },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 6,
     .kind = COMMAND_PUT_RESERVATION,
     .put_reservation = { INT64_MAX, 41, TEXT("\x0a\x00"), TEXT("root"), 0x0a000000 }         },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 7,
     .kind = COMMAND_DELETE_RESERVATION,
     .delete_reservation = { 1, 0 }                                                           },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 8,
     .kind = COMMAND_BLOCK,
     .block = { { BLOCK_HW_PREFIX, TEXT("\x02\x00\x00") }, TEXT("lost tablet"), TEXT("root") }},
    { .origin = 3,
     .boot_id = 7,
     .sequence = 9,
     .kind = COMMAND_UNBLOCK,
     .unblock = { { BLOCK_ADDRESS, TEXT("\x0a\x00\x00\x01") } }                               },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 10,
     .kind = COMMAND_QUARANTINE,
     .quarantine = { .address = { 0xc0a80164 },
                      .client_key = TEXT("\x01\x02\x00\x00\x00\x00\x09"),
                      .hw_type = 1,
                      .hw_address = TEXT("\x02\x00\x00\x00\x00\x09") }                        },
    { .origin = 3,
     .boot_id = 7,
     .sequence = 11,
     .kind = COMMAND_REVOKE_LEASE,
     .revoke_lease = { { 0xc0a80164 }, TEXT("\x01key"), REVOCATION_AT_ONCE }                  },
};

static size_t encode(const struct command *c, uint8_t *out, size_t size)
{
    size_t n = command_encoded_size(c);

    assert_true(n <= size);
    assert_int_equal(command_encode(c, out), n);
    return n;
}

static void assert_same_bytes(struct bytes a, struct bytes b)
{
    assert_true(bytes_equal(a, b));
}

static void assert_same_bind(const struct bind_command *a, const struct bind_command *b)
{
    assert_int_equal(a->address.value, b->address.value);
    assert_same_bytes(a->client_key, b->client_key);
    assert_int_equal(a->hw_type, b->hw_type);
    assert_same_bytes(a->hw_address, b->hw_address);
    assert_int_equal(a->lease.value, b->lease.value);
    assert_int_equal(a->hold.value, b->hold.value);
    assert_int_equal(a->server_id.value, b->server_id.value);
    assert_int_equal(a->relay.value, b->relay.value);
    assert_same_bytes(a->hostname, b->hostname);
    assert_same_bytes(a->agent_info, b->agent_info);
    assert_same_bytes(a->vendor_class, b->vendor_class);
    assert_same_bytes(a->user_class, b->user_class);
    assert_int_equal(a->settings_version, b->settings_version);
    assert_int_equal(a->received_at.ms, b->received_at.ms);
    assert_int_equal(a->is_unasked, b->is_unasked);
}

static void assert_same_end(const struct command *a, const struct command *b)
{
    if (a->kind == COMMAND_RELEASE) {
        assert_int_equal(a->release.address.value, b->release.address.value);
        assert_same_bytes(a->release.client_key, b->release.client_key);
        assert_int_equal(a->release.server_id.value, b->release.server_id.value);
        assert_int_equal(a->release.received_at.ms, b->release.received_at.ms);
    } else {
        assert_int_equal(a->decline.address.value, b->decline.address.value);
        assert_same_bytes(a->decline.client_key, b->decline.client_key);
        assert_int_equal(a->decline.server_id.value, b->decline.server_id.value);
        assert_int_equal(a->decline.received_at.ms, b->decline.received_at.ms);
        assert_int_equal(a->decline.offered, b->decline.offered);
        assert_int_equal(a->decline.hw_type, b->decline.hw_type);
        assert_same_bytes(a->decline.hw_address, b->decline.hw_address);
    }
}

static void assert_same_subject(const struct block_subject *a, const struct block_subject *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_same_bytes(a->value, b->value);
}

static void assert_same_of_operator(const struct command *a, const struct command *b)
{
    if (a->kind == COMMAND_PUT_RESERVATION) {
        assert_int_equal(a->put_reservation.id, b->put_reservation.id);
        assert_int_equal(a->put_reservation.expected_version, b->put_reservation.expected_version);
        assert_same_bytes(a->put_reservation.reservation, b->put_reservation.reservation);
        assert_same_bytes(a->put_reservation.author, b->put_reservation.author);
        assert_int_equal(a->put_reservation.subnet_id, b->put_reservation.subnet_id);
    } else if (a->kind == COMMAND_DELETE_RESERVATION) {
        assert_int_equal(a->delete_reservation.id, b->delete_reservation.id);
        assert_int_equal(
            a->delete_reservation.expected_version, b->delete_reservation.expected_version);
    } else if (a->kind == COMMAND_BLOCK) {
        assert_same_subject(&a->block.subject, &b->block.subject);
        assert_same_bytes(a->block.comment, b->block.comment);
        assert_same_bytes(a->block.author, b->block.author);
    } else {
        assert_same_subject(&a->unblock.subject, &b->unblock.subject);
    }
}

static void assert_same(const struct command *a, const struct command *b)
{
    assert_int_equal(a->origin, b->origin);
    assert_int_equal(a->boot_id, b->boot_id);
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->kind, b->kind);
    switch (a->kind) {
    case COMMAND_BIND:
        assert_same_bind(&a->bind, &b->bind);
        break;
    case COMMAND_RELEASE:
    case COMMAND_DECLINE:
        assert_same_end(a, b);
        break;
    case COMMAND_EXPIRE:
        assert_int_equal(a->expire.n, b->expire.n);
        assert_memory_equal(a->expire.at, b->expire.at, a->expire.n * sizeof *a->expire.at);
        break;
    case COMMAND_PUT_SETTINGS:
        assert_int_equal(a->put_settings.version, b->put_settings.version);
        assert_same_bytes(a->put_settings.document, b->put_settings.document);
        assert_same_bytes(a->put_settings.source, b->put_settings.source);
        assert_same_bytes(a->put_settings.comment, b->put_settings.comment);
        assert_same_bytes(a->put_settings.author, b->put_settings.author);
        break;
    case COMMAND_PUT_NODE:
        assert_int_equal(a->put_node.node, b->put_node.node);
        assert_int_equal(a->put_node.incarnation, b->put_node.incarnation);
        assert_same_bytes(a->put_node.address, b->put_node.address);
        assert_int_equal(a->put_node.cluster_id, b->put_node.cluster_id);
        break;
    case COMMAND_PUT_RESERVATION:
    case COMMAND_DELETE_RESERVATION:
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
        assert_same_of_operator(a, b);
        break;
    case COMMAND_QUARANTINE:
        assert_int_equal(a->quarantine.address.value, b->quarantine.address.value);
        assert_same_bytes(a->quarantine.client_key, b->quarantine.client_key);
        assert_int_equal(a->quarantine.hw_type, b->quarantine.hw_type);
        assert_same_bytes(a->quarantine.hw_address, b->quarantine.hw_address);
        break;
    case COMMAND_REVOKE_LEASE:
        assert_int_equal(a->revoke_lease.address.value, b->revoke_lease.address.value);
        assert_same_bytes(a->revoke_lease.client_key, b->revoke_lease.client_key);
        assert_int_equal(a->revoke_lease.how, b->revoke_lease.how);
        break;
    }
}

static int setup(void **state)
{
    struct command_decoder *d = NULL;
    int r = command_decoder_new(&d);

    *state = d;
    return r;
}

static int teardown(void **state)
{
    *state = command_decoder_free(*state);
    return 0;
}

static void every_kind_survives_encoding_and_decoding(void **state)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++) {
        uint8_t buf[COMMAND_ENCODED_MAX];
        struct command got;
        size_t n = encode(&commands[i], buf, sizeof buf);

        assert_int_equal(command_decode(*state, bytes_of(buf, n), &got), 0);
        assert_same(&commands[i], &got);
    }
}

static void every_cut_of_a_command_is_malformed_or_within_limits(void **state)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++) {
        uint8_t buf[COMMAND_ENCODED_MAX];
        size_t n = encode(&commands[i], buf, sizeof buf);

        for (size_t cut = 0; cut < n; cut++) {
            struct command got;
            uint8_t *exact = malloc(cut + 1); /* so that a sanitizer sees one byte too far */

            memcpy(exact, buf, cut);

            int r = command_decode(*state, bytes_of(exact, cut), &got);

            assert_true(r == COMMAND_MALFORMED || (r == 0 && command_is_within_limits(&got)));
            free(exact);
        }
    }
}

static void largest_commands_fit_their_limit(void **state)
{
    static uint8_t filler[SETTINGS_ENCODED_MAX];
    static struct ip4 many[EXPIRE_MAX];
    static uint8_t buf[SETTINGS_ENCODED_MAX];
    struct bytes text = { filler, 255 };
    struct command bind = commands[0];
    struct command expire = commands[4];
    struct command put = commands[5];
    struct command got;
    size_t n = 0;

    bind.bind.client_key = text;
    bind.bind.hw_address.n = HW_ADDRESS_MAX;
    bind.bind.hw_address.at = filler;
    bind.bind.hostname = bytes_of(filler, HOSTNAME_MAX);
    bind.bind.agent_info = bind.bind.vendor_class = bind.bind.user_class = text;
    n = encode(&bind, buf, COMMAND_ENCODED_MAX);
    assert_int_equal(command_decode(*state, bytes_of(buf, n), &got), 0);
    assert_same(&bind, &got);

    expire.expire = (struct expire_command){ EXPIRE_MAX, many };
    n = encode(&expire, buf, COMMAND_ENCODED_MAX);
    assert_int_equal(command_decode(*state, bytes_of(buf, n), &got), 0);
    assert_same(&expire, &got);

    put.put_settings.document = bytes_of(filler, PUT_SETTINGS_MAX - 1);
    put.put_settings.source = bytes_of(filler, 1);
    n = encode(&put, buf, SETTINGS_ENCODED_MAX);
    assert_int_equal(command_decode(*state, bytes_of(buf, n), &got), 0);
    assert_same(&put, &got);
}

/* Raw messages: the encoder refuses to make them. */
static const struct {
    const char *name;
    int expected;
    struct bytes raw;
} strange_commands[] = {
    {"empty",                             COMMAND_MALFORMED, TEXT("")                                         },
    { "no body",
     COMMAND_MALFORMED,                                      TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01")                                                                 },
    { "no origin",
     COMMAND_MALFORMED,                                      TEXT("\x11"
           "12345678"
           "\x18\x01\x62\x00")                                                         },
    { "expire without addresses",
     COMMAND_MALFORMED,                                      TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01\x6a\x00")                                                         },
    { "bind without a client",
     COMMAND_MALFORMED,                                      TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01\x52\x09\x0d\x01\x02\x03\x04\x28\x01\x30\x01")                     },
    { "bind with a hold below its lease",
     COMMAND_MALFORMED,                                      TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01\x52\x0c\x0d\x01\x02\x03\x04\x12\x01k\x28\x02\x30\x01")            },
    { "hardware type above 255",
     COMMAND_MALFORMED,                                      TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01\x52\x0f\x0d\x01\x02\x03\x04\x12\x01k\x18\x80\x02\x28\x01\x30\x01")},
    { "a body of a newer version",
     COMMAND_FOREIGN,                                        TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01\xa2\x06\x02\x08\x01")                                               },
    { "a field of a newer version",
     COMMAND_FOREIGN,                                        TEXT("\x08\x01\x11"
           "12345678"
           "\x18\x01\x52\x0f\x0d\x01\x02\x03\x04\x12\x01k\x28\x01\x30\x01\xf8\x01\x01")  },
    { "a length beyond the end",          COMMAND_MALFORMED, TEXT("\x08\x01\x52\xff\xff\xff\xff\x07")         },
};

static void strange_commands_are_told_apart(void **state)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(strange_commands); i++) {
        struct command got;
        int r = command_decode(*state, strange_commands[i].raw, &got);

        if (r != strange_commands[i].expected) {
            fail_msg("%s: %d", strange_commands[i].name, r);
        }
    }
}

static size_t encode_batch(uint8_t *out, size_t size)
{
    static uint8_t text[ARRAY_LENGTH(commands)][COMMAND_ENCODED_MAX];
    struct bytes encoded[ARRAY_LENGTH(commands)];
    struct batch b = {
        .cluster_time = { 1700000000123 },
        .digest_index = 77,
        .digest_high = 0x8000000000000001,
        .digest_low = 2,
        .n_commands = ARRAY_LENGTH(commands),
        .commands = encoded,
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++) {
        encoded[i] = bytes_of(text[i], encode(&commands[i], text[i], sizeof text[i]));
    }
    assert_true(batch_encoded_size(&b) <= size);
    return batch_encode(&b, out);
}

static void a_batch_survives_and_its_length_is_a_multiple_of_8(void **state)
{
    uint8_t buf[BATCH_ENCODED_MAX];
    size_t n = encode_batch(buf, sizeof buf);
    struct batch got;

    assert_int_equal(n % 8, 0);
    assert_int_equal(batch_decode(*state, bytes_of(buf, n), &got), 0);
    assert_int_equal(got.cluster_time.ms, 1700000000123);
    assert_int_equal(got.digest_index, 77);
    assert_true(got.digest_high == 0x8000000000000001);
    assert_int_equal(got.digest_low, 2);
    assert_int_equal(got.n_commands, ARRAY_LENGTH(commands));
    for (unsigned i = 0; i < got.n_commands; i++) {
        struct command c;

        assert_int_equal(command_decode(*state, got.commands[i], &c), 0);
        assert_same(&commands[i], &c);
    }
}

static void a_damaged_frame_is_refused(void **state)
{
    uint8_t buf[BATCH_ENCODED_MAX];
    size_t n = encode_batch(buf, sizeof buf);
    struct batch got;

    for (size_t cut = 0; cut + 8 <= n; cut++) {
        assert_int_equal(batch_decode(*state, bytes_of(buf, cut), &got), COMMAND_MALFORMED);
    }
    assert_int_equal(batch_decode(*state, bytes_of(buf, n + 8), &got), COMMAND_MALFORMED);
    buf[1] = 2;
    assert_int_equal(batch_decode(*state, bytes_of(buf, n), &got), COMMAND_FOREIGN);
    buf[1] = 0;
    assert_int_equal(batch_decode(*state, bytes_of(buf, n), &got), COMMAND_MALFORMED);
    buf[1] = 1;
    buf[4] = 0xff;
    assert_int_equal(batch_decode(*state, bytes_of(buf, n), &got), COMMAND_MALFORMED);
}

static void a_batch_without_commands_is_malformed(void **state)
{
    static const uint8_t raw[] = { 0, 1, 0, 0, 0, 0, 0, 0 };
    struct batch got;

    assert_int_equal(batch_decode(*state, bytes_of(raw, sizeof raw), &got), COMMAND_MALFORMED);
}

TEST(every_outcome_has_its_own_name_and_a_sentence)
{
#define X(name, number, text)                                                 \
    assert_string_equal(outcome_text(OUTCOME_##name), text);                  \
    assert_int_equal(strlen(outcome_name(OUTCOME_##name)), sizeof #name - 1); \
    assert_int_equal(strncasecmp(outcome_name(OUTCOME_##name), #name, sizeof #name), 0);
    OUTCOME_MAP(X)
#undef X
    assert_non_null(outcome_name((enum outcome)99));
    assert_non_null(outcome_text((enum outcome)99));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_survives_encoding_and_decoding),
        cmocka_unit_test(every_cut_of_a_command_is_malformed_or_within_limits),
        cmocka_unit_test(largest_commands_fit_their_limit),
        cmocka_unit_test(strange_commands_are_told_apart),
        cmocka_unit_test(a_batch_survives_and_its_length_is_a_multiple_of_8),
        cmocka_unit_test(a_damaged_frame_is_refused),
        cmocka_unit_test(a_batch_without_commands_is_malformed),
        cmocka_unit_test(every_outcome_has_its_own_name_and_a_sentence),
    };

    return cmocka_run_group_tests_name("command_codec", tests, setup, teardown);
}
