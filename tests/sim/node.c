#include "sim/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "proto/peer_codec.h"
#include "replication/peer/rpc_codec.h"
#include "replication/peer/snapshot_receiver.h"
#include "replication/peer/snapshot_sender.h"
#include "server/exchange.h"
#include "sim/breaks.h"
#include "sim/check.h"
#include "sim/client.h"
#include "sim/database.h"
#include "sim/heap.h"
#include "sim/io.h"

enum { TICK_MS = 50, MAINTENANCE_MS = 200, PROPOSE_TIMEOUT_MS = 2000 };

static const int64_t wall_start = 1700000000000;

struct node {
    struct world *world;
    unsigned number;
    uint64_t life;
    bool is_alive;
    int64_t wall_offset;
    char path[96];
    struct disk disk;
    struct sim_io io;
    struct store *store;
    struct replica *replica;
    struct exchanges *exchanges;
    struct proposer_port log;
    struct snapshot_receiver receivers[SIM_NODES_MAX + 1];
};

struct node *node_new(struct world *w, unsigned number)
{
    struct node *n = calloc(1, sizeof *n);

    require(n != NULL);
    n->world = w;
    n->number = number;
    n->wall_offset = random_between(&w->random, -1000, 1000);
    disk_init(&n->disk);
    (void)snprintf(n->path, sizeof n->path, "%s/node%u.db", w->folder, number);
    return n;
}

/* ---- the wires */

static void transmit(struct node *n, unsigned to, const struct peer_message *m)
{
    size_t size = peer_encoded_size(m);
    uint8_t *encoded = malloc(size + 1);

    require(encoded != NULL && peer_encode(m, encoded) == size);
    world_transmit(n->world, n->number, to, bytes_of(encoded, size));
    free(encoded);
}

static void transmit_snapshot(struct node *n, const struct raft_message *m)
{
    struct snapshot_sender sender;
    struct peer_message chunk;

    require(snapshot_sender_begin(&sender, &m->install_snapshot));
    while (snapshot_sender_next(&sender, &chunk)) {
        transmit(n, (unsigned)m->server_id, &chunk);
    }
}

static void transmit_rpc(void *data, const struct raft_message *m)
{
    struct peer_entry entries[PEER_APPEND_ENTRIES_MAX];
    struct peer_message p;

    if (m->type == RAFT_IO_INSTALL_SNAPSHOT) {
        transmit_snapshot(data, m);
        return;
    }
    rpc_codec_send(m, entries, &p);
    transmit(data, (unsigned)m->server_id, &p);
}

/* What every node is known as in the configuration. */
static const char *address_of(unsigned number)
{
    static char text[SIM_NODES_MAX + 1][16];

    (void)snprintf(text[number], sizeof text[number], "10.9.9.%u:1", number);
    return text[number];
}

static void receive_chunk(struct node *n, unsigned from, const struct peer_snapshot_chunk *c)
{
    struct raft_message m;

    if (snapshot_receiver_add(&n->receivers[from], c, from, address_of(from), &m) == 0) {
        sim_io_receive(&n->io, &m);
    }
}

static void receive(struct node *n, unsigned from, const struct peer_message *p)
{
    struct raft_message m;

    if (p->kind == PEER_SNAPSHOT_CHUNK) {
        receive_chunk(n, from, &p->snapshot_chunk);
    } else if (p->kind >= PEER_VOTE) {
        if (rpc_codec_receive(p, from, address_of(from), &m) != 0) {
            world_fail(n->world, "node %u refuses a message of node %u", n->number, from);
        }
        sim_io_receive(&n->io, &m);
    } else {
        replica_receive(n->replica, from, p);
    }
}

struct incoming {
    struct node *node;
    unsigned from;
    struct bytes message;
    const struct arrival *arrival;
};

static void handle_message(void *data)
{
    const struct incoming *in = data;
    struct peer_decoder *decoder = NULL;
    struct peer_message p;

    require(peer_decoder_new(&decoder) == 0);
    if (peer_decode(decoder, in->message, &p) != 0) {
        world_fail(in->node->world, "node %u sent what nobody can read", in->from);
    }
    receive(in->node, in->from, &p);
    (void)peer_decoder_free(decoder);
}

void node_message(struct world *w, unsigned number, unsigned from, struct bytes message)
{
    struct incoming in = { .node = w->nodes[number], .from = from, .message = message };

    if (in.node->is_alive) {
        node_run(in.node, handle_message, &in);
    }
}

static void handle_datagram(void *data)
{
    const struct incoming *in = data;

    exchanges_receive(in->node->exchanges, in->arrival, in->message);
}

void node_datagram(
    struct world *w, unsigned number, const struct arrival *arrival, struct bytes datagram)
{
    struct incoming in = { .node = w->nodes[number], .message = datagram, .arrival = arrival };

    if (in.node->is_alive) {
        node_run(in.node, handle_datagram, &in);
    }
}

/* ---- the ports */

static struct instant port_monotonic(void *data)
{
    return (struct instant){ ((struct node *)data)->world->queue.now };
}

static struct instant port_wall(void *data)
{
    const struct node *n = data;

    return (struct instant){ wall_start + n->world->queue.now + n->wall_offset +
                             n->world->clock_error[n->number] };
}

struct instant node_wall_of(struct world *w, unsigned number)
{
    return port_wall(w->nodes[number]);
}

static void port_send(void *data, uint32_t to, const struct peer_message *m)
{
    transmit(data, to, m);
}

static unsigned port_own_networks(void *data, struct network_status networks[NETWORKS_MAX])
{
    const struct node *n = data;

    networks[0] = (struct network_status){
        .network = bytes_of_text("lan"),
        .link_up = !n->world->lan_cut[n->number],
        .socket_open = true,
        .server_id = lan_node_address(n->number),
    };
    return 1;
}

static void port_fatal(void *data, const char *reason) __attribute__((__noreturn__));

static void port_fatal(void *data, const char *reason)
{
    const struct node *n = data;

    world_fail(n->world, "node %u cannot go on: %s", n->number, reason);
}

static bool port_has_space(void *data)
{
    (void)data;
    return true;
}

static void port_reply(
    void *data, const struct arrival *arrival, const struct route *route, struct bytes reply)
{
    struct node *n = data;

    (void)arrival;
    (void)route;
    lan_deliver(n->world, n->number, reply);
}

/* A question to the LAN on its way, and what came of it. */
struct asked {
    struct probe *probe;
    struct probe_result result;
};

static void answer_probe(void *data)
{
    struct asked asked = *(struct asked *)data;

    free(data);
    asked.probe->done(asked.probe, &asked.result);
}

static bool port_probe(void *data, const struct arrival *arrival, struct probe *p)
{
    struct node *n = data;
    struct asked *asked = calloc(1, sizeof *asked);
    int64_t after = p->wait_ms;

    (void)arrival;
    require(asked != NULL);
    asked->probe = p;
    asked->result.is_in_use = lan_answers(n->world, n->number, p->address, &asked->result.hardware);
    if (asked->result.is_in_use) {
        after = random_between(&n->world->random, 1, 5);
    }
    world_schedule(
        n->world,
        &(struct event){
            .at = n->world->queue.now + after,
            .node = n->number,
            .fire = answer_probe,
            .drop = free,
            .data = asked,
        });
    return true;
}

/* Only at the end of a life, which drops the answers. */
static void port_cancel_probe(void *data, struct probe *p)
{
    (void)p;
    require(!((struct node *)data)->is_alive);
}

/* --break ack-early: an exchange hears DONE before anything is stored. */
struct early {
    struct proposal *proposal;
    struct result result;
};

static void answer_early(void *data)
{
    struct early e = *(struct early *)data;

    free(data);
    e.proposal->done(e.proposal, &e.result);
}

static int pass_on(struct node *n, struct proposal *p, const struct command *c, unsigned timeout_ms)
{
    struct command sent = *c;

    if (is_broken(BREAK_STALE_BIND) && c->kind == COMMAND_BIND) {
        sent.bind.received_at.ms = 0;
    }
    return n->log.propose(n->log.data, p, &sent, timeout_ms);
}

static int propose_early(
    void *data, struct proposal *p, const struct command *c, unsigned timeout_ms)
{
    struct node *n = data;
    struct instant now = n->log.cluster_time(n->log.data);
    struct early *e = NULL;

    if (!is_broken(BREAK_ACK_EARLY) || c->kind != COMMAND_BIND) {
        return pass_on(n, p, c, timeout_ms);
    }
    node_propose(n, c);
    e = malloc(sizeof *e);
    require(e != NULL);
    *e = (struct early){
        .proposal = p, .result = {.outcome = OUTCOME_DONE, .at = now}
    };
    e->result.expires_at = instant_add_seconds(now, c->bind.lease);
    e->result.held_until = instant_add_seconds(now, c->bind.hold);
    world_schedule(
        n->world,
        &(struct event){
            .at = n->world->queue.now,
            .node = n->number,
            .fire = answer_early,
            .drop = free,
            .data = e,
        });
    return 0;
}

static void cancel(void *data, struct proposal *p)
{
    struct node *n = data;

    n->log.cancel(n->log.data, p);
}

static struct instant cluster_time(void *data)
{
    struct node *n = data;

    return n->log.cluster_time(n->log.data);
}

static void serving(void *data, struct bytes network, struct serving_view *ret_view)
{
    struct node *n = data;

    n->log.serving(n->log.data, network, ret_view);
}

/* ---- life */

static void schedule(struct node *n, int64_t ms, void (*fire)(void *data))
{
    world_schedule(
        n->world,
        &(struct event){
            .at = n->world->queue.now + ms, .node = n->number, .fire = fire, .data = n });
}

static void tick(void *data)
{
    struct node *n = data;

    replica_tick(n->replica);
    schedule(n, TICK_MS, tick);
}

static void maintain(void *data)
{
    struct node *n = data;

    exchanges_tick(n->exchanges);
    schedule(n, MAINTENANCE_MS, maintain);
}

static struct replica_config configuration_of(const struct node *n)
{
    struct replica_config c = {
        .node = n->number,
        .cluster = "simulated",
        .incarnation = 100 + n->number,
        .boot_id = n->life,
        .n_members = n->world->n_nodes,
        .election_ms = 500,
        .heartbeat_ms = 100,
        .peer_timeout_ms = 1500,
        .status_ms = 250,
        .install_ms = 4000,
        .snapshot_threshold = 48,
        .snapshot_trailing = 16,
    };

    for (unsigned i = 1; i <= n->world->n_nodes; i++) {
        c.members[i - 1].id = i;
        (void)snprintf(c.members[i - 1].address, MEMBER_ADDRESS_MAX, "%s", address_of(i));
    }
    return c;
}

static void open_store(struct node *n)
{
    struct store_options options = {
        .path = n->path, .cluster = "simulated", .node = n->number, .is_volatile = true
    };
    bool rebuilt = false;

    require(store_open(&n->store, &options, &rebuilt) == 0);
    if (rebuilt) {
        world_say(n->world, "node %u rebuilds its database", n->number);
    }
}

static void open_exchanges(struct node *n)
{
    struct exchange_port port = {
        .data = n,
        .send = port_reply,
        .monotonic = port_monotonic,
        .probe = port_probe,
        .cancel_probe = port_cancel_probe,
    };
    struct proposer_port log = {
        .data = n,
        .propose = propose_early,
        .cancel = cancel,
        .cluster_time = cluster_time,
        .serving = serving,
    };

    n->log = proposer_port_of(n->replica);
    require(exchanges_new(&n->exchanges, n->store, &log, &port) == 0);
}

static void begin(void *data)
{
    struct node *n = data;
    struct replica_config config = configuration_of(n);
    struct replica_port port = {
        .data = n,
        .monotonic = port_monotonic,
        .wall = port_wall,
        .send = port_send,
        .own_networks = port_own_networks,
        .fatal = port_fatal,
        .has_space = port_has_space,
    };

    open_store(n);
    sim_io_init(&n->io, n->world, n->number, &n->disk);
    n->io.transmit = transmit_rpc;
    n->io.transmit_data = n;
    require(replica_new(&n->replica, &config, &n->io.raft, n->store, &port) == 0);
    open_exchanges(n);
    require(replica_start(n->replica, n->disk.term == 0) == 0);
    schedule(n, TICK_MS, tick);
    schedule(n, MAINTENANCE_MS, maintain);
}

void node_start(struct node *n)
{
    require(!n->is_alive);
    n->life++;
    n->is_alive = true;
    check_forget_node(n->world->check, n->number);
    node_run(n, begin, n);
}

void node_kill(struct node *n)
{
    unsigned owner = heap_set_owner(n->number);

    require(n->is_alive);
    n->is_alive = false;
    n->life++;
    sim_io_kill(&n->io);
    n->exchanges = exchanges_free(n->exchanges);
    n->replica = replica_abandon(n->replica);
    n->store = store_free(n->store);
    for (unsigned i = 1; i <= n->world->n_nodes; i++) {
        snapshot_receiver_reset(&n->receivers[i]);
    }
    heap_free_owner(n->number);
    (void)heap_set_owner(owner);
}

struct node *node_free(struct node *n)
{
    if (n->is_alive) {
        node_kill(n);
    }
    node_damage_database(n, NODE_DATABASE_LOST);
    disk_deinit(&n->disk);
    free(n);
    return NULL;
}

void node_run(struct node *n, void (*fire)(void *data), void *data)
{
    unsigned owner = heap_set_owner(n->number);

    fire(data);
    replica_turn(n->replica);
    check_node(n->world->check, n);
    (void)heap_set_owner(owner);
}

void node_damage_database(struct node *n, enum node_damage damage)
{
    if (damage == NODE_DATABASE_DAMAGED) {
        database_damage(n->path, &n->world->random);
    } else {
        database_remove(n->path);
    }
}

/* A proposal nobody waits for. */
static void forget(struct proposal *p, const struct result *result)
{
    (void)result;
    free(p);
}

struct wish {
    struct node *node;
    const struct command *command;
};

static void propose(void *data)
{
    const struct wish *w = data;
    struct proposal *p = calloc(1, sizeof *p);

    require(p != NULL);
    p->done = forget;
    if (replica_propose(w->node->replica, p, w->command, PROPOSE_TIMEOUT_MS) != 0) {
        free(p);
    }
}

void node_propose(struct node *n, const struct command *c)
{
    struct wish w = { n, c };

    if (n->is_alive) {
        node_run(n, propose, &w);
    }
}

bool node_is_alive(const struct node *n)
{
    return n->is_alive;
}

uint64_t node_life(const struct node *n)
{
    return n->life;
}

const struct store *node_store(const struct node *n)
{
    return n->is_alive ? n->store : NULL;
}

const struct replica *node_replica(const struct node *n)
{
    return n->is_alive ? n->replica : NULL;
}

const struct disk *node_disk(const struct node *n)
{
    return &n->disk;
}
