#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/dhcp/option.h"
#include "server/config/values.h"
#include "server/migrate/import.h"

/* Kea: the configuration of kea-dhcp4. JSON has no lines once it is read: notes name the place. */
struct kea_import {
    struct plan *plan;
    const struct import_options *options;
};

/* --- the text --- */

/* Where the comment at @at ends, or @at when there is none. Kea knows #, // and C comments. */
static size_t comment_end(const char *text, size_t n, size_t at)
{
    bool is_block = at + 1 < n && text[at] == '/' && text[at + 1] == '*';
    bool is_line = text[at] == '#' || (at + 1 < n && text[at] == '/' && text[at + 1] == '/');
    size_t end = at;

    if (is_line) {
        while (end < n && text[end] != '\n') {
            end++;
        }
    } else if (is_block) {
        end = at + 2;
        while (end + 1 < n && !(text[end] == '*' && text[end + 1] == '/')) {
            end++;
        }
        end = end + 2 < n ? end + 2 : n;
    }
    return end;
}

static size_t string_end(const char *text, size_t n, size_t at)
{
    for (at++; at < n && text[at] != '"'; at++) {
        at += text[at] == '\\';
    }
    return at < n ? at + 1 : n;
}

/* Blanks the comments, so that lines stay where they are. */
static void blank_comments(char *text, size_t n)
{
    size_t at = 0;

    while (at < n) {
        size_t end = comment_end(text, n, at);

        if (text[at] == '"') {
            at = string_end(text, n, at);
        } else if (end == at) {
            at++;
        } else {
            for (; at < end; at++) {
                text[at] = text[at] == '\n' ? '\n' : ' ';
            }
        }
    }
}

static json_t *parse(struct plan *p, struct bytes text)
{
    char *copy = malloc(text.n + 1);
    json_error_t error;
    json_t *root = NULL;

    if (copy == NULL) {
        p->arena.is_exhausted = true;
        return NULL;
    }
    memcpy(copy, text.at, text.n);
    blank_comments(copy, text.n);
    root = json_loadb(copy, text.n, 0, &error);
    free(copy);
    if (root == NULL) {
        plan_note(
            p,
            PLAN_PROBLEM,
            error.line > 0 ? (unsigned)error.line : 0,
            "no JSON: %s",
            plan_printable(p, bytes_of_text(error.text)));
    }
    return root;
}

/* A text of the file that is safe to print and to write; NULL when @key is no text. */
static const char *text_of(struct kea_import *in, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);

    return !json_is_string(value) || json_string_length(value) == 0
               ? NULL
               : plan_decode(
                     in->plan,
                     bytes_of(json_string_value(value), json_string_length(value)),
                     in->options->charset);
}

static const char *duration_of(struct kea_import *in, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);

    return json_is_integer(value) && json_integer_value(value) >= 0
               ? plan_duration(in->plan, (uint64_t)json_integer_value(value))
               : NULL;
}

/* Notes every member of @o that is neither in @known nor a comment. */
static void note_others(
    struct kea_import *in, json_t *o, const char *const *known, const char *where)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach(o, key, value)
    {
        const char *const *k = known;

        while (*k != NULL && strcmp(*k, key) != 0) {
            k++;
        }
        if (*k == NULL && strcmp(key, "comment") != 0 && strcmp(key, "user-context") != 0) {
            plan_note(
                in->plan,
                PLAN_LEFT_OUT,
                0,
                "%s: %s",
                where,
                plan_printable(in->plan, bytes_of_text(key)));
        }
    }
}

/* --- options --- */

/* Undoes "\," and takes over what stands between the other commas, or the whole as one. */
static unsigned split_data(
    struct kea_import *in, const char *data, bool is_list, const char *items[PLAN_ITEMS_MAX])
{
    char *copy = arena_alloc(&in->plan->arena, strlen(data) + 1);
    size_t n = 0;

    if (copy == NULL) {
        return 0;
    }
    for (; *data != '\0'; data++) {
        if (data[0] == '\\' && data[1] == ',') {
            data++;
            copy[n++] = ',';
        } else {
            copy[n] = *data;
            if (is_list && *data == ',') {
                copy[n] = '\n';
            }
            n++;
        }
    }
    copy[n] = '\0';
    return plan_split(in->plan, copy, "\n", items);
}

static bool is_text(enum option_type type)
{
    return type == OPTION_TYPE_TEXT || type == OPTION_TYPE_DOMAIN;
}

/* Hex with spaces or colons, or "0x": as one item for option-N. */
static const char *hex_data(struct kea_import *in, const char *data)
{
    char *hex = arena_alloc(&in->plan->arena, strlen(data) + 3);
    size_t n = 2;

    if (hex == NULL) {
        return "";
    }
    memcpy(hex, "0x", 2);
    data += strncmp(data, "0x", 2) == 0 ? 2 : 0;
    for (; *data != '\0'; data++) {
        if (*data != ' ' && *data != ':') {
            hex[n++] = *data;
        }
    }
    hex[n] = '\0';
    return hex;
}

static const struct option_spec *spec_of(const char *name, const json_t *code)
{
    const struct option_spec *spec = name == NULL ? NULL : option_by_name(name);
    json_int_t number = json_integer_value(code);

    return spec != NULL ? spec : number > 0 && number < 255 ? option_spec((uint8_t)number) : NULL;
}

static void take_option(
    struct kea_import *in, json_t *o, struct plan_option **list, const char *where)
{
    const char *name = text_of(in, o, "name");
    const char *data = text_of(in, o, "data");
    const char *space = text_of(in, o, "space");
    const struct option_spec *spec = spec_of(name, json_object_get(o, "code"));
    bool is_hex = json_is_false(json_object_get(o, "csv-format"));
    const char *items[PLAN_ITEMS_MAX] = { NULL };
    unsigned n = 0;

    if (spec == NULL || (space != NULL && strcmp(space, "dhcp4") != 0) ||
        (spec->flags & OPTION_SET) == 0) {
        plan_note(
            in->plan, PLAN_LEFT_OUT, 0, "%s: option %s", where, name == NULL ? "by code" : name);
        return;
    }
    if (data == NULL) {
        items[n++] = "true";
    } else if (is_hex) {
        items[n++] = hex_data(in, data);
    } else {
        n = split_data(in, data, !is_text(spec->type), items);
    }

    const char *ours = is_hex ? plan_text(in->plan, "option-%u", spec->code) : spec->name;
    struct plan_option *taken = plan_set_option(in->plan, list, ours, items, n);

    if (taken != NULL) {
        taken->is_forced = json_is_true(json_object_get(o, "always-send"));
    }
}

static void take_options(
    struct kea_import *in, const json_t *o, struct plan_option **list, const char *where)
{
    const json_t *data = json_object_get(o, "option-data");

    for (size_t i = 0; i < json_array_size(data); i++) {
        take_option(in, json_array_get(data, i), list, where);
    }
}

/* What every scope may have. */
static void take_scope(
    struct kea_import *in, const json_t *o, struct plan_scope *scope, const char *where)
{
    scope->lease_time = duration_of(in, o, "valid-lifetime");
    scope->min_lease_time = duration_of(in, o, "min-valid-lifetime");
    scope->max_lease_time = duration_of(in, o, "max-valid-lifetime");
    scope->next_server = text_of(in, o, "next-server");
    scope->boot_file = text_of(in, o, "boot-file-name");
    scope->server_name = text_of(in, o, "server-hostname");
    if (scope->next_server != NULL && strcmp(scope->next_server, "0.0.0.0") == 0) {
        scope->next_server = NULL;
    }
    take_options(in, o, &scope->options, where);
}

#define SCOPE_KEYS                                                                                 \
    "valid-lifetime", "min-valid-lifetime", "max-valid-lifetime", "next-server", "boot-file-name", \
        "server-hostname", "option-data"

/* --- reservations --- */

static void take_reservation(
    struct kea_import *in, json_t *o, struct plan_reservation **list, const char *where)
{
    static const char *const known[] = { "hw-address", "client-id", "circuit-id",  "duid",
                                         "ip-address", "hostname",  "option-data", NULL };
    const char *address = text_of(in, o, "ip-address");
    struct plan_reservation *r = plan_add_reservation(in->plan, list, 0);

    if (r == NULL) {
        return;
    }
    r->hw_address = text_of(in, o, "hw-address");
    r->client_id = text_of(in, o, "client-id");
    r->duid = text_of(in, o, "duid");
    r->circuit_id = text_of(in, o, "circuit-id");
    r->hostname = text_of(in, o, "hostname");
    if (address != NULL && !ip4_parse(address, &r->address)) {
        plan_note(in->plan, PLAN_PROBLEM, 0, "%s: %s is no address", where, address);
    }
    take_options(in, o, &r->options, where);
    note_others(in, o, known, where);
    plan_note(in->plan, PLAN_TAKEN, 0, "a reservation");
}

static void take_reservations(
    struct kea_import *in, const json_t *o, struct plan_reservation **list, const char *where)
{
    const json_t *all = json_object_get(o, "reservations");

    for (size_t i = 0; i < json_array_size(all); i++) {
        take_reservation(
            in,
            json_array_get(all, i),
            list,
            plan_text(in->plan, "%s, reservation %zu", where, i + 1));
    }
}

/* --- subnets --- */

static void take_pool(
    struct kea_import *in, json_t *o, struct plan_subnet *subnet, const char *where)
{
    static const char *const known[] = { "pool", NULL };
    const char *text = text_of(in, o, "pool");
    struct ip4_prefix prefix;
    struct ip4_range range;

    note_others(in, o, known, where);
    if (text != NULL && ip4_prefix_parse(text, &prefix)) {
        range = (struct ip4_range){ prefix.network, ip4_prefix_last(prefix) };
    } else if (text == NULL || !values_parse_range(text, &range)) {
        plan_note(
            in->plan, PLAN_PROBLEM, 0, "%s: the pool %s", where, text == NULL ? "(none)" : text);
        return;
    }
    plan_add_pool(in->plan, subnet, range);
}

static void take_subnet(struct kea_import *in, json_t *o, struct plan_network *network)
{
    static const char *const known[] = { "id",    "subnet",       "pools",     SCOPE_KEYS,
                                         "relay", "reservations", "interface", NULL };
    const json_t *pools = json_object_get(o, "pools");
    const char *text = text_of(in, o, "subnet");
    const char *where = plan_text(in->plan, "subnet %s", text == NULL ? "(none)" : text);
    struct ip4_prefix prefix;

    if (text == NULL || !ip4_prefix_parse(text, &prefix)) {
        plan_note(in->plan, PLAN_PROBLEM, 0, "%s: expected ADDRESS/LENGTH", where);
        return;
    }

    struct plan_subnet *subnet = plan_subnet(in->plan, network, prefix);

    if (subnet == NULL) {
        return;
    }
    take_scope(in, o, &subnet->scope, where);
    for (size_t i = 0; i < json_array_size(pools); i++) {
        take_pool(in, json_array_get(pools, i), subnet, where);
    }
    take_reservations(in, o, &subnet->reservations, where);
    note_others(in, o, known, where);
    plan_note(in->plan, PLAN_TAKEN, 0, "a subnet");
}

/* A subnet that shares its wire with no other is a network of its own. */
static void take_lone_subnet(struct kea_import *in, json_t *o)
{
    const char *interface = text_of(in, o, "interface");
    const char *name =
        interface != NULL ? interface : plan_text(in->plan, "subnet-%lld", (long long)json_integer_value(json_object_get(o, "id")));
    struct plan_network *network = plan_network(in->plan, import_name(in->plan, in->options, name));

    if (network != NULL) {
        take_subnet(in, o, network);
    }
}

static void take_shared_network(struct kea_import *in, json_t *o)
{
    static const char *const known[] = { "name",      "subnet4", SCOPE_KEYS, "authoritative",
                                         "interface", "relay",   NULL };
    const json_t *subnets = json_object_get(o, "subnet4");
    const char *name = text_of(in, o, "name");
    const char *where = plan_text(in->plan, "shared network %s", name == NULL ? "(none)" : name);
    struct plan_network *network =
        plan_network(in->plan, import_name(in->plan, in->options, name == NULL ? "network" : name));

    if (network == NULL) {
        return;
    }
    if (json_is_true(json_object_get(o, "authoritative"))) {
        network->authoritative = "yes";
    }
    take_scope(in, o, &network->scope, where);
    for (size_t i = 0; i < json_array_size(subnets); i++) {
        take_subnet(in, json_array_get(subnets, i), network);
    }
    note_others(in, o, known, where);
}

static void take_all(struct kea_import *in, json_t *dhcp4)
{
    static const char *const known[] = { "subnet4",        "shared-networks", "reservations",
                                         SCOPE_KEYS,       "authoritative",   "interfaces-config",
                                         "lease-database", "loggers",         NULL };
    const json_t *networks = json_object_get(dhcp4, "shared-networks");
    const json_t *subnets = json_object_get(dhcp4, "subnet4");
    struct plan_reservation *outside = NULL;

    take_scope(in, dhcp4, &in->plan->global, "Dhcp4");
    for (size_t i = 0; i < json_array_size(networks); i++) {
        take_shared_network(in, json_array_get(networks, i));
    }
    for (size_t i = 0; i < json_array_size(subnets); i++) {
        take_lone_subnet(in, json_array_get(subnets, i));
    }
    if (json_is_true(json_object_get(dhcp4, "authoritative"))) {
        plan_set_authoritative(in->plan);
    }
    take_reservations(in, dhcp4, &outside, "Dhcp4");
    plan_place(in->plan, outside);
    note_others(in, dhcp4, known, "Dhcp4");
}

int import_kea(struct plan *p, struct bytes text, const struct import_options *options)
{
    struct kea_import in = { .plan = p, .options = options };
    json_t *root = parse(p, text);
    json_t *dhcp4 = json_object_get(root, "Dhcp4");

    if (root != NULL && !json_is_object(dhcp4)) {
        plan_note(p, PLAN_PROBLEM, 0, "there is no object \"Dhcp4\"");
    } else if (root != NULL) {
        take_all(&in, dhcp4);
    }
    json_decref(root);
    return plan_is_exhausted(p) ? ERR_NOMEM : 0;
}
