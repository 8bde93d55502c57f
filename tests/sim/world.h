#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/bytes.h"
#include "sim/event.h"
#include "sim/random.h"

/*
 * World - time, chance, faults and the wires between nodes
 *
 * Everything that a run's seed decides is drawn here. Nodes are numbered 1..n_nodes; number 0
 * is the world itself and its clients.
 */
enum { SIM_NODES_MAX = 5 };

struct node;
struct lan;
struct check;

struct world_faults {
    unsigned loss_per_mille;     /* of each message between nodes */
    unsigned lan_loss_per_mille; /* of each DHCP datagram */
    unsigned latency_max;        /* ms between nodes */
    unsigned disk_max;           /* ms for a write */
    unsigned mean_ms;            /* between faults */
};

struct world {
    uint64_t seed;
    struct event_queue queue;
    struct random random;
    struct world_faults faults;
    unsigned n_nodes;
    struct node *nodes[SIM_NODES_MAX + 1];          /* by number; [0] unused */
    bool cut[SIM_NODES_MAX + 1][SIM_NODES_MAX + 1]; /* between nodes, per direction */
    bool lan_cut[SIM_NODES_MAX + 1];                /* the node's cable to the clients */
    int64_t stopped_until[SIM_NODES_MAX + 1];       /* what comes to the node waits until then */
    int64_t clock_error[SIM_NODES_MAX + 1]; /* ms, of its wall clock; of one node at a time */
    int64_t last_delivery[SIM_NODES_MAX + 1][SIM_NODES_MAX + 1];
    uint32_t headroom_s; /* of the only subnet */
    struct lan *lan;
    struct check *check;
    char folder[64]; /* of the databases */
    bool is_verbose;
};

/* Schedules @e in the current life of its node. */
void world_schedule(struct world *w, const struct event *e);

/* True when @node is stopped (SIGSTOP): then @fire is scheduled for when it goes on. */
bool world_defer(
    struct world *w, unsigned node, void (*fire)(void *data), void (*drop)(void *data), void *data);

/* Carries a copy of @message from node to node: in order, with delay, perhaps not at all. */
void world_transmit(struct world *w, unsigned from, unsigned to, struct bytes message);

/* Writes what happens when the run is verbose. */
__attribute__((format(printf, 2, 3))) void world_say(
    const struct world *w, const char *format, ...);

/* Ends the run: an invariant does not hold. */
__attribute__((format(printf, 2, 3), __noreturn__)) void world_fail(
    const struct world *w, const char *format, ...);

#endif
