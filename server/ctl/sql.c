#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/values.h"
#include "server/ctl/client.h"
#include "server/ctl/command.h"
#include "server/ctl/table.h"

enum { ROWS_MAX = 10000 };

static char *body_of(const char *statement, uint64_t limit)
{
    json_t *body = json_pack("{s:s, s:I}", "sql", statement, "limit", (json_int_t)limit);
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);

    json_decref(body);
    return text;
}

/* Prints the rows as a list of objects. */
static void print_objects(const json_t *columns, const json_t *rows)
{
    size_t i = 0;
    json_t *row = NULL;

    json_array_foreach(rows, i, row)
    {
        json_t *object = json_object();
        size_t c = 0;
        json_t *value = NULL;

        json_array_foreach(row, c, value)
        {
            (void)json_object_set(object, json_string_value(json_array_get(columns, c)), value);
        }
        (void)fputs(i == 0 ? "[\n" : ",\n", stdout);
        (void)json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
        json_decref(object);
    }
    (void)puts(i == 0 ? "[]" : "\n]");
}

static bool fill(struct table *t, const json_t *rows, size_t n_columns)
{
    json_t **values = calloc(n_columns + 1, sizeof(json_t *));
    size_t i = 0;
    json_t *row = NULL;
    bool is_complete = values != NULL;

    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n_columns && is_complete; c++) {
            values[c] = json_array_get(row, c);
        }
        is_complete = is_complete && table_add(t, values);
    }
    free(values);
    return is_complete;
}

/* The headings are printed escaped too: a statement may name a column as it likes. */
static void print_table(const json_t *columns, const json_t *rows, enum table_format format)
{
    size_t n = json_array_size(columns);
    char **names = calloc(n + 1, sizeof(char *));
    bool is_complete = names != NULL;

    for (size_t i = 0; i < n && is_complete; i++) {
        names[i] = table_text(json_string_value(json_array_get(columns, i)));
        is_complete = names[i] != NULL;
    }

    struct table *t = is_complete ? table_new((const char *const *)names, (unsigned)n) : NULL;

    if (t == NULL || !fill(t, rows, n)) {
        (void)ctl_fail(0, "out of memory");
    } else if (format == TABLE_CSV) {
        table_print_csv(t, stdout);
    } else {
        table_print(t, stdout, table_terminal_width(stdout));
    }
    t = table_free(t);
    for (size_t i = 0; i < n && names != NULL; i++) {
        free(names[i]);
    }
    free(names);
}

int ctl_sql(const struct ctl_line *line)
{
    enum table_format format = TABLE_HUMAN;
    uint64_t limit = ROWS_MAX;
    const char *given = line->values[CTL_OPTION_LIMIT];
    struct client_answer answer;

    if (!table_format_of(line, &format)) {
        return CTL_USAGE;
    }
    if (given != NULL && (!values_parse_number(given, ROWS_MAX, &limit) || limit == 0)) {
        return ctl_fail(CTL_USAGE, "--limit: expected a number from 1 to %d", ROWS_MAX);
    }

    char *body = body_of(line->arguments[0], limit);

    if (body == NULL) {
        return ctl_fail(CTL_REFUSED, "the statement is not UTF-8 text");
    }

    const struct client_request request = {
        .socket = ctl_socket(line),
        .method = "POST",
        .path = "/v1/sql",
        .body = bytes_of_text(body),
        .type = "application/json",
    };
    int exit = client_ask(&request, NULL, &answer);

    free(body);
    if (exit != CTL_DONE) {
        return exit;
    }

    const json_t *columns = json_object_get(answer.body, "columns");
    const json_t *rows = json_object_get(answer.body, "rows");

    if (format == TABLE_JSON) {
        print_objects(columns, rows);
    } else {
        print_table(columns, rows, format);
    }
    if (json_is_true(json_object_get(answer.body, "truncated"))) {
        (void)ctl_fail(0, "there are more than %llu rows", (unsigned long long)limit);
    }
    client_answer_deinit(&answer);
    return CTL_DONE;
}
