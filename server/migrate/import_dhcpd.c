#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/dhcp/option.h"
#include "server/config/values.h"
#include "server/migrate/dhcpd_text.h"
#include "server/migrate/import.h"

/* ISC dhcpd: dhcpd.conf. A block's statements are taken over into the scope that is around them. */
enum { BLOCKS_MAX = 16 }; /* within each other */

/* Where a statement stands. */
struct place {
    struct plan_network *network; /* NULL: outside of shared networks and subnets */
    struct plan_subnet *subnet;
    struct plan_reservation *host;
    struct plan_scope *scope; /* of times and boot; NULL within a host */
    struct plan_option **options;
    bool is_ignored; /* within a block that is left out */
};

struct dhcpd_import {
    struct plan *plan;
    const struct import_options *options;
    struct dhcpd_reader reader;
    bool is_authoritative;
    struct plan_reservation *hosts; /* their subnet is that of their address */
};

static bool is_word(const struct dhcpd_statement *s, unsigned i, const char *word)
{
    return i < s->n_words && strcmp(s->words[i], word) == 0;
}

static const char *word(const struct dhcpd_statement *s, unsigned i)
{
    return i < s->n_words ? s->words[i] : "";
}

/* --- values --- */

static void take_seconds(
    struct dhcpd_import *in, const struct dhcpd_statement *s, const char **ret_duration)
{
    uint64_t seconds = 0;

    if (s->n_words == 2 && values_parse_number(s->words[1], UINT32_MAX, &seconds)) {
        *ret_duration = plan_duration(in->plan, seconds);
    } else {
        plan_note(in->plan, PLAN_PROBLEM, s->line, "%s: expected seconds", s->words[0]);
    }
}

/* The items of an option: words, with commas between. dhcpd joins pairs by a space alone. */
static unsigned join_items(
    struct dhcpd_import *in, const struct dhcpd_statement *s, const char *items[PLAN_ITEMS_MAX])
{
    unsigned n = 0;
    bool is_new = true;

    for (unsigned i = 2; i < s->n_words; i++) {
        if (strcmp(s->words[i], ",") == 0) {
            is_new = true;
        } else if (is_new && n < PLAN_ITEMS_MAX) {
            items[n++] = s->words[i];
            is_new = false;
        } else if (n > 0) {
            items[n - 1] = plan_text(in->plan, "%s %s", items[n - 1], s->words[i]);
        }
    }
    return n;
}

static void take_client_id(struct dhcpd_import *in, const struct place *at, const char *value)
{
    const char *hex = plan_packed_hex(in->plan, value);
    char text[3 * 255 + 1];

    if (hex != NULL) {
        at->host->client_id = hex;
    } else {
        at->host->client_id = plan_text(
            in->plan, "%s", bytes_format_hex(bytes_of_text(value), ':', text, sizeof text));
    }
}

static void take_option(
    struct dhcpd_import *in, const struct place *at, const struct dhcpd_statement *s)
{
    const char *items[PLAN_ITEMS_MAX];
    const struct option_spec *spec = option_by_name(word(s, 1));
    unsigned n = join_items(in, s, items);

    if (at->host != NULL && is_word(s, 1, "dhcp-client-identifier") && n == 1) {
        take_client_id(in, at, items[0]);
    } else if (at->host != NULL && is_word(s, 1, "host-name") && n == 1) {
        at->host->hostname = items[0];
    } else if (spec == NULL || (spec->flags & OPTION_SET) == 0 || n == 0) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            s->line,
            "option %s: write it as option-N with its code",
            word(s, 1));
    } else {
        const char *hex = n == 1 && option_type_is_binary(spec->type)
                              ? plan_packed_hex(in->plan, items[0])
                              : NULL;

        items[0] = hex != NULL ? hex : items[0];
        (void)plan_set_option(in->plan, at->options, spec->name, items, n);
    }
}

/* "range [dynamic-bootp] FIRST [LAST]" */
static void take_range(
    struct dhcpd_import *in, const struct place *at, const struct dhcpd_statement *s)
{
    unsigned first = is_word(s, 1, "dynamic-bootp") ? 2 : 1;
    unsigned last = first + 1 < s->n_words ? first + 1 : first;
    struct ip4_range range;

    if (at->subnet == NULL || !ip4_parse(word(s, first), &range.first) ||
        !ip4_parse(word(s, last), &range.last)) {
        plan_note(in->plan, PLAN_PROBLEM, s->line, "a range needs a subnet and two addresses");
    } else {
        plan_add_pool(in->plan, at->subnet, range);
    }
}

static void take_host_value(
    struct dhcpd_import *in, const struct place *at, const struct dhcpd_statement *s)
{
    if (is_word(s, 0, "hardware") && is_word(s, 1, "ethernet")) {
        at->host->hw_address = word(s, 2);
    } else if (is_word(s, 0, "fixed-address") && ip4_parse(word(s, 1), &at->host->address)) {
        if (s->n_words > 2) {
            plan_note(
                in->plan, PLAN_CHANGED, s->line, "only the first fixed-address of a host is taken");
        }
    } else {
        plan_note(in->plan, PLAN_LEFT_OUT, s->line, "%s of a host", s->words[0]);
    }
}

/* Times and boot values. False: @s is none of them. */
static bool take_scope_value(
    struct dhcpd_import *in, struct plan_scope *scope, const struct dhcpd_statement *s)
{
    if (is_word(s, 0, "default-lease-time")) {
        take_seconds(in, s, &scope->lease_time);
    } else if (is_word(s, 0, "max-lease-time")) {
        take_seconds(in, s, &scope->max_lease_time);
    } else if (is_word(s, 0, "min-lease-time")) {
        take_seconds(in, s, &scope->min_lease_time);
    } else if (is_word(s, 0, "next-server")) {
        scope->next_server = word(s, 1);
    } else if (is_word(s, 0, "filename")) {
        scope->boot_file = word(s, 1);
    } else if (is_word(s, 0, "server-name")) {
        scope->server_name = word(s, 1);
    } else {
        return false;
    }
    return true;
}

/* Outside of networks it is said of all of them, also of those to come. */
static void take_authoritative(struct dhcpd_import *in, const struct place *at)
{
    if (at->network == NULL) {
        in->is_authoritative = true;
    } else {
        at->network->authoritative = "yes";
    }
}

static void take_statement(
    struct dhcpd_import *in, const struct place *at, const struct dhcpd_statement *s)
{
    if (at->is_ignored) {
        return;
    }
    if (is_word(s, 0, "option")) {
        take_option(in, at, s);
    } else if (at->host != NULL) {
        take_host_value(in, at, s);
    } else if (is_word(s, 0, "range")) {
        take_range(in, at, s);
    } else if (is_word(s, 0, "authoritative")) {
        take_authoritative(in, at);
    } else if (!take_scope_value(in, at->scope, s)) {
        plan_note(in->plan, PLAN_LEFT_OUT, s->line, "%s", s->words[0]);
    }
}

/* --- blocks --- */

/* "subnet ADDRESS netmask MASK" */
static bool read_subnet(const struct dhcpd_statement *s, struct ip4_prefix *ret_prefix)
{
    struct ip4 mask = IP4_ANY;

    if (!is_word(s, 2, "netmask") || !ip4_parse(word(s, 1), &ret_prefix->network) ||
        !ip4_parse(word(s, 3), &mask)) {
        return false;
    }
    for (ret_prefix->length = 0; ret_prefix->length <= 32; ret_prefix->length++) {
        if (ip4_equal(ip4_prefix_mask(*ret_prefix), mask)) {
            return (ret_prefix->network.value & ~mask.value) == 0;
        }
    }
    return false;
}

/* A subnet that shares its wire with no other is a network of its own. */
static void enter_subnet(struct dhcpd_import *in, const struct dhcpd_statement *s, struct place *at)
{
    struct ip4_prefix prefix;

    if (!read_subnet(s, &prefix)) {
        plan_note(in->plan, PLAN_PROBLEM, s->line, "expected: subnet ADDRESS netmask MASK");
        at->is_ignored = true;
        return;
    }
    if (at->network == NULL) {
        at->network = plan_network(
            in->plan, import_name(in->plan, in->options, plan_text(in->plan, "%s", s->words[1])));
    }
    at->subnet = at->network == NULL ? NULL : plan_subnet(in->plan, at->network, prefix);
    at->is_ignored = at->subnet == NULL;
    if (!at->is_ignored) {
        at->scope = &at->subnet->scope;
        at->options = &at->subnet->scope.options;
        plan_note(in->plan, PLAN_TAKEN, s->line, "a subnet");
    }
}

static void enter(struct dhcpd_import *in, const struct dhcpd_statement *s, struct place *at)
{
    if (at->is_ignored) {
        return;
    }
    if (is_word(s, 0, "subnet")) {
        enter_subnet(in, s, at);
    } else if (is_word(s, 0, "shared-network")) {
        at->network = plan_network(in->plan, import_name(in->plan, in->options, word(s, 1)));
        at->is_ignored = at->network == NULL;
        if (!at->is_ignored) {
            at->scope = &at->network->scope;
            at->options = &at->network->scope.options;
        }
    } else if (is_word(s, 0, "host")) {
        at->host = plan_add_reservation(in->plan, &in->hosts, s->line);
        at->is_ignored = at->host == NULL;
        at->options = at->is_ignored ? NULL : &at->host->options;
        plan_note(in->plan, PLAN_TAKEN, s->line, "a host");
    } else if (!is_word(s, 0, "pool")) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            s->line,
            "%s %s, with everything in its block",
            s->words[0],
            word(s, 1));
        at->is_ignored = true;
    }
}

static bool read_file(struct dhcpd_import *in)
{
    struct place places[BLOCKS_MAX + 1] = {
        {.scope = &in->plan->global, .options = &in->plan->global.options}
    };
    struct dhcpd_statement s;
    unsigned depth = 0;
    int r = 0;

    while ((r = dhcpd_read(&in->reader, &s)) != DHCPD_END) {
        if (r == DHCPD_MALFORMED || (r == DHCPD_BLOCK && depth == BLOCKS_MAX) ||
            (r == DHCPD_BLOCK_END && depth == 0)) {
            plan_note(in->plan, PLAN_PROBLEM, s.line, "the line cannot be read");
            return false;
        }
        if (r == DHCPD_BLOCK) {
            places[depth + 1] = places[depth];
            enter(in, &s, &places[++depth]);
        } else if (r == DHCPD_BLOCK_END) {
            depth--;
        } else {
            take_statement(in, &places[depth], &s);
        }
    }
    if (depth > 0) {
        plan_note(in->plan, PLAN_PROBLEM, s.line, "a block is not closed at the end of the file");
    }
    return depth == 0;
}

int import_dhcpd(struct plan *p, struct bytes text, const struct import_options *options)
{
    struct dhcpd_import in = { .plan = p, .options = options };

    dhcpd_reader_init(&in.reader, text, p, options->charset);
    if (read_file(&in)) {
        plan_place(p, in.hosts);
    }
    if (in.is_authoritative) {
        plan_set_authoritative(p);
    }
    return plan_is_exhausted(p) ? ERR_NOMEM : 0;
}
