#include "base/check.h"
#include "replication/guard_state.h"

/*
 * Guard, leader - what a leader may commit, and how much it sends at once
 *
 * libraft 0.15 commits entries of earlier terms by counting (Raft 5.4.2 forbids it: such an entry
 * can still be overwritten). So a new leader appends a barrier of its own term at once, and the
 * followers' results wait until that is stored: from then on every count is of an own entry.
 */
static unsigned index_of(const struct raft_configuration *c, raft_id id)
{
    unsigned i = 0;

    while (i < c->n && c->servers[i].id != id) {
        i++;
    }
    return i;
}

/* What we know of follower @id, beginning with nothing. */
struct guard_follower *guard_leader_follower(struct guard *g, raft_id id)
{
    struct guard_follower *f = g->leading.followers;

    for (unsigned i = 0; i < g->leading.n; i++) {
        if (f[i].id == id) {
            return &f[i];
        }
    }
    require(g->leading.n < MEMBERS_MAX);
    f[g->leading.n] = (struct guard_follower){ .id = id };
    return &f[g->leading.n++];
}

/* Entries of @a that may go into one message. */
static unsigned bounded_length(const struct guard *g, const struct raft_append_entries *a)
{
    size_t size = 0;
    unsigned n = 0;

    while (n < a->n_entries && n < g->options.append_entries_max) {
        size += a->entries[n].buf.len;
        if (n > 0 && size > g->options.append_bytes_max) {
            break;
        }
        n++;
    }
    return n;
}

/* libraft sends all that it has; it is told in guard_leader_poll() that less was sent. */
void guard_leader_append(struct guard *g, struct raft_message *m)
{
    struct raft_append_entries *a = &m->append_entries;
    unsigned n = bounded_length(g, a);

    if (n < a->n_entries && guard_acts(g, GUARD_APPEND_BOUND)) {
        a->n_entries = n;
        guard_leader_follower(g, m->server_id)->resume = a->prev_log_index + n + 1;
    }
}

static void resume_followers(struct guard *g)
{
    const struct raft *r = g->raft;

    for (unsigned i = 0; i < g->leading.n; i++) {
        struct guard_follower *f = &g->leading.followers[i];
        unsigned k = index_of(&r->configuration, f->id);

        if (f->resume != 0 && k < r->configuration.n) {
            struct raft_progress *p = &r->leader_state.progress[k];

            if (p->state == GUARD_PROGRESS_PIPELINE && p->next_index > f->resume) {
                p->next_index = f->resume;
            }
        }
        f->resume = 0;
    }
}

/* Whether a count of matches can only be of entries of our own term. */
static bool has_own_entry(const struct guard *g)
{
    return g->leading.term == g->raft->current_term && g->leading.barrier_index != 0 &&
           g->raft->last_stored >= g->leading.barrier_index;
}

static void hold_result(struct guard *g, const struct raft_message *m)
{
    struct guard_follower *f = guard_leader_follower(g, m->server_id);
    const struct raft_append_entries_result *result = &m->append_entries_result;

    if (!f->has_held || result->last_log_index > f->held.last_log_index) {
        f->held = *result;
    }
    f->has_held = true;
}

/* Where voter number @i has the same log as we, given a result of voter number @from. */
static raft_index match_of(
    const struct raft *r,
    unsigned i,
    unsigned from,
    const struct raft_append_entries_result *result)
{
    raft_index match = r->leader_state.progress[i].match_index;

    if (r->configuration.servers[i].id == r->id) {
        return r->last_stored;
    }
    return i == from && result->last_log_index > match ? result->last_log_index : match;
}

/* The highest index that a majority of the voters has. */
static raft_index majority_match(
    const struct raft *r, unsigned from, const struct raft_append_entries_result *result)
{
    raft_index sorted[MEMBERS_MAX] = { 0 }; /* descending */
    unsigned n = 0;

    require(r->configuration.n <= MEMBERS_MAX);
    for (unsigned i = 0; i < r->configuration.n; i++) {
        raft_index match = match_of(r, i, from, result);
        unsigned at = n;

        if (r->configuration.servers[i].role != RAFT_VOTER) {
            continue;
        }
        for (; at > 0 && sorted[at - 1] < match; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = match;
        n++;
    }
    return n > 0 ? sorted[n / 2] : 0;
}

/* libraft asks only whether a majority has all that it has stored itself, and so waits too long. */
static void advance_commit(
    struct guard *g, unsigned from, const struct raft_append_entries_result *result)
{
    struct raft *r = g->raft;
    raft_index match = majority_match(r, from, result);

    if (match > r->last_stored) {
        match = r->last_stored;
    }
    if (match > r->commit_index && guard_log_term(r, match) == r->current_term &&
        guard_acts(g, GUARD_QUORUM_COMMIT)) {
        r->commit_index = match; /* libraft applies up to it when it handles the result */
    }
}

bool guard_leader_result(struct guard *g, struct raft_message *m)
{
    struct raft *r = g->raft;
    const struct raft_append_entries_result *result = &m->append_entries_result;
    unsigned from = index_of(&r->configuration, m->server_id);

    if (r->state != RAFT_LEADER || result->term != r->current_term || from == r->configuration.n) {
        return true;
    }
    if (result->rejected > 0) {
        if (guard_acts(g, GUARD_FAST_RETRY)) {
            r->leader_state.progress[from].last_send = 0;
        }
        return true;
    }
    if (!has_own_entry(g) && guard_acts(g, GUARD_COMMIT_OWN_TERM)) {
        hold_result(g, m);
        return false;
    }
    advance_commit(g, from, result);
    return true;
}

static void release_results(struct guard *g)
{
    for (unsigned i = 0; i < g->leading.n && g->raft->state == RAFT_LEADER; i++) {
        struct guard_follower *f = &g->leading.followers[i];
        unsigned k = index_of(&g->raft->configuration, f->id);
        struct raft_message m = { .type = RAFT_IO_APPEND_ENTRIES_RESULT, .server_id = f->id };

        if (!f->has_held || k == g->raft->configuration.n) {
            continue;
        }
        f->has_held = false;
        m.server_address = g->raft->configuration.servers[k].address;
        m.append_entries_result = f->held;
        if (guard_leader_result(g, &m)) {
            guard_deliver(g, &m);
        }
    }
}

static void barrier_done(struct raft_barrier *req, int status)
{
    struct guard *g = req->data;

    (void)status;
    g->leading.barrier_is_pending = false;
}

static void append_barrier(struct guard *g)
{
    raft_index index = raft_last_index(g->raft) + 1;

    g->leading.barrier.data = g;
    g->leading.barrier_is_pending = true;
    if (raft_barrier(g->raft, &g->leading.barrier, barrier_done) == 0) {
        g->leading.barrier_index = index;
    } else { /* it is tried again at the next poll */
        g->leading.barrier_is_pending = false;
    }
}

static void begin_leading(struct guard *g)
{
    g->leading.term = g->raft->current_term;
    g->leading.barrier_index = 0;
    g->leading.n = 0;
}

void guard_leader_poll(struct guard *g)
{
    if (g->raft->state != RAFT_LEADER) {
        return;
    }
    if (g->leading.term != g->raft->current_term) {
        begin_leading(g);
    }
    if (g->leading.barrier_index == 0 && !g->leading.barrier_is_pending &&
        guard_is_on(g, GUARD_COMMIT_OWN_TERM)) {
        append_barrier(g);
    }
    resume_followers(g);
    if (has_own_entry(g)) {
        release_results(g);
    }
    if (g->raft->state == RAFT_LEADER) {
        guard_leader_tell_commit(g);
    }
}

bool guard_leader_is_ready(const struct guard *g)
{
    return g->raft->state == RAFT_LEADER && has_own_entry(g) &&
           g->raft->last_applied >= g->leading.barrier_index;
}
