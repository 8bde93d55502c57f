#ifndef STORAGE_NETWORK_H
#define STORAGE_NETWORK_H

#include "proto/settings_codec.h"
#include "storage/client_identity.h"

/*
 * Network map - the settings in force, checked and indexed; immutable
 *
 * Finds the subnet of an address, a network by name, a reservation by client or by address.
 * Made when settings are applied or loaded, replaced as a whole, read by everyone.
 */
struct network_map;

/* Where in the document a problem is; indices are -1 where they do not apply. */
struct settings_problem {
    int network, subnet, pool, reservation, client_class, option;
    char text[200]; /* a sentence: what is wrong, and what was expected */
};

/*
 * Lists what is wrong with @s: overlapping subnets or pools, pools outside their subnet, an
 * address reserved twice, one client twice in a subnet, names twice, classes whose condition is
 * none, ... Writes at most @max
 * problems and sets *@ret_n to how many there are. Returns 0 or ERR_NOMEM: nodes must not come to
 * different verdicts because one of them is short of memory.
 */
int settings_check(
    const struct settings *s, struct settings_problem *problems, unsigned max, unsigned *ret_n);

/*
 * Takes @document_take, which settings_check() must have passed. Returns 0 or ERR_NOMEM (and
 * then the document is freed as well). A NULL document makes a map without networks.
 */
int network_map_new(
    struct network_map **ret_map, struct settings_document *document_take, uint64_t version);
struct network_map *network_map_free(struct network_map *m);

uint64_t network_map_version(const struct network_map *m); /* 0: no settings yet */
const struct settings *network_map_settings(const struct network_map *m);
const struct network *network_map_by_name(const struct network_map *m, struct bytes name);

/* The subnet that contains @a and its network, or NULL. Binary search. */
const struct subnet *network_map_subnet_of(
    const struct network_map *m, struct ip4 a, const struct network **ret_network);

/* The pool of @s that @a is in and not excluded from; NULL when there is none. */
const struct pool *subnet_pool_of(const struct subnet *s, struct ip4 a);

bool subnet_pools_contain(const struct subnet *s, struct ip4 a);

/* True when a client in @classes may get an address of @p. */
bool pool_admits(const struct pool *p, const struct class_set *classes);

/* The addresses of a pool that are neither excluded nor reserved. */
struct pool_map {
    const struct pool *pool;
    struct ip4_range range;
    struct ip4 block;       /* range.first rounded down to a multiple of 64 */
    uint32_t n_words;       /* of 64 addresses each, up to range.last */
    const uint64_t *usable; /* a bit per address, the lowest in bit 0 */
};

/* Lends the pools of @s, a subnet of this map; *@ret_n is s->n_pools. */
const struct pool_map *network_map_pools(
    const struct network_map *m, const struct subnet *s, unsigned *ret_n);

/*
 * The reservation of a client in @s, or NULL: of several that match, the one with the strongest
 * marks (storage/client_identity.h). It may be one without an address.
 */
const struct reservation *network_map_reservation_of_client(
    const struct network_map *m, const struct subnet *s, const struct client_identity *client);

/* The reservation of address @a, or NULL. */
const struct reservation *network_map_reservation_of_address(
    const struct network_map *m, struct ip4 a);

#endif
