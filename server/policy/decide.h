#ifndef SERVER_POLICY_DECIDE_H
#define SERVER_POLICY_DECIDE_H

#include "server/policy/headroom.h"
#include "server/policy/responder.h"
#include "server/policy/scope.h"
#include "storage/lease/table.h"

/*
 * Decide - what a request gets, once this node is to answer it (RFC 2131 4.3.1 to 4.3.5)
 *
 * Pure. What it says of an address is evidence as of the rows given; the log has the last word
 * on every binding. Called only when the responder answers: with a majority and caught up, or
 * alone, and then only INFORM and the clients whose hold is known are served.
 */
enum {
    /* A REQUEST that comes again within this time of its own commit is a retransmission: it
     * gets the same ACK from the committed row (rules 51, 55). */
    DECIDE_REPEAT_MS = 1000,
};

struct decide_facts {
    const struct request *request;
    const struct scope *scope;
    const struct network_map *map;
    const struct lease_table *leases;
    struct instant now;   /* cluster time */
    int64_t elapsed_ms;   /* the responder's */
    struct ip4 server_id; /* option 54 of the answer, the responder's */
    struct responder_share share;
    bool is_alone; /* without a majority */
    struct headroom_facts headroom;
    struct class_set classes; /* of the client */
    struct ip4 offered;       /* what this node has on offer to the client, or IP4_ANY */
    /* True when this node has @address on offer to another client, or found it in use. */
    bool (*is_offered)(void *data, struct ip4 address);
    void *data;
};

void decide(const struct decide_facts *facts, struct decision *ret_decision);

/* By what the client of @request can be known. */
struct client_identity decide_identity(const struct request *request);

/* The reservation of the client of @request in @subnet, or NULL. */
const struct reservation *decide_reservation(
    const struct network_map *map, const struct subnet *subnet, const struct request *request);

#endif
