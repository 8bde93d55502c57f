#ifndef REPLICATION_REPLICA_H
#define REPLICATION_REPLICA_H

#include <raft.h>

#include "proto/peer.h"
#include "storage/store.h"

/*
 * Replica - this node's part of the replicated log, without any I/O of its own
 *
 * Joins libraft (behind replication/guard), the store as its state machine, the proposer with
 * its retries, forwarding, cluster time and the peers' status. All I/O comes in through
 * `struct raft_io` (libraft's own port: raft_uv in production, tests/sim/sim_io in the simulator)
 * and `struct replica_port`; so the same code runs in both. One thread.
 */
struct replica;

struct replica_member {
    uint32_t id;
    char address[MEMBER_ADDRESS_MAX];
};

struct replica_config {
    uint32_t node;
    char cluster[CLUSTER_NAME_MAX];
    uint64_t incarnation; /* of the data folder */
    uint64_t boot_id;     /* greater than that of every earlier start with this data folder */
    unsigned n_members;
    struct replica_member members[MEMBERS_MAX];
    /* 0 means the default that is named here */
    unsigned election_ms, heartbeat_ms;             /* 500, 100 */
    unsigned peer_timeout_ms;                       /* 1500 */
    unsigned status_ms;                             /* 250 */
    unsigned install_ms;                            /* 60000: until a lost snapshot is sent again */
    unsigned snapshot_threshold, snapshot_trailing; /* 16384, 8192 entries, fewer when large */
};

/* What the replica needs from outside. */
struct replica_port {
    void *data;
    /* Monotonic time that counts suspends (CLOCK_BOOTTIME), and the wall clock. */
    struct instant (*monotonic)(void *data);
    struct instant (*wall)(void *data);
    /* Sends a status, forward or results message to @node; may lose it. Copies what it needs. */
    void (*send)(void *data, uint32_t node, const struct peer_message *message);
    /* Fills in this node's own networks for its status messages. Returns how many. */
    unsigned (*own_networks)(void *data, struct network_status networks[NETWORKS_MAX]);
    /* The node cannot go on; logs are written already. Must not return. */
    void (*fatal)(void *data, const char *reason) __attribute__((__noreturn__));
    /* True while disk space is above the low-water mark; new leases are refused when false. */
    bool (*has_space)(void *data);
};

/* Makes a replica over @io and @store, which it borrows. @raft storage is inside. */
int replica_new(
    struct replica **ret_replica,
    const struct replica_config *config,
    struct raft_io *io,
    struct store *store,
    const struct replica_port *port);
struct replica *replica_free(struct replica *r); /* never started, or closed */

/* What a kill does: frees the replica but not what libraft allocated, and calls nobody back. The
 * simulator owns libraft's heap and frees that itself. */
struct replica *replica_abandon(struct replica *r);

/* Bootstraps a pristine folder from the members, then starts Raft. Returns 0 or ERR_*. */
int replica_start(struct replica *r, bool is_pristine);

/* Before a stop: hands the leadership, if this node has it, to the follower that is furthest.
 * Returns at once; replica_is_leader() tells when it is over. */
void replica_step_down(struct replica *r);

/*
 * Begins to close raft; @closed is called when nothing is in flight (simulator and tests). Waiting
 * proposals are forgotten without a call of their `done`.
 */
void replica_close(struct replica *r, void (*closed)(void *data), void *data);

/* Handles a status, forward or results message from @node. Never fails on its content. */
void replica_receive(struct replica *r, uint32_t node, const struct peer_message *message);

/* A peer connection came up or went down: forwards in flight are retried. */
void replica_peer_changed(struct replica *r, uint32_t node, bool is_up);

/*
 * The end of a loop turn: submits what was collected as one entry (or one forward message),
 * commits the store, hands out results. Call before the loop blocks, and after every event.
 */
void replica_turn(struct replica *r);

/* Every 50 ms: status messages, deadlines, retries, expiry, the guard's own timers. */
void replica_tick(struct replica *r);

/*
 * Proposal - one command on its way; embedded in whoever waits for it. `done` is called exactly
 * once, never from inside replica_propose(): with the outcome, or TIMEOUT at the deadline. A majority
 * has stored the command then; this node itself may apply it a moment later (result.index).
 */
struct proposal {
    void (*done)(struct proposal *p, const struct result *result);
    void *data;
    struct replica_pending *pending; /* the replica's */
};

enum replica_propose_outcome {
    REPLICA_OVERLOADED = 1, /* PROPOSALS_MAX are waiting, the window is full, or no disk space */
};

enum { PROPOSALS_MAX = 2048 };

/*
 * Encodes @c (origin, boot id and sequence are filled in) and sees it through leader changes
 * until it is applied or @timeout_ms have passed. Returns 0, ERR_NOMEM or REPLICA_OVERLOADED.
 */
int replica_propose(
    struct replica *r, struct proposal *p, const struct command *c, unsigned timeout_ms);

/* Forgets a proposal; `done` will not be called. The command may still apply. */
void replica_cancel(struct replica *r, struct proposal *p);

/* This node's estimate of cluster time: the last entry's plus its own monotonic time since. */
struct instant replica_cluster_time(const struct replica *r);

bool replica_is_leader(const struct replica *r);
uint32_t replica_leader(const struct replica *r); /* 0: unknown */
uint64_t replica_term(const struct replica *r);
uint64_t replica_commit_index(const struct replica *r);

/* Heard from a majority of members within peer_timeout_ms, and there is a leader. */
bool replica_has_majority(const struct replica *r);

/* True once the applied index has passed what the leader had committed when we (re)joined; false
 * again while a snapshot is being installed or the leader is unknown. 40-dhcp rule 72. */
bool replica_is_caught_up(const struct replica *r);

/* What is known of a member, this node included. */
struct replica_peer {
    uint32_t node;
    bool is_self, is_fresh; /* a status message younger than peer_timeout_ms */
    int64_t age_ms;
    bool has_majority;
    uint64_t applied_index;
    int64_t skew_ms; /* its wall clock minus ours when its status arrived */
    char address[MEMBER_ADDRESS_MAX];
};

unsigned replica_peers(const struct replica *r, struct replica_peer peers[MEMBERS_MAX]);

/* Who serves a network, for the responder (20-answering.md). Sorted by node id. */
struct serving_node {
    uint32_t node;
    bool is_self;
    bool is_serving;      /* fresh, link up, socket open, not draining, has a majority */
    struct ip4 server_id; /* last known own address on the network; kept when it stops serving */
};

struct serving_view {
    uint32_t self;
    bool has_majority; /* this node's own right to offer and bind: majority and caught up */
    bool knows_holds;  /* has been caught up since its start: its rows are the cluster's, if old */
    int64_t behind_ms; /* how far cluster time may be ahead of replica_cluster_time(), >= 0 */
    unsigned n;
    struct serving_node nodes[MEMBERS_MAX];
};

void replica_serving(const struct replica *r, struct bytes network, struct serving_view *ret_view);

/* Counters for status and tests. */
#define REPLICA_COUNTERS(X) \
    X(entries_applied)      \
    X(commands_applied)     \
    X(batches_submitted)    \
    X(forwards_sent)        \
    X(proposals_retried)    \
    X(proposals_timed_out)  \
    X(commands_repeated)    \
    X(snapshots_taken)      \
    X(snapshots_restored)   \
    X(leader_changes)       \
    X(garbage_refused)

struct replica_counters {
#define X(name) uint64_t name;
    REPLICA_COUNTERS(X)
#undef X
};

const struct replica_counters *replica_counters(const struct replica *r);

#endif
