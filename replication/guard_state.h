#ifndef REPLICATION_GUARD_STATE_H
#define REPLICATION_GUARD_STATE_H

#include "proto/peer.h"
#include "replication/guard.h"

/*
 * Guard state - what the parts of the guard share; nobody else includes this
 *
 * libraft calls down through guard_{send,append,truncate,snapshot_put}, and is called up through
 * guard.c's tick and receive. Between the two, `handling` says which message libraft is at.
 */

/* A disk write on its way; pooled, because there is one for every entry. */
struct guard_append {
    struct raft_io_append req; /* ours, given to the disk */
    struct guard *guard;
    struct raft_io_append *theirs;
    raft_io_append_cb cb;
    const struct raft_entry *entries;
    raft_index first;
    unsigned n, n_valid;       /* the first n_valid were not truncated meanwhile */
    struct guard_append *next; /* in flight, or in the pool */
};

/* What a leader knows of a follower beyond libraft's own progress. */
struct guard_follower {
    raft_id id;
    raft_index told;   /* the commit index that it was told between heartbeats */
    raft_index resume; /* the next index after a shortened append; 0: none was shortened */
    bool has_held;
    struct raft_append_entries_result held; /* until an entry of our own term is stored */
};

struct guard {
    struct raft *raft;
    struct raft_io *io;
    struct guard_options options;
    uint64_t counts[GUARD_N_RULES];

    struct { /* what we stand in front of */
        int (*start)(struct raft_io *, unsigned, raft_io_tick_cb, raft_io_recv_cb);
        int (*send)(
            struct raft_io *, struct raft_io_send *, const struct raft_message *, raft_io_send_cb);
        int (*append)(
            struct raft_io *,
            struct raft_io_append *,
            const struct raft_entry[],
            unsigned,
            raft_io_append_cb);
        int (*truncate)(struct raft_io *, raft_index);
        int (*snapshot_put)(
            struct raft_io *,
            unsigned,
            struct raft_io_snapshot_put *,
            const struct raft_snapshot *,
            raft_io_snapshot_put_cb);
        raft_io_tick_cb tick;
        raft_io_recv_cb receive;
    } inner;

    unsigned short handling; /* type of the message that libraft is handling; 0: none */
    unsigned short state;    /* libraft's, when last polled */
    bool is_polling;

    struct { /* this node as leader, in `term` */
        raft_term term;
        raft_index barrier_index; /* our own term's first entry; 0: not appended yet */
        bool barrier_is_pending;
        struct raft_barrier barrier;
        unsigned n;
        struct guard_follower followers[MEMBERS_MAX];
    } leading;

    struct { /* this node as follower: up to `match` its log is the one of the leader of `term` */
        raft_term term;
        raft_index match;
        raft_index offered; /* where the message at hand ends */
    } following;

    struct {
        struct guard_append *pool, *in_flight;
    } disk;

    struct { /* the one snapshot that is being written */
        struct raft_io_snapshot_put req;
        struct raft_io_snapshot_put *theirs;
        raft_io_snapshot_put_cb cb;
        bool is_writing, is_install;
        bool has_failed;
        raft_time failed_at;
    } snapshot;
};

struct guard *guard_of(struct raft_io *io);

/* False when @rule is switched off; counts that it acts otherwise. */
bool guard_acts(struct guard *g, enum guard_rule rule);
bool guard_is_on(const struct guard *g, enum guard_rule rule);
void guard_fatal(struct guard *g, const char *reason) __attribute__((__noreturn__));

/* Gives @m to libraft, which owns its content from then on. */
void guard_deliver(struct guard *g, struct raft_message *m);

/* Term of the entry at @index in libraft's log in memory; 0: it is not there. */
raft_term guard_log_term(const struct raft *r, raft_index index);

/* guard_disk.c: the functions that libraft calls instead of the disk's. */
int guard_append(
    struct raft_io *io,
    struct raft_io_append *req,
    const struct raft_entry entries[],
    unsigned n,
    raft_io_append_cb cb);
int guard_truncate(struct raft_io *io, raft_index index);
int guard_snapshot_put(
    struct raft_io *io,
    unsigned trailing,
    struct raft_io_snapshot_put *req,
    const struct raft_snapshot *snapshot,
    raft_io_snapshot_put_cb cb);
void guard_disk_deinit(struct guard *g);

/* guard_follower.c: false when the message was dropped, and must not reach libraft. */
bool guard_follower_append(struct guard *g, struct raft_message *m);
void guard_follower_install(struct guard *g, const struct raft_install_snapshot *s);
bool guard_follower_timeout_now(struct guard *g);
void guard_follower_accepted(struct guard *g); /* libraft took the message at hand */
void guard_follower_tick(struct guard *g);
bool guard_follower_result(struct guard *g, struct raft_append_entries_result *result);

/* guard_leader.c */
enum { GUARD_PROGRESS_PIPELINE = 1 }; /* libraft's src/progress.h */

/* What is known of follower @id, beginning with nothing. */
struct guard_follower *guard_leader_follower(struct guard *g, raft_id id);
bool guard_leader_result(struct guard *g, struct raft_message *m);
void guard_leader_append(struct guard *g, struct raft_message *m);
void guard_leader_poll(struct guard *g);

/* guard_commit.c */
void guard_leader_tell_commit(struct guard *g);

#endif
