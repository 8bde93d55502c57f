#ifndef STORAGE_QUERY_H
#define STORAGE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Query - read-only SQL for operators, on a connection of its own
 *
 * An authorizer allows SELECT and reading alone; time and rows are limited. Used by server/admin
 * on a worker thread, never on the loop.
 */
struct query_limits {
    uint32_t rows;
    uint32_t ms;
};

/* A cell of a row: NULL text means SQL NULL. `is_number`: text holds a SQL integer or real. */
struct query_cell {
    const char *text;
    bool is_number;
};

struct query_sink {
    void *data;
    /* Called once with the column names, then per row. */
    void (*columns)(void *data, unsigned n, const char *const *names);
    void (*row)(void *data, unsigned n, const struct query_cell *cells);
};

enum query_outcome {
    QUERY_REFUSED = 1,   /* bad SQL or not read-only; see the text */
    QUERY_TOO_LONG = 2,  /* out of time */
    QUERY_TRUNCATED = 3, /* the row limit was reached; the rows so far were given */
};

enum { QUERY_ERROR_MAX = 256 };

/* Runs one statement on the database at @path. Returns 0, ERR_*, or an outcome with @error. */
int query_run(
    const char *path,
    const char *sql,
    const struct query_limits *limits,
    const struct query_sink *sink,
    char error[QUERY_ERROR_MAX]);

#endif
