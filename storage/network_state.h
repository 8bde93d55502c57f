#ifndef STORAGE_NETWORK_STATE_H
#define STORAGE_NETWORK_STATE_H

#include "base/arena.h"
#include "storage/network.h"
#include "storage/reservation_index.h"

/* Network state - the inside of a network map, for network.c and network_kept.c alone */

struct subnet_entry {
    struct ip4 first, last;
    const struct subnet *subnet;
    const struct network *network;
    struct pool_map *pools;
    uint64_t **words; /* the bits of each pool, which `pools` lends as constants */
};

struct network_map {
    struct settings_document *document; /* NULL: no networks */
    uint64_t version;
    struct arena arena; /* everything down to `reservations` */
    unsigned n_subnets;
    struct subnet_entry *subnets;          /* by address */
    struct reservation_index reservations; /* of the settings */
    struct reservation_table *kept;
    struct block_table *blocks;
};

/* The entry of the subnet that contains @a, or NULL. Binary search. */
const struct subnet_entry *network_entry_of(const struct network_map *m, struct ip4 a);

#endif
