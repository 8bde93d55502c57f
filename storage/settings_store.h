#ifndef STORAGE_SETTINGS_STORE_H
#define STORAGE_SETTINGS_STORE_H

#include "storage/db.h"
#include "storage/digest.h"
#include "storage/network.h"

/* Settings store - the settings in force in SQL, and the tables the views show of them */
struct setting_row {
    uint64_t version, applied_index;
    struct instant applied_at;
    struct bytes document, source;
    struct bytes comment, author; /* of a row to be put */
};

/* Settings of the past that are kept, the ones in force included. */
enum { SETTINGS_KEPT = 32 };

/*
 * Replaces the row, and adds it to the settings of the past; forgets the oldest of these beyond
 * SETTINGS_KEPT. They are the same on every node and travel in snapshots, but are not under the
 * digest: nothing is decided by them. Returns 0 or ERR_*.
 */
int settings_store_put(struct db *db, const struct setting_row *row);

/* Reads the row that STATEMENT_SETTING_SELECT stands on; its bytes are lent until it is reset. */
struct setting_row settings_store_read(struct db *db);

/* @setting is what @command puts. */
bool settings_store_is(
    const struct digest_setting *setting, const struct put_settings_command *command);

/* What the digest keeps of a row. */
struct digest_setting settings_store_member(const struct setting_row *row);

enum settings_store_outcome {
    SETTINGS_STORE_INVALID = 1, /* not a document, or settings_check() finds fault with it */
};

/* Makes the map of @document. The same verdict on every node. Returns 0, ERR_*, or the outcome. */
int settings_store_map(struct bytes document, uint64_t version, struct network_map **ret_map);

/* Fills network, subnet, pool and reservation anew from @map, made of @setting. 0 or ERR_*. */
int settings_store_derive(
    struct db *db, const struct network_map *map, const struct digest_setting *setting);

#endif
