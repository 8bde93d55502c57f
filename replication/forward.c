#include "replication/replica_state.h"

/*
 * Forward - commands from a follower to its leader, results back
 *
 * A follower sends what waits in one message, and again after FORWARD_RETRY_MS without a result,
 * or when the leader or the connection has changed. A leader queues what is new to it. The results
 * come back in one message per turn; whatever is lost on the way is found again when the
 * entry is applied here.
 */
enum {
    FORWARD_BYTES_MAX = BATCH_ENCODED_MAX,
};

static void send_forward(struct replica *r, uint32_t leader)
{
    struct bytes commands[BATCH_COMMANDS_MAX];
    struct peer_message m = { .kind = PEER_FORWARD, .forward.commands = commands };
    struct instant now = replica_now(r);
    struct replica_pending *p = pending_first(&r->pending);
    size_t n_bytes = 0;

    while (p != NULL && m.forward.n < BATCH_COMMANDS_MAX &&
           (m.forward.n == 0 || n_bytes + p->encoded.n <= FORWARD_BYTES_MAX)) {
        n_bytes += p->encoded.n;
        commands[m.forward.n++] = p->encoded;
        pending_take(&r->pending, p, now);
        p = pending_first(&r->pending);
    }
    r->port.send(r->port.data, leader, &m);
    r->counters.forwards_sent++;
}

void forward_turn(struct replica *r)
{
    uint32_t leader = replica_leader(r);

    if (leader == 0 || leader == r->config.node) {
        return;
    }
    while (pending_first(&r->pending) != NULL) {
        send_forward(r, leader);
    }
}

/* A peer speaks for itself alone. */
static bool is_from(const struct command *c, uint32_t node)
{
    return c->origin == node && c->boot_id != 0 && c->sequence != 0 &&
           (c->kind != COMMAND_PUT_NODE || c->put_node.node == node);
}

/* Queues a command of a peer, or says why not. */
static void receive_one(struct replica *r, unsigned member, struct bytes encoded)
{
    static const struct result overloaded = { .outcome = OUTCOME_OVERLOADED };
    struct inbox *in = &r->inboxes[member];
    struct command c;

    if (command_decode(r->decoder, encoded, &c) != 0 ||
        !is_from(&c, r->status.members[member].node) || !inbox_meet(in, c.boot_id)) {
        r->counters.garbage_refused++;
        return;
    }
    if (inbox_is_under_way(in, c.sequence)) {
        return;
    }
    if (proposer_is_stuck(r) || !r->port.has_space(r->port.data) ||
        inbox_put(in, c.sequence, encoded) != 0) {
        forward_answer(r, &(struct ticket){ member, c.boot_id, c.sequence }, &overloaded);
    }
}

void forward_receive(struct replica *r, unsigned member, const struct peer_forward *m)
{
    if (!replica_is_leader(r)) {
        r->inboxes[member].has_lost = true;
        return;
    }
    for (unsigned i = 0; i < m->n; i++) {
        receive_one(r, member, m->commands[i]);
    }
}

static void flush(struct replica *r, unsigned member)
{
    struct peer_message m = { .kind = PEER_RESULTS };

    if (inbox_results(&r->inboxes[member], &m.results)) {
        r->port.send(r->port.data, r->status.members[member].node, &m);
    }
}

void forward_answer(struct replica *r, const struct ticket *t, const struct result *result)
{
    if (!inbox_has_room(&r->inboxes[t->member])) {
        flush(r, t->member);
    }
    inbox_answer(&r->inboxes[t->member], t->boot_id, t->sequence, result);
}

void forward_flush(struct replica *r)
{
    for (unsigned i = 0; i < r->status.n; i++) {
        if (i != r->status.self) {
            flush(r, i);
        }
    }
}

void forward_results(struct replica *r, const struct peer_results *m)
{
    if (m->not_leader) {
        int64_t again = FORWARD_RETRY_MS - FORWARD_AGAIN_MS;

        pending_backdate(&r->pending, instant_add_ms(replica_now(r), -again));
    }
    for (unsigned i = 0; i < m->n && m->boot_id == r->config.boot_id; i++) {
        struct replica_pending *p = pending_find(&r->pending, m->results[i].sequence);

        /* REPEATED: applied before. Its true result is on its way with the entry itself. */
        if (p != NULL && m->results[i].result.outcome != OUTCOME_REPEATED) {
            pending_resolve(&r->pending, p, &m->results[i].result);
        }
    }
}
