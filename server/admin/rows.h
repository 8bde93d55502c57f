#ifndef ADMIN_ROWS_H
#define ADMIN_ROWS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "storage/query.h"

/* Rows - the result of a SQL statement as JSON; on any thread but the loop's */

enum {
    ROWS_MAX = 10000,       /* of one answer */
    ROWS_SQL_MS = 5000,     /* a statement of a person */
    ROWS_LEASES_MS = 20000, /* a filter that must look at a million rows of views */
    ROWS_LAST_MAX = 64,
};

struct rows {
    char *columns;            /* JSON array of names */
    char *list;               /* JSON array of rows */
    char last[ROWS_LAST_MAX]; /* the first cell of the last row, cut */
    unsigned n;
    bool is_truncated;
    char error[QUERY_ERROR_MAX];
};

enum rows_shape {
    ROWS_AS_ARRAYS,
    ROWS_AS_OBJECTS, /* keys are the column names */
};

/*
 * Runs @sql. Returns 0 with *@ret_rows to be given to rows_deinit(), or a query_outcome other
 * than QUERY_TRUNCATED with the sentence in @ret_rows->error, or ERR_*.
 */
int rows_run(
    const char *database,
    const char *sql,
    const struct query_limits *limits,
    enum rows_shape shape,
    struct rows *ret_rows);
void rows_deinit(struct rows *r);

/* @text as a JSON string; bytes that are not UTF-8 are printed as \xNN first. */
json_t *rows_text(const char *text);

#endif
