#include <stdio.h>

#include "server/config/yaml_out.h"
#include "server/migrate/plan.h"

static void write_address(struct yaml_out *y, const char *key, struct ip4 address)
{
    char text[IP4_TEXT_MAX];

    if (!ip4_is_any(address)) {
        yaml_out_pair(y, key, ip4_format(address, text));
    }
}

static void write_value(struct yaml_out *y, const struct plan_option *o)
{
    if (o->n_items == 1) {
        yaml_out_text(y, o->items[0]);
        return;
    }
    yaml_out_list(y, YAML_OUT_FLOW);
    for (unsigned i = 0; i < o->n_items; i++) {
        yaml_out_text(y, o->items[i]);
    }
    yaml_out_list_end(y);
}

static void write_options(
    struct yaml_out *y, const struct plan_option *list, enum yaml_out_style style)
{
    if (list == NULL) {
        return;
    }
    yaml_out_text(y, "options");
    yaml_out_map(y, style);
    for (const struct plan_option *o = list; o != NULL; o = o->next) {
        yaml_out_text(y, o->name);
        if (o->is_forced) {
            yaml_out_map(y, YAML_OUT_FLOW);
            yaml_out_text(y, "value");
        }
        write_value(y, o);
        if (o->is_forced) {
            yaml_out_pair(y, "force", "yes");
            yaml_out_map_end(y);
        }
    }
    yaml_out_map_end(y);
}

static void write_times(struct yaml_out *y, const struct plan_scope *s)
{
    if (s->lease_time == NULL && s->min_lease_time == NULL && s->max_lease_time == NULL) {
        return;
    }
    yaml_out_text(y, "lease-time");
    yaml_out_map(y, YAML_OUT_FLOW);
    yaml_out_pair(y, "default", s->lease_time);
    yaml_out_pair(y, "min", s->min_lease_time);
    yaml_out_pair(y, "max", s->max_lease_time);
    yaml_out_map_end(y);
}

static void write_boot(struct yaml_out *y, const struct plan_scope *s)
{
    yaml_out_pair(y, "next-server", s->next_server);
    yaml_out_pair(y, "boot-file", s->boot_file);
    yaml_out_pair(y, "server-name", s->server_name);
}

/* Boot values stand in networks and below: those of the whole file go to each network. */
static void write_network_boot(
    struct yaml_out *y, const struct plan_scope *global, const struct plan_scope *s)
{
    struct plan_scope whole = *s;

    whole.next_server = s->next_server == NULL ? global->next_server : s->next_server;
    whole.boot_file = s->boot_file == NULL ? global->boot_file : s->boot_file;
    whole.server_name = s->server_name == NULL ? global->server_name : s->server_name;
    write_boot(y, &whole);
}

static void write_pools(struct yaml_out *y, const struct plan_range *pools)
{
    char range[2 * IP4_TEXT_MAX];
    char first[IP4_TEXT_MAX];
    char last[IP4_TEXT_MAX];

    if (pools == NULL) {
        return;
    }
    yaml_out_text(y, "pools");
    yaml_out_list(y, YAML_OUT_BLOCK);
    for (; pools != NULL; pools = pools->next) {
        bool is_one = ip4_equal(pools->range.first, pools->range.last);

        (void)snprintf(
            range,
            sizeof range,
            "%s%s%s",
            ip4_format(pools->range.first, first),
            is_one ? "" : "-",
            is_one ? "" : ip4_format(pools->range.last, last));
        yaml_out_map(y, YAML_OUT_FLOW);
        yaml_out_pair(y, "range", range);
        yaml_out_map_end(y);
    }
    yaml_out_list_end(y);
}

/* The lists of reservations are kept newest first. */
static struct plan_reservation *in_order(struct plan_reservation *list)
{
    struct plan_reservation *ordered = NULL;

    while (list != NULL) {
        struct plan_reservation *next = list->next;

        list->next = ordered;
        ordered = list;
        list = next;
    }
    return ordered;
}

static void write_reservation(struct yaml_out *y, const struct plan_reservation *r)
{
    yaml_out_map(y, YAML_OUT_FLOW);
    yaml_out_pair(y, "hw-address", r->hw_address);
    yaml_out_pair(y, "client-id", r->client_id);
    yaml_out_pair(y, "duid", r->duid);
    yaml_out_pair(y, "circuit-id", r->circuit_id);
    yaml_out_pair(y, "remote-id", r->remote_id);
    write_address(y, "address", r->address);
    yaml_out_pair(y, "hostname", r->hostname);
    yaml_out_pair(y, "comment", r->comment);
    write_options(y, r->options, YAML_OUT_FLOW);
    yaml_out_map_end(y);
}

static void write_reservations(struct yaml_out *y, struct plan_reservation **list)
{
    if (*list == NULL) {
        return;
    }
    *list = in_order(*list);
    yaml_out_text(y, "reservations");
    yaml_out_list(y, YAML_OUT_BLOCK);
    for (const struct plan_reservation *r = *list; r != NULL; r = r->next) {
        write_reservation(y, r);
    }
    yaml_out_list_end(y);
    *list = in_order(*list);
}

static void write_subnet(struct yaml_out *y, struct plan_subnet *s)
{
    char address[IP4_TEXT_MAX];
    char prefix[IP4_TEXT_MAX + 4];

    (void)snprintf(
        prefix, sizeof prefix, "%s/%u", ip4_format(s->prefix.network, address), s->prefix.length);
    yaml_out_map(y, YAML_OUT_BLOCK);
    yaml_out_pair(y, "subnet", prefix);
    write_times(y, &s->scope);
    write_boot(y, &s->scope);
    write_options(y, s->scope.options, YAML_OUT_BLOCK);
    write_pools(y, s->pools);
    write_reservations(y, &s->reservations);
    yaml_out_map_end(y);
}

static void write_network(
    struct yaml_out *y, const struct plan_scope *global, const struct plan_network *n)
{
    yaml_out_map(y, YAML_OUT_BLOCK);
    yaml_out_pair(y, "name", n->name);
    yaml_out_pair(y, "authoritative", n->authoritative);
    yaml_out_pair(y, "server-identifier", n->server_identifier);
    write_times(y, &n->scope);
    write_network_boot(y, global, &n->scope);
    write_options(y, n->scope.options, YAML_OUT_BLOCK);
    yaml_out_text(y, "subnets");
    yaml_out_list(y, YAML_OUT_BLOCK);
    for (struct plan_subnet *s = n->subnets; s != NULL; s = s->next) {
        write_subnet(y, s);
    }
    yaml_out_list_end(y);
    yaml_out_map_end(y);
}

static void write_plan(struct yaml_out *y, const struct plan *p)
{
    yaml_out_map(y, YAML_OUT_BLOCK);
    write_times(y, &p->global);
    write_options(y, p->global.options, YAML_OUT_BLOCK);
    yaml_out_text(y, "networks");
    yaml_out_list(y, YAML_OUT_BLOCK);
    for (const struct plan_network *n = p->networks; n != NULL; n = n->next) {
        write_network(y, &p->global, n);
    }
    yaml_out_list_end(y);
    yaml_out_map_end(y);
}

char *plan_to_yaml(const struct plan *p)
{
    struct yaml_out *y = yaml_out_new();
    char *text = NULL;

    if (y == NULL) {
        return NULL;
    }
    write_plan(y, p);
    text = yaml_out_end(y);
    (void)yaml_out_free(y);
    return text;
}
