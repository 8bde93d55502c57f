#ifndef STORAGE_LEASE_STORE_H
#define STORAGE_LEASE_STORE_H

#include "storage/db.h"
#include "storage/lease/transition.h"

/* Lease store - lease rows and ended tenancies in SQL; for storage/ alone */

/*
 * A row is found by its slot: its number in the lease table in memory. Slots are given in the order
 * in which addresses are first used, and are this node's own.
 */

/* Writes a row that is not there yet into the next slot. Returns 0 or ERR_*. */
int lease_store_add(struct db *db, const struct lease *l);

/* Replaces the row of @l->address, which is in @slot. Returns 0 or ERR_*. */
int lease_store_replace(struct db *db, uint32_t slot, const struct lease *l);

/*
 * Reads the row that STATEMENT_LEASE_SELECT or STATEMENT_LEASE_LOAD stands on; the bytes are lent
 * until its next step. False when it is no row that this program could have written.
 */
bool lease_store_read(struct db *db, enum db_statement s, struct lease *ret_lease);
int64_t lease_store_slot(struct db *db); /* of the row that STATEMENT_LEASE_LOAD stands on */

/*
 * Writes the tenancy of @old, which @end has ended at @at, to the history, and forgets the oldest
 * beyond HISTORY_MAX. The history is the same on every node and travels in snapshots, but is
 * not under the digest: nothing is decided by it.
 */
enum { HISTORY_MAX = 1000000 };

int lease_store_put_history(
    struct db *db, const struct lease *old, enum tenancy_end end, struct instant at);

#endif
