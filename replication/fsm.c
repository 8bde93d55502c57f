#include <stdlib.h>

#include "base/err.h"
#include "replication/replica_state.h"

/*
 * State machine - what libraft does with the store
 *
 * Any error ends the process: the next start replays. A snapshot is pinned on the loop, built
 * on a worker of the raft_io, and released on the loop.
 */
static void after_apply(struct replica *r, const struct raft_buffer *buf)
{
    struct log_limits limits = log_bound_add(&r->log_bound, buf->len);

    raft_set_snapshot_threshold(&r->raft, limits.threshold);
    raft_set_snapshot_trailing(&r->raft, limits.trailing);
    if (!r->applied.is_skipped) {
        r->counters.entries_applied++;
        clock_set(&r->clock, store_cluster_time(r->store), replica_now(r));
        proposer_applied(r, bytes_of(buf->base, buf->len));
    }
}

static void diverged(struct replica *r) __attribute__((__noreturn__));

static void diverged(struct replica *r)
{
    (void)store_set_aside(r->store, "its digest differs from the leader's");
    replica_fatal(
        r,
        "this node's database differs from the leader's; it is set aside and will be rebuilt "
        "from the log at the next start");
}

static int fsm_apply(struct raft_fsm *fsm, const struct raft_buffer *buf, void **result)
{
    struct replica *r = fsm->data;
    struct store_entry entry = {
        .index = raft_last_applied(&r->raft) + 1,
        .term = r->raft.current_term,
        .data = bytes_of(buf->base, buf->len),
    };
    int rv = store_apply(r->store, &entry, r->applied.results, &r->applied.is_skipped);

    if (rv == ERR_CORRUPT) {
        replica_fatal(
            r,
            "the log holds an entry that this version does not understand: install the version "
            "that the other nodes run");
    }
    if (rv != 0) {
        replica_fatal(r, err_str(rv));
    }
    if (!store_digest_agrees(r->store)) {
        diverged(r);
    }
    r->applied.index = entry.index;
    after_apply(r, buf);
    *result = &r->applied;
    return 0;
}

static int fsm_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
    struct replica *r = fsm->data;
    struct snapshot_taking *s = &r->snapshot;
    int rv;

    if (s->pin != NULL || instant_before(replica_now(r), s->not_before) ||
        guard_snapshot_is_busy(r->guard)) {
        return RAFT_BUSY;
    }
    rv = store_pin_new(r->store, &s->pin);
    if (rv != 0) {
        replica_fatal(r, err_str(rv));
    }
    *bufs = NULL;
    *n_bufs = 0;
    return 0;
}

/* Runs on a worker: touches nothing but the pin and the snapshot's own fields. */
static int fsm_snapshot_async(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
    struct replica *r = fsm->data;
    struct snapshot_taking *s = &r->snapshot;

    s->has_failed = store_pin_build(s->pin, &s->image, &s->buffer.len) != 0;
    if (s->has_failed) {
        return RAFT_IOERR;
    }
    s->buffer.base = s->image;
    *bufs = &s->buffer;
    *n_bufs = 1;
    return 0;
}

static int fsm_snapshot_finalize(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
    struct replica *r = fsm->data;
    struct snapshot_taking *s = &r->snapshot;

    if (s->has_failed) {
        log_warning("snapshot-failed", "next=\"in %d s\"", SNAPSHOT_RETRY_MS / 1000);
        s->not_before = instant_add_ms(replica_now(r), SNAPSHOT_RETRY_MS);
    } else {
        r->counters.snapshots_taken++;
    }
    free(s->image);
    s->pin = store_pin_free(s->pin);
    s->image = NULL;
    s->has_failed = false;
    *bufs = NULL;
    *n_bufs = 0;
    return 0;
}

static int fsm_restore(struct raft_fsm *fsm, struct raft_buffer *buf)
{
    struct replica *r = fsm->data;
    int rv = store_restore(r->store, bytes_of(buf->base, buf->len));

    if (rv == ERR_CORRUPT) {
        replica_fatal(
            r,
            "the snapshot cannot be read: if it is this node's own, remove the newest "
            "snapshot-* files of its raft folder and start again");
    }
    if (rv != 0) {
        replica_fatal(r, err_str(rv));
    }
    r->counters.snapshots_restored++;
    clock_set(&r->clock, store_cluster_time(r->store), replica_now(r));
    raft_free(buf->base);
    return 0;
}

void fsm_init(struct replica *r)
{
    r->fsm = (struct raft_fsm){
        .version = 3,
        .data = r,
        .apply = fsm_apply,
        .snapshot = fsm_snapshot,
        .restore = fsm_restore,
        .snapshot_finalize = fsm_snapshot_finalize,
        .snapshot_async = fsm_snapshot_async,
    };
    r->snapshot.not_before = (struct instant){ INT64_MIN };
    r->log_bound = (struct log_bound){
        .threshold_max = r->config.snapshot_threshold,
        .trailing_max = r->config.snapshot_trailing,
    };
}
