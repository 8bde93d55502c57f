#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "server/ctl/client.h"
#include "server/ctl/command.h"
#include "server/ctl/table.h"

/* Status - the state of a node and of its cluster on one screen */

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text == NULL ? "" : text;
}

static long long number_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static bool is_set(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

/* Prints @t, which it frees, under an empty line. */
static void print_section(struct table *t)
{
    if (t != NULL) {
        (void)putchar('\n');
        table_print(t, stdout, table_terminal_width(stdout));
    }
    (void)table_free(t);
}

static void print_head(const json_t *s)
{
    long long leader = number_of(s, "leader");
    const char *digest = text_of(s, "digest");

    (void)printf("cluster %s, node %lld", text_of(s, "cluster"), number_of(s, "node"));
    if (leader == 0) {
        (void)printf(", no leader");
    } else {
        (void)printf(", leader is node %lld", leader);
    }
    (void)printf(
        ", term %lld, %s, %s\n",
        number_of(s, "term"),
        is_set(s, "majority") ? "majority" : "NO MAJORITY",
        is_set(s, "caught_up") ? "caught up" : "NOT CAUGHT UP");
    (void)printf(
        "index %lld of %lld, digest %.16s, %lld lease rows, ",
        number_of(s, "applied_index"),
        number_of(s, "commit_index"),
        digest,
        number_of(s, "lease_rows"));
    if (number_of(s, "settings_version") == 0) {
        (void)printf("no settings: nobody is served\n");
    } else {
        (void)printf("settings %lld\n", number_of(s, "settings_version"));
    }
}

static json_t *age_text(const json_t *member)
{
    long long ms = number_of(member, "age_ms");

    if (is_set(member, "self")) {
        return json_string("this node");
    }
    if (ms < 0) {
        return json_string("never heard");
    }
    return is_set(member, "fresh") ? json_string("up")
                                   : json_sprintf("silent for %lld s", ms / 1000);
}

static void print_members(const json_t *s)
{
    static const char *const names[] = { "NODE", "ADDRESS", "STATE", "INDEX", "LAG", "CLOCK" };
    struct table *t = table_new(names, ARRAY_LENGTH(names));
    long long index = number_of(s, "applied_index");
    size_t i = 0;
    json_t *m = NULL;

    json_array_foreach(json_object_get(s, "members"), i, m)
    {
        long long lag = index - number_of(m, "applied_index");
        json_t *const values[] = {
            json_object_get(m, "node"),
            json_object_get(m, "address"),
            age_text(m),
            json_object_get(m, "applied_index"),
            json_integer(lag < 0 ? 0 : lag),
            json_sprintf("%+lld ms", number_of(m, "skew_ms")),
        };

        if (t != NULL) {
            (void)table_add(t, values);
        }
        json_decref(values[2]);
        json_decref(values[4]);
        json_decref(values[5]);
    }
    print_section(t);
}

/* "1 at once, 2 after 10s": the nodes that serve, and when. */
static json_t *answering(const json_t *network)
{
    char text[200] = "";
    size_t at = 0;
    size_t i = 0;
    json_t *n = NULL;

    json_array_foreach(json_object_get(network, "nodes"), i, n)
    {
        long long ms = number_of(n, "effective_ms");

        if (!is_set(n, "serving") || at >= sizeof text - 1) {
            continue;
        }
        at += (size_t)snprintf(
            text + at, sizeof text - at, "%s%lld", at == 0 ? "" : ", ", number_of(n, "node"));
        if (ms > 0 && at < sizeof text - 1) {
            at += (size_t)snprintf(
                text + at, sizeof text - at, " after %lld.%lld s", ms / 1000, ms % 1000 / 100);
        }
    }
    return json_string(text[0] == '\0' ? "nobody" : text);
}

static const char *link_state(const json_t *network)
{
    if (!is_set(network, "up")) {
        return "down";
    }
    if (!is_set(network, "open")) {
        return "closed";
    }
    return is_set(network, "configured") ? "open" : "not in the settings";
}

static void print_networks(const json_t *s)
{
    static const char *const names[] = { "NETWORK", "INTERFACE", "LINK", "ADDRESS", "ANSWERS" };
    struct table *t = table_new(names, ARRAY_LENGTH(names));
    size_t i = 0;
    json_t *n = NULL;

    json_array_foreach(json_object_get(s, "networks"), i, n)
    {
        json_t *const values[] = {
            json_object_get(n, "network"),
            json_object_get(n, "interface"),
            json_string(link_state(n)),
            json_object_get(n, "address"),
            answering(n),
        };

        if (t != NULL) {
            (void)table_add(t, values);
        }
        json_decref(values[2]);
        json_decref(values[4]);
    }
    print_section(t);
}

static void print_pools(const json_t *s)
{
    static const char *const names[] = { "POOL", "", "SIZE", "USED", "RESERVED", "FREE" };
    static const char *const keys[] = { "first_address", "last_address", "size",
                                        "used",          "reserved",     "free" };
    struct table *t = table_new(names, ARRAY_LENGTH(names));
    size_t i = 0;
    json_t *p = NULL;

    json_array_foreach(json_object_get(s, "pools"), i, p)
    {
        json_t *values[ARRAY_LENGTH(keys)];

        for (unsigned k = 0; k < ARRAY_LENGTH(keys); k++) {
            values[k] = json_object_get(p, keys[k]);
        }
        if (t != NULL) {
            (void)table_add(t, values);
        }
    }
    if (i > 0) {
        print_section(t);
    } else {
        (void)table_free(t);
    }
}

int ctl_status(const struct ctl_line *line)
{
    enum table_format format = TABLE_HUMAN;
    struct client_answer answer;
    const struct client_request request = { .socket = ctl_socket(line),
                                            .method = "GET",
                                            .path = "/v1/status" };

    if (!table_format_of(line, &format) || format == TABLE_CSV) {
        return ctl_fail(CTL_USAGE, "status is printed as table or json");
    }

    int exit = client_ask(&request, NULL, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }
    if (format == TABLE_JSON) {
        (void)json_dumpf(answer.body, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        (void)putchar('\n');
    } else {
        print_head(answer.body);
        print_members(answer.body);
        print_networks(answer.body);
        print_pools(answer.body);
    }
    client_answer_deinit(&answer);
    return CTL_DONE;
}
