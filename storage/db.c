#include "storage/db.h"

#include <sqlite3.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "storage/db_private.h"

static const char *const sql_of[] = {
#define STATEMENT(name, sql) [STATEMENT_##name] = (sql),
#include "storage/statements.def"
#undef STATEMENT
};

int db_failed(struct db *db, int code, const char *what)
{
    char text[LOG_TEXT_MAX];
    const char *message = db->sqlite == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db->sqlite);

    log_error(
        "database",
        "code=%d error=\"%s\" doing=\"%s\"",
        code,
        log_text(bytes_of_text(message), text, sizeof text),
        what);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our SQL is right: a table is not what it was made as */
        db->is_damaged = true;
        return ERR_CORRUPT;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return ERR_CORRUPT;
    default:
        return ERR_IO;
    }
}

int db_prepare(struct db *db)
{
    for (unsigned i = 0; i < N_STATEMENTS; i++) {
        int code = sqlite3_prepare_v3(
            db->sqlite, sql_of[i], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[i], NULL);

        if (code != SQLITE_OK) {
            return db_failed(db, code, sql_of[i]);
        }
    }
    return 0;
}

bool db_is_damaged(const struct db *db)
{
    return db->is_damaged;
}

int db_exec(struct db *db, const char *sql)
{
    int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : db_failed(db, code, "exec");
}

int db_rollback(struct db *db)
{
    /* After some errors SQLite has rolled back by itself. */
    return sqlite3_get_autocommit(db->sqlite) ? 0 : db_exec(db, "ROLLBACK");
}

int db_query_integer(struct db *db, const char *sql, int64_t *ret_value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);
    int64_t value = 0;

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }

    int r = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? ERR_CORRUPT : db_failed(db, code, sql);

    (void)sqlite3_finalize(statement);
    if (r == 0) {
        *ret_value = value;
    }
    return r;
}

const _Atomic unsigned *db_wal_pages(const struct db *db)
{
    return &db->wal_pages;
}

int db_checkpoint(struct db *db)
{
    int in_wal = 0;
    int moved = 0;
    int code =
        sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &moved);

    if (code == SQLITE_BUSY || (code == SQLITE_OK && moved < in_wal)) {
        return DB_CHECKPOINT_PARTIAL;
    }
    return code == SQLITE_OK ? 0 : db_failed(db, code, "checkpoint");
}

static void note_binding(struct db *db, int code)
{
    if (code != SQLITE_OK && db->bind_failed == SQLITE_OK) {
        db->bind_failed = code;
    }
}

void db_bind_integer(struct db *db, enum db_statement s, int at, int64_t value)
{
    note_binding(db, sqlite3_bind_int64(db->statements[s], at, value));
}

void db_bind_null(struct db *db, enum db_statement s, int at)
{
    note_binding(db, sqlite3_bind_null(db->statements[s], at));
}

void db_bind_text(struct db *db, enum db_statement s, int at, struct bytes text)
{
    const char *from = text.n == 0 ? "" : (const char *)text.at;

    note_binding(
        db, sqlite3_bind_text64(db->statements[s], at, from, text.n, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_blob(struct db *db, enum db_statement s, int at, struct bytes blob)
{
    const void *from = blob.n == 0 ? "" : (const void *)blob.at; /* NULL would be SQL NULL */

    note_binding(db, sqlite3_bind_blob64(db->statements[s], at, from, blob.n, SQLITE_STATIC));
}

void db_bind_optional(struct db *db, enum db_statement s, int at, struct bytes blob)
{
    if (blob.n == 0) {
        db_bind_null(db, s, at);
    } else {
        db_bind_blob(db, s, at, blob);
    }
}

void db_bind_instant(struct db *db, enum db_statement s, int at, struct instant t)
{
    if (instant_is_never(t)) {
        db_bind_null(db, s, at);
    } else {
        db_bind_integer(db, s, at, t.ms);
    }
}

int db_step(struct db *db, enum db_statement s)
{
    int code = db->bind_failed;

    db->bind_failed = SQLITE_OK;
    if (code == SQLITE_OK) {
        code = sqlite3_step(db->statements[s]);
    }
    if (code == SQLITE_ROW) {
        return DB_ROW;
    }

    int r = code == SQLITE_DONE ? 0 : db_failed(db, code, sql_of[s]);

    (void)sqlite3_reset(db->statements[s]);
    return r;
}

int db_run(struct db *db, enum db_statement s)
{
    int r = db_step(db, s);

    ensure(r != DB_ROW);
    return r;
}

void db_reset(struct db *db, enum db_statement s)
{
    (void)sqlite3_reset(db->statements[s]);
}

enum db_type db_column_type(struct db *db, enum db_statement s, int at)
{
    switch (sqlite3_column_type(db->statements[s], at)) {
    case SQLITE_INTEGER:
        return DB_INTEGER;
    case SQLITE_TEXT:
        return DB_TEXT;
    case SQLITE_BLOB:
        return DB_BLOB;
    default: /* SQLITE_FLOAT cannot be: the tables are STRICT and have no real column */
        return DB_NULL;
    }
}

int db_column_count(struct db *db, enum db_statement s)
{
    return sqlite3_column_count(db->statements[s]);
}

int64_t db_column_integer(struct db *db, enum db_statement s, int at)
{
    return sqlite3_column_int64(db->statements[s], at);
}

struct bytes db_column_bytes(struct db *db, enum db_statement s, int at)
{
    const void *from = sqlite3_column_blob(db->statements[s], at);

    if (from == NULL) {
        return bytes_of(NULL, 0);
    }
    return bytes_of(from, (size_t)sqlite3_column_bytes(db->statements[s], at));
}

struct instant db_column_instant(struct db *db, enum db_statement s, int at)
{
    int64_t ms = sqlite3_column_int64(db->statements[s], at); /* 0 for NULL */

    if (ms == 0 && sqlite3_column_type(db->statements[s], at) == SQLITE_NULL) {
        return INSTANT_NEVER;
    }
    return (struct instant){ ms };
}

int db_parameter_count(struct db *db, enum db_statement s)
{
    return sqlite3_bind_parameter_count(db->statements[s]);
}
