#ifndef STORAGE_LIMIT_H
#define STORAGE_LIMIT_H

#include "storage/lease/table.h"
#include "storage/network.h"

/*
 * Limit - has a client's hardware, or the relay circuit that it is behind, as many leases as the
 * network allows? By the rows alone, so that every node agrees; asked before an OFFER, and when a
 * Bind is applied.
 */

/*
 * @wanted: the lease to come, of which address, client, hardware, relay and agent information
 * count. What would end with it does not: the row of the address, and the client's other leases of
 * @network.
 */
bool limit_is_reached(
    const struct network_map *map,
    const struct lease_table *leases,
    const struct network *network,
    const struct lease *wanted);

#endif
