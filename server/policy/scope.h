#ifndef SERVER_POLICY_SCOPE_H
#define SERVER_POLICY_SCOPE_H

#include "proto/dhcp/request.h"
#include "server/policy/arrival.h"
#include "server/policy/decision.h"

/*
 * Scope - the network a client is in, and the subnets it may get an address of
 *
 * The link that the message itself names (option 82.5, else 118, else giaddr) chooses a subnet
 * and the network around it. A unicast message that names no link comes from a client that has
 * its address, perhaps from beyond a router: the subnet of the address chooses. Else it is the
 * network of the link that the message came in on.
 */
struct scope {
    const struct network *network;
    unsigned n;                                /* of subnets, >= 1 */
    const struct subnet *subnets[SUBNETS_MAX]; /* of the network, the preferred one first */
};

/* Lends from @map. Returns true, or false and sets *@ret_reason. */
bool scope_of(
    const struct network_map *map,
    const struct arrival *arrival,
    const struct request *request,
    struct scope *ret_scope,
    enum reason *ret_reason);

/* The subnet of @scope's network that contains @address, or NULL. */
const struct subnet *scope_subnet_of(
    const struct scope *scope, const struct network_map *map, struct ip4 address);

#endif
