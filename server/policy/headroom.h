#ifndef SERVER_POLICY_HEADROOM_H
#define SERVER_POLICY_HEADROOM_H

#include "proto/dhcp/request.h"
#include "storage/lease/lease.h"

/*
 * Headroom - what may be promised without asking the majority again (docs/PROTOCOL.md, Headroom)
 *
 * A majority has stored that an address is its client's until `held_until`. Nothing shortens that
 * but the client's own word, or an operator who takes the risk; so a node may tell the client any
 * promise that ends before it, from a row however old, as long as it knows the time and the client
 * has not given the lease up.
 */
enum {
    HEADROOM_MARGIN_MS = 5000,    /* delays, and what clocks drift apart during a hold */
    HEADROOM_AHEAD_MAX_S = 86400, /* a day: clocks that are further apart keep no address */
};

struct headroom_facts {
    bool is_known;      /* this node's rows and clock are those of the cluster, if perhaps old */
    struct instant now; /* this node's estimate of cluster time */
    int64_t behind_ms;  /* how far the cluster's may be ahead of it */
    bool has_given_up;  /* a RELEASE or DECLINE of the client has come here since its last ACK */
};

/*
 * True when the client of @row, which sends @kind, cannot have given the lease up unnoticed. One
 * that renews has had it all the time. One that reboots may have released it, to a node of which
 * this one has not heard since: only the log knows.
 */
bool headroom_is_sure(
    const struct headroom_facts *facts, enum request_kind kind, const struct lease *row);

/* The longest promise that ends safely before the hold of @row; 0: none. */
struct seconds headroom_room(const struct headroom_facts *facts, const struct lease *row);

/*
 * What is to be committed for a promise, @hold by the settings: cluster time may catch up with wall
 * clocks right after the entry, and every hold then ends that much earlier than it seemed.
 */
struct seconds headroom_hold(const struct headroom_facts *facts, struct seconds hold);

#endif
