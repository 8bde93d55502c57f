#ifndef STORAGE_DB_PRIVATE_H
#define STORAGE_DB_PRIVATE_H

#include <sqlite3.h>

#include "storage/db.h"

/* Db, from inside: for db.c and db_open.c alone. */
struct db {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[N_STATEMENTS];
    int bind_failed; /* SQLite's code of the first binding that failed since the last step */
    bool is_damaged;
    _Atomic unsigned wal_pages;
};

/* Says what SQLite said about @what, and gives our code for @code. */
int db_failed(struct db *db, int code, const char *what);

#endif
