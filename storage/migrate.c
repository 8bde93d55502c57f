#include "storage/migrate.h"

#include <stdio.h>

#include "base/check.h"
#include "storage/schema.h"

unsigned migrate_latest(void)
{
    return schema_n_steps;
}

static int run_steps(struct db *db, unsigned from, unsigned to)
{
    char pragma[64];

    for (unsigned i = from; i < to; i++) {
        int r = db_exec(db, schema_steps[i]);

        if (r != 0) {
            return r;
        }
    }
    (void)snprintf(pragma, sizeof pragma, "PRAGMA user_version = %u", to);
    return db_exec(db, pragma);
}

int migrate_to(struct db *db, unsigned version)
{
    int64_t found = 0;
    int r = db_query_integer(db, "PRAGMA user_version", &found);

    require(version >= 1 && version <= schema_n_steps);
    if (r != 0) {
        return r;
    }
    if (found < 0 || found > schema_n_steps) {
        return MIGRATE_NEWER;
    }
    if (found >= version) {
        return 0;
    }
    r = db_exec(db, "BEGIN IMMEDIATE");
    if (r == 0) {
        r = run_steps(db, (unsigned)found, version);
    }
    return r == 0 ? db_exec(db, "COMMIT") : r;
}

int migrate(struct db *db)
{
    return migrate_to(db, schema_n_steps);
}
