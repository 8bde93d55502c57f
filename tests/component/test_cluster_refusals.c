#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/command_codec.h"
#include "support/cluster.h"
#include "support/test.h"

static struct cluster cluster;

static int fresh(void **state)
{
    (void)state;
    cluster_init(&cluster);
    return 0;
}

static int done(void **state)
{
    (void)state;
    cluster_deinit(&cluster);
    return 0;
}

static int formed(void **state)
{
    (void)fresh(state);
    cluster_form(&cluster);
    return 0;
}

static bool is_led_by(struct cluster *c, void *data)
{
    return replica_is_leader(c->nodes[*(unsigned *)data].replica);
}

/* What node @from sees of node @of. */
static bool sees_serving(unsigned from, unsigned of)
{
    struct serving_view view;

    replica_serving(cluster.nodes[from].replica, bytes_of_text("lan"), &view);
    return view.nodes[of].is_serving;
}

TEST(rule_74_a_node_without_disk_space_refuses_serves_nobody_and_leaves_the_lead_to_another)
{
    struct command c = cluster_bind(1);
    unsigned leader = cluster_leader(&cluster), full = cluster_follower(&cluster);
    unsigned other = CLUSTER_N - leader - full;
    struct proposal p = { .data = NULL };
    uint64_t term;

    cluster_stop(&cluster, full);
    cluster.space_min = UINT64_MAX;
    cluster.config.election_ms = 800; /* who waits longest meets no other leader, and wins */
    cluster_start(&cluster, full);
    cluster_assert_serving(&cluster);
    assert_int_equal(
        replica_propose(cluster.nodes[full].replica, &p, &c, 1000), REPLICA_OVERLOADED);
    cluster_run(&cluster, 300);
    assert_false(sees_serving(other, full));
    assert_true(sees_serving(other, other));
    term = replica_term(cluster.nodes[other].replica);
    cluster_stop(&cluster, leader);
    assert_true(cluster_run_until(&cluster, 8000, is_led_by, &other));
    assert_true(replica_term(cluster.nodes[other].replica) >= term + 2); /* the full one led */
    assert_int_equal(cluster_propose(&cluster, other, &c).outcome, OUTCOME_DONE);
}

/* What the leader's count of garbage grows by when @from forwards @c. */
static uint64_t garbage_of(uint32_t from, const struct command *c)
{
    struct replica *leader = cluster.nodes[cluster_leader(&cluster)].replica;
    uint64_t before = replica_counters(leader)->garbage_refused;
    uint8_t encoded[COMMAND_ENCODED_MAX];
    struct bytes command = bytes_of(encoded, command_encode(c, encoded));
    struct peer_message m = {
        .kind = PEER_FORWARD, .forward = {1, &command}
    };

    replica_receive(leader, from, &m);
    return replica_counters(leader)->garbage_refused - before;
}

TEST(a_peer_can_forward_its_own_commands_alone)
{
    uint32_t peer = cluster_follower(&cluster) + 1;
    uint32_t other = 6 - peer - (cluster_leader(&cluster) + 1);
    struct command c = cluster_bind(1);

    c.origin = peer;
    c.boot_id = UINT64_MAX / 2;
    c.sequence = 1;
    assert_int_equal(garbage_of(peer, &c), 0);
    assert_int_equal(garbage_of(other, &c), 1);
    assert_int_equal(garbage_of(9, &c), 1);
    c.boot_id = 1; /* of an earlier start */
    assert_int_equal(garbage_of(peer, &c), 1);
}

/* ---- Strangers on the peer port */

TEST(garbage_on_the_peer_port_does_not_disturb_the_cluster)
{
    static uint8_t noise[65536];
    unsigned leader = cluster_leader(&cluster);
    const char *port = strrchr(cluster.config.members[leader].address, ':') + 1;
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    uint64_t before = replica_term(cluster.nodes[leader].replica);

    memset(noise, 0x4c, sizeof noise);
    for (unsigned i = 0; i < 40; i++) {
        struct command c = cluster_bind(i);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        (void)connect(fd, (struct sockaddr *)&a, sizeof a);
        cluster_run(&cluster, 1);
        (void)send(fd, noise, sizeof noise, MSG_NOSIGNAL);
        assert_int_equal(cluster_propose(&cluster, i % CLUSTER_N, &c).outcome, OUTCOME_DONE);
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(replica_term(cluster.nodes[leader].replica), before);
    assert_true(mesh_counters(host_mesh(cluster.nodes[leader].host))->refused_garbage > 0);
    cluster_assert_equal(&cluster);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, formed, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(
            rule_74_a_node_without_disk_space_refuses_serves_nobody_and_leaves_the_lead_to_another),
        CASE(a_peer_can_forward_its_own_commands_alone),
        CASE(garbage_on_the_peer_port_does_not_disturb_the_cluster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
