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
#include "support/test.h"

/* Two nodes on one loop, and strangers on plain sockets. Node 1 dials node 2. */
enum { BIG = 5 * 1024 * 1024 };

struct node {
    struct mesh *mesh;
    unsigned n_received, n_raft, n_ups, n_downs;
    size_t snapshot_size;
    bool is_closed;
};

static uv_loop_t loop;
static uv_timer_t stopper;
static struct node nodes[2];
static struct replica_member members[2];
static unsigned ports[2];

static uint64_t no_cluster_id(void *data)
{
    (void)data;
    return 0;
}

static uint64_t no_incarnation(void *data, uint32_t node)
{
    (void)data;
    (void)node;
    return 0;
}

static void receive(void *data, uint32_t node, const struct peer_message *m)
{
    (void)node;
    (void)m;
    ((struct node *)data)->n_received++;
}

static void receive_raft(void *data, struct raft_message *m)
{
    struct node *n = data;

    n->n_raft++;
    if (m->type == RAFT_IO_INSTALL_SNAPSHOT) {
        n->snapshot_size = m->install_snapshot.data.len;
    }
    rpc_codec_discard(m);
}

static void refused(void *data, uint32_t node, struct bytes reason)
{
    (void)data;
    (void)node;
    (void)reason; /* the counters tell */
}

static void peer_changed(void *data, uint32_t node, bool is_up)
{
    struct node *n = data;

    (void)node;
    n->n_ups += is_up;
    n->n_downs += !is_up;
}

static void on_closed(void *data)
{
    ((struct node *)data)->is_closed = true;
}

static void on_stop(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void run(unsigned ms)
{
    (void)uv_timer_start(&stopper, on_stop, ms, 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

static unsigned free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    require(bind(fd, (struct sockaddr *)&a, n) == 0);
    require(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    require(close(fd) == 0);
    return ntohs(a.sin_port);
}

static void start(unsigned i, uint64_t boot_id)
{
    struct mesh_config config = {
        .loop = &loop,
        .node = i + 1,
        .cluster = "test",
        .incarnation = i + 10,
        .boot_id = boot_id,
        .n_members = 2,
    };
    struct mesh_port port = {
        .data = &nodes[i],
        .cluster_id = no_cluster_id,
        .incarnation = no_incarnation,
        .receive = receive,
        .receive_raft = receive_raft,
        .peer_changed = peer_changed,
        .refused = refused,
    };

    memcpy(config.members, members, sizeof members);
    nodes[i] = (struct node){ .is_closed = false };
    require(mesh_new(&nodes[i].mesh, &config, &port) == 0);
    require(mesh_open(nodes[i].mesh) == 0);
}

static void stop(unsigned i)
{
    mesh_close(nodes[i].mesh, on_closed, &nodes[i]);
    for (unsigned k = 0; k < 100 && !nodes[i].is_closed; k++) {
        run(10);
    }
    require(nodes[i].is_closed);
    nodes[i].mesh = mesh_free(nodes[i].mesh);
}

static void run_until_up(void)
{
    for (unsigned k = 0; k < 100 && !mesh_is_up(nodes[0].mesh, 2); k++) {
        run(20);
    }
    assert_true(mesh_is_up(nodes[0].mesh, 2));
    run(20);
    assert_true(mesh_is_up(nodes[1].mesh, 1));
}

static int fresh(void **state)
{
    (void)state;
    require(uv_loop_init(&loop) == 0);
    require(uv_timer_init(&loop, &stopper) == 0);
    for (unsigned i = 0; i < 2; i++) {
        ports[i] = free_port();
        members[i].id = i + 1;
        (void)snprintf(members[i].address, MEMBER_ADDRESS_MAX, "127.0.0.1:%u", ports[i]);
    }
    start(0, 1);
    start(1, 1);
    run_until_up();
    return 0;
}

static int done(void **state)
{
    (void)state;
    stop(0);
    stop(1);
    uv_close((uv_handle_t *)&stopper, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static struct peer_message some_status(void)
{
    return (struct peer_message){ .kind = PEER_STATUS, .status.wall = { 1 }, .status.term = 1 };
}

/* The two nodes still hear each other. */
static void assert_serving(void)
{
    struct peer_message m = some_status();
    unsigned before[] = { nodes[0].n_received, nodes[1].n_received };

    mesh_send(nodes[0].mesh, 2, &m);
    mesh_send(nodes[1].mesh, 1, &m);
    run(50);
    assert_int_equal(nodes[0].n_received, before[0] + 1);
    assert_int_equal(nodes[1].n_received, before[1] + 1);
    assert_int_equal(nodes[0].n_downs, 0);
}

/* ---- Peers */

TEST(peers_find_each_other_and_talk_in_both_directions)
{
    assert_int_equal(nodes[0].n_ups, 1);
    assert_int_equal(nodes[1].n_ups, 1);
    assert_serving();
}

TEST(a_peer_that_is_back_is_connected_within_half_a_second)
{
    stop(1);
    run(50);
    assert_int_equal(nodes[0].n_downs, 1);
    start(1, 2);
    run(500);
    assert_true(mesh_is_up(nodes[0].mesh, 2));
    assert_int_equal(nodes[0].n_ups, 2);
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

    stop(1);
    run(50);
    n_sent = 0;
    assert_int_equal(mesh_send_raft(nodes[0].mesh, &request, &m, sent), 0);
    assert_int_equal(n_sent, 0);
    run(20);
    assert_int_equal(n_sent, 1);
    assert_int_equal(last_status, RAFT_NOCONNECTION);
    start(1, 2);
}

static struct raft_message snapshot_message(struct raft_configuration *conf, void *data)
{
    struct raft_message m = { .type = RAFT_IO_INSTALL_SNAPSHOT, .server_id = 2 };

    raft_configuration_init(conf);
    require(raft_configuration_add(conf, 1, members[0].address, RAFT_VOTER) == 0);
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
    (void)mesh_send_raft(nodes[0].mesh, &request, &m, sent);
    (void)mesh_send_raft(nodes[0].mesh, &other, &vote, sent);
    run(500);
    assert_int_equal(n_sent, 2);
    assert_int_equal(last_status, 0);
    assert_int_equal(nodes[1].n_raft, 2);
    assert_int_equal(nodes[1].snapshot_size, BIG);
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
    (void)mesh_send_raft(nodes[0].mesh, &request, &m, sent);
    stop(1);
    run(100);
    assert_int_equal(n_sent, 1);
    raft_configuration_close(&conf);
    free(data);
    start(1, 2);
}

/* ---- Strangers */

static int call(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    require(fd >= 0);
    require(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

static void say(int fd, const void *bytes, size_t n)
{
    require(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
}

/* True when the other side has closed; what it said before is in @said. */
static bool is_hung_up(int fd, uint8_t *said, size_t size, size_t *ret_n)
{
    size_t n = 0;
    ssize_t got;

    while ((got = recv(fd, said + n, size - n, MSG_DONTWAIT)) > 0) {
        n += (size_t)got;
    }
    *ret_n = n;
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

static void assert_hung_up(int fd)
{
    uint8_t said[1024];
    size_t n;

    assert_true(is_hung_up(fd, said, sizeof said, &n));
    assert_int_equal(close(fd), 0);
}

TEST(garbage_ends_the_connection_and_is_counted)
{
    int fd = call(ports[1]);

    say(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    run(50);
    assert_hung_up(fd);
    assert_int_equal(mesh_counters(nodes[1].mesh)->refused_garbage, 1);
    assert_serving();
}

TEST(a_length_of_two_gigabytes_ends_the_connection)
{
    static const uint8_t header[] = { 'L', 'H', 1, 1, 0x7f, 0xff, 0xff, 0xff };
    int fd = call(ports[1]);

    say(fd, header, sizeof header);
    run(50);
    assert_hung_up(fd);
    assert_int_equal(mesh_counters(nodes[1].mesh)->refused_garbage, 1);
    assert_serving();
}

TEST(one_byte_and_then_silence_ends_after_two_seconds)
{
    int fd = call(ports[1]);

    say(fd, "L", 1);
    run(MESH_HELLO_MS + 200);
    assert_hung_up(fd);
    assert_int_equal(mesh_counters(nodes[1].mesh)->refused_silent, 1);
    assert_serving();
}

static void say_message(int fd, const struct peer_message *m)
{
    uint8_t bytes[4096];
    size_t n = peer_encoded_size(m);

    require(n + FRAME_HEADER <= sizeof bytes);
    frame_write_header(bytes, n);
    (void)peer_encode(m, bytes + FRAME_HEADER);
    say(fd, bytes, n + FRAME_HEADER);
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
    int fd = call(ports[1]);
    size_t n;

    say_message(fd, hello);
    run(50);
    assert_true(is_hung_up(fd, said, sizeof said, &n));
    assert_true(n > FRAME_HEADER);
    assert_int_equal(peer_decoder_new(&decoder), 0);
    assert_int_equal(peer_decode(decoder, bytes_of(said + FRAME_HEADER, n - FRAME_HEADER), &m), 0);
    assert_int_equal(m.kind, PEER_REFUSAL);
    memcpy(text, m.refusal.at, m.refusal.n);
    assert_non_null(strstr(text, because));
    (void)peer_decoder_free(decoder);
    assert_int_equal(mesh_counters(nodes[1].mesh)->refused_hellos, 1);
    assert_int_equal(close(fd), 0);
    assert_serving();
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
    struct peer_message m = some_status();
    int fd = call(ports[1]);

    say_message(fd, &m);
    run(50);
    assert_hung_up(fd);
    assert_int_equal(nodes[1].n_received, 0);
    assert_int_equal(mesh_counters(nodes[1].mesh)->refused_garbage, 1);
    assert_serving();
}

static unsigned count_descriptors(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 4096; fd++) {
        n += fcntl(fd, F_GETFD) >= 0;
    }
    return n;
}

TEST(two_thousand_idle_connections_leave_the_peers_alone_and_no_descriptor_behind)
{
    enum { N = 2000, STEP = 50 };

    static int fds[N];
    struct rlimit limit = { 4096, 4096 };
    unsigned before = count_descriptors();

    require(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (unsigned i = 0; i < N; i++) {
        fds[i] = call(ports[1]);
        if (i % STEP == STEP - 1) {
            run(5);
        }
    }
    run(20);
    assert_true(mesh_counters(nodes[1].mesh)->refused_strangers >= N - MESH_STRANGERS_MAX);
    assert_in_range(count_descriptors(), 0, before + N + MESH_STRANGERS_MAX);
    assert_serving();
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
    run(100);
    assert_int_equal(count_descriptors(), before);
    assert_serving();
}

/* Sooner than the strangers' time is over, so it must have been one of their places. */
TEST(a_peer_gets_in_while_strangers_hold_every_place)
{
    enum { N = 2 * MESH_STRANGERS_MAX };

    int fds[N];

    stop(0);
    for (unsigned i = 0; i < N; i++) {
        fds[i] = call(ports[1]);
        run(1);
    }
    start(0, 2);
    run(MESH_HELLO_MS / 4);
    assert_true(mesh_is_up(nodes[0].mesh, 2));
    assert_true(mesh_counters(nodes[1].mesh)->refused_strangers >= N - MESH_STRANGERS_MAX);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
}

TEST(a_peer_that_does_not_read_costs_a_bounded_queue)
{
    struct peer_message hello = hello_of_node_1(), m = some_status();
    static char refusal[PEER_REFUSAL_MAX];
    int fd;

    stop(0);
    run(50);
    fd = call(ports[1]);
    say_message(fd, &hello);
    run(50);
    assert_true(mesh_is_up(nodes[1].mesh, 1));
    memset(refusal, 'x', sizeof refusal - 1);
    m = (struct peer_message){ .kind = PEER_REFUSAL, .refusal = bytes_of_text(refusal) };
    for (unsigned i = 0; i < 200000; i++) {
        mesh_send(nodes[1].mesh, 1, &m);
    }
    assert_true(mesh_counters(nodes[1].mesh)->dropped_messages > 0);
    assert_int_equal(close(fd), 0);
    run(100);
    assert_false(mesh_is_up(nodes[1].mesh, 1));
    start(0, 2);
    run_until_up();
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
