#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/change.h"
#include "server/ctl/table.h"

/* One lease: shown, ended, or made a reservation. */

enum { LEASE_PATH_MAX = 64 };

/* The path of the lease of the argument and what to do with it. False after a complaint. */
static bool lease_path(const struct ctl_line *line, const char *verb, char path[LEASE_PATH_MAX])
{
    const char *address = line->arguments[0];

    if (strspn(address, "0123456789.") != strlen(address) || strlen(address) > 15) {
        (void)ctl_fail(0, "expected an IPv4 address");
        return false;
    }
    (void)snprintf(path, LEASE_PATH_MAX, "/v1/leases/%s%s", address, verb);
    return true;
}

static void print_lease(const json_t *lease)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)lease, key, value)
    {
        size_t n = strlen(key);
        bool is_for_programs =
            (n > 3 && strcmp(key + n - 3, "_ms") == 0) || strcmp(key, "address_n") == 0;
        char *text = json_is_string(value) ? table_text(json_string_value(value)) : NULL;

        if (!is_for_programs && text != NULL) {
            (void)printf("%-14s %s\n", key, text);
        } else if (!is_for_programs && json_is_integer(value)) {
            (void)printf("%-14s %lld\n", key, (long long)json_integer_value(value));
        }
        free(text);
    }
}

int ctl_lease_show(const struct ctl_line *line)
{
    char path[LEASE_PATH_MAX];
    struct client_answer answer;
    const struct client_request request = { .socket = ctl_socket(line),
                                            .method = "GET",
                                            .path = path };

    if (!lease_path(line, "", path)) {
        return CTL_USAGE;
    }

    int exit = client_ask(&request, NULL, &answer);

    if (exit == CTL_DONE && line->values[CTL_OPTION_JSON] != NULL) {
        (void)json_dumpf(answer.body, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else if (exit == CTL_DONE) {
        print_lease(answer.body);
    }
    if (exit == CTL_DONE) {
        client_answer_deinit(&answer);
    }
    return exit;
}

int ctl_lease_release(const struct ctl_line *line)
{
    char path[LEASE_PATH_MAX];
    const struct client_request request = { .method = "POST", .path = path };

    return lease_path(line, ":release", path) ? ctl_change(line, &request, NULL, "released")
                                              : CTL_USAGE;
}

int ctl_lease_revoke(const struct ctl_line *line)
{
    char path[LEASE_PATH_MAX];
    const struct client_request request = { .method = "POST", .path = path };
    json_t *body = json_object();
    int exit = CTL_USAGE;

    (void)json_object_set_new(body, "force", json_boolean(line->values[CTL_OPTION_FORCE] != NULL));
    if (lease_path(line, ":revoke", path)) {
        exit = ctl_change(line, &request, body, "revoked");
    }
    json_decref(body);
    return exit;
}

int ctl_lease_make_static(const struct ctl_line *line)
{
    char path[LEASE_PATH_MAX];
    const struct client_request request = { .method = "POST", .path = path };
    const char *by = line->values[CTL_OPTION_BY];
    const char *comment = line->values[CTL_OPTION_COMMENT];
    json_t *body = json_object();
    int exit = CTL_USAGE;

    if (by != NULL) {
        (void)json_object_set_new(body, "by", json_string(by));
    }
    if (comment != NULL) {
        (void)json_object_set_new(body, "comment", json_string(comment));
    }
    if (lease_path(line, ":make-static", path)) {
        exit = ctl_change(line, &request, body, "added reservation");
    }
    json_decref(body);
    return exit;
}
