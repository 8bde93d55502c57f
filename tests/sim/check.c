#include "sim/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proto/command_codec.h"
#include "proto/dhcp/client_id.h"
#include "proto/dhcp/message.h"
#include "sim/client.h"

enum {
    INDEX_MAX = 1 << 20,
    /* A client counts its lease from its request, so an ACK may be this much younger than its entry. */
    ACK_DELAY_MAX_MS = 3000,
};

struct promise { /* what a node said of an address when it was last looked at */
    bool is_bound;
    struct instant started_at, expires_at;
    uint64_t client;
};

/* What a majority has stored of an address, as the furthest node that was looked at has it. */
struct committed {
    bool is_bound;
    uint64_t index, client;
    struct instant held_until;
};

struct check {
    struct world *world;
    struct committed committed[SIM_POOL_SIZE + 1]; /* the reserved address last */
    struct instant latest;                         /* cluster time of the latest entry applied */
    int64_t latest_at;                             /* in the time of the world */
    uint64_t n_steps;
    struct digest *digests; /* by index; zero: not seen */
    bool *is_known;
    uint64_t seen[SIM_NODES_MAX + 1]; /* index a node was last looked at */
    struct promise promises[SIM_NODES_MAX + 1][SIM_POOL_SIZE];
    struct command_decoder *decoder, *batch_decoder;
};

struct check *check_new(struct world *w)
{
    struct check *c = calloc(1, sizeof *c);

    require(c != NULL);
    c->world = w;
    c->digests = calloc(INDEX_MAX, sizeof *c->digests);
    c->is_known = calloc(INDEX_MAX, sizeof *c->is_known);
    require(c->digests != NULL && c->is_known != NULL);
    require(command_decoder_new(&c->decoder) == 0);
    require(command_decoder_new(&c->batch_decoder) == 0);
    w->check = c;
    return c;
}

struct check *check_free(struct check *c)
{
    if (c != NULL) {
        c->decoder = command_decoder_free(c->decoder);
        c->batch_decoder = command_decoder_free(c->batch_decoder);
        free(c->digests);
        free(c->is_known);
        free(c);
    }
    return NULL;
}

uint64_t check_count(const struct check *c)
{
    return c->n_steps;
}

void check_forget_node(struct check *c, unsigned number)
{
    c->seen[number] = 0;
    memset(c->promises[number], 0, sizeof c->promises[number]);
}

/* ---- invariants 2 to 5 */

static void check_digest(struct check *c, unsigned number, const struct store *s)
{
    uint64_t index = store_applied_index(s);

    require(index < INDEX_MAX);
    if (c->is_known[index] && !digest_equal(c->digests[index], store_digest(s))) {
        world_fail(
            c->world,
            "node %u has other rows than another node at index %llu",
            number,
            (unsigned long long)index);
    }
    c->is_known[index] = true;
    c->digests[index] = store_digest(s);
}

static void check_promise(struct check *c, unsigned number, const struct lease *l)
{
    if (l->address.value - SIM_POOL_FIRST >= SIM_POOL_SIZE) {
        return;
    }

    struct promise *old = &c->promises[number][l->address.value - SIM_POOL_FIRST];
    struct promise now = {
        .is_bound = l->state == LEASE_BOUND,
        .started_at = l->started_at,
        .expires_at = l->expires_at,
        .client = hash64(l->client_key, 0),
    };

    if (old->is_bound && now.is_bound && old->client == now.client &&
        instant_equal(old->started_at, now.started_at) &&
        instant_before(now.expires_at, old->expires_at)) {
        world_fail(c->world, "node %u shrank a promise", number);
    }
    *old = now;
}

static void check_single(struct check *c, unsigned number, const struct lease *l)
{
    const struct lease_table *table = store_leases(node_store(c->world->nodes[number]));
    uint64_t cursor = 0;
    struct lease other;

    if (l->state != LEASE_BOUND) {
        return;
    }
    while (lease_table_next_of_client(table, l->client_key, &cursor, &other)) {
        if (other.state == LEASE_BOUND && !ip4_equal(other.address, l->address)) {
            world_fail(c->world, "node %u has two bound leases of one client", number);
        }
    }
}

/* The place of an address among those that are given. */
static unsigned place_of(struct ip4 address)
{
    uint32_t i = address.value - SIM_POOL_FIRST;

    require(i < SIM_POOL_SIZE || address.value == SIM_RESERVED);
    return i < SIM_POOL_SIZE ? i : SIM_POOL_SIZE;
}

static void note_committed(struct check *c, const struct store *s, const struct lease *l)
{
    struct committed *k = &c->committed[place_of(l->address)];

    if (store_applied_index(s) >= k->index) {
        *k = (struct committed){
            .is_bound = l->state == LEASE_BOUND,
            .index = store_applied_index(s),
            .client = hash64(l->client_key, 0),
            .held_until = l->held_until,
        };
    }
}

static struct instant cluster_time(const struct check *c)
{
    return instant_add_ms(c->latest, c->world->queue.now - c->latest_at);
}

static void check_row(struct check *c, unsigned number, const struct lease *l)
{
    if (instant_before(l->held_until, l->expires_at)) {
        world_fail(c->world, "node %u promises beyond the hold", number);
    }
    if (l->address.value == SIM_RESERVED && l->state == LEASE_BOUND &&
        l->hw_address.at[l->hw_address.n - 1] != 1) {
        world_fail(c->world, "node %u gave a reserved address to another", number);
    }
    check_promise(c, number, l);
    check_single(c, number, l);
}

static void check_table(struct check *c, unsigned number, const struct store *s)
{
    uint64_t cursor = 0;
    struct lease l;

    while (lease_table_next(store_leases(s), &cursor, &l)) {
        check_row(c, number, &l);
        note_committed(c, s, &l);
    }
    c->latest = instant_max(cluster_time(c), store_cluster_time(s));
    c->latest_at = c->world->queue.now;
}

static unsigned number_of(const struct check *c, const struct node *n)
{
    for (unsigned i = 1; i <= c->world->n_nodes; i++) {
        if (c->world->nodes[i] == n) {
            return i;
        }
    }
    require(false);
    return 0;
}

void check_node(struct check *c, struct node *n)
{
    unsigned number = number_of(c, n);
    const struct store *s = node_store(n);

    if (s == NULL || store_applied_index(s) == c->seen[number]) {
        return;
    }
    c->seen[number] = store_applied_index(s);
    c->n_steps++;
    check_digest(c, number, s);
    check_table(c, number, s);
}

/* ---- the one rule */

struct given {
    struct ip4 address;
    struct bytes client_key;
    struct seconds lease;
};

/* True when the entry binds what was given, for at least as long. */
static bool entry_binds(struct check *c, const struct disk_entry *e, const struct given *g)
{
    struct batch b;
    struct command command;

    if (e->type != RAFT_COMMAND ||
        batch_decode(c->batch_decoder, bytes_of(e->data, e->n), &b) != 0) {
        return false;
    }
    for (unsigned i = 0; i < b.n_commands; i++) {
        require(command_decode(c->decoder, b.commands[i], &command) == 0);
        if (command.kind == COMMAND_BIND && ip4_equal(command.bind.address, g->address) &&
            bytes_equal(command.bind.client_key, g->client_key) &&
            command.bind.lease.value >= g->lease.value) {
            return true;
        }
    }
    return false;
}

/* On how many disks the entry at @index of @term lies. */
static unsigned count_copies(const struct world *w, uint64_t index, uint64_t term)
{
    unsigned n = 0;

    for (unsigned i = 1; i <= w->n_nodes; i++) {
        const struct disk *d = node_disk(w->nodes[i]);
        const struct disk_entry *e = disk_entry(d, index);
        bool is_in_snapshot = d->has_snapshot && d->snapshot.index >= index;

        n += is_in_snapshot || (e != NULL && e->term == term && e->durable_at <= w->queue.now);
    }
    return n;
}

static bool is_in_majority_of_logs(struct check *c, const struct given *g)
{
    const struct world *w = c->world;

    for (unsigned i = 1; i <= w->n_nodes; i++) {
        const struct disk *d = node_disk(w->nodes[i]);

        for (uint64_t k = d->n; k > 0; k--) {
            const struct disk_entry *e = &d->entries[k - 1];

            if (count_copies(w, d->first + k - 1, e->term) > w->n_nodes / 2 &&
                entry_binds(c, e, g)) {
                return true;
            }
        }
    }
    return false;
}

/*
 * A hold that a majority has stored covers the promise: of a renewal that did not wait for the
 * log, or of an entry that is in nobody's log any more. Applied is committed.
 */
static bool is_inside_hold(const struct check *c, const struct given *g)
{
    const struct committed *k = &c->committed[place_of(g->address)];
    struct instant end = instant_add_seconds(cluster_time(c), g->lease);

    return k->is_bound && k->client == hash64(g->client_key, 0) &&
           !instant_before(instant_add_ms(k->held_until, ACK_DELAY_MAX_MS), end);
}

bool check_is_covered(struct check *c, struct bytes reply)
{
    struct message m;
    uint8_t key[CLIENT_KEY_MAX];
    struct bytes id;

    require(message_parse(&m, reply) == 0);
    if (message_type(&m) != MESSAGE_ACK || message_lease_time(&m).value == 0) {
        return true;
    }
    id = message_option(&m, 61);
    if (id.n == 0) {
        key[0] = m.header.hardware.type;
        memcpy(key + 1, m.header.hardware.address, m.header.hardware.n);
        id = bytes_of(key, m.header.hardware.n + 1u);
    }

    struct given g = { m.header.yiaddr, id, message_lease_time(&m) };

    return is_in_majority_of_logs(c, &g) || is_inside_hold(c, &g);
}

void check_ack(struct check *c, unsigned number, bool is_covered, const struct message *m)
{
    char text[IP4_TEXT_MAX];

    if (!is_covered) {
        world_fail(
            c->world,
            "node %u acknowledges %s, which no majority has stored",
            number,
            ip4_format(m->header.yiaddr, text));
    }
}

/* ---- liveness */

enum {
    WAIT_MAX_MS = 10000,
    FREE_MIN_MS = 5000, /* a client asks again every few seconds only */
    OFFERED_MAX = 2,    /* may be on offer for a minute to clients that went elsewhere */
};

static bool has_been_free(const struct store *s, struct ip4 address, struct instant since)
{
    struct lease l;

    return !lease_table_find(store_leases(s), address, &l) || !instant_before(since, l.held_until);
}

void check_liveness(struct check *c)
{
    const struct world *w = c->world;
    struct instant now = replica_cluster_time(node_replica(w->nodes[1]));
    struct instant since = instant_add_ms(now, -FREE_MIN_MS);
    unsigned n_waiting = lan_count_waiting(w->lan, w->queue.now - WAIT_MAX_MS);
    unsigned n_free = 0;

    for (unsigned i = 0; i < SIM_POOL_SIZE; i++) {
        n_free += has_been_free(node_store(w->nodes[1]), ip4_of(SIM_POOL_FIRST + i), since);
    }
    if (n_waiting > 0 && n_free > OFFERED_MAX) {
        world_fail(
            w,
            "ten seconds after the last fault %u clients wait and %u addresses are free",
            n_waiting,
            n_free);
    }
}

/* ---- the end */

static void check_agreement(const struct check *c)
{
    const struct world *w = c->world;
    const struct store *first = node_store(w->nodes[1]);

    for (unsigned i = 2; i <= w->n_nodes; i++) {
        const struct store *s = node_store(w->nodes[i]);

        if (store_applied_index(s) != store_applied_index(first)) {
            world_fail(
                w,
                "node %u is at index %llu of term %llu and node 1 at %llu of term %llu",
                i,
                (unsigned long long)store_applied_index(s),
                (unsigned long long)replica_term(node_replica(w->nodes[i])),
                (unsigned long long)store_applied_index(first),
                (unsigned long long)replica_term(node_replica(w->nodes[1])));
        }
        if (!digest_equal(store_digest(s), store_digest(first))) {
            world_fail(w, "node %u has other rows than node 1", i);
        }
    }
}

static void check_belief(const struct world *w, const struct belief *b)
{
    for (unsigned i = 1; i <= w->n_nodes; i++) {
        struct lease l;
        char text[IP4_TEXT_MAX];

        if (!lease_table_find(store_leases(node_store(w->nodes[i])), b->address, &l) ||
            l.state != LEASE_BOUND || !bytes_equal(l.client_key, b->client_key)) {
            world_fail(
                w,
                "node %u lost the lease of client %u on %s",
                i,
                b->client,
                ip4_format(b->address, text));
        }
    }
}

void check_end(struct check *c)
{
    const struct world *w = c->world;
    unsigned cursor = 0, n = 0;
    struct belief b;

    check_agreement(c);
    while (lan_next_belief(w->lan, &cursor, &b)) {
        check_belief(w, &b);
        n++;
    }
    if (n < SIM_POOL_SIZE / 2) {
        world_fail(w, "only %u clients have an address after all faults are over", n);
    }
}
