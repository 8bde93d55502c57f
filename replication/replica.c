#include "replication/replica.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/replica_state.h"

enum {
    ELECTION_MS = 500,
    HEARTBEAT_MS = 100,
    PEER_TIMEOUT_MS = 1500,
    STATUS_MS = 250,
    INSTALL_MS = 60000,
    COMMIT_MS = 20,
    SNAPSHOT_THRESHOLD = 16384,
    SNAPSHOT_TRAILING = 8192,
    CATCH_UP_ROUNDS = 100,
    CATCH_UP_ROUND_MS = 50000,
};

/* ---- What the parts share */

void replica_fatal(struct replica *r, const char *reason)
{
    log_error("fatal", "node=%u reason=\"%s\"", r->config.node, reason);
    r->port.fatal(r->port.data, reason);
}

struct instant replica_now(const struct replica *r)
{
    return r->port.monotonic(r->port.data);
}

struct status_times replica_times(const struct replica *r)
{
    return (struct status_times){ replica_now(r), r->port.wall(r->port.data) };
}

/* libraft's functions take a struct raft * also for reading. */
static struct raft *raft_of(const struct replica *r)
{
    return (struct raft *)(uintptr_t)&r->raft;
}

/* After a start the database may be ahead of what raft has applied again. */
uint64_t replica_applied_index(const struct replica *r)
{
    uint64_t applied = raft_last_applied(raft_of(r));
    uint64_t stored = store_applied_index(r->store);

    return applied > stored ? applied : stored;
}

bool replica_is_ready_leader(const struct replica *r)
{
    return replica_is_leader(r) && guard_leader_is_ready(r->guard);
}

/* ---- Life */

static void on_guard_fatal(void *data, const char *reason) __attribute__((__noreturn__));

static void on_guard_fatal(void *data, const char *reason)
{
    replica_fatal(data, reason);
}

static void set_default(unsigned *value, unsigned otherwise)
{
    *value = *value != 0 ? *value : otherwise;
}

static void set_defaults(struct replica_config *c)
{
    set_default(&c->election_ms, ELECTION_MS);
    set_default(&c->heartbeat_ms, HEARTBEAT_MS);
    set_default(&c->peer_timeout_ms, PEER_TIMEOUT_MS);
    set_default(&c->status_ms, STATUS_MS);
    set_default(&c->install_ms, INSTALL_MS);
    set_default(&c->snapshot_threshold, SNAPSHOT_THRESHOLD);
    set_default(&c->snapshot_trailing, SNAPSHOT_TRAILING);
}

static int raft_failed(struct replica *r, const char *what, int rv)
{
    const char *next = rv == RAFT_CORRUPT
                           ? "the log on this disk is damaged: bring this node back with an empty "
                             "data folder and a node id of its own"
                           : "see the reason";

    log_error("raft", "step=%s reason=\"%s\" next=\"%s\"", what, raft_errmsg(&r->raft), next);
    return rv == RAFT_NOMEM ? ERR_NOMEM : rv == RAFT_CORRUPT ? ERR_CORRUPT : ERR_IO;
}

static int init_raft(struct replica *r, struct raft_io *io)
{
    const char *address = r->status.members[r->status.self].address;
    struct guard_options options = { .data = r, .fatal = on_guard_fatal };
    int rv = raft_init(&r->raft, io, &r->fsm, r->config.node, address);

    if (rv != 0) {
        return raft_failed(r, "init", rv);
    }
    r->is_initialised = true;
    raft_set_election_timeout(&r->raft, r->config.election_ms);
    raft_set_heartbeat_timeout(&r->raft, r->config.heartbeat_ms);
    raft_set_install_snapshot_timeout(&r->raft, r->config.install_ms);
    raft_set_pre_vote(&r->raft, true);
    raft_set_snapshot_threshold(&r->raft, r->config.snapshot_threshold);
    raft_set_snapshot_trailing(&r->raft, r->config.snapshot_trailing);
    raft_set_max_catch_up_rounds(&r->raft, CATCH_UP_ROUNDS);
    raft_set_max_catch_up_round_duration(&r->raft, CATCH_UP_ROUND_MS);
    return guard_new(&r->guard, &r->raft, io, &options);
}

int replica_new(
    struct replica **ret_replica,
    const struct replica_config *config,
    struct raft_io *io,
    struct store *store,
    const struct replica_port *port)
{
    struct replica *r = calloc(1, sizeof *r);
    int rv = ERR_NOMEM;

    if (r == NULL) {
        return ERR_NOMEM;
    }
    r->config = *config;
    set_defaults(&r->config);
    r->port = *port;
    r->io = io;
    r->commit_due = INSTANT_NEVER;
    r->store = store;
    proposer_init(r);
    upkeep_init(r);
    fsm_init(r);
    if (!status_init(&r->status, &r->config)) {
        rv = ERR_CONFIG;
        goto fail;
    }
    rv = command_decoder_new(&r->decoder);
    rv = rv == 0 ? init_raft(r, io) : rv;
    if (rv != 0) {
        goto fail;
    }
    *ret_replica = r;
    return 0;
fail:
    (void)replica_free(r);
    return rv;
}

struct replica *replica_free(struct replica *r)
{
    if (r == NULL) {
        return NULL;
    }
    require(!r->is_started || r->is_closed);
    if (r->is_initialised && !r->is_closed) {
        raft_free(r->raft.address); /* all that a raft holds before its start */
    }
    return replica_abandon(r);
}

struct replica *replica_abandon(struct replica *r)
{
    r->guard = guard_free(r->guard);
    r->decoder = command_decoder_free(r->decoder);
    r->snapshot.pin = store_pin_free(r->snapshot.pin);
    free(r->snapshot.image); /* built, and not yet finalised */
    pending_deinit(&r->pending);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        inbox_deinit(&r->inboxes[i]);
    }
    free(r);
    return NULL;
}

static int bootstrap(struct replica *r)
{
    struct raft_configuration c;
    int rv = 0;

    if (store_applied_index(r->store) > 0) {
        log_error(
            "log-lost",
            "node=%u next=\"the database has entries but the log is gone: bring this node back "
            "with "
            "an empty data folder and a node id of its own\"",
            r->config.node);
        return ERR_CORRUPT;
    }
    raft_configuration_init(&c);
    for (unsigned i = 0; i < r->status.n && rv == 0; i++) {
        const struct member *m = &r->status.members[i];

        rv = raft_configuration_add(&c, m->node, m->address, RAFT_VOTER);
    }
    rv = rv == 0 ? raft_bootstrap(&r->raft, &c) : rv;
    raft_configuration_close(&c);
    return rv == 0 ? 0 : raft_failed(r, "form", rv);
}

int replica_start(struct replica *r, bool is_pristine)
{
    int rv = is_pristine ? bootstrap(r) : 0;

    require(!r->is_started);
    if (rv != 0) {
        return rv;
    }
    clock_set(&r->clock, store_cluster_time(r->store), replica_now(r));
    r->is_started = true;
    rv = raft_start(&r->raft);
    if (rv != 0) {
        return raft_failed(r, "start", rv);
    }
    if (raft_last_index(&r->raft) < store_applied_index(r->store)) {
        log_error(
            "log-lost",
            "node=%u log=%llu database=%lu next=\"the log ends before the database: bring this "
            "node "
            "back with an empty data folder and a node id of its own\"",
            r->config.node,
            raft_last_index(&r->raft),
            store_applied_index(r->store));
        return ERR_CORRUPT;
    }
    return 0;
}

static void on_transferred(struct raft_transfer *request)
{
    struct replica *r = request->data;

    r->is_stepping_down = false; /* whether it came to pass is told by the role */
}

void replica_step_down(struct replica *r)
{
    int rv;

    if (!replica_is_leader(r) || r->is_stepping_down || r->is_closing || r->status.n == 1) {
        return;
    }
    r->is_stepping_down = true;
    r->transfer.data = r;
    rv = raft_transfer(&r->raft, &r->transfer, 0, on_transferred);
    if (rv != 0) {
        r->is_stepping_down = false;
        log_warning("step-down", "reason=\"%s\"", raft_errmsg(&r->raft));
    }
}

static void on_closed(struct raft *raft)
{
    struct replica *r =
        (struct replica *)(uintptr_t)((char *)raft - offsetof(struct replica, raft));

    r->is_closed = true;
    r->closed(r->closed_data);
}

void replica_close(struct replica *r, void (*closed)(void *data), void *data)
{
    require(!r->is_closing);
    r->is_closing = true;
    r->closed = closed;
    r->closed_data = data;
    raft_close(&r->raft, on_closed);
}

/* ---- Events */

void replica_receive(struct replica *r, uint32_t node, const struct peer_message *message)
{
    int member = status_index_of(&r->status, node);

    if (member < 0 || (unsigned)member == r->status.self || !r->is_started || r->is_closing) {
        r->counters.garbage_refused++;
    } else if (message->kind == PEER_STATUS) {
        upkeep_status_heard(r, (unsigned)member, &message->status);
    } else if (message->kind == PEER_FORWARD) {
        forward_receive(r, (unsigned)member, &message->forward);
    } else if (message->kind == PEER_RESULTS) {
        forward_results(r, &message->results);
    } else {
        r->counters.garbage_refused++;
    }
}

void replica_peer_changed(struct replica *r, uint32_t node, bool is_up)
{
    int member = status_index_of(&r->status, node);

    if (!is_up || r->is_closing || member < 0) {
        return;
    }
    status_connected(&r->status, (unsigned)member);
    r->upkeep.status_due = replica_now(r);
    if (node == replica_leader(r) && !replica_is_leader(r)) {
        r->counters.proposals_retried += pending_retry_sent_before(&r->pending, INSTANT_NEVER);
    }
}

static void hand_out_results(struct replica *r)
{
    struct proposal *p;
    struct result result;

    while (pending_pop(&r->pending, &p, &result)) {
        p->done(p, &result);
    }
}

/*
 * Commits what was applied, at most once in COMMIT_MS: entries that come close together share one
 * transaction and write each page once. Nobody waits for it: the log is the truth.
 */
static void commit(struct replica *r)
{
    struct instant now = replica_now(r);

    if (!store_is_dirty(r->store)) {
        return;
    }
    if (instant_is_never(r->commit_due)) {
        r->commit_due = instant_add_ms(now, COMMIT_MS);
    }
    if (!instant_before(now, r->commit_due)) {
        int rv = store_commit(r->store);

        r->commit_due = INSTANT_NEVER;
        if (rv != 0) {
            replica_fatal(r, err_str(rv));
        }
    }
}

void replica_turn(struct replica *r)
{
    if (!r->is_started || r->is_closing) {
        return;
    }
    guard_poll(r->guard);
    upkeep_turn(r);
    forward_flush(r);
    hand_out_results(r);
    proposer_turn(r);
    forward_turn(r);
    commit(r);
}

void replica_tick(struct replica *r)
{
    if (r->is_started && !r->is_closing) {
        upkeep_tick(r);
    }
}

/* ---- Proposals */

int replica_propose(
    struct replica *r, struct proposal *p, const struct command *c, unsigned timeout_ms)
{
    p->pending = NULL;
    if (!r->is_started || r->is_closing || proposer_is_stuck(r) ||
        !r->port.has_space(r->port.data)) {
        return REPLICA_OVERLOADED;
    }
    return proposer_add(r, p, c, timeout_ms);
}

void replica_cancel(struct replica *r, struct proposal *p)
{
    if (p->pending != NULL) {
        pending_drop(&r->pending, p->pending);
        p->pending = NULL;
    }
}

/* ---- What is known */

struct instant replica_cluster_time(const struct replica *r)
{
    return clock_estimate(&r->clock, replica_now(r));
}

bool replica_is_leader(const struct replica *r)
{
    return raft_state(raft_of(r)) == RAFT_LEADER;
}

uint32_t replica_leader(const struct replica *r)
{
    raft_id id = 0;
    const char *address;

    if (r->is_started && !r->is_closing) {
        raft_leader(raft_of(r), &id, &address);
    }
    return (uint32_t)id;
}

uint64_t replica_term(const struct replica *r)
{
    return r->raft.current_term;
}

uint64_t replica_commit_index(const struct replica *r)
{
    return r->raft.commit_index;
}

unsigned replica_peers(const struct replica *r, struct replica_peer peers[MEMBERS_MAX])
{
    for (unsigned i = 0; i < r->status.n; i++) {
        status_describe(&r->status, i, replica_now(r), &peers[i]);
    }
    return r->status.n;
}

void replica_serving(const struct replica *r, struct bytes network, struct serving_view *ret_view)
{
    ret_view->self = r->config.node;
    ret_view->has_majority = replica_may_serve(r);
    ret_view->knows_holds = r->upkeep.knows_holds && !guard_is_installing(r->guard);
    ret_view->behind_ms = upkeep_behind(r);
    status_serving(&r->status, network, replica_now(r), ret_view);
}

const struct replica_counters *replica_counters(const struct replica *r)
{
    return &r->counters;
}
