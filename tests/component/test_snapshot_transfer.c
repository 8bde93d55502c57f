#include <stdlib.h>
#include <string.h>

#include "replication/peer/rpc_codec.h"
#include "replication/peer/snapshot_receiver.h"
#include "replication/peer/snapshot_sender.h"
#include "support/test.h"

enum { IMAGE_SIZE = 3 * PEER_CHUNK_MAX + 17, N_CHUNKS = 4 };

static const char address[] = "10.0.0.2:6767";

struct fixture {
    struct raft_install_snapshot snapshot;
    struct snapshot_sender sender;
    struct snapshot_receiver receiver;
    struct peer_message chunk;
    struct raft_message received;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    uint8_t *image = malloc(IMAGE_SIZE);

    assert_true(f != NULL && image != NULL);
    for (size_t i = 0; i < IMAGE_SIZE; i++) {
        image[i] = (uint8_t)(i * 31 >> 3);
    }
    f->snapshot = (struct raft_install_snapshot){
        .term = 5, .last_index = 100, .last_term = 4, .conf_index = 1, .data = {image, IMAGE_SIZE}
    };
    raft_configuration_init(&f->snapshot.conf);
    assert_int_equal(raft_configuration_add(&f->snapshot.conf, 1, "a:1", RAFT_VOTER), 0);
    assert_int_equal(raft_configuration_add(&f->snapshot.conf, 2, "b:2", RAFT_SPARE), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    snapshot_receiver_reset(&f->receiver);
    raft_configuration_close(&f->snapshot.conf);
    free(f->snapshot.data.base);
    free(f);
    return 0;
}

static int add(struct fixture *f)
{
    return snapshot_receiver_add(&f->receiver, &f->chunk.snapshot_chunk, 2, address, &f->received);
}

/* The first chunk of the fixture's snapshot. */
static struct peer_snapshot_chunk *first(struct fixture *f)
{
    assert_true(snapshot_sender_begin(&f->sender, &f->snapshot));
    assert_true(snapshot_sender_next(&f->sender, &f->chunk));
    return &f->chunk.snapshot_chunk;
}

static void send_all(struct fixture *f)
{
    unsigned n = 0;
    int r = SNAPSHOT_RECEIVER_MORE;

    assert_true(snapshot_sender_begin(&f->sender, &f->snapshot));
    while (snapshot_sender_next(&f->sender, &f->chunk)) {
        assert_int_equal(r, SNAPSHOT_RECEIVER_MORE);
        assert_in_range(f->chunk.snapshot_chunk.data.n, 1, PEER_CHUNK_MAX);
        r = add(f);
        n++;
    }
    assert_int_equal(r, 0);
    assert_int_equal(n, N_CHUNKS);
}

TEST(a_snapshot_arrives_in_pieces_as_it_was_sent)
{
    struct fixture *f = *state;
    const struct raft_install_snapshot *got = &f->received.install_snapshot;

    send_all(f);
    assert_int_equal(f->received.type, RAFT_IO_INSTALL_SNAPSHOT);
    assert_int_equal(f->received.server_id, 2);
    assert_int_equal(got->term, 5);
    assert_int_equal(got->last_index, 100);
    assert_int_equal(got->last_term, 4);
    assert_int_equal(got->conf_index, 1);
    assert_int_equal(got->conf.n, 2);
    assert_string_equal(got->conf.servers[1].address, "b:2");
    assert_int_equal(got->conf.servers[1].role, RAFT_SPARE);
    assert_int_equal(got->data.len, IMAGE_SIZE);
    assert_memory_equal(got->data.base, f->snapshot.data.base, IMAGE_SIZE);
    rpc_codec_discard(&f->received);
}

TEST(a_new_first_chunk_begins_anew)
{
    struct fixture *f = *state;

    (void)first(f);
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
    assert_true(snapshot_sender_next(&f->sender, &f->chunk));
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
    f->snapshot.last_index = 200; /* the leader took another one */
    send_all(f);
    assert_int_equal(f->received.install_snapshot.last_index, 200);
    rpc_codec_discard(&f->received);
}

TEST(a_chunk_that_does_not_continue_the_one_before_is_refused)
{
    struct fixture *f = *state;

    (void)first(f);
    f->chunk.snapshot_chunk.offset = 1; /* the first that arrives is not the first */
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);

    (void)first(f);
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
    assert_true(snapshot_sender_next(&f->sender, &f->chunk));
    assert_true(snapshot_sender_next(&f->sender, &f->chunk));
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED); /* one is missing */

    (void)first(f);
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
    assert_true(snapshot_sender_next(&f->sender, &f->chunk));
    f->chunk.snapshot_chunk.last_index++; /* of another snapshot */
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    assert_false(f->receiver.is_active);
}

TEST(a_snapshot_that_cannot_be_is_refused)
{
    struct fixture *f = *state;

    first(f)->total = (uint64_t)SNAPSHOT_MAX + 1;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    first(f)->n_servers = 0;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    first(f)->last_term = 6;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    first(f)->last_index = 0;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    first(f)->configuration_index = 101;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    (void)first(f);
    f->sender.servers[1].id = 1; /* a node twice */
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    (void)first(f);
    f->sender.servers[1].role = 3;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    first(f)->data.n = 0; /* would never end */
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_REFUSED);
    (void)first(f);
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
}

TEST(an_announced_gigabyte_takes_no_memory_before_it_arrives)
{
    struct fixture *f = *state;

    first(f)->total = SNAPSHOT_MAX;
    f->chunk.snapshot_chunk.data.n = 1;
    assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
    assert_in_range(f->receiver.size, 1, 64 * 1024);
    f->chunk.snapshot_chunk.data.n = PEER_CHUNK_MAX;
    for (size_t at = 1; at < 16 * PEER_CHUNK_MAX; at += PEER_CHUNK_MAX) {
        f->chunk.snapshot_chunk.offset = at;
        assert_int_equal(add(f), SNAPSHOT_RECEIVER_MORE);
        assert_in_range(f->receiver.size, f->receiver.received, 2 * f->receiver.received);
    }
}

TEST(a_snapshot_that_no_receiver_would_take_is_not_sent)
{
    struct fixture *f = *state;

    f->snapshot.data.len = 0;
    assert_false(snapshot_sender_begin(&f->sender, &f->snapshot));
    f->snapshot.data.len = (size_t)SNAPSHOT_MAX + 1;
    assert_false(snapshot_sender_begin(&f->sender, &f->snapshot));
    f->snapshot.data.len = IMAGE_SIZE;
    assert_true(snapshot_sender_begin(&f->sender, &f->snapshot));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_snapshot_arrives_in_pieces_as_it_was_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_first_chunk_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_chunk_that_does_not_continue_the_one_before_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_snapshot_that_cannot_be_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_announced_gigabyte_takes_no_memory_before_it_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_snapshot_that_no_receiver_would_take_is_not_sent, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
