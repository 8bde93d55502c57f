#include "server/admin/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/printable.h"

struct builder {
    enum rows_shape shape;
    unsigned n_columns, n_rows;
    json_t *names; /* an array of strings */
    FILE *out;
    char last[ROWS_LAST_MAX];
    bool has_failed;
};

json_t *rows_text(const char *text)
{
    json_t *string = json_string(text); /* NULL when it is not UTF-8 */

    if (string != NULL) {
        return string;
    }

    size_t size = strlen(text) * 4 + 8;
    char *escaped = malloc(size);

    if (escaped == NULL) {
        return NULL;
    }
    string = json_string(printable(bytes_of_text(text), escaped, size));
    free(escaped);
    return string;
}

static void dump(struct builder *b, json_t *value_take)
{
    if (value_take == NULL ||
        json_dumpf(value_take, b->out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) != 0) {
        b->has_failed = true;
    }
    json_decref(value_take);
}

static void take_columns(void *data, unsigned n, const char *const *names)
{
    struct builder *b = data;

    b->n_columns = n;
    for (unsigned i = 0; i < n; i++) {
        b->has_failed = json_array_append_new(b->names, rows_text(names[i])) != 0 || b->has_failed;
    }
}

/* Numbers are written as SQLite printed them, which is JSON but for infinities. */
static json_t *cell_value(const struct query_cell *cell)
{
    if (cell->text == NULL) {
        return json_null();
    }

    json_t *number = cell->is_number ? json_loads(cell->text, JSON_DECODE_ANY, NULL) : NULL;

    return number != NULL ? number : rows_text(cell->text);
}

static json_t *row_value(struct builder *b, unsigned n, const struct query_cell *cells)
{
    json_t *row = b->shape == ROWS_AS_ARRAYS ? json_array() : json_object();

    for (unsigned i = 0; i < n && row != NULL; i++) {
        json_t *value = cell_value(&cells[i]);
        const char *name = json_string_value(json_array_get(b->names, i));
        int rv = b->shape == ROWS_AS_ARRAYS ? json_array_append_new(row, value)
                                            : json_object_set_new(row, name, value);

        b->has_failed = rv != 0 || b->has_failed;
    }
    return row;
}

static void take_row(void *data, unsigned n, const struct query_cell *cells)
{
    struct builder *b = data;

    b->has_failed = fputs(b->n_rows == 0 ? "[" : ",\n", b->out) < 0 || b->has_failed;
    b->n_rows++;
    (void)snprintf(
        b->last, sizeof b->last, "%s", n == 0 || cells[0].text == NULL ? "" : cells[0].text);
    dump(b, row_value(b, n, cells));
}

/* Runs the statement into b->out. Returns what query_run() does. */
static int run(
    struct builder *b,
    const char *database,
    const char *sql,
    const struct query_limits *limits,
    char *error)
{
    const struct query_sink sink = { .data = b, .columns = take_columns, .row = take_row };
    int rv = query_run(database, sql, limits, &sink, error);

    b->has_failed = fputs(b->n_rows == 0 ? "[]" : "]", b->out) < 0 || b->has_failed;
    return rv;
}

int rows_run(
    const char *database,
    const char *sql,
    const struct query_limits *limits,
    enum rows_shape shape,
    struct rows *ret_rows)
{
    struct builder b = { .shape = shape, .names = json_array() };
    struct rows rows = { .n = 0 };
    size_t size = 0;
    int rv = ERR_NOMEM;

    b.out = open_memstream(&rows.list, &size);
    if (b.out != NULL && b.names != NULL) {
        rv = run(&b, database, sql, limits, rows.error);
    }
    if (b.out != NULL && fclose(b.out) != 0) {
        b.has_failed = true;
    }
    rows.is_truncated = rv == QUERY_TRUNCATED;
    rows.n = b.n_rows;
    memcpy(rows.last, b.last, sizeof rows.last);
    rows.columns = json_dumps(b.names, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(b.names);
    rv = rv == QUERY_TRUNCATED ? 0 : rv;
    if (rv == 0 && (b.has_failed || rows.columns == NULL)) {
        rv = ERR_NOMEM;
    }
    if (rv != 0) {
        rows_deinit(&rows);
    }
    *ret_rows = rows;
    return rv;
}

void rows_deinit(struct rows *r)
{
    free(r->columns);
    free(r->list);
    r->columns = NULL;
    r->list = NULL;
}
