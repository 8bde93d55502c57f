#include <stdlib.h>

#include "base/check.h"
#include "replication/guard_state.h"

/*
 * Guard, disk - appends, truncations and snapshots on their way to the disk
 *
 * libraft 0.15 goes on after a failed write with a log in memory that the disk does not have, and
 * raft_uv loses a truncation that meets a snapshot on its way. Nothing of that is repaired here: a failure
 * ends the process, and what must not meet is kept apart.
 */
enum {
    ENTRY_ALIGNMENT = 8,
    SNAPSHOT_RETRY_MS = 10000,
};

static void put_on(struct guard_append **list, struct guard_append *a)
{
    a->next = *list;
    *list = a;
}

static void take_off(struct guard_append **list, const struct guard_append *a)
{
    while (*list != a) {
        list = &(*list)->next;
    }
    *list = a->next;
}

static struct guard_append *new_append(struct guard *g)
{
    struct guard_append *a = g->disk.pool;

    if (a != NULL) {
        take_off(&g->disk.pool, a);
        return a;
    }
    a = calloc(1, sizeof *a);
    if (a != NULL) {
        a->guard = g;
        a->req.data = a;
    }
    return a;
}

static void free_all(struct guard_append **list)
{
    while (*list != NULL) {
        struct guard_append *a = *list;

        take_off(list, a);
        free(a);
    }
}

/* Writes are in flight only when the disk was lost with them: a kill in the simulator. */
void guard_disk_deinit(struct guard *g)
{
    free_all(&g->disk.pool);
    free_all(&g->disk.in_flight);
}

/* What is written from @index on is no longer the log, even if the same entries come back. */
static void invalidate_appends(struct guard *g, raft_index index)
{
    for (struct guard_append *a = g->disk.in_flight; a != NULL; a = a->next) {
        if (index < a->first + a->n_valid) {
            a->n_valid = index > a->first ? (unsigned)(index - a->first) : 0;
        }
    }
}

/*
 * libraft is about to count the entries of @a as stored that it has in its log; those that were
 * truncated and came back are stored by another write, and are counted with that.
 */
static void count_once(struct guard *g, const struct guard_append *a)
{
    struct raft *r = g->raft;
    unsigned n = 0;

    while (n < a->n && guard_log_term(r, a->first + n) == a->entries[n].term) {
        n++;
    }
    if (n > a->n_valid && r->state != RAFT_UNAVAILABLE && !g->snapshot.is_install &&
        guard_acts(g, GUARD_STORED_ONCE)) {
        r->last_stored -= n - a->n_valid;
    }
}

static void append_done(struct raft_io_append *req, int status)
{
    struct guard_append *a = req->data;
    struct guard *g = a->guard;

    take_off(&g->disk.in_flight, a);
    if (status != 0 && g->raft->state != RAFT_UNAVAILABLE && guard_acts(g, GUARD_APPEND_FATAL)) {
        guard_fatal(g, "a write to the Raft log failed");
    }
    if (status == 0) {
        count_once(g, a);
    }
    a->cb(a->theirs, status);
    put_on(&g->disk.pool, a);
    guard_poll(g);
}

static void check_alignment(struct guard *g, const struct raft_entry entries[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (entries[i].buf.len % ENTRY_ALIGNMENT != 0 && guard_acts(g, GUARD_ENTRY_ALIGNED)) {
            guard_fatal(g, "the length of a log entry is not a multiple of 8");
        }
    }
}

int guard_append(
    struct raft_io *io,
    struct raft_io_append *req,
    const struct raft_entry entries[],
    unsigned n,
    raft_io_append_cb cb)
{
    struct guard *g = guard_of(io);
    struct guard_append *a = new_append(g);
    int rv;

    if (a == NULL) {
        return RAFT_NOMEM;
    }
    check_alignment(g, entries, n);
    guard_follower_accepted(g);
    a->theirs = req;
    a->cb = cb;
    a->entries = entries;
    a->n = a->n_valid = n;
    a->first = raft_last_index(g->raft) - n + 1; /* libraft writes all that it has just added */
    req->cb = cb;
    put_on(&g->disk.in_flight, a);
    rv = g->inner.append(io, &a->req, entries, n, append_done);
    if (rv != 0) {
        take_off(&g->disk.in_flight, a);
        put_on(&g->disk.pool, a);
        if (guard_acts(g, GUARD_APPEND_FATAL)) {
            guard_fatal(g, "the Raft log takes no more writes");
        }
    }
    return rv;
}

int guard_truncate(struct raft_io *io, raft_index index)
{
    struct guard *g = guard_of(io);

    if (g->handling != RAFT_IO_APPEND_ENTRIES) { /* the disk's own, while it installs a snapshot */
        return g->inner.truncate(io, index);
    }
    if (g->snapshot.is_writing && guard_acts(g, GUARD_TRUNCATE_SNAPSHOT)) {
        guard_fatal(g, "a truncation of the Raft log meets a snapshot that is being written");
    }
    invalidate_appends(g, index);
    return g->inner.truncate(io, index);
}

static void snapshot_done(struct raft_io_snapshot_put *req, int status)
{
    struct guard *g = req->data;

    g->snapshot.has_failed = status != 0;
    g->snapshot.failed_at = g->io->time(g->io);
    if (status != 0 && g->snapshot.is_install && g->raft->state != RAFT_UNAVAILABLE &&
        guard_acts(g, GUARD_INSTALL_FATAL)) {
        guard_fatal(g, "a snapshot from the leader could not be written");
    }
    g->snapshot.cb(g->snapshot.theirs, status);
    g->snapshot.is_writing = false;
    g->snapshot.is_install = false;
    guard_poll(g);
}

int guard_snapshot_put(
    struct raft_io *io,
    unsigned trailing,
    struct raft_io_snapshot_put *req,
    const struct raft_snapshot *snapshot,
    raft_io_snapshot_put_cb cb)
{
    struct guard *g = guard_of(io);
    bool is_install = g->handling == RAFT_IO_INSTALL_SNAPSHOT;
    int rv;

    require(!g->snapshot.is_writing);
    g->snapshot.theirs = req;
    g->snapshot.cb = cb;
    g->snapshot.is_writing = true;
    g->snapshot.is_install = is_install;
    if (is_install) {
        invalidate_appends(g, 0);
    }
    g->snapshot.req.data = g;
    req->cb = cb;
    rv = g->inner.snapshot_put(io, trailing, &g->snapshot.req, snapshot, snapshot_done);
    if (rv != 0) {
        g->snapshot.is_writing = false;
        g->snapshot.is_install = false;
    }
    if (rv != 0 && is_install && guard_acts(g, GUARD_INSTALL_FATAL)) {
        guard_fatal(g, "a snapshot from the leader cannot be written");
    }
    return rv;
}

bool guard_is_installing(const struct guard *g)
{
    return g->snapshot.is_install;
}

bool guard_snapshot_is_busy(const struct guard *g)
{
    raft_time since = g->io->time(g->io) - g->snapshot.failed_at;

    if (g->raft->configuration_uncommitted_index > g->raft->last_applied &&
        guard_is_on(g, GUARD_CONFIGURATION_COMMITTED)) {
        return true;
    }
    return g->snapshot.has_failed && since < SNAPSHOT_RETRY_MS &&
           guard_is_on(g, GUARD_SNAPSHOT_BACKOFF);
}
