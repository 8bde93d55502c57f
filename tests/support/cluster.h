#ifndef TESTS_SUPPORT_CLUSTER_H
#define TESTS_SUPPORT_CLUSTER_H

#include "replication/peer/host.h"
#include "support/folder.h"

/*
 * Cluster - three real nodes on one loop: raft_uv in temporary folders, TCP on loopback, SQLite
 *
 * cluster_stop() commits and flushes nothing of its own, as a kill would.
 */
enum {
    CLUSTER_N = 3,
    CLUSTER_FATAL = 42, /* how a process ends whose node says that it cannot go on */
};

struct cluster_node {
    char folder[FOLDER_PATH_MAX];
    struct store *store; /* NULL: stopped */
    struct host *host;
    struct replica *replica;
    bool is_closed;
};

struct cluster {
    uv_loop_t loop;
    uv_timer_t stopper;
    struct replica_config config; /* of all, but for the node */
    uint64_t space_min;           /* of nodes started from now on */
    struct cluster_node nodes[CLUSTER_N];
};

/* Makes folders and ports; starts nobody. config.n_members may be lowered before a start. */
void cluster_init(struct cluster *c);
void cluster_deinit(struct cluster *c); /* stops who runs */

void cluster_start(struct cluster *c, unsigned i);
int cluster_try_start(struct cluster *c, unsigned i, const char *name); /* what host_open() says */
void cluster_stop(struct cluster *c, unsigned i);

/* Starts node @i in a process of its own, and runs the others until that has ended, at most for
 * @ms. Returns how it exited, or -1 when it did not end by itself. */
int cluster_start_apart(struct cluster *c, unsigned i, unsigned ms);

/* Runs the loop. */
void cluster_run(struct cluster *c, unsigned ms);

/* Runs until @is_so, at most @ms. Returns what it said last. */
bool cluster_run_until(
    struct cluster *c, unsigned ms, bool (*is_so)(struct cluster *c, void *data), void *data);

bool cluster_is_serving(struct cluster *c, void *data); /* everyone who runs; data is not used */
bool cluster_is_equal(struct cluster *c, void *data);   /* same index and digest; likewise */
bool cluster_is_known(struct cluster *c, void *data);   /* all nodes are in the log; all must run */

/* Starts all, and waits until they serve and have settings with a pool (version 1). */
void cluster_form(struct cluster *c);

/* Patient for a few seconds. */
void cluster_assert_serving(struct cluster *c);
void cluster_assert_equal(struct cluster *c);

/* True when the address of cluster_bind(@client) has a row on node @i. */
bool cluster_has_lease(const struct cluster *c, unsigned i, unsigned client);

/* The index of the leader; there must be one. */
unsigned cluster_leader(struct cluster *c);
unsigned cluster_follower(struct cluster *c);

/* Proposes on node @i and waits for the result. */
struct result cluster_propose(struct cluster *c, unsigned i, const struct command *command);

/* Settings with the one pool 10.0.0.2 to 10.0.255.254, as version @version; and a Bind in it. */
struct result cluster_put_settings(struct cluster *c, unsigned i, uint64_t version);
struct command cluster_settings_command(uint64_t version);
struct command cluster_bind(unsigned client);

#endif
