#ifndef REPLICATION_GUARD_H
#define REPLICATION_GUARD_H

#include <raft.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Guard - what Debian's libraft 0.15.0 needs to keep its promises
 *
 * Wraps the function pointers of struct raft_io and reads the public fields of struct raft.
 * Each rule has a name, a switch and a test that fails when it is switched off; docs/LIBRAFT.md
 * lists them with the defect each one closes. Install between raft_init() and raft_start(). For
 * libraft 0.15 only: 0.17 hides the fields that the guard reads.
 */
#define GUARD_RULES(X)                                                                        \
    X(COMMIT_OWN_TERM, "no old-term entry is committed by counting (Raft 5.4.2)")             \
    X(VERIFIED_MATCH, "a follower acknowledges only entries checked with this leader")        \
    X(CURRENT_RESULT, "no result is sent for an append of an earlier term or role")           \
    X(COMMIT_CLAMP, "a follower commits no further than the entries it was shown")            \
    X(ELECTION_HOLD, "no election while appends or a snapshot install are in flight")         \
    X(APPEND_FATAL, "a failed append ends the process before raft can go on")                 \
    X(STORED_ONCE, "an entry that was replaced and came back is not counted twice")           \
    X(TRUNCATE_SNAPSHOT, "nothing is truncated while a snapshot is being written")            \
    X(APPEND_BOUND, "an append message is bounded in entries and bytes")                      \
    X(ENTRY_ALIGNED, "an entry's length is a multiple of 8")                                  \
    X(CONFIGURATION_COMMITTED, "no snapshot of an uncommitted configuration")                 \
    X(INSTALL_FATAL, "a failed snapshot install ends the process")                            \
    X(SNAPSHOT_BACKOFF, "a failed snapshot is not tried again at every entry")                \
    X(PRE_VOTE_TERM, "a node that rejects a pre-vote tells its term, if it is higher")        \
    X(RESULT_SEND, "a result that cannot be sent is dropped, not an error")                   \
    X(UNAVAILABLE_FATAL, "an unavailable raft ends the process")                              \
    X(QUORUM_COMMIT, "the commit index is computed from every result, own disk included")     \
    X(COMMIT_TOLD, "an idle follower hears of a commit at once, not with the next heartbeat") \
    X(FAST_RETRY, "a rejected append is retried at once, not at the next heartbeat")

enum guard_rule {

#define X(name, text) GUARD_##name,
    GUARD_RULES(X)
#undef X
        GUARD_N_RULES,
};

const char *guard_rule_name(enum guard_rule rule);
const char *guard_rule_text(enum guard_rule rule);

struct guard;

struct guard_options {
    void *data;
    void (*fatal)(void *data, const char *reason) __attribute__((__noreturn__));
    uint32_t rules_off;          /* bit per rule: for the tests that show what each one is for */
    unsigned append_entries_max; /* 0: the default */
    size_t append_bytes_max;
};

/* Takes over r->data and io's function pointers. Returns 0 or ERR_NOMEM. */
int guard_new(
    struct guard **ret_guard,
    struct raft *r,
    struct raft_io *io,
    const struct guard_options *options);
struct guard *guard_free(struct guard *g);

/* Call at the end of every loop turn. */
void guard_poll(struct guard *g);

/* fsm->snapshot() must return RAFT_BUSY while this is true. */
bool guard_snapshot_is_busy(const struct guard *g);

/* True while a received snapshot replaces the state: answer nobody. */
bool guard_is_installing(const struct guard *g);

/* True when this leader's own barrier is applied: its state machine is current. */
bool guard_leader_is_ready(const struct guard *g);

/* How often a rule had to act. */
uint64_t guard_count(const struct guard *g, enum guard_rule rule);

#endif
