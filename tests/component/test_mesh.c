#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "proto/peer_codec.h"
#include "replication/peer/frame.h"
#include "replication/peer/mesh.h"
#include "replication/peer/rpc_codec.h"
#include "support/mesh_pair.h"
#include "support/test.h"

enum { BIG = 5 * 1024 * 1024 };

static int fresh(void **state)
{
    (void)state;
    pair_open();
    pair_start(0, 1, NULL);
    pair_start(1, 1, NULL);
    pair_run_until_up();
    return 0;
}

static int done(void **state)
{
    (void)state;
    pair_stop(0);
    pair_stop(1);
    return pair_close();
}

/* ---- Peers */

TEST(peers_find_each_other_and_talk_in_both_directions)
{
    assert_int_equal(pair_nodes[0].n_ups, 1);
    assert_int_equal(pair_nodes[1].n_ups, 1);
    pair_assert_serving();
}

TEST(a_peer_that_is_back_is_connected_within_half_a_second)
{
    pair_stop(1);
    pair_run(50);
    assert_int_equal(pair_nodes[0].n_downs, 1);
    pair_start(1, 2, NULL);
    pair_run(500);
    assert_true(mesh_is_up(pair_nodes[0].mesh, 2));
    assert_int_equal(pair_nodes[0].n_ups, 2);
}

static unsigned n_sent;
static int last_status;

static void sent(struct raft_io_send *request, int status)
{
    (void)request;
    n_sent++;
    last_status = status;
}

TEST(a_raft_message_to_nobody_fails_later_and_never_at_once)
{
    struct raft_io_send request;
    struct raft_message m = { .type = RAFT_IO_APPEND_ENTRIES, .server_id = 2 };

    pair_stop(1);
    pair_run(50);
    n_sent = 0;
    assert_int_equal(mesh_send_raft(pair_nodes[0].mesh, &request, &m, sent), 0);
    assert_int_equal(n_sent, 0);
    pair_run(20);
    assert_int_equal(n_sent, 1);
    assert_int_equal(last_status, RAFT_NOCONNECTION);
    pair_start(1, 2, NULL);
}

static struct raft_message snapshot_message(struct raft_configuration *conf, void *data)
{
    struct raft_message m = { .type = RAFT_IO_INSTALL_SNAPSHOT, .server_id = 2 };

    raft_configuration_init(conf);
    require(raft_configuration_add(conf, 1, pair_members[0].address, RAFT_VOTER) == 0);
    m.install_snapshot = (struct raft_install_snapshot){
        .term = 3,
        .last_index = 100,
        .last_term = 2,
        .conf = *conf,
        .conf_index = 1,
        .data = {data, BIG},
    };
    return m;
}

TEST(a_snapshot_arrives_whole_and_other_messages_pass_between_its_pieces)
{
    struct raft_configuration conf;
    struct raft_io_send request, other;
    void *data = calloc(1, BIG);
    struct raft_message m = snapshot_message(&conf, data);
    struct raft_message vote = { .type = RAFT_IO_REQUEST_VOTE, .server_id = 2 };

    vote.request_vote = (struct raft_request_vote){ .term = 3, .candidate_id = 1 };
    n_sent = 0;
    (void)mesh_send_raft(pair_nodes[0].mesh, &request, &m, sent);
    (void)mesh_send_raft(pair_nodes[0].mesh, &other, &vote, sent);
    pair_run(500);
    assert_int_equal(n_sent, 2);
    assert_int_equal(last_status, 0);
    assert_int_equal(pair_nodes[1].n_raft, 2);
    assert_int_equal(pair_nodes[1].snapshot_size, BIG);
    raft_configuration_close(&conf);
    free(data);
}

TEST(a_snapshot_whose_connection_ends_fails_once)
{
    struct raft_configuration conf;
    struct raft_io_send request;
    void *data = calloc(1, BIG);
    struct raft_message m = snapshot_message(&conf, data);

    n_sent = 0;
    (void)mesh_send_raft(pair_nodes[0].mesh, &request, &m, sent);
    pair_stop(1);
    pair_run(100);
    assert_int_equal(n_sent, 1);
    raft_configuration_close(&conf);
    free(data);
    pair_start(1, 2, NULL);
}

/* ---- Strangers */

TEST(garbage_ends_the_connection_and_is_counted)
{
    int fd = pair_call(pair_ports[1]);

    pair_say(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    pair_run(50);
    pair_assert_hung_up(fd);
    assert_int_equal(mesh_counters(pair_nodes[1].mesh)->refused_garbage, 1);
    pair_assert_serving();
}

TEST(a_length_of_two_gigabytes_ends_the_connection)
{
    static const uint8_t header[] = { 'L', 'H', 1, 1, 0x7f, 0xff, 0xff, 0xff };
    int fd = pair_call(pair_ports[1]);

    pair_say(fd, header, sizeof header);
    pair_run(50);
    pair_assert_hung_up(fd);
    assert_int_equal(mesh_counters(pair_nodes[1].mesh)->refused_garbage, 1);
    pair_assert_serving();
}

TEST(one_byte_and_then_silence_ends_after_two_seconds)
{
    int fd = pair_call(pair_ports[1]);

    pair_say(fd, "L", 1);
    pair_run(MESH_HELLO_MS + 200);
    pair_assert_hung_up(fd);
    assert_int_equal(mesh_counters(pair_nodes[1].mesh)->refused_silent, 1);
    pair_assert_serving();
}

static void say_message(int fd, const struct peer_message *m)
{
    uint8_t bytes[4096];
    size_t n = peer_encoded_size(m);

    require(n + FRAME_HEADER <= sizeof bytes);
    frame_write_header(bytes, n);
    (void)peer_encode(m, bytes + FRAME_HEADER);
    pair_say(fd, bytes, n + FRAME_HEADER);
}

static struct peer_message hello_of_node_1(void)
{
    return (struct peer_message){
        .kind = PEER_HELLO,
        .hello = {.protocol = PEER_PROTOCOL,
                  .cluster = bytes_of_text("test"),
                  .node = 1,
                  .incarnation = 10,
                  .boot_id = 1,
                  .to_node = 2},
    };
}

/* Node 2 refuses @hello with a sentence that holds @because. */
static void assert_refused(const struct peer_message *hello, const char *because)
{
    uint8_t said[1024];
    struct peer_decoder *decoder;
    struct peer_message m;
    char text[PEER_REFUSAL_MAX] = "";
    int fd = pair_call(pair_ports[1]);
    size_t n;

    say_message(fd, hello);
    pair_run(50);
    assert_true(pair_is_hung_up(fd, said, sizeof said, &n));
    assert_true(n > FRAME_HEADER);
    assert_int_equal(peer_decoder_new(&decoder), 0);
    assert_int_equal(peer_decode(decoder, bytes_of(said + FRAME_HEADER, n - FRAME_HEADER), &m), 0);
    assert_int_equal(m.kind, PEER_REFUSAL);
    memcpy(text, m.refusal.at, m.refusal.n);
    assert_non_null(strstr(text, because));
    (void)peer_decoder_free(decoder);
    assert_int_equal(mesh_counters(pair_nodes[1].mesh)->refused_hellos, 1);
    assert_int_equal(close(fd), 0);
    pair_assert_serving();
}

TEST(the_wrong_cluster_name_is_refused_with_a_sentence)
{
    struct peer_message m = hello_of_node_1();

    m.hello.cluster = bytes_of_text("other");
    assert_refused(&m, "this is cluster 'test', not 'other'");
}

TEST(an_unknown_node_is_refused_with_a_sentence)
{
    struct peer_message m = hello_of_node_1();

    m.hello.node = 7;
    assert_refused(&m, "not in my list of members");
}

TEST(a_node_id_used_twice_is_refused_with_a_sentence)
{
    struct peer_message m = hello_of_node_1();

    m.hello.incarnation = 99;
    assert_refused(&m, "used twice");
}

TEST(a_message_before_the_hello_ends_the_connection)
{
    struct peer_message m = pair_some_status();
    int fd = pair_call(pair_ports[1]);

    say_message(fd, &m);
    pair_run(50);
    pair_assert_hung_up(fd);
    assert_int_equal(pair_nodes[1].n_received, 0);
    assert_int_equal(mesh_counters(pair_nodes[1].mesh)->refused_garbage, 1);
    pair_assert_serving();
}

TEST(two_thousand_idle_connections_leave_the_peers_alone_and_no_descriptor_behind)
{
    enum { N = 2000, STEP = 50 };

    static int fds[N];
    struct rlimit limit = { 4096, 4096 };
    unsigned before = pair_count_descriptors();

    require(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (unsigned i = 0; i < N; i++) {
        fds[i] = pair_call(pair_ports[1]);
        if (i % STEP == STEP - 1) {
            pair_run(5);
        }
    }
    pair_run(20);
    assert_true(mesh_counters(pair_nodes[1].mesh)->refused_strangers >= N - MESH_STRANGERS_MAX);
    assert_in_range(pair_count_descriptors(), 0, before + N + MESH_STRANGERS_MAX);
    pair_assert_serving();
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
    pair_run(100);
    assert_int_equal(pair_count_descriptors(), before);
    pair_assert_serving();
}

/* Sooner than the strangers' time is over, so it must have been one of their places. */
TEST(a_peer_gets_in_while_strangers_hold_every_place)
{
    enum { N = 2 * MESH_STRANGERS_MAX };

    int fds[N];

    pair_stop(0);
    for (unsigned i = 0; i < N; i++) {
        fds[i] = pair_call(pair_ports[1]);
        pair_run(1);
    }
    pair_start(0, 2, NULL);
    pair_run(MESH_HELLO_MS / 4);
    assert_true(mesh_is_up(pair_nodes[0].mesh, 2));
    assert_true(mesh_counters(pair_nodes[1].mesh)->refused_strangers >= N - MESH_STRANGERS_MAX);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
}

TEST(a_peer_that_does_not_read_costs_a_bounded_queue)
{
    struct peer_message hello = hello_of_node_1(), m = pair_some_status();
    static char refusal[PEER_REFUSAL_MAX];
    int fd;

    pair_stop(0);
    pair_run(50);
    fd = pair_call(pair_ports[1]);
    say_message(fd, &hello);
    pair_run(50);
    assert_true(mesh_is_up(pair_nodes[1].mesh, 1));
    memset(refusal, 'x', sizeof refusal - 1);
    m = (struct peer_message){ .kind = PEER_REFUSAL, .refusal = bytes_of_text(refusal) };
    for (unsigned i = 0; i < 200000; i++) {
        mesh_send(pair_nodes[1].mesh, 1, &m);
    }
    assert_true(mesh_counters(pair_nodes[1].mesh)->dropped_messages > 0);
    assert_int_equal(close(fd), 0);
    pair_run(100);
    assert_false(mesh_is_up(pair_nodes[1].mesh, 1));
    pair_start(0, 2, NULL);
    pair_run_until_up();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(peers_find_each_other_and_talk_in_both_directions),
        CASE(a_peer_that_is_back_is_connected_within_half_a_second),
        CASE(a_raft_message_to_nobody_fails_later_and_never_at_once),
        CASE(a_snapshot_arrives_whole_and_other_messages_pass_between_its_pieces),
        CASE(a_snapshot_whose_connection_ends_fails_once),
        CASE(garbage_ends_the_connection_and_is_counted),
        CASE(a_length_of_two_gigabytes_ends_the_connection),
        CASE(one_byte_and_then_silence_ends_after_two_seconds),
        CASE(the_wrong_cluster_name_is_refused_with_a_sentence),
        CASE(an_unknown_node_is_refused_with_a_sentence),
        CASE(a_node_id_used_twice_is_refused_with_a_sentence),
        CASE(a_message_before_the_hello_ends_the_connection),
        CASE(two_thousand_idle_connections_leave_the_peers_alone_and_no_descriptor_behind),
        CASE(a_peer_gets_in_while_strangers_hold_every_place),
        CASE(a_peer_that_does_not_read_costs_a_bounded_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
