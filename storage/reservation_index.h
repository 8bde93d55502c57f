#ifndef STORAGE_RESERVATION_INDEX_H
#define STORAGE_RESERVATION_INDEX_H

#include "base/arena.h"
#include "storage/client_identity.h"

/*
 * Reservation index - the reservations of settings, found by client and by address
 *
 * Sorted tables in the arena of the network map, which is the one that uses them; 200 000
 * reservations are told apart in 18 steps for each set of marks that is in use.
 */
struct reservation_entry {
    uint64_t key; /* by address: the address; by client: a hash */
    uint32_t subnet_id;
    const struct reservation *reservation;
};

struct reservation_index {
    unsigned n_clients;   /* all reservations */
    unsigned n_addresses; /* those with an address */
    struct reservation_entry *by_client;
    struct reservation_entry *by_address;
    uint32_t sets; /* of marks: bit i when some reservation has set i */
};

_Static_assert(1u << CLIENT_MARK_COUNT <= 32, "a bit for each set of marks");

/* Fills @ret_index from @s, which it borrows; the tables live in @arena. Returns 0 or ERR_NOMEM. */
int reservation_index_init(
    struct reservation_index *ret_index, struct arena *arena, const struct settings *s);

/* The reservation in the subnet of this id that asks for exactly @set of @client's marks, or NULL. */
const struct reservation *reservation_index_of_client(
    const struct reservation_index *index,
    uint32_t subnet_id,
    const struct client_identity *client,
    unsigned set);

/* The reservation of @a, or NULL. */
const struct reservation *reservation_index_of_address(
    const struct reservation_index *index, struct ip4 a);

#endif
