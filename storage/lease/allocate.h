#ifndef STORAGE_LEASE_ALLOCATE_H
#define STORAGE_LEASE_ALLOCATE_H

#include "storage/lease/table.h"
#include "storage/network.h"

/*
 * Allocate - which address to offer to a client (RFC 2131 4.3.1)
 *
 * In order: reservation; current lease; last lease still remembered; the address asked for
 * (option 50) if free; the first address without a row from the client's hash slot on, first
 * within this node's share of all candidates, then outside it; a remembered row of another
 * client, again within the share first: of the ALLOCATE_SAMPLES found first from the slot on, the
 * one that ended first. Both in the pools for the client's classes, then in those for everyone. (A pool with no more remembered rows than that gives up exactly its
 * oldest; a list of all rows by age would mostly hold those of other subnets.)
 *
 * The share of a node is the addresses with address % n_ranks == rank: even in a pool of ten
 * addresses, and a mask for each 64 of them. Pure: the same arguments give the same address.
 */
enum {
    ALLOCATE_RANKS_MAX = 64,
    ALLOCATE_SAMPLES = 64,
    ALLOCATE_OFFERED_MAX = 4096, /* addresses on offer passed over in one search of a pool */
    ALLOCATE_ROWS_MAX = 256,     /* rows of one client looked at */
};

struct allocate_request {
    const struct subnet *const *subnets; /* candidates, in order of preference */
    unsigned n_subnets;
    struct bytes client_key;
    const struct client_identity *client; /* for reservations */
    struct class_set classes;             /* of the client: which pools it may use */
    struct ip4 wanted;                    /* option 50, or 0 */
    struct instant now;                   /* cluster time */
    unsigned rank, n_ranks; /* this node's share; rank < n_ranks <= ALLOCATE_RANKS_MAX */
    /* True when this node has offered @address to another client a moment ago, or has found it in
     * use; may be NULL. */
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
