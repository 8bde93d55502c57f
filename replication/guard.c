#include "replication/guard.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/guard_state.h"

static const struct {
    const char *name, *text;
} rules[] = {

#define X(name, text) { #name, text },
    GUARD_RULES(X)
#undef X
};

const char *guard_rule_name(enum guard_rule rule)
{
    require((unsigned)rule < GUARD_N_RULES);
    return rules[rule].name;
}

const char *guard_rule_text(enum guard_rule rule)
{
    require((unsigned)rule < GUARD_N_RULES);
    return rules[rule].text;
}

struct guard *guard_of(struct raft_io *io)
{
    struct raft *r = io->data;

    return r->data;
}

bool guard_is_on(const struct guard *g, enum guard_rule rule)
{
    return (g->options.rules_off & 1u << rule) == 0;
}

bool guard_acts(struct guard *g, enum guard_rule rule)
{
    if (!guard_is_on(g, rule)) {
        return false;
    }
    g->counts[rule]++;
    return true;
}

uint64_t guard_count(const struct guard *g, enum guard_rule rule)
{
    require((unsigned)rule < GUARD_N_RULES);
    return g->counts[rule];
}

void guard_fatal(struct guard *g, const char *reason)
{
    g->options.fatal(g->options.data, reason);
}

raft_term guard_log_term(const struct raft *r, raft_index index)
{
    const struct raft_log *l = &r->log;
    size_t n = l->front <= l->back ? l->back - l->front : l->size - l->front + l->back;

    if (index > l->offset && index - l->offset <= n) {
        return l->entries[(l->front + (size_t)(index - l->offset - 1)) % l->size].term;
    }
    return index == l->snapshot.last_index ? l->snapshot.last_term : 0;
}

void guard_deliver(struct guard *g, struct raft_message *m)
{
    g->handling = m->type;
    g->inner.receive(g->io, m);
    g->handling = 0;
    g->following.offered = 0;
}

/* False when the message was kept or dropped. */
static bool accept_message(struct guard *g, struct raft_message *m)
{
    switch (m->type) {
    case RAFT_IO_APPEND_ENTRIES:
        return guard_follower_append(g, m);
    case RAFT_IO_INSTALL_SNAPSHOT:
        guard_follower_install(g, &m->install_snapshot);
        return true;
    case RAFT_IO_TIMEOUT_NOW:
        return guard_follower_timeout_now(g);
    case RAFT_IO_APPEND_ENTRIES_RESULT:
        return guard_leader_result(g, m);
    default:
        return true;
    }
}

static void receive(struct raft_io *io, struct raft_message *m)
{
    struct guard *g = guard_of(io);

    if (accept_message(g, m)) {
        guard_deliver(g, m);
    }
    guard_poll(g);
}

static void tick(struct raft_io *io)
{
    struct guard *g = guard_of(io);

    guard_follower_tick(g);
    g->inner.tick(io);
    guard_poll(g);
}

static int start(
    struct raft_io *io, unsigned msecs, raft_io_tick_cb tick_cb, raft_io_recv_cb receive_cb)
{
    struct guard *g = guard_of(io);

    g->inner.tick = tick_cb;
    g->inner.receive = receive_cb;
    return g->inner.start(io, msecs, tick, receive);
}

/*
 * The rejecting node names the candidate's term, so that a candidate that is ahead of it does not
 * ignore the answer; but when it is itself ahead, the candidate must learn by how much.
 */
static void name_true_term(struct guard *g, struct raft_request_vote_result *result)
{
    if (result->pre_vote == raft_tribool_true && !result->vote_granted &&
        result->term < g->raft->current_term && guard_acts(g, GUARD_PRE_VOTE_TERM)) {
        result->term = g->raft->current_term;
    }
}

/* libraft frees twice what it received when the result for it cannot be sent. */
static int send_result(
    struct guard *g, struct raft_io_send *req, const struct raft_message *m, raft_io_send_cb cb)
{
    int rv = g->inner.send(g->io, req, m, cb);

    if (rv != 0 && guard_acts(g, GUARD_RESULT_SEND)) {
        cb(req, rv);
        return 0;
    }
    return rv;
}

static int send(
    struct raft_io *io,
    struct raft_io_send *req,
    const struct raft_message *message,
    raft_io_send_cb cb)
{
    struct guard *g = guard_of(io);
    struct raft_message m = *message;

    switch (m.type) {
    case RAFT_IO_APPEND_ENTRIES:
        guard_leader_append(g, &m);
        return g->inner.send(io, req, &m, cb);
    case RAFT_IO_APPEND_ENTRIES_RESULT:
        if (!guard_follower_result(g, &m.append_entries_result)) {
            cb(req, RAFT_CANCELED);
            return 0;
        }
        return send_result(g, req, &m, cb);
    case RAFT_IO_REQUEST_VOTE_RESULT:
        name_true_term(g, &m.request_vote_result);
        return send_result(g, req, &m, cb);
    default:
        return g->inner.send(io, req, &m, cb);
    }
}

static void wrap(struct guard *g, struct raft_io *io)
{
    g->inner.start = io->start;
    g->inner.send = io->send;
    g->inner.append = io->append;
    g->inner.truncate = io->truncate;
    g->inner.snapshot_put = io->snapshot_put;
    io->start = start;
    io->send = send;
    io->append = guard_append;
    io->truncate = guard_truncate;
    io->snapshot_put = guard_snapshot_put;
}

int guard_new(
    struct guard **ret_guard,
    struct raft *r,
    struct raft_io *io,
    const struct guard_options *options)
{
    struct guard *g = calloc(1, sizeof *g);

    require(io->data == r && options->fatal != NULL);
    if (g == NULL) {
        return ERR_NOMEM;
    }
    g->raft = r;
    g->io = io;
    g->options = *options;
    if (g->options.append_entries_max == 0) {
        g->options.append_entries_max = PEER_APPEND_ENTRIES_MAX;
    }
    if (g->options.append_bytes_max == 0) {
        g->options.append_bytes_max = PEER_APPEND_BYTES_MAX;
    }
    g->state = r->state;
    r->data = g;
    wrap(g, io);
    *ret_guard = g;
    return 0;
}

struct guard *guard_free(struct guard *g)
{
    if (g != NULL) {
        guard_disk_deinit(g);
        free(g);
    }
    return NULL;
}

/* A raft that was closed is unavailable too, and may be. */
static void check_available(struct guard *g)
{
    if (g->state == RAFT_UNAVAILABLE && g->raft->close_cb == NULL &&
        guard_acts(g, GUARD_UNAVAILABLE_FATAL)) {
        guard_fatal(g, "libraft gave up: a disk write failed, memory ran out, or logs contradict");
    }
}

void guard_poll(struct guard *g)
{
    if (g->is_polling || g->handling != 0) {
        return;
    }
    g->is_polling = true;
    if (g->raft->state != g->state) {
        g->state = g->raft->state;
        check_available(g);
    }
    guard_leader_poll(g);
    g->is_polling = false;
}
