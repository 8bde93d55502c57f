#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "proto/dhcp/route.h"
#include "replication/replica.h"
#include "server/latency.h"
#include "server/policy/arrival.h"
#include "server/policy/decision.h"
#include "server/probe.h"

/*
 * Exchanges - from datagram to reply
 *
 * Parses, finds the scope, asks the pure policy, and either answers at once, stays silent, or
 * proposes a command and answers when it is committed: an ACK for a new or longer promise leaves
 * only after a result with OUTCOME_DONE. No sockets and no clock of its own: server/io and the
 * simulator drive it the same way. One thread.
 */
struct exchanges;

struct exchange_port {
    void *data;
    /* Sends @reply (a whole DHCP message) by @route on the link of @arrival; may lose it. */
    void (*send)(
        void *data, const struct arrival *arrival, const struct route *route, struct bytes reply);
    struct instant (*monotonic)(void *data);
    /* Asks the network of @arrival the question @p. False when that cannot be done. */
    bool (*probe)(void *data, const struct arrival *arrival, struct probe *p);
    void (*cancel_probe)(void *data, struct probe *p);
};

/* What exchanges need of the replicated log; proposer_port_of() in production. */
struct proposer_port {
    void *data;
    /* As replica_propose(), replica_cluster_time() and replica_serving(). */
    int (*propose)(void *data, struct proposal *p, const struct command *c, unsigned timeout_ms);
    void (*cancel)(void *data, struct proposal *p);
    struct instant (*cluster_time)(void *data);
    void (*serving)(void *data, struct bytes network, struct serving_view *ret_view);
};

/* The port to @r, which it borrows. */
struct proposer_port proposer_port_of(struct replica *r);

enum {
    OFFERS_MAX = 65536, /* addresses on offer at one time; older ones give way */
    OFFER_LIFE_MS = 60000,
    OBSERVED_MAX = 65536, /* clients whose first unanswered DISCOVER is remembered */
    GIVEN_UP_MAX = 65536, /* clients that are remembered to have released or declined */
    EXCHANGES_MAX = 1024, /* waiting for the log at one time; more are not answered */
    STRANGERS_MAX = 768,  /* of them, those of strangers: room is left for clients that renew */
    EXCHANGE_TIMEOUT_MS = 3000,
    PROBE_WAIT_MS = 200,
    PROBE_BUDGET_MS = 450, /* all looking for one OFFER ends this long after the DISCOVER */
    PROBE_WAIT_MIN_MS = 50,
    QUARANTINES_MAX = 64, /* waiting for the log at one time */
};

#define EXCHANGE_COUNTERS(X)                                                      \
    X(probes)            /* addresses that the network was asked about */         \
    X(probes_clear)      /* nobody answered */                                    \
    X(probes_in_use)     /* somebody did: event=address-conflict */               \
    X(probes_impossible) /* offered unseen: too many at once, no time, no link */ \
    X(quarantined)       /* addresses that went into quarantine because of it */  \
    X(rogue_replies)     /* of servers that are no members */

struct exchange_counters {
#define X(name) uint64_t name;
    EXCHANGE_COUNTERS(X)
#undef X
};

/* Borrows @store; copies both ports. */
int exchanges_new(
    struct exchanges **ret_exchanges,
    struct store *store,
    const struct proposer_port *proposer,
    const struct exchange_port *port);
struct exchanges *exchanges_free(struct exchanges *x);

/* Handles one datagram from port 67. Never fails on its content. */
void exchanges_receive(struct exchanges *x, const struct arrival *arrival, struct bytes datagram);

/*
 * A reply of a server was overheard, from hardware @from; @arrival has its source and the link it
 * passed. Raises event=rogue-server for those of strangers. Never fails on its content.
 */
void exchanges_overhear(
    struct exchanges *x,
    const struct arrival *arrival,
    const struct hardware *from,
    struct bytes datagram);

/* Every 200 ms or so: judges again what was left to nodes that are gone; forgets offers and observations that are over. */
void exchanges_tick(struct exchanges *x);

/* Nothing waits for the log. */
bool exchanges_is_quiet(const struct exchanges *x);

/*
 * What became of all exchanges so far. Row REQUEST_KIND_COUNT is of datagrams that were no request;
 * a time runs from the arrival of the datagram to the sending of its reply.
 */
struct exchange_stats {
    uint64_t counts[REQUEST_KIND_COUNT + 1][REASON_COUNT];
    struct latency from_memory; /* replies that needed nothing of the log */
    struct latency from_log;    /* replies that waited for a commit */
};

const struct exchange_stats *exchanges_stats(const struct exchanges *x);

const struct exchange_counters *exchanges_counters(const struct exchanges *x);

#endif
