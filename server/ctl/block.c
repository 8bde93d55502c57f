#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "server/ctl/change.h"
#include "server/ctl/listing.h"

enum { BLOCK_PATH_MAX = 640 };

static const char *const headings[] = { "KIND", "VALUE", "COMMENT", "AUTHOR", "SINCE" };

static const char *const columns[] = { "kind", "value", "comment", "author", "put_at" };

static void cells(const json_t *row, json_t **ret_cells)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(columns); i++) {
        json_t *value = json_object_get(row, columns[i]);

        ret_cells[i] = json_is_string(value) ? json_incref(value) : json_string("");
    }
}

int ctl_block_list(const struct ctl_line *line)
{
    static const struct listing_kind kind = {
        .path = "/v1/blocks",
        .member = "blocks",
        .headings = headings,
        .n_columns = ARRAY_LENGTH(headings),
        .cells = cells,
    };

    return ctl_list(line, &kind);
}

/* The path of what is to be blocked. False after a complaint. */
static bool subject_path(const struct ctl_line *line, char path[BLOCK_PATH_MAX])
{
    static const struct {
        enum ctl_option option;
        const char *kind;
    } kinds[] = {
        {CTL_OPTION_CLIENT_ID,   "client-id" },
        { CTL_OPTION_HW_ADDRESS, "hw-address"},
        { CTL_OPTION_HW_PREFIX,  "hw-prefix" },
        { CTL_OPTION_ADDRESS,    "address"   },
    };

    const char *value = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (line->values[kinds[i].option] != NULL) {
            value = line->values[kinds[i].option];
            (void)snprintf(path, BLOCK_PATH_MAX, "/v1/blocks/%s/%.580s", kinds[i].kind, value);
            n++;
        }
    }
    if (n != 1 || value[0] == '\0' || strspn(value, "0123456789abcdefABCDEF:-.") != strlen(value)) {
        (void)ctl_fail(
            0,
            "expected one of --client-id, --hw-address and --hw-prefix with hex, or --address with "
            "an IPv4 address");
        return false;
    }
    return true;
}

int ctl_block_add(const struct ctl_line *line)
{
    char path[BLOCK_PATH_MAX];
    const struct client_request request = { .method = "PUT", .path = path };
    const char *comment = line->values[CTL_OPTION_COMMENT];
    json_t *body = json_object();
    int exit = CTL_USAGE;

    if (comment != NULL) {
        (void)json_object_set_new(body, "comment", json_string(comment));
    }
    if (subject_path(line, path)) {
        exit = ctl_change(line, &request, body, "blocked");
    }
    json_decref(body);
    return exit;
}

int ctl_block_remove(const struct ctl_line *line)
{
    char path[BLOCK_PATH_MAX];
    const struct client_request request = { .method = "DELETE", .path = path };

    return subject_path(line, path) ? ctl_change(line, &request, NULL, "unblocked") : CTL_USAGE;
}
