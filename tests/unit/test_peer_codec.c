#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "proto/peer_codec.h"
#include "support/peer_messages.h"
#include "support/test.h"

enum { N_ROUNDS = 3000 };

struct fixture {
    struct peer_decoder *decoder;
    uint8_t *encoded;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->encoded = malloc(PEER_MESSAGE_MAX + 1);
    assert_non_null(f->encoded);
    assert_int_equal(peer_decoder_new(&f->decoder), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->decoder = peer_decoder_free(f->decoder);
    free(f->encoded);
    free(f);
    return 0;
}

/* Encodes @m, decodes that into @ret and holds that the two encode to the same bytes. */
static void round_trip(struct fixture *f, const struct peer_message *m, struct peer_message *ret)
{
    size_t n = peer_encoded_size(m);
    uint8_t *again;

    assert_in_range(n, 1, PEER_MESSAGE_MAX);
    assert_int_equal(peer_encode(m, f->encoded), n);
    assert_int_equal(peer_decode(f->decoder, bytes_of(f->encoded, n), ret), 0);
    assert_int_equal(ret->kind, m->kind);
    assert_int_equal(peer_encoded_size(ret), n);
    again = malloc(n);
    assert_non_null(again);
    assert_int_equal(peer_encode(ret, again), n);
    assert_memory_equal(f->encoded, again, n);
    free(again);
}

static int decode(struct fixture *f, const void *at, size_t n)
{
    struct peer_message m;

    return peer_decode(f->decoder, bytes_of(at, n), &m);
}

TEST(a_message_of_any_kind_survives_a_round_trip)
{
    struct peer_messages made = { .seed = 1 };
    struct peer_message out;

    for (int i = 0; i < N_ROUNDS; i++) {
        round_trip(*state, peer_messages_next(&made), &out);
    }
}

TEST(every_field_of_a_status_arrives)
{
    const struct network_status networks[] = {
        {bytes_of_text("lan"),     true,  false, true,  { 0x0a000001 }},
        { bytes_of_text("guests"), false, true,  false, { 0xffffffff }},
    };
    const struct peer_message in = {
        .kind = PEER_STATUS,
        .status = {.wall = { INT64_MAX },
                   .applied_index = UINT64_MAX,
                   .term = 3,
                   .leader = 2,
                   .has_majority = true,
                   .cluster_time = { 1 },
                   .n_networks = 2,
                   .networks = networks,
                   .digest_high = 7,
                   .digest_low = 8,
                   .monotonic = { 9 }}
    };
    struct peer_message out;

    round_trip(*state, &in, &out);
    assert_int_equal(out.status.wall.ms, INT64_MAX);
    assert_int_equal(out.status.applied_index, UINT64_MAX);
    assert_int_equal(out.status.term, 3);
    assert_int_equal(out.status.leader, 2);
    assert_true(out.status.has_majority);
    assert_int_equal(out.status.cluster_time.ms, 1);
    assert_int_equal(out.status.digest_high, 7);
    assert_int_equal(out.status.digest_low, 8);
    assert_int_equal(out.status.monotonic.ms, 9);
    assert_int_equal(out.status.n_networks, 2);
    assert_true(bytes_equal(out.status.networks[0].network, bytes_of_text("lan")));
    assert_true(out.status.networks[0].link_up && !out.status.networks[0].socket_open);
    assert_true(out.status.networks[0].draining && out.status.networks[1].socket_open);
    assert_int_equal(out.status.networks[1].server_id.value, 0xffffffff);
}

TEST(every_field_of_a_result_arrives)
{
    const struct sequenced_result results[] = {
        {5, { OUTCOME_TAKEN, 77, { 1000 }, { 2000 }, { 3000 } }},
    };
    const struct peer_message in = {
        .kind = PEER_RESULTS, .results = {9, 1, results, true}
    };
    struct peer_message out;

    round_trip(*state, &in, &out);
    assert_int_equal(out.results.boot_id, 9);
    assert_true(out.results.not_leader);
    assert_int_equal(out.results.n, 1);
    assert_int_equal(out.results.results[0].sequence, 5);
    assert_int_equal(out.results.results[0].result.outcome, OUTCOME_TAKEN);
    assert_int_equal(out.results.results[0].result.index, 77);
    assert_int_equal(out.results.results[0].result.at.ms, 1000);
    assert_int_equal(out.results.results[0].result.expires_at.ms, 2000);
    assert_int_equal(out.results.results[0].result.held_until.ms, 3000);
}

TEST(every_field_of_an_append_arrives)
{
    const struct peer_entry entries[] = {
        {4,  1, bytes_of_text("first")},
        { 5, 3, { NULL, 0 }           },
    };
    const struct peer_message in = {
        .kind = PEER_APPEND, .append = {5, 10, 4, 9, 2, entries}
    };
    struct peer_message out;

    round_trip(*state, &in, &out);
    assert_int_equal(out.append.term, 5);
    assert_int_equal(out.append.prev_index, 10);
    assert_int_equal(out.append.prev_term, 4);
    assert_int_equal(out.append.leader_commit, 9);
    assert_int_equal(out.append.n, 2);
    assert_int_equal(out.append.entries[0].term, 4);
    assert_int_equal(out.append.entries[0].type, 1);
    assert_true(bytes_equal(out.append.entries[0].data, bytes_of_text("first")));
    assert_int_equal(out.append.entries[1].type, 3);
    assert_int_equal(out.append.entries[1].data.n, 0);
}

TEST(the_largest_message_of_every_kind_fits)
{
    struct peer_messages made = { .seed = 2, .largest = true };
    struct peer_message out;

    for (int i = 0; i < PEER_TIMEOUT_NOW; i++) {
        round_trip(*state, peer_messages_next(&made), &out);
    }
}

TEST(an_empty_buffer_and_an_unknown_body_are_malformed)
{
    static const uint8_t unknown[] = { 0xfa, 0x01, 0x00 }; /* field 31, empty */

    assert_int_equal(decode(*state, "", 0), PEER_MALFORMED);
    assert_int_equal(decode(*state, unknown, sizeof unknown), PEER_MALFORMED);
}

TEST(a_cut_message_is_malformed_or_shorter_but_never_read_past_its_end)
{
    struct fixture *f = *state;
    struct peer_messages made = { .seed = 3 };

    for (int i = 0; i < 50; i++) {
        size_t n = peer_encode(peer_messages_next(&made), f->encoded);

        for (size_t cut = 1; cut < n && cut < 400; cut++) {
            uint8_t *exact = malloc(cut); /* so that a sanitizer sees a read behind it */
            int r;

            assert_non_null(exact);
            memcpy(exact, f->encoded, cut);
            r = decode(f, exact, cut);
            assert_true(r == 0 || r == PEER_MALFORMED);
            free(exact);
        }
    }
}

TEST(a_longer_message_than_any_is_malformed)
{
    struct fixture *f = *state;

    memset(f->encoded, 0, PEER_MESSAGE_MAX + 1);
    assert_int_equal(decode(f, f->encoded, PEER_MESSAGE_MAX + 1), PEER_MALFORMED);
}

/* Writes a message by hand: field @body holding @n times the field @part with @size zero bytes. */
static size_t write_parts(uint8_t *out, unsigned body, unsigned part, size_t n, size_t size)
{
    size_t each = size < 128 ? 2 + size : 5 + size, length = n * each, at = 0;

    out[at++] = (uint8_t)(body << 3 | 2);
    for (int i = 0; i < 5; i++) {
        out[at++] = (uint8_t)(length >> 7 * i & 127) | (i < 4 ? 128 : 0);
    }
    for (size_t k = 0; k < n; k++) {
        out[at++] = (uint8_t)(part << 3 | 2);
        for (int i = 0; size >= 128 && i < 4; i++) {
            out[at++] = (uint8_t)(size >> 7 * i & 127) | (i < 3 ? 128 : 0);
        }
        if (size < 128) {
            out[at++] = (uint8_t)size;
        }
        memset(out + at, 'x', size);
        at += size;
    }
    return at;
}

TEST(one_element_more_than_the_limit_is_malformed)
{
    static const struct {
        unsigned body, part;
        size_t limit, size;
    } rows[] = {
        {3,   7, NETWORKS_MAX,            0},
        { 4,  1, PEER_COMMANDS_MAX,       3},
        { 5,  2, PEER_COMMANDS_MAX,       0},
        { 12, 5, PEER_APPEND_ENTRIES_MAX, 0},
        { 14, 5, MEMBERS_MAX,             0},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = write_parts(f->encoded, rows[i].body, rows[i].part, rows[i].limit, rows[i].size);

        assert_int_equal(decode(f, f->encoded, n), 0);
        n = write_parts(f->encoded, rows[i].body, rows[i].part, rows[i].limit + 1, rows[i].size);
        assert_int_equal(decode(f, f->encoded, n), PEER_MALFORMED);
    }
}

TEST(a_text_longer_than_its_limit_is_malformed)
{
    struct fixture *f = *state;
    size_t n = write_parts(f->encoded, 1, 2, 1, CLUSTER_NAME_MAX - 1);

    assert_int_equal(decode(f, f->encoded, n), 0);
    n = write_parts(f->encoded, 1, 2, 1, CLUSTER_NAME_MAX);
    assert_int_equal(decode(f, f->encoded, n), PEER_MALFORMED);
    n = write_parts(f->encoded, 2, 1, 1, PEER_REFUSAL_MAX - 1);
    assert_int_equal(decode(f, f->encoded, n), 0);
    n = write_parts(f->encoded, 2, 1, 1, PEER_REFUSAL_MAX);
    assert_int_equal(decode(f, f->encoded, n), PEER_MALFORMED);
}

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

/* The cheapest attack: elements of two bytes that cost a structure each. */
TEST(a_message_of_empty_elements_costs_little_more_memory_than_its_size)
{
    struct fixture *f = *state;
    size_t n = write_parts(f->encoded, 12, 5, PEER_MESSAGE_MAX / 2 - 8, 0);
    size_t before = allocated();

    assert_int_equal(decode(f, f->encoded, n), PEER_MALFORMED);
    assert_in_range(allocated() - before, 0, 2 * PEER_MESSAGE_MAX);
}

TEST(a_time_before_1970_and_an_unknown_outcome_are_malformed)
{
    static const uint8_t wall[] = { 0x1a, 9, 0x09, 0, 0, 0, 0, 0, 0, 0, 0x80 };
    static const uint8_t outcome[] = { 0x2a, 4, 0x12, 2, 0x10, 0x7f };

    assert_int_equal(decode(*state, wall, sizeof wall), PEER_MALFORMED);
    assert_int_equal(decode(*state, outcome, sizeof outcome), PEER_MALFORMED);
}

TEST(a_chunk_beyond_its_snapshot_is_malformed)
{
    static const uint8_t inside[] = { 0x72, 7, 0x30, 5, 0x38, 4, 0x42, 1, 'x' };
    static const uint8_t beyond[] = { 0x72, 7, 0x30, 5, 0x38, 5, 0x42, 1, 'x' };

    assert_int_equal(decode(*state, inside, sizeof inside), 0);
    assert_int_equal(decode(*state, beyond, sizeof beyond), PEER_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_of_any_kind_survives_a_round_trip),
        cmocka_unit_test(every_field_of_a_status_arrives),
        cmocka_unit_test(every_field_of_a_result_arrives),
        cmocka_unit_test(every_field_of_an_append_arrives),
        cmocka_unit_test(the_largest_message_of_every_kind_fits),
        cmocka_unit_test(an_empty_buffer_and_an_unknown_body_are_malformed),
        cmocka_unit_test(a_cut_message_is_malformed_or_shorter_but_never_read_past_its_end),
        cmocka_unit_test(a_longer_message_than_any_is_malformed),
        cmocka_unit_test(one_element_more_than_the_limit_is_malformed),
        cmocka_unit_test(a_text_longer_than_its_limit_is_malformed),
        cmocka_unit_test(a_message_of_empty_elements_costs_little_more_memory_than_its_size),
        cmocka_unit_test(a_time_before_1970_and_an_unknown_outcome_are_malformed),
        cmocka_unit_test(a_chunk_beyond_its_snapshot_is_malformed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
