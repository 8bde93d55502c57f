#ifndef STORAGE_LEASE_ALLOCATE_H
#define STORAGE_LEASE_ALLOCATE_H

#include "storage/lease/table.h"
#include "storage/network.h"

/*
 * Allocate - which address to offer to a client (RFC 2131 4.3.1)
 *
 * In order: reservation; current lease; last lease still remembered; the address asked for
 * (option 50) if free; the client's hash slot probed through the pools, first within this
 * node's share of the slots, then outside it; the remembered row that ended first.
 * Pure: the same arguments give the same address.
 */
struct allocate_request {
    const struct subnet *const *subnets; /* candidates, in order of preference */
    unsigned n_subnets;
    struct bytes client_key;
    uint8_t hw_type;
    struct bytes hw_address;
    struct ip4 wanted;      /* option 50, or 0 */
    struct instant now;     /* cluster time */
    unsigned rank, n_ranks; /* this node's share: slots with slot % n_ranks == rank */
    /* True when this node has offered @address to another client a moment ago. */
    bool (*is_offered)(void *data, struct ip4 address);
    void *data;
};

enum allocate_outcome {
    ALLOCATE_EXHAUSTED = 1, /* every address is held, reserved, excluded or on offer */
};

enum allocate_source {
    ALLOCATE_RESERVATION,
    ALLOCATE_CURRENT,
    ALLOCATE_REMEMBERED,
    ALLOCATE_WANTED,
    ALLOCATE_NEW,
    ALLOCATE_RECYCLED,
};

struct allocation {
    struct ip4 address;
    const struct subnet *subnet;
    enum allocate_source source;
};

/* Returns 0 or ALLOCATE_EXHAUSTED. */
int allocate(
    const struct network_map *map,
    const struct lease_table *leases,
    const struct allocate_request *request,
    struct allocation *ret_allocation);

#endif
