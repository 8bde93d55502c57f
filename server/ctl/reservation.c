#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "server/ctl/change.h"
#include "server/ctl/listing.h"

enum { NAME_PATH_MAX = 256 };

/* --- list --- */

static const char *const headings[] = {
    "ADDRESS", "CLIENT", "HOSTNAME", "ORIGIN", "COMMENT", "ID",
};

static json_t *text_of(const json_t *row, const char *key)
{
    json_t *value = json_object_get(row, key);

    return json_is_string(value) ? json_incref(value) : json_string("");
}

/* The first mark that it has. */
static json_t *client_of(const json_t *row)
{
    static const char *const marks[] = {
        "hw_address", "client_id", "duid", "circuit_id", "remote_id",
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(marks); i++) {
        json_t *value = json_object_get(row, marks[i]);

        if (json_is_string(value)) {
            return json_incref(value);
        }
    }
    return json_string("");
}

static void cells(const json_t *row, json_t **ret_cells)
{
    ret_cells[0] = text_of(row, "address");
    ret_cells[1] = client_of(row);
    ret_cells[2] = text_of(row, "hostname");
    ret_cells[3] = text_of(row, "origin");
    ret_cells[4] = text_of(row, "comment");
    ret_cells[5] = text_of(row, "id");
}

int ctl_reservation_list(const struct ctl_line *line)
{
    static const struct listing_kind kind = {
        .path = "/v1/reservations",
        .member = "reservations",
        .headings = headings,
        .n_columns = ARRAY_LENGTH(headings),
        .cells = cells,
    };

    return ctl_list(line, &kind);
}

/* --- the words of a reservation from the options of a command line --- */

/* Options that are one key each; their names are those of the keys. */
static const struct {
    enum ctl_option option;
    const char *key;
} simple[] = {
    {CTL_OPTION_ADDRESS,     "address"   },
    { CTL_OPTION_SUBNET,     "subnet"    },
    { CTL_OPTION_HW_ADDRESS, "hw-address"},
    { CTL_OPTION_HW_TYPE,    "hw-type"   },
    { CTL_OPTION_CLIENT_ID,  "client-id" },
    { CTL_OPTION_DUID,       "duid"      },
    { CTL_OPTION_CIRCUIT_ID, "circuit-id"},
    { CTL_OPTION_REMOTE_ID,  "remote-id" },
    { CTL_OPTION_HOSTNAME,   "hostname"  },
    { CTL_OPTION_COMMENT,    "comment"   },
};

static void set(json_t *words, const char *key, const char *value)
{
    if (value[0] == '\0') {
        (void)json_object_del(words, key);
    } else {
        (void)json_object_set_new(words, key, json_string(value));
    }
}

/* "[a, b]" is a list, everything else one value. */
static json_t *option_value(const char *text)
{
    size_t n = strlen(text);
    json_t *list = NULL;

    if (n < 2 || text[0] != '[' || text[n - 1] != ']') {
        return json_string(text);
    }
    list = json_array();
    for (const char *at = text + 1; at < text + n - 1;) {
        size_t length = strcspn(at, ",]");
        size_t skipped = strspn(at, " ");

        (void)json_array_append_new(
            list,
            length > skipped ? json_stringn(at + skipped, length - skipped) : json_string(""));
        at += length + 1;
    }
    return list;
}

/* NAME=VALUE into the options of @words. False after a complaint. */
static bool set_option(json_t *words, const char *text)
{
    const char *equals = strchr(text, '=');
    json_t *options = json_object_get(words, "options");
    char name[64];

    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof name) {
        (void)ctl_fail(0, "--option: expected NAME=VALUE");
        return false;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    if (options == NULL) {
        options = json_object();
        (void)json_object_set_new(words, "options", options);
    }
    if (equals[1] == '\0') {
        (void)json_object_del(options, name);
    } else {
        (void)json_object_set_new(options, name, option_value(equals + 1));
    }
    return true;
}

/* Tags that are given take the place of those that were there; an empty one stands for none. */
static void add_tag(json_t *words, const char *tag, bool is_first)
{
    if (is_first) {
        (void)json_object_set_new(words, "tags", json_array());
    }
    if (tag[0] != '\0') {
        (void)json_array_append_new(json_object_get(words, "tags"), json_string(tag));
    }
}

/* Brings what the command line says into @words. False after a complaint. */
static bool take_options(const struct ctl_line *line, json_t *words)
{
    bool has_tags = false;

    for (unsigned i = 0; i < ARRAY_LENGTH(simple); i++) {
        if (line->values[simple[i].option] != NULL) {
            set(words, simple[i].key, line->values[simple[i].option]);
        }
    }
    for (unsigned i = 0; i < line->n_given; i++) {
        if (line->given[i].option == CTL_OPTION_TAG) {
            add_tag(words, line->given[i].value, !has_tags);
            has_tags = true;
        }
        if (line->given[i].option == CTL_OPTION_OPTION &&
            !set_option(words, line->given[i].value)) {
            return false;
        }
    }
    return true;
}

/* --- changes --- */

/* The path of what the argument names. False after a complaint. */
static bool name_path(const struct ctl_line *line, char path[NAME_PATH_MAX])
{
    const char *name = line->arguments[0];

    if (name[0] == '\0' || strlen(name) > 64 || strspn(name, "0123456789abcdef.") != strlen(name)) {
        (void)ctl_fail(0, "expected the address of a reservation, or its id of 16 hex digits");
        return false;
    }
    (void)snprintf(path, NAME_PATH_MAX, "/v1/reservations/%s", name);
    return true;
}

int ctl_reservation_add(const struct ctl_line *line)
{
    static const struct client_request request = { .method = "POST", .path = "/v1/reservations" };
    json_t *words = json_object();
    int exit = CTL_USAGE;

    if (line->n_arguments > 0) {
        set(words, "address", line->arguments[0]);
    }
    if (take_options(line, words)) {
        exit = ctl_change(line, &request, words, "added reservation");
    }
    json_decref(words);
    return exit;
}

/* What is there is read, changed and put back under the version that was read. */
int ctl_reservation_set(const struct ctl_line *line)
{
    char path[NAME_PATH_MAX];
    char etag[32];
    struct client_answer answer;
    struct client_request request = { .socket = ctl_socket(line), .method = "GET", .path = path };

    if (!name_path(line, path)) {
        return CTL_USAGE;
    }

    int exit = client_ask(&request, NULL, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }
    (void)snprintf(
        etag,
        sizeof etag,
        "\"%lld\"",
        (long long)json_integer_value(json_object_get(answer.body, "version")));
    request.method = "PUT";
    request.if_match = etag;

    json_t *words = json_object_get(answer.body, "reservation");

    exit = take_options(line, words) ? ctl_change(line, &request, words, "changed reservation")
                                     : CTL_USAGE;
    client_answer_deinit(&answer);
    return exit;
}

int ctl_reservation_remove(const struct ctl_line *line)
{
    char path[NAME_PATH_MAX];
    const struct client_request request = { .method = "DELETE", .path = path };

    return name_path(line, path) ? ctl_change(line, &request, NULL, "removed reservation")
                                 : CTL_USAGE;
}
