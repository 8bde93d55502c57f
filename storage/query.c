#include "storage/query.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/err.h"

enum {
    PROGRESS_STEPS = 1000, /* of SQLite's machine between two looks at the clock */
    VALUE_MAX = 16 * 1024 * 1024,
    COLUMNS_MAX = 200,
    BUSY_MS = 1000,
};

struct query {
    sqlite3 *sqlite;
    sqlite3_stmt *statement;
    const struct query_sink *sink;
    int64_t deadline_ms;
    char *hex; /* of the blobs of a row */
    char *error;
};

static int64_t monotonic_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int is_late(void *data)
{
    const struct query *q = data;

    return monotonic_ms() >= q->deadline_ms;
}

/* Reading and computing, nothing else: no pragma, no other file, no extension, no transaction. */
/* NOLINTNEXTLINE(readability-function-size): the signature is SQLite's */
static int authorize(
    void *data, int action, const char *one, const char *two, const char *database, const char *by)
{
    (void)data;
    (void)one;
    (void)database;
    (void)by;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(two, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

static int refuse(struct query *q, const char *why)
{
    (void)snprintf(q->error, QUERY_ERROR_MAX, "%s", why);
    return QUERY_REFUSED;
}

/* What a code of SQLite means to the one who asked. */
static int failed(struct query *q, int code)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_INTERRUPT:
        (void)snprintf(q->error, QUERY_ERROR_MAX, "the query took too long");
        return QUERY_TOO_LONG;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_IO;
    default:
        return refuse(q, sqlite3_errmsg(q->sqlite));
    }
}

static int open_database(struct query *q, const char *path)
{
    int code = sqlite3_open_v2(path, &q->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK) {
        return failed(q, code);
    }
    (void)sqlite3_extended_result_codes(q->sqlite, 1);
    (void)sqlite3_busy_timeout(q->sqlite, BUSY_MS);
    (void)sqlite3_db_config(q->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(q->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(q->sqlite, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_limit(q->sqlite, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    (void)sqlite3_limit(q->sqlite, SQLITE_LIMIT_COLUMN, COLUMNS_MAX);
    (void)sqlite3_limit(q->sqlite, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(q->sqlite, SQLITE_LIMIT_WORKER_THREADS, 0);
    (void)sqlite3_set_authorizer(q->sqlite, authorize, NULL);
    sqlite3_progress_handler(q->sqlite, PROGRESS_STEPS, is_late, q);
    return 0;
}

/* True when nothing but blanks, comments and semicolons is left. */
static bool is_end(struct query *q, const char *tail)
{
    sqlite3_stmt *next = NULL;
    int code = SQLITE_OK;

    while (code == SQLITE_OK && next == NULL && *tail != '\0') {
        code = sqlite3_prepare_v2(q->sqlite, tail, -1, &next, &tail);
    }
    (void)sqlite3_finalize(next);
    return code == SQLITE_OK && next == NULL;
}

static int prepare(struct query *q, const char *sql)
{
    const char *tail = NULL;
    int code = sqlite3_prepare_v2(q->sqlite, sql, -1, &q->statement, &tail);

    if (code != SQLITE_OK) {
        return failed(q, code);
    }
    if (q->statement == NULL) {
        return refuse(q, "no statement");
    }
    if (!is_end(q, tail)) {
        return refuse(q, "one statement at a time");
    }
    return sqlite3_stmt_readonly(q->statement) ? 0 : refuse(q, "not a reading statement");
}

static int give_columns(struct query *q)
{
    const char *names[COLUMNS_MAX];
    int n = sqlite3_column_count(q->statement);

    require(n <= COLUMNS_MAX);
    for (int i = 0; i < n; i++) {
        names[i] = sqlite3_column_name(q->statement, i);
        if (names[i] == NULL) {
            return ERR_NOMEM;
        }
    }
    q->sink->columns(q->sink->data, (unsigned)n, names);
    return 0;
}

/* Makes room for every blob of the row as hex. */
static int reserve_hex(struct query *q, int n)
{
    size_t size = 1;

    for (int i = 0; i < n; i++) {
        if (sqlite3_column_type(q->statement, i) == SQLITE_BLOB) {
            size += 2 * (size_t)sqlite3_column_bytes(q->statement, i) + 1;
        }
    }

    char *hex = realloc(q->hex, size);

    if (hex == NULL) {
        return ERR_NOMEM;
    }
    q->hex = hex;
    return 0;
}

static int give_row(struct query *q)
{
    struct query_cell cells[COLUMNS_MAX];
    int n = sqlite3_column_count(q->statement);
    char *hex = NULL;

    if (reserve_hex(q, n) != 0) {
        return ERR_NOMEM;
    }
    hex = q->hex;
    for (int i = 0; i < n; i++) {
        int type = sqlite3_column_type(q->statement, i);

        cells[i] =
            (struct query_cell){ .is_number = type == SQLITE_INTEGER || type == SQLITE_FLOAT };
        if (type == SQLITE_BLOB) {
            const void *blob = sqlite3_column_blob(q->statement, i);
            size_t size = (size_t)sqlite3_column_bytes(q->statement, i);

            cells[i].text = bytes_format_hex(bytes_of(blob, size), 0, hex, 2 * size + 1);
            hex += 2 * size + 1;
        } else if (type != SQLITE_NULL) {
            cells[i].text = (const char *)sqlite3_column_text(q->statement, i);
            if (cells[i].text == NULL) {
                return ERR_NOMEM;
            }
        }
    }
    q->sink->row(q->sink->data, (unsigned)n, cells);
    return 0;
}

static int give_rows(struct query *q, uint32_t max)
{
    for (uint32_t given = 0;; given++) {
        int code = sqlite3_step(q->statement);
        int r = 0;

        if (code == SQLITE_DONE) {
            return 0;
        }
        if (code != SQLITE_ROW) {
            return failed(q, code);
        }
        if (given == max) {
            (void)snprintf(q->error, QUERY_ERROR_MAX, "more than %u rows", max);
            return QUERY_TRUNCATED;
        }
        r = give_row(q);
        if (r != 0) {
            return r;
        }
    }
}

int query_run(
    const char *path,
    const char *sql,
    const struct query_limits *limits,
    const struct query_sink *sink,
    char error[QUERY_ERROR_MAX])
{
    struct query q = { .sink = sink, .deadline_ms = monotonic_ms() + limits->ms, .error = error };
    int r = open_database(&q, path);

    error[0] = '\0';
    if (r == 0) {
        r = prepare(&q, sql);
    }
    if (r == 0) {
        r = give_columns(&q);
    }
    if (r == 0) {
        r = give_rows(&q, limits->rows);
    }
    (void)sqlite3_finalize(q.statement);
    (void)sqlite3_close(q.sqlite);
    free(q.hex);
    return r;
}
