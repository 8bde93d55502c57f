#include "server/ctl/listing.h"

#include <stdio.h>

#include "base/check.h"
#include "server/ctl/client.h"

enum { LISTING_COLUMNS_MAX = 8 };

struct progress {
    const struct ctl_line *line;
    const struct listing_kind *kind;
    enum table_format format;
    struct table *table;
    uint64_t n;
};

static bool add_row(struct progress *p, const json_t *row)
{
    json_t *cells[LISTING_COLUMNS_MAX] = { NULL };

    p->kind->cells(row, cells);

    bool is_added = table_add(p->table, cells);

    for (unsigned i = 0; i < p->kind->n_columns; i++) {
        json_decref(cells[i]);
    }
    return is_added;
}

static bool take_row(struct progress *p, const json_t *row)
{
    if (p->format != TABLE_JSON) {
        return add_row(p, row);
    }
    (void)fputs(p->n == 0 ? "[\n" : ",\n", stdout);
    return json_dumpf(row, stdout, JSON_COMPACT) == 0;
}

static bool take_page(struct progress *p, const json_t *page)
{
    size_t i = 0;
    json_t *row = NULL;

    json_array_foreach(json_object_get(page, p->kind->member), i, row)
    {
        if (!take_row(p, row)) {
            (void)ctl_fail(0, "out of memory, or the output cannot be written");
            return false;
        }
        p->n++;
    }
    return true;
}

static void finish(const struct progress *p)
{
    if (p->format == TABLE_JSON) {
        (void)puts(p->n == 0 ? "[]" : "\n]");
    } else if (p->format == TABLE_CSV) {
        table_print_csv(p->table, stdout);
    } else {
        table_print(p->table, stdout, table_terminal_width(stdout));
    }
}

/* Returns the exit code; *@ret_has_more tells whether another page follows. */
static int ask_page(struct progress *p, bool *ret_has_more)
{
    char path[128];
    struct client_answer answer;
    const struct client_request request = { .socket = ctl_socket(p->line),
                                            .method = "GET",
                                            .path = path };

    (void)snprintf(path, sizeof path, "%s?offset=%llu", p->kind->path, (unsigned long long)p->n);

    uint64_t before = p->n;
    int exit = client_ask(&request, NULL, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }

    bool is_taken = take_page(p, answer.body);

    *ret_has_more = json_is_integer(json_object_get(answer.body, "next")) && p->n > before;
    client_answer_deinit(&answer);
    return is_taken ? CTL_DONE : CTL_REFUSED;
}

int ctl_list(const struct ctl_line *line, const struct listing_kind *kind)
{
    struct progress p = { .line = line, .kind = kind };
    bool has_more = true;
    int exit = CTL_DONE;

    require(kind->n_columns <= LISTING_COLUMNS_MAX);
    if (!table_format_of(line, &p.format)) {
        return CTL_USAGE;
    }
    p.table = table_new(kind->headings, kind->n_columns);
    if (p.table == NULL) {
        return ctl_fail(CTL_REFUSED, "out of memory");
    }
    while (exit == CTL_DONE && has_more) {
        exit = ask_page(&p, &has_more);
    }
    if (exit == CTL_DONE) {
        finish(&p);
    }
    p.table = table_free(p.table);
    return exit;
}
