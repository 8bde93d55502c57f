#ifndef STORAGE_MIGRATE_H
#define STORAGE_MIGRATE_H

#include "storage/db.h"

/*
 * Migrate - brings a database to the schema of this program
 *
 * The steps are the files of schema/, numbered from 1, appended and never edited; `user_version`
 * is the number of the last one that ran. All missing steps run in one transaction.
 */
enum migrate_outcome {
    MIGRATE_NEWER = 1, /* the database is of a newer program */
};

/* Returns 0, ERR_*, or MIGRATE_NEWER. */
int migrate(struct db *db);

/* The same up to step @version only; for the tests of old databases. */
int migrate_to(struct db *db, unsigned version);

/* The version that migrate() leads to. */
unsigned migrate_latest(void);

#endif
