#ifndef STORAGE_DB_H
#define STORAGE_DB_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/instant.h"

/*
 * Db - one SQLite connection with its prepared statements; for storage/ alone
 *
 * The one place where SQLite's codes become ours: SQLITE_NOMEM is ERR_NOMEM, what says that the
 * file or a row is bad is ERR_CORRUPT, everything else ERR_IO. SQLite's own words would be lost
 * there, so this place also logs them. A connection is used by one thread at a time.
 */
struct db;

enum db_statement {

#define STATEMENT(name, sql) STATEMENT_##name,
#include "storage/statements.def"
#undef STATEMENT
    N_STATEMENTS,
};

enum db_mode {
    DB_WRITER,          /* makes the file; WAL, durable at checkpoints */
    DB_VOLATILE_WRITER, /* the same without any fsync, and checkpoints by itself */
    DB_READER,          /* an existing file, read-only */
    DB_CHECKPOINTER,
};

enum db_open_outcome {
    DB_NOT_WRITABLE = 1, /* the folder or the file */
    DB_DAMAGED = 2,      /* not a database, or a broken one */
    DB_FOREIGN = 3,      /* a database of another program; untouched */
};

/* Opens @path with the pragmas of @mode. Prepares nothing. Returns 0, ERR_*, or an outcome. */
int db_open(struct db **ret_db, const char *path, enum db_mode mode);
struct db *db_free(struct db *db);

/* Prepares every statement. Returns 0 or ERR_*. */
int db_prepare(struct db *db);

/* True when SQLite has found the file to be damaged. */
bool db_is_damaged(const struct db *db);

/* Runs SQL text without parameters. Returns 0 or ERR_*. */
int db_exec(struct db *db, const char *sql);

/* Ends the transaction without its changes, when one is open. Returns 0 or ERR_*. */
int db_rollback(struct db *db);

/* Runs a pragma or query for one integer. Returns 0 or ERR_*; ERR_CORRUPT when there is no row. */
int db_query_integer(struct db *db, const char *sql, int64_t *ret_value);

/* The number of pages in the WAL after the last commit of a DB_WRITER. */
const _Atomic unsigned *db_wal_pages(const struct db *db);

enum db_checkpoint_outcome {
    DB_CHECKPOINT_PARTIAL = 1, /* a reader or the writer is in the way of the rest */
};

/* Moves what it can from the WAL into the file. Returns 0, ERR_*, or an outcome. */
int db_checkpoint(struct db *db);

/*
 * A statement's life: db_bind_*() in the order of its parameters from 1, db_step() until it is
 * not DB_ROW, then it is reset by itself. A binding that fails is told by the next db_step().
 * Bytes that are bound are not copied: they must live until db_step() is done.
 */
void db_bind_integer(struct db *db, enum db_statement s, int at, int64_t value);
void db_bind_null(struct db *db, enum db_statement s, int at);
void db_bind_text(struct db *db, enum db_statement s, int at, struct bytes text);
void db_bind_blob(struct db *db, enum db_statement s, int at, struct bytes blob);
void db_bind_optional(
    struct db *db, enum db_statement s, int at, struct bytes blob); /* n 0: NULL */
void db_bind_instant(
    struct db *db, enum db_statement s, int at, struct instant t); /* never: NULL */

enum db_step_outcome {
    DB_ROW = 1,
};

/* Returns 0 when it has run, DB_ROW when a row can be read, or ERR_*. */
int db_step(struct db *db, enum db_statement s);

/* Runs a statement that gives no rows. Returns 0 or ERR_*. */
int db_run(struct db *db, enum db_statement s);

/* Ends a statement before its last row. */
void db_reset(struct db *db, enum db_statement s);

/* Columns of the row, from 0; bytes are lent until the next step. */
enum db_type {
    DB_NULL,
    DB_INTEGER,
    DB_TEXT,
    DB_BLOB,
};

enum db_type db_column_type(struct db *db, enum db_statement s, int at);
int db_column_count(struct db *db, enum db_statement s);
int64_t db_column_integer(struct db *db, enum db_statement s, int at);
struct bytes db_column_bytes(struct db *db, enum db_statement s, int at);
struct instant db_column_instant(struct db *db, enum db_statement s, int at);

/* How many parameters the statement has. */
int db_parameter_count(struct db *db, enum db_statement s);

#endif
