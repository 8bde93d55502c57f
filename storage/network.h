#ifndef STORAGE_NETWORK_H
#define STORAGE_NETWORK_H

#include "proto/settings_codec.h"
#include "storage/block_table.h"
#include "storage/reservation_table.h"

/*
 * Network map - the settings in force, checked and indexed, and what commands put beside them
 *
 * Finds the subnet of an address, a network by name, a reservation by client or by address, a
 * block. The settings in it never change: it is made when settings are applied or loaded, and
 * replaced as a whole. Reservations and blocks that commands have made pass from one map to the
 * next. Read by everyone, changed by the store alone.
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

/* The addresses of a pool that are neither excluded, reserved nor blocked. */
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

/* The one that asks for exactly the marks of @client, no more and no fewer; or NULL. */
const struct reservation *network_map_reservation_like(
    const struct network_map *m, const struct subnet *s, const struct client_identity *client);

/* What commands have put beside the settings; never NULL. */
const struct reservation_table *network_map_kept(const struct network_map *m);
const struct block_table *network_map_blocks(const struct network_map *m);

/* The subnet of the settings that a row of a command belongs to, or NULL. */
const struct subnet *network_map_subnet_of_kept(
    const struct network_map *m, const struct kept_reservation *row);

/* A client that gets nothing, an address that nobody gets. */
bool network_map_is_client_blocked(
    const struct network_map *m, struct bytes client_key, struct bytes hw_address);
bool network_map_is_address_blocked(const struct network_map *m, struct ip4 a);

/*
 * The changes, one at a time and in the same time however many there are. A row that is put must
 * have been found fit (reservation_rules.h). Return 0 or ERR_NOMEM, and then nothing has changed.
 */
int network_map_put_reservation(struct network_map *m, const struct kept_reservation *row);
void network_map_remove_reservation(struct network_map *m, uint64_t id);
int network_map_put_block(struct network_map *m, const struct block *b);
void network_map_remove_block(struct network_map *m, const struct block_subject *subject);

/* Moves what commands have put from @old, which it leaves without, to @m, which has nothing yet. */
void network_map_adopt(struct network_map *m, struct network_map *old);

#endif
