#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "server/config/values.h"
#include "server/ctl/client.h"
#include "server/ctl/command.h"
#include "server/ctl/table.h"

enum {
    PAGE = 10000, /* rows asked for at a time: all that a node gives; each page reads every row */
    PATH_SIZE = 4096,
};

/* What a person sees of a lease; CSV has the same. JSON has everything. */
static const char *const headings[] = { "ADDRESS", "CLIENT", "HOSTNAME", "STATE", "UNTIL" };

struct listing {
    const struct ctl_line *line;
    enum table_format format;
    uint64_t limit, n; /* wanted, printed so far */
    struct table *table;
};

/* Writes the path of the next page. False when the filters are too long. */
static bool page_path(const struct listing *l, const char *after, char *path)
{
    char page[24];
    uint64_t rest = l->limit - l->n;

    (void)snprintf(path, PATH_SIZE, "/v1/leases");
    (void)snprintf(page, sizeof page, "%llu", (unsigned long long)(rest < PAGE ? rest : PAGE));
    for (unsigned i = 0; i < l->line->n_where; i++) {
        const char *text = l->line->where[i];
        const char *equals = strchr(text, '=');
        char key[64];

        if (equals == NULL || (size_t)(equals - text) >= sizeof key) {
            (void)ctl_fail(0, "--where: expected KEY=VALUE");
            return false;
        }
        memcpy(key, text, (size_t)(equals - text));
        key[equals - text] = '\0';
        if (!client_add_argument(path, PATH_SIZE, key, equals + 1)) {
            (void)ctl_fail(0, "--where: the filters are too long");
            return false;
        }
    }
    return client_add_argument(path, PATH_SIZE, "limit", page) &&
           (after == NULL || client_add_argument(path, PATH_SIZE, "after", after));
}

/* "2026-01-02T03:04:05.678Z" without its tail and with a space. */
static json_t *short_time(const json_t *lease, const char *key)
{
    const char *text = json_string_value(json_object_get(lease, key));
    char shorter[] = "YYYY-MM-DD HH:MM:SS";

    if (text == NULL || strlen(text) < sizeof shorter) {
        return json_string(text == NULL ? "" : text);
    }
    memcpy(shorter, text, sizeof shorter - 1);
    shorter[10] = ' ';
    return json_string(shorter);
}

static bool add_lease(struct listing *l, const json_t *lease)
{
    json_t *hardware = json_object_get(lease, "hw_address");
    bool has_hardware = json_string_length(hardware) > 0;
    json_t *until = short_time(lease, "expires_at");
    json_t *const values[ARRAY_LENGTH(headings)] = {
        json_object_get(lease, "address"),
        has_hardware ? hardware : json_object_get(lease, "client_id"),
        json_object_get(lease, "hostname"),
        json_object_get(lease, "state"),
        until,
    };
    bool is_added = table_add(l->table, values);

    json_decref(until);
    return is_added;
}

static bool print_lease_json(const struct listing *l, const json_t *lease)
{
    (void)fputs(l->n == 0 ? "[\n" : ",\n", stdout);
    return json_dumpf(lease, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0;
}

static bool take_page(struct listing *l, const json_t *page)
{
    size_t i = 0;
    json_t *lease = NULL;

    json_array_foreach(json_object_get(page, "leases"), i, lease)
    {
        bool is_taken = l->format == TABLE_JSON ? print_lease_json(l, lease) : add_lease(l, lease);

        if (!is_taken) {
            (void)ctl_fail(0, "out of memory, or the output cannot be written");
            return false;
        }
        l->n++;
    }
    return true;
}

static void finish(const struct listing *l)
{
    if (l->format == TABLE_JSON) {
        (void)puts(l->n == 0 ? "[]" : "\n]");
    } else if (l->format == TABLE_CSV) {
        table_print_csv(l->table, stdout);
    } else {
        table_print(l->table, stdout, table_terminal_width(stdout));
    }
}

/* Asks page after page. Returns the exit code. */
static int list_pages(struct listing *l)
{
    char after[32] = "";
    bool has_more = true;

    while (has_more && l->n < l->limit) {
        char path[PATH_SIZE];
        struct client_answer answer;
        const struct client_request request = { .socket = ctl_socket(l->line),
                                                .method = "GET",
                                                .path = path };

        if (!page_path(l, after[0] == '\0' ? NULL : after, path)) {
            return CTL_USAGE;
        }

        int exit = client_ask(&request, NULL, &answer);

        if (exit != CTL_DONE) {
            return exit;
        }

        const char *next = json_string_value(json_object_get(answer.body, "next"));
        bool is_taken = take_page(l, answer.body);

        has_more = next != NULL && json_array_size(json_object_get(answer.body, "leases")) > 0;
        (void)snprintf(after, sizeof after, "%s", next == NULL ? "" : next);
        client_answer_deinit(&answer);
        if (!is_taken) {
            return CTL_REFUSED;
        }
    }
    finish(l);
    return CTL_DONE;
}

int ctl_lease_list(const struct ctl_line *line)
{
    struct listing l = { .line = line, .limit = UINT64_MAX };
    const char *limit = line->values[CTL_OPTION_LIMIT];

    if (!table_format_of(line, &l.format)) {
        return CTL_USAGE;
    }
    if (limit != NULL && (!values_parse_number(limit, UINT64_MAX, &l.limit) || l.limit == 0)) {
        return ctl_fail(CTL_USAGE, "--limit: expected a number above zero");
    }
    l.table = table_new(headings, ARRAY_LENGTH(headings));
    if (l.table == NULL) {
        return ctl_fail(CTL_REFUSED, "out of memory");
    }

    int exit = list_pages(&l);

    l.table = table_free(l.table);
    return exit;
}
