#include "replication/guard_state.h"

/*
 * Guard, commit - a new commit index reaches idle followers at once
 *
 * libraft 0.15 tells it with the next entries, or with the next heartbeat when there are none. A
 * follower would show a lone lease up to a heartbeat later than its client has it. A follower
 * with more entries on the way learns it from those.
 */
static void told(struct raft_io_send *req, int status)
{
    (void)status; /* the next heartbeat says it again */
    raft_free(req);
}

static bool is_idle(const struct raft *r, const struct raft_progress *p, raft_index last)
{
    return p->state == GUARD_PROGRESS_PIPELINE && p->match_index == last &&
           guard_log_term(r, last) != 0;
}

static void tell(struct guard *g, const struct raft_server *to, raft_index last)
{
    struct raft *r = g->raft;
    struct raft_io_send *req = raft_malloc(sizeof *req);
    const struct raft_message m = {
        .type = RAFT_IO_APPEND_ENTRIES,
        .server_id = to->id,
        .server_address = to->address,
        .append_entries = {
            .term = r->current_term,
            .prev_log_index = last,
            .prev_log_term = guard_log_term(r, last),
            .leader_commit = r->commit_index,
        },
    };

    if (req != NULL && g->inner.send(g->io, req, &m, told) != 0) {
        raft_free(req);
    }
}

void guard_leader_tell_commit(struct guard *g)
{
    struct raft *r = g->raft;
    raft_index last = raft_last_index(r);

    for (unsigned i = 0; i < r->configuration.n; i++) {
        const struct raft_server *to = &r->configuration.servers[i];
        struct guard_follower *f = to->id == r->id ? NULL : guard_leader_follower(g, to->id);

        if (f != NULL && f->told < r->commit_index &&
            is_idle(r, &r->leader_state.progress[i], last) && guard_acts(g, GUARD_COMMIT_TOLD)) {
            f->told = r->commit_index;
            tell(g, to, last);
        }
    }
}
