#include "replication/guard_state.h"
#include "replication/peer/rpc_codec.h"

/*
 * Guard, follower - what a follower may believe, and what it may say
 *
 * libraft 0.15 acknowledges all that it has stored, although what follows the entries that it has
 * just compared may be left over from another leader. So the guard keeps how far this node's log
 * was compared with the leader of the current term (Raft's log matching property), and says no
 * more than that.
 */

/* A new leader's term: all that is known to match it is what was committed before. */
static void begin_term(struct guard *g, raft_term term)
{
    if (term > g->following.term) {
        g->following.term = term;
        g->following.match = g->raft->commit_index;
    }
}

void guard_follower_accepted(struct guard *g)
{
    if (g->following.offered > g->following.match) {
        g->following.match = g->following.offered;
    }
}

/* Whether libraft would delete entries of its log to make place for those of @a. */
static bool would_truncate(const struct raft *r, const struct raft_append_entries *a)
{
    for (unsigned i = 0; i < a->n_entries; i++) {
        raft_term term = guard_log_term(r, a->prev_log_index + 1 + i);

        if (term != a->entries[i].term) {
            return term != 0;
        }
    }
    return false;
}

bool guard_follower_append(struct guard *g, struct raft_message *m)
{
    struct raft_append_entries *a = &m->append_entries;
    raft_index end = a->prev_log_index + a->n_entries;

    if (a->term < g->raft->current_term) {
        return true; /* libraft rejects it */
    }
    begin_term(g, a->term);
    if (g->snapshot.is_writing && would_truncate(g->raft, a) &&
        guard_acts(g, GUARD_TRUNCATE_SNAPSHOT)) {
        rpc_codec_discard(m); /* the leader sends it again */
        return false;
    }
    if (a->leader_commit > end && guard_acts(g, GUARD_COMMIT_CLAMP)) {
        a->leader_commit = end;
    }
    g->following.offered = end;
    return true;
}

void guard_follower_install(struct guard *g, const struct raft_install_snapshot *s)
{
    if (s->term >= g->raft->current_term) {
        begin_term(g, s->term);
        g->following.offered = s->last_index;
    }
}

/* Appends or a snapshot are on their way to the disk: memory is ahead of what would survive. */
static bool is_behind_its_memory(const struct guard *g)
{
    return g->disk.in_flight != NULL || g->snapshot.is_install;
}

bool guard_follower_timeout_now(struct guard *g)
{
    return !is_behind_its_memory(g) || !guard_acts(g, GUARD_ELECTION_HOLD);
}

/*
 * When the leader is silent, a node in that state does not stand for election; but it forgets the
 * leader, so that it votes for others.
 */
void guard_follower_tick(struct guard *g)
{
    struct raft *r = g->raft;
    raft_time now = g->io->time(g->io);

    if (r->state == RAFT_FOLLOWER && is_behind_its_memory(g) &&
        now - r->election_timer_start >= r->follower_state.randomized_election_timeout &&
        guard_acts(g, GUARD_ELECTION_HOLD)) {
        r->follower_state.current_leader.id = 0;
        r->election_timer_start = now;
    }
}

/* Whether libraft knows whom to answer when the disk is done. */
static bool has_current_leader(const struct guard *g)
{
    const struct raft *r = g->raft;

    return r->state == RAFT_FOLLOWER && r->follower_state.current_leader.id != 0 &&
           g->following.term == r->current_term;
}

/*
 * False when the result must not be sent: the disk was done with an append or a snapshot of an
 * earlier term, or of a leader that is none any more, and libraft does not look whom it answers.
 */
bool guard_follower_result(struct guard *g, struct raft_append_entries_result *result)
{
    const struct raft *r = g->raft;
    raft_index match;

    if (g->handling == 0 && !has_current_leader(g) && guard_acts(g, GUARD_CURRENT_RESULT)) {
        return false;
    }
    if (result->rejected != 0) {
        return true;
    }
    guard_follower_accepted(g);
    match = g->following.match > r->commit_index ? g->following.match : r->commit_index;
    if (result->last_log_index > match && guard_acts(g, GUARD_VERIFIED_MATCH)) {
        result->last_log_index = match;
    }
    return true;
}
