#include "server/policy/scope.h"

/* The network and its subnets, @first (which may be NULL) before the others. */
static bool fill(
    const struct network *network,
    const struct subnet *first,
    struct scope *ret_scope,
    enum reason *ret_reason)
{
    unsigned n = 0;

    if (network->n_subnets == 0) {
        *ret_reason = REASON_NO_SUBNET;
        return false;
    }
    if (first != NULL) {
        ret_scope->subnets[n++] = first;
    }
    for (unsigned i = 0; i < network->n_subnets && n < SUBNETS_MAX; i++) {
        if (&network->subnets[i] != first) {
            ret_scope->subnets[n++] = &network->subnets[i];
        }
    }
    ret_scope->network = network;
    ret_scope->n = n;
    return true;
}

/* The client's own address where it is known to be in use already, or IP4_ANY. */
static struct ip4 address_in_use(const struct request *request)
{
    bool has_address = request->kind == REQUEST_RENEWING || request->kind == REQUEST_RELEASE ||
                       request->kind == REQUEST_INFORM;

    return has_address && request->origin.was_unicast ? request->address : IP4_ANY;
}

bool scope_of(
    const struct network_map *map,
    const struct arrival *arrival,
    const struct request *request,
    struct scope *ret_scope,
    enum reason *ret_reason)
{
    const struct network *network = NULL;
    const struct subnet *subnet = NULL;

    if (!ip4_is_any(request->link)) {
        subnet = network_map_subnet_of(map, request->link, &network);
        if (subnet == NULL) {
            *ret_reason = REASON_UNKNOWN_RELAY;
            return false;
        }
        return fill(network, subnet, ret_scope, ret_reason);
    }
    subnet = network_map_subnet_of(map, address_in_use(request), &network);
    if (subnet != NULL) {
        return fill(network, subnet, ret_scope, ret_reason);
    }
    network = network_map_by_name(map, arrival->network);
    if (network == NULL) {
        *ret_reason = REASON_UNKNOWN_NETWORK;
        return false;
    }
    ret_scope->network = network;
    return fill(network, scope_subnet_of(ret_scope, map, arrival->local), ret_scope, ret_reason);
}

const struct subnet *scope_subnet_of(
    const struct scope *scope, const struct network_map *map, struct ip4 address)
{
    const struct network *network = NULL;
    const struct subnet *subnet = network_map_subnet_of(map, address, &network);

    return subnet != NULL && network == scope->network ? subnet : NULL;
}
