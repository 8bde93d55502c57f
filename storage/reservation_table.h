#ifndef STORAGE_RESERVATION_TABLE_H
#define STORAGE_RESERVATION_TABLE_H

#include "base/arena.h"
#include "base/instant.h"
#include "storage/client_identity.h"

/*
 * Reservation table - the reservations that commands have made, beside those of the settings
 *
 * Found by id, by address and by client; one put or removed costs the same whether there are ten
 * or 200 000. Pure. Owned by a network map, which answers for both kinds of reservations.
 */
struct reservation_table;

/* One row. Its bytes are lent by the table until the row is put anew or removed. */
struct kept_reservation {
    uint64_t id;
    uint64_t version; /* index of the entry that put it last */
    struct instant put_at;
    struct bytes author;
    uint32_t subnet_id;       /* of one without an address: its subnet's; else 0 */
    struct bytes encoded;     /* reservation_encode() */
    struct reservation value; /* what `encoded` says */
};

int reservation_table_new(struct reservation_table **ret_table);
struct reservation_table *reservation_table_free(struct reservation_table *t);
unsigned reservation_table_count(const struct reservation_table *t);

const struct kept_reservation *reservation_table_find(
    const struct reservation_table *t, uint64_t id);
const struct kept_reservation *reservation_table_of_address(
    const struct reservation_table *t, struct ip4 address);

/* The one of the subnet @prefix that asks for exactly @set of @client's marks, or NULL. */
const struct kept_reservation *reservation_table_of_client(
    const struct reservation_table *t,
    struct ip4_prefix prefix,
    const struct client_identity *client,
    unsigned set);

/* Visits all rows in no order. Start with *@cursor = 0; NULL at the end. */
const struct kept_reservation *reservation_table_next(
    const struct reservation_table *t, unsigned *cursor);

/*
 * Inserts or replaces the row of @row->id; `value` is made from `encoded`, which must be sound.
 * Returns 0 or ERR_NOMEM, and then the table is as before.
 */
int reservation_table_put(struct reservation_table *t, const struct kept_reservation *row);
void reservation_table_remove(struct reservation_table *t, uint64_t id);

#endif
