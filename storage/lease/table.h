#ifndef STORAGE_LEASE_TABLE_H
#define STORAGE_LEASE_TABLE_H

#include "storage/lease/tally.h"

/*
 * Lease table - every lease row of the database, in memory
 *
 * What decisions read: no lookup on the way of a packet touches SQLite. Packed rows found by
 * address and by client, and two bits for each address: is there a row, and is it a remembered
 * one (released or expired). Changed only by storage/store while an entry is applied or the
 * database is loaded. Pure: no clock, no SQL.
 */
struct lease_table;

int lease_table_new(struct lease_table **ret_table);
struct lease_table *lease_table_free(struct lease_table *t);

/* Lends the row of @address in *@ret_lease; valid until the table next changes. */
bool lease_table_find(const struct lease_table *t, struct ip4 address, struct lease *ret_lease);

/*
 * Visits the rows of a client: bound and declined ones first, then the remembered ones, so that
 * whoever looks for the former stops at the first of the latter. Start with *@cursor = 0; false
 * at the end. The table must not change in between.
 */
bool lease_table_next_of_client(
    const struct lease_table *t,
    struct bytes client_key,
    uint64_t *cursor,
    struct lease *ret_lease);

/*
 * Visits all rows in the order of their addresses. *@cursor is the least address to look at (start
 * with 0), so it stays good whatever happens to the table in between. False at the end.
 */
bool lease_table_next(const struct lease_table *t, uint64_t *cursor, struct lease *ret_lease);

/* How many addresses are in quarantine at @now because of a client; counts up to @max. */
unsigned lease_table_count_quarantined(
    const struct lease_table *t, struct bytes client_key, struct instant now, unsigned max);

/*
 * Keeps a tally of the bound rows from now on, or no longer; a table is made, and cleared, without.
 * Returns 0 or ERR_NOMEM.
 */
int lease_table_set_tally(struct lease_table *t, bool is_on);

/* Lends the tally; an empty one when there is none. */
const struct tally *lease_table_tally(const struct lease_table *t);

uint64_t lease_table_count(const struct lease_table *t);

/*
 * The number of the row of @address, 0 when there is none. Rows are numbered from 1 in the order in
 * which they are first put, as long as none is removed, and keep their number.
 */
uint32_t lease_table_number(const struct lease_table *t, struct ip4 address);

/* Begins to fetch what lease_table_put() will need for @l; for loading a great many. */
void lease_table_prefetch(const struct lease_table *t, const struct lease *l);

/* Inserts or replaces the row of @l->address. Copies the bytes. Returns 0 or ERR_NOMEM. */
int lease_table_put(struct lease_table *t, const struct lease *l);
void lease_table_remove(struct lease_table *t, struct ip4 address);
void lease_table_clear(struct lease_table *t);

/*
 * What is known of the 64 addresses from @block on, which is a multiple of 64; the lowest address
 * is bit 0.
 */
struct lease_block {
    uint64_t used;       /* there is a row */
    uint64_t remembered; /* and it is a released or expired one */
};

struct lease_block lease_table_block(const struct lease_table *t, struct ip4 block);

enum lease_block_kind {
    LEASE_BLOCK_UNUSED,     /* some address has no row */
    LEASE_BLOCK_REMEMBERED, /* some row is remembered */
};

/*
 * The first block of @kind at or after @block and before @end (both multiples of 64), or @end.
 * A step per 4096 addresses: a full pool of a million is told from 256 words.
 */
uint64_t lease_table_next_block(
    const struct lease_table *t, enum lease_block_kind kind, uint64_t block, uint64_t end);

#endif
