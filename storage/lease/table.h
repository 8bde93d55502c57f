#ifndef STORAGE_LEASE_TABLE_H
#define STORAGE_LEASE_TABLE_H

#include "storage/lease/lease.h"

/*
 * Lease table - every lease row of the database, in memory
 *
 * What decisions read: no lookup on the way of a packet touches SQLite. Packed rows (about 100
 * bytes each without texts) found by address and by client, and per row a place in the list of
 * remembered rows (released or expired), oldest first. Changed only by storage/store while an
 * entry is applied or the database is loaded. Pure: no clock, no SQL.
 */
struct lease_table;

int lease_table_new(struct lease_table **ret_table);
struct lease_table *lease_table_free(struct lease_table *t);

/* Lends the row of @address in *@ret_lease; valid until the table next changes. */
bool lease_table_find(const struct lease_table *t, struct ip4 address, struct lease *ret_lease);

/*
 * Visits the rows of a client, in no order. Start with *@cursor = 0; false at the end.
 * The table must not change in between.
 */
bool lease_table_next_of_client(
    const struct lease_table *t,
    struct bytes client_key,
    uint64_t *cursor,
    struct lease *ret_lease);

/* Visits all rows in no order; a row that is added or removed in between may be missed or seen. */
bool lease_table_next(const struct lease_table *t, uint64_t *cursor, struct lease *ret_lease);

/* Visits released and expired rows, those that ended first first. Start with IP4_ANY. */
bool lease_table_next_remembered(
    const struct lease_table *t, struct ip4 after, struct lease *ret_lease);

uint64_t lease_table_count(const struct lease_table *t);

/* Inserts or replaces the row of @l->address. Copies the bytes. Returns 0 or ERR_NOMEM. */
int lease_table_put(struct lease_table *t, const struct lease *l);
void lease_table_remove(struct lease_table *t, struct ip4 address);
void lease_table_clear(struct lease_table *t);

/*
 * The first address in [first, last] at or after @from that has no row at all; wraps once.
 * Returns false when every address has a row. Costs a word test per 64 addresses, so that a
 * nearly full pool of a million addresses costs no more than an empty one.
 */
bool lease_table_next_unused(
    const struct lease_table *t, struct ip4_range range, struct ip4 from, struct ip4 *ret_address);

#endif
