#ifndef STORAGE_KEPT_STORE_H
#define STORAGE_KEPT_STORE_H

#include "storage/db.h"
#include "storage/network.h"

/* Kept store - the reservations and blocks of commands in SQL, and the table that the view of all
 * reservations shows; for storage/ alone. */

/* Each returns 0 or ERR_*. A reservation's row for the view is written as well. */
int kept_store_put_reservation(
    struct db *db, const struct network_map *map, const struct kept_reservation *row);
int kept_store_delete_reservation(struct db *db, uint64_t id);
int kept_store_put_block(struct db *db, const struct block *b);
int kept_store_delete_block(struct db *db, const struct block_subject *subject);

/*
 * Fill in the view's table: a reservation of the settings in force, which @settings describes
 * (version, put_at), and all those of commands. Return 0 or ERR_*.
 */
int kept_store_derive_file(
    struct db *db,
    const struct subnet *s,
    const struct reservation *r,
    const struct kept_reservation *settings);
int kept_store_derive_all(struct db *db, const struct network_map *map);

/*
 * Read the row that STATEMENT_KEPT_SELECT or STATEMENT_BLOCK_SELECT stands on; the bytes are lent
 * until its next step, and those of ret_row->value live in @arena. False when it is no row that
 * this program could have written, or (latched in @arena) when out of memory.
 */
bool kept_store_read_reservation(
    struct db *db, struct arena *arena, struct kept_reservation *ret_row);
bool kept_store_read_block(struct db *db, struct block *ret_block);

#endif
