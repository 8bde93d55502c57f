#ifndef REPLICATION_STATUS_H
#define REPLICATION_STATUS_H

#include "replication/clock.h"
#include "replication/replica.h"

/*
 * Status - what each member last said of itself, this node included
 *
 * Soft state: it decides who answers and how far cluster time may catch up, never who owns an
 * address. Pure: every time is an argument.
 */
struct member_network {
    char name[NETWORK_NAME_MAX];
    struct ip4 server_id; /* kept when the member stops serving the network */
    bool is_open;         /* link up, socket open, not draining */
};

struct member {
    uint32_t node;
    char address[MEMBER_ADDRESS_MAX];
    bool is_heard;
    struct instant heard_at; /* monotonic */
    struct instant wall;     /* its wall clock then */
    int64_t late_ms;         /* how late that was read: this node may have been stopped */
    bool has_offset;
    int64_t offset_ms; /* our monotonic clock less its own, for what is read at once */
    int64_t skew_ms;
    uint64_t applied_index, term;
    uint32_t leader;
    bool has_majority;
    unsigned n_networks;
    struct member_network networks[NETWORKS_MAX];
};

struct status_table {
    unsigned n, self; /* `self` is the index of this node */
    unsigned timeout_ms;
    struct member members[MEMBERS_MAX]; /* by node id */
};

/* Returns false when @config does not list its own node, or lists a node twice. */
bool status_init(struct status_table *t, const struct replica_config *config);

/* The index of @node, or -1. */
int status_index_of(const struct status_table *t, uint32_t node);

struct status_times {
    struct instant monotonic, wall;
};

/* Member @i has said @s. This node calls it for itself before it sends its own status. */
void status_heard(
    struct status_table *t,
    unsigned i,
    const struct peer_status *s,
    const struct status_times *now);

/* A new connection to member @i: its machine may have started anew. */
void status_connected(struct status_table *t, unsigned i);

/* Said something within the timeout; this node itself always has. */
bool status_is_fresh(const struct status_table *t, unsigned i, struct instant monotonic);
unsigned status_count_fresh(const struct status_table *t, struct instant monotonic);
bool status_has_majority(const struct status_table *t, struct instant monotonic);

/*
 * The wall clocks of all fresh members, moved on to @now, into @at. One that was read more than
 * STATUS_LATE_MS late is none: a node that was stopped reads what a clock said long ago.
 */
enum { STATUS_LATE_MS = 1000 };

struct wall_clocks status_walls(
    const struct status_table *t, const struct status_times *now, struct instant at[MEMBERS_MAX]);

/*
 * As far as cluster time could ever catch up by the clocks of a majority, when all but one of them
 * are right: within STATUS_RIGHT_MS of each other. When all agree, the latest. Else one is wrong
 * or unheard, and the right ones are at most this far ahead of the second latest (the latest, when
 * not all were heard).
 */
enum { STATUS_RIGHT_MS = 2000 };

struct instant status_wall_limit(const struct status_table *t, const struct status_times *now);

void status_describe(
    const struct status_table *t,
    unsigned i,
    struct instant monotonic,
    struct replica_peer *ret_peer);

/* Who serves @network; `self` and `has_majority` of the view are the caller's. */
void status_serving(
    const struct status_table *t,
    struct bytes network,
    struct instant monotonic,
    struct serving_view *ret_view);

#endif
