#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include "base/hash.h"
#include "proto/command.h"
#include "storage/lease/table.h"
#include "storage/network.h"

/*
 * Store - the replicated state of one node, in memory and in SQLite
 *
 * The Raft log is the truth; the database is some prefix of it, with `applied_index` in the
 * transaction of every change. The rows live in memory too (lease/table.h), so that nothing on
 * the way of a packet reads SQLite. One thread (the loop's) uses a store; the snapshot builder
 * and the checkpointer have connections of their own.
 *
 * Equal on all nodes at the same index, and under the digest: the leases, the settings in force, the
 * nodes, the windows of applied commands per origin, the cluster id. Equal but not under the digest:
 * ended tenancies (the last HISTORY_MAX), term and cluster time. The node's own: its id.
 *
 * Every negative return of a store function is final: the process says so and ends, and the next
 * start replays.
 */
struct store;

enum store_open_outcome {
    STORE_NEWER_VERSION = 1,  /* the database was written by a newer program */
    STORE_OTHER_CLUSTER = 2,  /* it belongs to another cluster or another node */
    STORE_NOT_A_DATABASE = 3, /* a file of another application (application_id) */
    STORE_READ_ONLY = 4,      /* the folder or the file cannot be written */
};

struct store_options {
    const char *path;    /* of leases.db; its folder must exist */
    const char *cluster; /* its name */
    uint32_t node;
    bool is_volatile; /* no fsync at all: simulator and tests */
};

/*
 * Opens or makes the database. A damaged one (SQLite says so, or the digest of the rows differs
 * from the stored one) is renamed to leases.db.damaged-<time> with its WAL, logged, and a new one begun;
 * *@ret_rebuilt is then true and applied_index 0. Returns 0, ERR_*, or a store_open_outcome.
 */
int store_open(struct store **ret_store, const struct store_options *options, bool *ret_rebuilt);
struct store *store_free(struct store *s); /* rolls back what is not committed */

uint64_t store_applied_index(const struct store *s);
struct digest store_digest(const struct store *s);
struct instant store_cluster_time(const struct store *s); /* of the last applied entry */
uint64_t store_cluster_id(const struct store *s);         /* 0: not formed yet */
const struct lease_table *store_leases(const struct store *s);
const struct network_map *store_map(const struct store *s); /* never NULL */

/* The incarnation recorded for @node by PutNode; 0 when none. */
uint64_t store_incarnation(const struct store *s, uint32_t node);

/*
 * Applies entry @index to memory and to the open SQLite transaction (opening one when none is).
 * Total: a refusal is a result in @results (one per command). Entries at or below
 * applied_index are skipped and give *@ret_skipped = true. `term` is kept for the `cluster` view.
 * Returns 0; ERR_IO, ERR_NOMEM; ERR_CORRUPT when a command cannot be decoded by this version.
 */
struct store_entry {
    uint64_t index, term;
    struct bytes data; /* an encoded Batch */
};

int store_apply(
    struct store *s,
    const struct store_entry *entry,
    struct result results[BATCH_COMMANDS_MAX],
    bool *ret_skipped);

/*
 * What the last applied entry named as the leader's digest compared with our own at that index:
 * false when they differ (this node has diverged), and from then on until a snapshot is restored.
 * True when it cannot be told.
 */
bool store_digest_agrees(const struct store *s);

/* Marks the database as diverged: it is set aside at the next open, which rebuilds it. Takes effect
 * at once and does not depend on the open transaction. */
int store_set_aside(struct store *s, const char *why);

/* Commits the open transaction, if any. Called once at the end of each loop turn. */
int store_commit(struct store *s);
bool store_is_dirty(const struct store *s);

/* Adds the addresses whose hold ended before @now to @out, at most EXPIRE_MAX, by a bounded step
 * of a round through the table. Returns how many. */
unsigned store_expired(struct store *s, struct instant now, struct ip4 *out);

/*
 * Snapshot: pin on the loop thread (commits, begins a read transaction on a second connection),
 * build on any one thread, release on the loop thread. The image is compressed rows in a
 * versioned form, one malloc()ed buffer that the caller frees.
 */
struct store_pin;

int store_pin_new(struct store *s, struct store_pin **ret_pin);
int store_pin_build(struct store_pin *p, uint8_t **ret_image, size_t *ret_n);
struct store_pin *store_pin_free(struct store_pin *p);

/*
 * Replaces everything by @image, unless the store is already at or beyond its index (then it
 * keeps what it has). Returns 0, ERR_IO, ERR_NOMEM, or ERR_CORRUPT for a bad image.
 */
int store_restore(struct store *s, struct bytes image);

/*
 * Runs a passive WAL checkpoint on its own connection when the WAL has grown; any one thread.
 * Ends before its store does. A store with is_volatile has no need of one.
 */
struct store_checkpointer;

int store_checkpointer_new(struct store *s, struct store_checkpointer **ret_checkpointer);
int store_checkpointer_run(struct store_checkpointer *c); /* blocks for an fsync */
struct store_checkpointer *store_checkpointer_free(struct store_checkpointer *c);

#endif
