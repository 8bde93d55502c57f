#ifndef SERVER_POLICY_RESPONDER_H
#define SERVER_POLICY_RESPONDER_H

#include "proto/dhcp/request.h"
#include "replication/replica.h"
#include "server/policy/decision.h"

/*
 * Responder - does this node answer this message now? (20-answering.md, the table)
 *
 * Pure and soft: every node hears every broadcast and computes the same order of nodes from its
 * own view. A view that is wrong costs a late or a second packet, never a second owner.
 */
enum {
    /* A client that repeats its REQUEST this long after the first, without a lease, shows that
     * the peer it chose does not serve it, whatever the status messages say. */
    RESPONDER_PEER_GRACE_MS = 2000,
    /* Without a majority a node answers a broadcast only when it has gone unanswered for this
     * long: the nodes on the other side of a split, if they have one, come first. */
    RESPONDER_ALONE_MS = 2000,
};

struct responder_facts {
    const struct request *request;
    const struct network *network;
    const struct serving_view *view; /* of the network of the link it came in on */
    struct ip4 own_id;               /* this node's address on that link */
    int64_t observed_ms;             /* since this node first saw the client go unanswered */
    int64_t choosing_ms;             /* since this node first saw a REQUEST for a peer's offer */
    bool offered;                    /* this node has the address on offer to the client */
    uint32_t granter;                /* node of the client's committed lease; 0: unknown */
};

struct responder_verdict {
    bool answers;
    bool is_alone;        /* answers without a majority: inside the hold, or not at all */
    bool forgets_offer;   /* the client chose another server */
    enum reason reason;   /* of the silence */
    int64_t elapsed_ms;   /* how long the client has waited, as delay-source says */
    struct ip4 server_id; /* option 54 of the answer */
};

void responder_decide(const struct responder_facts *facts, struct responder_verdict *ret_verdict);

/* The delay threshold of @node, in milliseconds; 0 when none is set. */
uint32_t responder_threshold(const struct network *network, uint32_t node);

/* How long the client has waited: secs, our own observation, or the larger (delay-source). */
int64_t responder_elapsed(const struct responder_facts *facts);

/* This node's place among the nodes that serve the network, and how many they are (at least 1):
 * its share of the addresses that are new to be given. */
struct responder_share {
    unsigned rank, n;
};

struct responder_share responder_share_of(const struct serving_view *view);

/* True when @address is this node's, a peer's, or the cluster's: a relay with it is a loop. What
 * a relay dictates as identifier (option 82.11) is usually its own address, and none of ours. */
bool responder_is_own_address(const struct responder_facts *facts, struct ip4 address);

#endif
