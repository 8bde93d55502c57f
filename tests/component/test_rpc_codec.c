#include <stdlib.h>
#include <string.h>

#include "proto/peer_codec.h"
#include "replication/peer/rpc_codec.h"
#include "support/test.h"

static const char address[] = "10.0.0.2:6767";

static struct peer_entry listed[PEER_APPEND_ENTRIES_MAX];

/* Sends @m over the wire and back, as from node 2. */
static int transfer(const struct raft_message *m, struct raft_message *ret)
{
    static uint8_t wire[PEER_MESSAGE_MAX];
    struct peer_decoder *d = NULL;
    struct peer_message p, q;
    size_t n;
    int r;

    rpc_codec_send(m, listed, &p);
    n = peer_encode(&p, wire);
    assert_int_equal(peer_decoder_new(&d), 0);
    assert_int_equal(peer_decode(d, bytes_of(wire, n), &q), 0);
    r = rpc_codec_receive(&q, 2, address, ret);
    d = peer_decoder_free(d);
    return r;
}

static int receive(const struct peer_message *p)
{
    struct raft_message m;
    int r = rpc_codec_receive(p, 2, address, &m);

    if (r == 0) {
        rpc_codec_discard(&m);
    }
    return r;
}

TEST(an_append_arrives_with_its_entries_in_one_batch)
{
    uint64_t data[3] = { 11, 22, 33 };
    struct raft_entry entries[] = {
        {.term = 3,  .type = RAFT_COMMAND, .buf = { data, 16 }   },
        { .term = 4, .type = RAFT_BARRIER, .buf = { data + 2, 8 }},
    };
    const struct raft_message in = {
        .type = RAFT_IO_APPEND_ENTRIES, .append_entries = {4, 10, 3, 9, entries, 2}
    };
    struct raft_message out;

    assert_int_equal(transfer(&in, &out), 0);
    assert_int_equal(out.type, RAFT_IO_APPEND_ENTRIES);
    assert_int_equal(out.server_id, 2);
    assert_ptr_equal(out.server_address, address);
    assert_int_equal(out.append_entries.term, 4);
    assert_int_equal(out.append_entries.prev_log_index, 10);
    assert_int_equal(out.append_entries.prev_log_term, 3);
    assert_int_equal(out.append_entries.leader_commit, 9);
    assert_int_equal(out.append_entries.n_entries, 2);
    assert_int_equal(out.append_entries.entries[1].term, 4);
    assert_int_equal(out.append_entries.entries[1].type, RAFT_BARRIER);
    assert_int_equal(out.append_entries.entries[0].buf.len, 16);
    assert_memory_equal(out.append_entries.entries[0].buf.base, data, 16);
    assert_memory_equal(out.append_entries.entries[1].buf.base, data + 2, 8);
    assert_ptr_equal(out.append_entries.entries[0].batch, out.append_entries.entries[0].buf.base);
    assert_ptr_equal(out.append_entries.entries[1].batch, out.append_entries.entries[0].batch);
    rpc_codec_discard(&out);
    assert_null(out.append_entries.entries);
}

TEST(a_heartbeat_owns_nothing)
{
    const struct raft_message in = { .type = RAFT_IO_APPEND_ENTRIES,
                                     .append_entries = { .term = 4 } };
    struct raft_message out;

    assert_int_equal(transfer(&in, &out), 0);
    assert_int_equal(out.append_entries.n_entries, 0);
    assert_null(out.append_entries.entries);
}

TEST(votes_and_results_arrive_as_sent)
{
    const struct raft_message vote = {
        .type = RAFT_IO_REQUEST_VOTE, .request_vote = {7, 2, 99, 6, true, true}
    };
    const struct raft_message granted = {
        .type = RAFT_IO_REQUEST_VOTE_RESULT, .request_vote_result = {7, true, raft_tribool_true}
    };
    const struct raft_message result = {
        .type = RAFT_IO_APPEND_ENTRIES_RESULT, .append_entries_result = {7, 5, 4}
    };
    const struct raft_message now = {
        .type = RAFT_IO_TIMEOUT_NOW, .timeout_now = {7, 99, 6}
    };
    struct raft_message out;

    assert_int_equal(transfer(&vote, &out), 0);
    assert_int_equal(out.request_vote.term, 7);
    assert_int_equal(out.request_vote.candidate_id, 2);
    assert_int_equal(out.request_vote.last_log_index, 99);
    assert_int_equal(out.request_vote.last_log_term, 6);
    assert_true(out.request_vote.disrupt_leader && out.request_vote.pre_vote);
    assert_int_equal(transfer(&granted, &out), 0);
    assert_int_equal(out.request_vote_result.term, 7);
    assert_true(out.request_vote_result.vote_granted);
    assert_int_equal(out.request_vote_result.pre_vote, raft_tribool_true);
    assert_int_equal(transfer(&result, &out), 0);
    assert_int_equal(out.append_entries_result.term, 7);
    assert_int_equal(out.append_entries_result.rejected, 5);
    assert_int_equal(out.append_entries_result.last_log_index, 4);
    assert_int_equal(transfer(&now, &out), 0);
    assert_int_equal(out.timeout_now.term, 7);
    assert_int_equal(out.timeout_now.last_log_index, 99);
    assert_int_equal(out.timeout_now.last_log_term, 6);
}

static int receive_entry(struct peer_entry e)
{
    const struct peer_message p = {
        .kind = PEER_APPEND, .append = {.term = 5, .n = 1, .entries = &e}
    };

    return receive(&p);
}

TEST(entries_that_libraft_would_trust_blindly_are_refused)
{
    static const uint8_t data[16];

    assert_int_equal(
        receive_entry((struct peer_entry){
            5, RAFT_COMMAND, {data, 16}
    }),
        0);
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, RAFT_COMMAND, {data, 12}
    }),
        RPC_CODEC_REFUSED);
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, RAFT_COMMAND, {NULL, 0}
    }),
        RPC_CODEC_REFUSED);
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, 0, {data, 8}
    }),
        RPC_CODEC_REFUSED);
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, 4, {data, 8}
    }),
        RPC_CODEC_REFUSED);
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, 65536 + RAFT_COMMAND, {data, 8}
    }),
        RPC_CODEC_REFUSED);
    assert_int_equal(
        receive_entry((struct peer_entry){
            0, RAFT_COMMAND, {data, 8}
    }),
        RPC_CODEC_REFUSED);
    assert_int_equal(
        receive_entry((struct peer_entry){
            6, RAFT_COMMAND, {data, 8}
    }),
        RPC_CODEC_REFUSED);
}

TEST(terms_of_entries_never_go_back)
{
    static const uint8_t data[8];
    const struct peer_entry entries[] = {
        {4,  RAFT_COMMAND, { data, 8 }},
        { 3, RAFT_COMMAND, { data, 8 }},
    };
    struct peer_message p = {
        .kind = PEER_APPEND, .append = {.term = 5, .n = 2, .entries = entries}
    };

    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
    p.append.n = 1;
    assert_int_equal(receive(&p), 0);
    p.append.prev_index = 9;
    p.append.prev_term = 5;
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
}

/* A configuration entry as libraft itself encodes it. */
static struct raft_buffer configuration_entry(void)
{
    struct raft_configuration c;
    struct raft_buffer b;

    raft_configuration_init(&c);
    assert_int_equal(raft_configuration_add(&c, 1, "10.0.0.1:6767", RAFT_VOTER), 0);
    assert_int_equal(raft_configuration_add(&c, 2, "10.0.0.2:6767", RAFT_STANDBY), 0);
    assert_int_equal(raft_configuration_encode(&c, &b), 0);
    raft_configuration_close(&c);
    return b;
}

TEST(a_configuration_is_taken_only_when_it_ends_inside_its_entry)
{
    struct raft_buffer b = configuration_entry();
    uint8_t *at = b.base;
    const size_t needed = 9 + 2 * (8 + sizeof "10.0.0.1:6767" + 1);

    assert_int_equal(
        receive_entry((struct peer_entry){
            5, RAFT_CHANGE, {at, b.len}
    }),
        0);
    for (size_t cut = 8; cut < needed; cut += 8) {
        assert_int_equal(
            receive_entry((struct peer_entry){
                5, RAFT_CHANGE, {at, cut}
        }),
            RPC_CODEC_REFUSED);
    }
    at[1] = 3; /* says that there are three servers */
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, RAFT_CHANGE, {at, b.len}
    }),
        RPC_CODEC_REFUSED);
    at[1] = 2;
    memset(at + 17, 'x', b.len - 17); /* an address without an end */
    assert_int_equal(
        receive_entry((struct peer_entry){
            5, RAFT_CHANGE, {at, b.len}
    }),
        RPC_CODEC_REFUSED);
    raft_free(b.base);
}

TEST(numbers_that_would_overflow_and_false_names_are_refused)
{
    struct peer_message p = {
        .kind = PEER_VOTE, .vote = {5, 2, 9, 4, false, false}
    };

    assert_int_equal(receive(&p), 0);
    p.vote.candidate = 3; /* node 2 asks for a vote for node 3 */
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
    p.vote = (struct peer_vote){ UINT64_MAX, 2, 9, 4, false, false };
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
    p = (struct peer_message){
        .kind = PEER_VOTE_RESULT, .vote_result = {5, true, 3}
    };
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
    p = (struct peer_message){ .kind = PEER_APPEND, .append = { .term = 5 } };
    assert_int_equal(receive(&p), 0);
    p.append.prev_index = UINT64_MAX;
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
    p = (struct peer_message){
        .kind = PEER_APPEND_RESULT, .append_result = {5, 0, UINT64_MAX}
    };
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
    p = (struct peer_message){ .kind = PEER_STATUS };
    assert_int_equal(receive(&p), RPC_CODEC_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_append_arrives_with_its_entries_in_one_batch),
        cmocka_unit_test(a_heartbeat_owns_nothing),
        cmocka_unit_test(votes_and_results_arrive_as_sent),
        cmocka_unit_test(entries_that_libraft_would_trust_blindly_are_refused),
        cmocka_unit_test(terms_of_entries_never_go_back),
        cmocka_unit_test(a_configuration_is_taken_only_when_it_ends_inside_its_entry),
        cmocka_unit_test(numbers_that_would_overflow_and_false_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
