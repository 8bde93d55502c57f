#include "support/mesh_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "replication/peer/rpc_codec.h"
#include "support/port.h"
#include "support/test.h"

uv_loop_t pair_loop;
static uv_timer_t stopper;
struct pair_node pair_nodes[2];
struct replica_member pair_members[2];
unsigned pair_ports[2];

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
    ((struct pair_node *)data)->n_received++;
}

static void receive_raft(void *data, struct raft_message *m)
{
    struct pair_node *n = data;

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
    struct pair_node *n = data;

    (void)node;
    n->n_ups += is_up;
    n->n_downs += !is_up;
}

static void on_closed(void *data)
{
    ((struct pair_node *)data)->is_closed = true;
}

static void on_stop(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

void pair_run(unsigned ms)
{
    (void)uv_timer_start(&stopper, on_stop, ms, 0);
    (void)uv_run(&pair_loop, UV_RUN_DEFAULT);
}

void pair_start(unsigned i, uint64_t boot_id, const struct tls_config *tls)
{
    struct mesh_config config = {
        .loop = &pair_loop,
        .node = i + 1,
        .cluster = "test",
        .incarnation = i + 10,
        .boot_id = boot_id,
        .n_members = 2,
    };
    struct mesh_port port = {
        .data = &pair_nodes[i],
        .cluster_id = no_cluster_id,
        .incarnation = no_incarnation,
        .receive = receive,
        .receive_raft = receive_raft,
        .peer_changed = peer_changed,
        .refused = refused,
    };

    memcpy(config.members, pair_members, sizeof pair_members);
    pair_nodes[i] = (struct pair_node){ .is_closed = false };
    require(tls == NULL || tls_new(&pair_nodes[i].tls, tls) == 0);
    config.tls = pair_nodes[i].tls;
    require(mesh_new(&pair_nodes[i].mesh, &config, &port) == 0);
    require(mesh_open(pair_nodes[i].mesh) == 0);
}

void pair_stop(unsigned i)
{
    mesh_close(pair_nodes[i].mesh, on_closed, &pair_nodes[i]);
    for (unsigned k = 0; k < 100 && !pair_nodes[i].is_closed; k++) {
        pair_run(10);
    }
    require(pair_nodes[i].is_closed);
    pair_nodes[i].mesh = mesh_free(pair_nodes[i].mesh);
    pair_nodes[i].tls = tls_free(pair_nodes[i].tls);
}

void pair_run_until_up(void)
{
    for (unsigned k = 0; k < 100 && !mesh_is_up(pair_nodes[0].mesh, 2); k++) {
        pair_run(20);
    }
    assert_true(mesh_is_up(pair_nodes[0].mesh, 2));
    pair_run(20);
    assert_true(mesh_is_up(pair_nodes[1].mesh, 1));
}

void pair_open(void)
{
    require(uv_loop_init(&pair_loop) == 0);
    require(uv_timer_init(&pair_loop, &stopper) == 0);
    for (unsigned i = 0; i < 2; i++) {
        pair_ports[i] = port_find();
        pair_members[i].id = i + 1;
        (void)snprintf(pair_members[i].address, MEMBER_ADDRESS_MAX, "127.0.0.1:%u", pair_ports[i]);
    }
}

int pair_close(void)
{
    uv_close((uv_handle_t *)&stopper, NULL);
    (void)uv_run(&pair_loop, UV_RUN_DEFAULT);
    return uv_loop_close(&pair_loop);
}

bool pair_run_until(unsigned ms, bool (*is_so)(void))
{
    for (unsigned passed = 0; passed < ms && !is_so(); passed += 10) {
        pair_run(10);
    }
    return is_so();
}

struct peer_message pair_some_status(void)
{
    return (struct peer_message){ .kind = PEER_STATUS, .status.wall = { 1 }, .status.term = 1 };
}

static unsigned n_heard[2];

static bool are_both_heard(void)
{
    return pair_nodes[0].n_received > n_heard[0] && pair_nodes[1].n_received > n_heard[1];
}

/* The two nodes still hear each other. */
void pair_assert_serving(void)
{
    struct peer_message m = pair_some_status();

    n_heard[0] = pair_nodes[0].n_received;
    n_heard[1] = pair_nodes[1].n_received;
    mesh_send(pair_nodes[0].mesh, 2, &m);
    mesh_send(pair_nodes[1].mesh, 1, &m);
    assert_true(pair_run_until(2000, are_both_heard));
    assert_int_equal(pair_nodes[0].n_received, n_heard[0] + 1);
    assert_int_equal(pair_nodes[1].n_received, n_heard[1] + 1);
    assert_int_equal(pair_nodes[0].n_downs, 0);
}

int pair_call(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    require(fd >= 0);
    require(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

void pair_say(int fd, const void *bytes, size_t n)
{
    require(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
}

/* True when the other side has closed; what it said before is in @said. */
bool pair_is_hung_up(int fd, uint8_t *said, size_t size, size_t *ret_n)
{
    size_t n = 0;
    ssize_t got;

    while ((got = recv(fd, said + n, size - n, MSG_DONTWAIT)) > 0) {
        n += (size_t)got;
    }
    *ret_n = n;
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

void pair_assert_hung_up(int fd)
{
    uint8_t said[1024];
    size_t n;

    assert_true(pair_is_hung_up(fd, said, sizeof said, &n));
    assert_int_equal(close(fd), 0);
}

unsigned pair_count_descriptors(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 4096; fd++) {
        n += fcntl(fd, F_GETFD) >= 0;
    }
    return n;
}
