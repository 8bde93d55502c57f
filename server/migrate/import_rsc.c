#include <string.h>

#include "base/err.h"
#include "server/config/values.h"
#include "server/migrate/import_rsc_parts.h"
#include "server/migrate/rsc_value.h"

/* --- reading --- */

const char *rsc_text(struct rsc_import *in, const struct rsc_command *c, const char *key)
{
    const struct bytes *value = rsc_value(c, key);

    return value == NULL || value->n == 0 ? NULL
                                          : plan_decode(in->plan, *value, in->options->charset);
}

bool rsc_is_yes(const struct rsc_command *c, const char *key)
{
    const struct bytes *value = rsc_value(c, key);

    return value != NULL && (bytes_equal(*value, bytes_of_text("yes")) ||
                             bytes_equal(*value, bytes_of_text("true")));
}

const struct rsc_record *rsc_by_name(const struct rsc_record *list, const char *name)
{
    for (; list != NULL; list = list->next) {
        const struct bytes *value = rsc_value(&list->command, "name");

        if (value != NULL && bytes_equal(*value, bytes_of_text(name))) {
            return list;
        }
    }
    return NULL;
}

static struct rsc_record **list_of(struct rsc_import *in, const char *menu)
{
    const struct {
        const char *menu;
        struct rsc_record **list;
    } menus[] = {
        {"ip pool",                     &in->pools       },
        { "ip dhcp-server",             &in->servers     },
        { "ip dhcp-server network",     &in->networks    },
        { "ip dhcp-server lease",       &in->leases      },
        { "ip dhcp-server option",      &in->dhcp_options},
        { "ip dhcp-server option sets", &in->option_sets },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(menus); i++) {
        if (strcmp(menu, menus[i].menu) == 0) {
            return menus[i].list;
        }
    }
    return NULL;
}

/* Keeps what is of use. Lists are newest first. */
static int keep(struct rsc_import *in, const struct rsc_command *c)
{
    struct rsc_record **list = list_of(in, c->menu);
    struct rsc_record *record = NULL;

    if (list == NULL || strcmp(c->verb, "add") != 0) {
        bool is_ours = list != NULL || strncmp(c->menu, "ip dhcp-server", 14) == 0;

        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            c->line,
            "/%s %s: %s",
            plan_printable(in->plan, bytes_of_text(c->menu)),
            c->verb,
            is_ours ? "only \"add\" is taken over" : "not about DHCP");
        return 0;
    }
    record = arena_alloc(&in->plan->arena, sizeof *record);
    if (record == NULL) {
        return ERR_NOMEM;
    }
    record->command = *c;
    record->next = *list;
    *list = record;
    return 0;
}

static struct rsc_record *reversed(struct rsc_record *list)
{
    struct rsc_record *ordered = NULL;

    while (list != NULL) {
        struct rsc_record *next = list->next;

        list->next = ordered;
        ordered = list;
        list = next;
    }
    return ordered;
}

static int read_all(struct rsc_import *in, struct bytes file)
{
    struct rsc_reader reader;
    struct rsc_command command;
    int r = 0;

    rsc_reader_init(&reader, file, &in->plan->arena);
    while ((r = rsc_read(&reader, &command)) != RSC_END) {
        if (r == RSC_MALFORMED) {
            plan_note(in->plan, PLAN_PROBLEM, command.line, "the line cannot be read");
        } else if (keep(in, &command) != 0) {
            return ERR_NOMEM;
        }
    }
    if (reader.is_incomplete) {
        plan_note(
            in->plan,
            PLAN_PROBLEM,
            0,
            "the export says that a part of it failed (#error exporting); export again");
    }
    in->pools = reversed(in->pools);
    in->servers = reversed(in->servers);
    in->networks = reversed(in->networks);
    in->leases = reversed(in->leases);
    return 0;
}

/* --- networks --- */

static void take_list(
    struct rsc_import *in,
    const struct rsc_command *c,
    const char *key,
    const char *option,
    struct plan_option **list)
{
    const char *value = rsc_text(in, c, key);
    const char *items[PLAN_ITEMS_MAX];
    unsigned n = value == NULL ? 0 : plan_split(in->plan, value, ",", items);

    if (n > 0) {
        (void)plan_set_option(in->plan, list, option, items, n);
    }
}

/* The values of one `/ip dhcp-server network`. */
static void take_network_values(
    struct rsc_import *in, const struct rsc_command *c, struct plan_scope *scope)
{
    static const struct {
        const char *key, *option;
    } keys[] = {
        {"gateway",       "routers"             },
        { "dns-server",   "domain-name-servers" },
        { "domain",       "domain-name"         },
        { "wins-server",  "netbios-name-servers"},
        { "ntp-server",   "ntp-servers"         },
        { "caps-manager", "option-138"          },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(keys); i++) {
        take_list(in, c, keys[i].key, keys[i].option, &scope->options);
    }
    if (rsc_value(c, "dns-server") == NULL && !rsc_is_yes(c, "dns-none")) {
        plan_note(
            in->plan,
            PLAN_CHANGED,
            c->line,
            "no dns-server: RouterOS hands out its own name servers then, here none are sent");
    }
    scope->next_server = rsc_text(in, c, "next-server");
    scope->boot_file = rsc_text(in, c, "boot-file-name");
    rsc_take_options(in, c, &scope->options);
}

/* The prefix of a network, which RouterOS writes with any address of it. */
static bool network_prefix(
    struct rsc_import *in, const struct rsc_command *c, struct ip4_prefix *ret)
{
    const char *value = rsc_text(in, c, "address");
    char address[IP4_TEXT_MAX];
    const char *slash = value == NULL ? NULL : strchr(value, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - value);
    uint64_t length = 0;
    struct ip4 inside = IP4_ANY;

    if (slash == NULL || n >= sizeof address || !values_parse_number(slash + 1, 32, &length)) {
        return false;
    }
    memcpy(address, value, n);
    address[n] = '\0';
    if (!ip4_parse(address, &inside)) {
        return false;
    }
    *ret = (struct ip4_prefix){ .length = (uint8_t)length };
    ret->network = ip4_of(inside.value & ip4_prefix_mask(*ret).value);
    return true;
}

/* One range of a pool: "a-b", an address, or a prefix. */
static bool pool_range(const char *item, struct ip4_range *ret_range)
{
    struct ip4_prefix prefix;

    if (ip4_prefix_parse(item, &prefix)) {
        *ret_range = (struct ip4_range){ prefix.network, ip4_prefix_last(prefix) };
        return true;
    }
    return values_parse_range(item, ret_range) && ret_range->first.value <= ret_range->last.value;
}

/* The network of the file that @address is in. */
static const struct rsc_record *network_around(
    struct rsc_import *in, struct ip4 address, struct ip4_prefix *ret_prefix)
{
    for (const struct rsc_record *n = in->networks; n != NULL; n = n->next) {
        if (network_prefix(in, &n->command, ret_prefix) &&
            ip4_prefix_contains(*ret_prefix, address)) {
            return n;
        }
    }
    return NULL;
}

/* The subnet around @address in the network of a server; made from the file at its first use. */
static struct plan_subnet *server_subnet(
    struct rsc_import *in, struct plan_network *network, struct ip4 address)
{
    struct ip4_prefix prefix;
    const struct rsc_record *around = network_around(in, address, &prefix);
    struct plan_subnet *known = plan_subnet_of(in->plan, address);

    if (known != NULL || around == NULL) {
        return known;
    }
    known = plan_subnet(in->plan, network, prefix);
    if (known != NULL) {
        take_network_values(in, &around->command, &known->scope);
        plan_note(in->plan, PLAN_TAKEN, around->command.line, "a network");
    }
    return known;
}

static void take_pool(
    struct rsc_import *in, struct plan_network *network, const struct rsc_command *server)
{
    const char *name = rsc_text(in, server, "address-pool");
    const struct rsc_record *pool = name == NULL ? NULL : rsc_by_name(in->pools, name);
    const char *ranges = pool == NULL ? NULL : rsc_text(in, &pool->command, "ranges");
    const char *items[PLAN_ITEMS_MAX];
    unsigned n = ranges == NULL ? 0 : plan_split(in->plan, ranges, ",", items);

    if (name != NULL && strcmp(name, "static-only") != 0 && pool == NULL) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            server->line,
            "address-pool %s is not defined in the file",
            name);
    }
    for (unsigned i = 0; i < n; i++) {
        struct ip4_range range;
        struct plan_subnet *subnet =
            pool_range(items[i], &range) ? server_subnet(in, network, range.first) : NULL;

        if (subnet == NULL || !ip4_prefix_contains(subnet->prefix, range.last)) {
            plan_note(
                in->plan,
                PLAN_PROBLEM,
                pool->command.line,
                "the range %s is in no /ip dhcp-server network of the file",
                items[i]);
        } else {
            plan_add_pool(in->plan, subnet, range);
        }
    }
}

static const char *authoritative_of(const char *value)
{
    static const struct {
        const char *theirs, *ours;
    } names[] = {
        {"yes",                "yes"      },
        { "no",                "no"       },
        { "after-2sec-delay",  "after-2s" },
        { "after-10sec-delay", "after-10s"},
    };

    for (unsigned i = 0; value != NULL && i < ARRAY_LENGTH(names); i++) {
        if (strcmp(value, names[i].theirs) == 0) {
            return names[i].ours;
        }
    }
    return NULL;
}

static const char *duration(struct rsc_import *in, const struct rsc_command *c, const char *key)
{
    const struct bytes *value = rsc_value(c, key);
    uint64_t seconds = 0;

    if (value == NULL) {
        return NULL;
    }
    if (!rsc_parse_time(*value, &seconds)) {
        plan_note(
            in->plan,
            PLAN_PROBLEM,
            c->line,
            "%s=%s is no time",
            key,
            plan_printable(in->plan, *value));
        return NULL;
    }
    return plan_duration(in->plan, seconds);
}

static void note_server(struct rsc_import *in, const struct rsc_command *c)
{
    static const char *const left_out[] = {
        "add-arp",
        "lease-script",
        "use-radius",
        "insert-queue-before",
        "parent-queue",
        "address-lists",
        "relay",
        "conflict-detection",
        "bootp-support",
        "client-mac-limit",
        "always-broadcast",
    };
    const char *threshold = rsc_text(in, c, "delay-threshold");

    for (unsigned i = 0; i < ARRAY_LENGTH(left_out); i++) {
        if (rsc_value(c, left_out[i]) != NULL) {
            plan_note(in->plan, PLAN_LEFT_OUT, c->line, "%s of a server", left_out[i]);
        }
    }
    if (threshold != NULL && strcmp(threshold, "none") != 0) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            c->line,
            "delay-threshold=%s is of one node: write delay-threshold: [{node: N, value: %s}]",
            threshold,
            threshold);
    }
}

static void take_server(struct rsc_import *in, const struct rsc_command *c)
{
    const char *name = rsc_text(in, c, "name");
    struct plan_network *network = NULL;
    const char *id = rsc_text(in, c, "src-address");

    if (rsc_is_yes(c, "disabled")) {
        plan_note(in->plan, PLAN_LEFT_OUT, c->line, "a server that is disabled");
        return;
    }
    network =
        plan_network(in->plan, import_name(in->plan, in->options, name == NULL ? "dhcp" : name));
    if (network == NULL) {
        return;
    }
    id = id == NULL ? rsc_text(in, c, "server-address") : id;
    network->server_identifier = id != NULL && strcmp(id, "0.0.0.0") == 0 ? NULL : id;
    network->authoritative = authoritative_of(rsc_text(in, c, "authoritative"));
    network->scope.lease_time = duration(in, c, "lease-time");
    rsc_take_options(in, c, &network->scope.options);
    take_pool(in, network, c);
    note_server(in, c);
    plan_note(in->plan, PLAN_TAKEN, c->line, "a server");
}

/* Networks of the file with no pool and no lease, of a server that takes everything. */
static void take_rest(struct rsc_import *in)
{
    for (const struct rsc_record *n = in->networks; n != NULL; n = n->next) {
        struct ip4_prefix prefix;

        if (!network_prefix(in, &n->command, &prefix)) {
            plan_note(in->plan, PLAN_PROBLEM, n->command.line, "the network has no address/length");
        } else if (plan_subnet_of(in->plan, prefix.network) == NULL) {
            plan_note(
                in->plan,
                PLAN_LEFT_OUT,
                n->command.line,
                "a network that no pool of a server lies in");
        }
    }
}

int import_rsc(struct plan *p, struct bytes text, const struct import_options *options)
{
    struct rsc_import in = { .plan = p, .options = options };

    if (read_all(&in, text) != 0) {
        return ERR_NOMEM;
    }
    for (const struct rsc_record *s = in.servers; s != NULL; s = s->next) {
        take_server(&in, &s->command);
    }
    take_rest(&in);
    for (const struct rsc_record *l = in.leases; l != NULL; l = l->next) {
        rsc_take_lease(&in, &l->command);
    }
    return plan_is_exhausted(p) ? ERR_NOMEM : 0;
}
