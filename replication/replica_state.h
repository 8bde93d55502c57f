#ifndef REPLICATION_REPLICA_STATE_H
#define REPLICATION_REPLICA_STATE_H

#include "base/event.h"
#include "base/log.h"
#include "proto/command_codec.h"
#include "replication/guard.h"
#include "replication/inbox.h"
#include "replication/log_bound.h"
#include "replication/pending.h"
#include "replication/status.h"

/*
 * Replica state - what replica.c, fsm.c, proposer.c, forward.c, upkeep.c and notices.c share. Private to them.
 */
enum {
    WINDOW_ENTRIES = 4, /* entries submitted and not yet applied */
    WINDOW_STUCK_MS = 200,
    FORWARD_RETRY_MS = 250,
    FORWARD_AGAIN_MS = 50, /* after a peer said that it does not lead */
    SNAPSHOT_RETRY_MS = 10000,
    CLOCK_LAG_MAX_MS = 1000, /* of cluster time, before a leader writes an entry to catch up */
    UPKEEP_TIMEOUT_MS = 10000,
};

/* A command within an entry in flight: whom its result belongs to. */
struct ticket {
    unsigned member; /* index in the status table */
    uint64_t boot_id, sequence;
};

/* An entry in flight. */
struct flight {
    struct raft_apply request;
    struct replica *replica;
    bool is_busy;
    unsigned n;
    struct ticket tickets[BATCH_COMMANDS_MAX];
};

/* What the state machine made of the last entry it applied. */
struct applied {
    uint64_t index;
    bool is_skipped; /* the store had it already: there are no results */
    struct result results[BATCH_COMMANDS_MAX];
};

/* A snapshot being taken: pinned on the loop, built by a worker, released on the loop. */
struct snapshot_taking {
    struct store_pin *pin; /* NULL: none */
    uint8_t *image;
    struct raft_buffer buffer;
    bool has_failed;
    struct instant not_before; /* back-off after a failure */
};

/* What replica_turn() saw last, to notice a change. */
struct role {
    uint32_t leader;
    uint64_t term;
    bool is_ready; /* we lead, and our state machine is current */
};

/* Commands of the replica's own. */
struct upkeep {
    bool knows_holds; /* has been caught up since the start */
    struct proposal expire, node;
    bool is_expire_busy, is_node_busy;
    struct instant node_not_before;
    struct instant status_due;
    struct instant step_down_not_before;
};

/* What is told as events, each once it has lasted (base/event.h). */
struct notices {
    struct event_latch quorum_lost;
    struct event_latch peer_down[MEMBERS_MAX], skew[MEMBERS_MAX]; /* by index in the status table */
};

/* When this node has caught up with what was committed when it met its leader. */
struct catching_up {
    bool is_target_known, is_done;
    uint64_t target; /* an index */
};

struct replica {
    struct replica_config config;
    struct replica_port port;
    struct raft_io *io;
    struct store *store;
    struct raft raft;
    struct raft_fsm fsm;
    struct guard *guard;
    struct command_decoder *decoder;
    struct replica_counters counters;

    struct cluster_clock clock;
    struct status_table status;
    struct pending_table pending;
    struct inbox inboxes[MEMBERS_MAX]; /* by index in the status table */
    struct flight flights[WINDOW_ENTRIES];
    unsigned next_source;       /* whose commands the next entry takes first */
    struct instant stuck_since; /* commands wait for the window; INSTANT_NEVER: they do not */
    struct applied applied;
    struct log_bound log_bound;
    struct snapshot_taking snapshot;

    struct role role;
    struct instant commit_due;     /* never: nothing waits to be committed */
    struct raft_transfer transfer; /* libraft touches it after its callback: never given back */
    bool is_stepping_down;
    struct catching_up catching_up;
    struct upkeep upkeep;
    struct notices notices;

    bool is_initialised, is_started, is_closing, is_closed;
    void (*closed)(void *data);
    void *closed_data;
};

/* Ends the process through the port, with a line in the log. */
void replica_fatal(struct replica *r, const char *reason) __attribute__((__noreturn__));
struct instant replica_now(const struct replica *r); /* monotonic */
struct status_times replica_times(const struct replica *r);
uint64_t replica_applied_index(const struct replica *r);
bool replica_is_ready_leader(const struct replica *r);
bool replica_may_serve(const struct replica *r);

/* fsm.c: libraft's state machine over the store */
void fsm_init(struct replica *r);

/* proposer.c: own commands, and what goes into an entry */
void proposer_init(struct replica *r);
int proposer_add(
    struct replica *r, struct proposal *p, const struct command *c, unsigned timeout_ms);
void proposer_turn(struct replica *r); /* a leader submits what waits, as far as the window goes */
void proposer_applied(struct replica *r, struct bytes entry); /* fsm.c has r->applied of it */
bool proposer_is_stuck(const struct replica *r);

/* forward.c: commands and results between a follower and its leader */
void forward_turn(struct replica *r); /* a follower sends what waits to its leader */
void forward_receive(struct replica *r, unsigned member, const struct peer_forward *m);
void forward_results(struct replica *r, const struct peer_results *m);
void forward_answer(struct replica *r, const struct ticket *t, const struct result *result);
void forward_flush(struct replica *r); /* one message of results to each peer that waits for any */

/* upkeep.c: status messages, readiness, cluster time, expiry, deadlines */
void upkeep_init(struct replica *r);
void upkeep_turn(struct replica *r); /* notices changes of leader, term and readiness */
void upkeep_tick(struct replica *r);
void upkeep_status_heard(struct replica *r, unsigned member, const struct peer_status *s);
struct instant upkeep_stamp(const struct replica *r); /* cluster time of the next entry */
int64_t upkeep_behind(const struct replica *r); /* ms that cluster time may be ahead of ours */

/* notices.c: events about majority, peers and clocks */
void notices_init(struct replica *r);
void notices_tick(struct replica *r);

#endif
