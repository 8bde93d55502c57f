#include <string.h>

#include "base/err.h"
#include "proto/dhcp/option.h"
#include "server/config/values.h"
#include "server/migrate/import.h"

/*
 * dnsmasq: its configuration, or a dhcp-hostsfile. dnsmasq takes the prefix of a range from the
 * interface; where the range does not say its netmask, /24 is assumed and noted.
 */
enum { LINE_MAX_N = 1024, ASSUMED_LENGTH = 24 };

struct dnsmasq_import {
    struct plan *plan;
    const struct import_options *options;
    unsigned line;
    struct plan_reservation *hosts; /* placed when all ranges are known */
};

/* --- values --- */

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "45m", "12h", "2d", "1w", "infinite", or seconds. False when it is no lease time. */
static bool read_lease_time(struct dnsmasq_import *in, const char *item, const char **ret_duration)
{
    uint64_t number = 0;

    if (strcmp(item, "infinite") == 0) {
        *ret_duration = item;
        return true;
    }
    if (values_parse_number(item, UINT32_MAX, &number)) {
        *ret_duration = plan_duration(in->plan, number);
        return true;
    }
    if (values_parse_duration(item, &number)) {
        *ret_duration = item;
        return true;
    }
    return false;
}

static bool is_hardware(const char *item)
{
    return strlen(item) == 17 && strspn(item, "0123456789abcdefABCDEF:") == 17;
}

/* --- dhcp-range --- */

static void take_pool(
    struct dnsmasq_import *in, struct ip4_range range, struct ip4_prefix prefix, const char *time)
{
    char address[IP4_TEXT_MAX];
    const char *name = plan_text(in->plan, "%s", ip4_format(prefix.network, address));
    struct plan_network *network = NULL;
    struct plan_subnet *subnet = plan_subnet_of(in->plan, range.first);

    if (subnet == NULL) {
        network = plan_network(in->plan, import_name(in->plan, in->options, name));
        subnet = network == NULL ? NULL : plan_subnet(in->plan, network, prefix);
    }
    if (subnet == NULL) {
        return;
    }
    if (!ip4_is_any(range.last)) { /* FIRST,static has no pool */
        plan_add_pool(in->plan, subnet, range);
    }
    subnet->scope.lease_time = time == NULL ? subnet->scope.lease_time : time;
    plan_note(in->plan, PLAN_TAKEN, in->line, "a range");
}

static uint8_t length_of(struct ip4 mask)
{
    struct ip4_prefix prefix = { .length = 0 };

    while (prefix.length < 32 && !ip4_equal(ip4_prefix_mask(prefix), mask)) {
        prefix.length++;
    }
    return prefix.length;
}

/* The items behind the tags: FIRST, LAST or "static", perhaps netmask and broadcast, a time. */
static void read_range(struct dnsmasq_import *in, const char *const *items, unsigned n)
{
    struct ip4_range range = { .first = IP4_ANY };
    struct ip4_prefix prefix = { .length = ASSUMED_LENGTH };
    const char *time = NULL;
    struct ip4 mask = IP4_ANY;
    bool is_static = n > 1 && strcmp(items[1], "static") == 0;

    if (n < 2 || !ip4_parse(items[0], &range.first) ||
        (!is_static && !ip4_parse(items[1], &range.last))) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            in->line,
            "a dhcp-range that is not FIRST,LAST or FIRST,static");
        return;
    }
    if (n > 2 && ip4_parse(items[2], &mask)) {
        prefix.length = length_of(mask);
    } else {
        plan_note(
            in->plan,
            PLAN_CHANGED,
            in->line,
            "the range names no netmask: /%d is assumed",
            ASSUMED_LENGTH);
    }
    for (unsigned i = 2; i < n; i++) {
        (void)read_lease_time(in, items[i], &time);
    }
    prefix.network = ip4_of(range.first.value & ip4_prefix_mask(prefix).value);
    range.first = is_static ? prefix.network : range.first;
    take_pool(in, range, prefix, time);
}

/* How many items are tags; *@ret_is_tagged when something depends on one. */
static unsigned pass_tags(const char *const *items, unsigned n, bool *ret_is_tagged)
{
    unsigned i = 0;

    *ret_is_tagged = false;
    while (i < n && (begins_with(items[i], "set:") || begins_with(items[i], "tag:") ||
                     begins_with(items[i], "net:") || begins_with(items[i], "interface:"))) {
        *ret_is_tagged = *ret_is_tagged || begins_with(items[i], "tag:");
        i++;
    }
    return i;
}

static void take_range(struct dnsmasq_import *in, const char *const *items, unsigned n)
{
    bool is_tagged = false;
    unsigned i = pass_tags(items, n, &is_tagged);

    if (is_tagged) {
        plan_note(in->plan, PLAN_LEFT_OUT, in->line, "a dhcp-range for clients with a tag");
    } else {
        read_range(in, items + i, n - i);
    }
}

/* --- dhcp-host --- */

/* One item of a dhcp-host: what it is shows from its form. */
static void take_host_item(struct dnsmasq_import *in, struct plan_reservation *r, const char *item)
{
    const char *time = NULL;
    char hex[3 * 255 + 1];

    if (is_hardware(item) && r->hw_address == NULL) {
        r->hw_address = item;
    } else if (begins_with(item, "id:")) {
        bool is_hex = strchr(item + 3, ':') != NULL;

        r->client_id = is_hex
                           ? item + 3
                           : plan_text(
                                 in->plan,
                                 "%s",
                                 bytes_format_hex(bytes_of_text(item + 3), ':', hex, sizeof hex));
    } else if (ip4_parse(item, &r->address)) {
        return;
    } else if (read_lease_time(in, item, &time) || begins_with(item, "set:")) {
        plan_note(in->plan, PLAN_LEFT_OUT, in->line, "%s of a host", item);
    } else if (is_hardware(item) || strcmp(item, "ignore") == 0 || strchr(item, ':') != NULL) {
        plan_note(in->plan, PLAN_LEFT_OUT, in->line, "%s of a host", item);
    } else {
        r->hostname = item;
    }
}

static void take_host(struct dnsmasq_import *in, const char *const *items, unsigned n)
{
    struct plan_reservation *r = plan_add_reservation(in->plan, &in->hosts, in->line);

    for (unsigned i = 0; i < n && r != NULL; i++) {
        take_host_item(in, r, items[i]);
    }
    if (r != NULL && r->hw_address == NULL && r->client_id == NULL) {
        in->hosts = r->next;
        plan_note(in->plan, PLAN_LEFT_OUT, in->line, "a host without a hardware address or id:");
        return;
    }
    plan_note(in->plan, PLAN_TAKEN, in->line, "a host");
}

/* --- dhcp-option, dhcp-boot --- */

/* dnsmasq's own names for the options that are used most. */
static const struct option_spec *spec_of(const char *item)
{
    static const struct {
        const char *theirs, *ours;
    } names[] = {
        {"router",         "routers"             },
        { "dns-server",    "domain-name-servers" },
        { "ntp-server",    "ntp-servers"         },
        { "netbios-ns",    "netbios-name-servers"},
        { "domain-search", "domain-search"       },
        { "domain-name",   "domain-name"         },
        { "mtu",           "interface-mtu"       },
        { "tftp-server",   "tftp-server-name"    },
    };

    uint64_t code = 0;

    if (values_parse_number(item, 254, &code) && code > 0) {
        return option_spec((uint8_t)code);
    }
    if (!begins_with(item, "option:")) {
        return NULL;
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(item + 7, names[i].theirs) == 0) {
            return option_by_name(names[i].ours);
        }
    }
    return option_by_name(item + 7);
}

static void take_option(
    struct dnsmasq_import *in, const char *const *items, unsigned n, bool is_forced)
{
    bool is_tagged = false;
    unsigned i = pass_tags(items, n, &is_tagged);
    const struct option_spec *spec = i < n ? spec_of(items[i]) : NULL;

    if (is_tagged || spec == NULL || (spec->flags & OPTION_SET) == 0 || i + 1 >= n ||
        strcmp(items[i + 1], "0.0.0.0") == 0) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            in->line,
            "dhcp-option %s: %s",
            i < n ? items[i] : "",
            is_tagged ? "for clients with a tag" : "its value depends on the server");
        return;
    }

    const char *hex = option_type_is_binary(spec->type) && i + 2 == n
                          ? plan_packed_hex(in->plan, items[i + 1])
                          : NULL;
    struct plan_option *o = plan_set_option(
        in->plan,
        &in->plan->global.options,
        spec->name,
        hex != NULL ? &hex : items + i + 1,
        n - i - 1);

    if (o != NULL) {
        o->is_forced = is_forced;
    }
}

static void take_boot(struct dnsmasq_import *in, const char *const *items, unsigned n)
{
    bool is_tagged = false;
    unsigned i = pass_tags(items, n, &is_tagged);
    struct ip4 server = IP4_ANY;

    if (is_tagged || i >= n) {
        plan_note(in->plan, PLAN_LEFT_OUT, in->line, "a dhcp-boot for clients with a tag");
        return;
    }
    in->plan->global.boot_file = items[i];
    in->plan->global.server_name = i + 1 < n ? items[i + 1] : NULL;
    in->plan->global.next_server =
        i + 2 < n && ip4_parse(items[i + 2], &server) ? items[i + 2] : NULL;
}

/* --- lines --- */

/* True for the settings of the DNS server, and others that say nothing about leases. */
static void note_key(struct dnsmasq_import *in, const char *key)
{
    if (begins_with(key, "dhcp-") || strcmp(key, "pxe-service") == 0) {
        plan_note(in->plan, PLAN_LEFT_OUT, in->line, "%s", key);
    }
}

static void take_pair(
    struct dnsmasq_import *in, const char *key, const char *value, bool *ret_is_authoritative)
{
    const char *items[PLAN_ITEMS_MAX] = { NULL };
    unsigned n = plan_split(in->plan, value, ",", items);

    if (strcmp(key, "dhcp-range") == 0) {
        take_range(in, items, n);
    } else if (strcmp(key, "dhcp-host") == 0) {
        take_host(in, items, n);
    } else if (strcmp(key, "dhcp-option") == 0 || strcmp(key, "dhcp-option-force") == 0) {
        take_option(in, items, n, strcmp(key, "dhcp-option-force") == 0);
    } else if (strcmp(key, "dhcp-boot") == 0) {
        take_boot(in, items, n);
    } else if (strcmp(key, "dhcp-authoritative") == 0) {
        *ret_is_authoritative = true;
    } else if (strcmp(key, "domain") == 0 && n > 0) {
        (void)plan_set_option(in->plan, &in->plan->global.options, "domain-name", items, 1);
    } else {
        note_key(in, key);
    }
}

/* True for a line of a dhcp-hostsfile: a host without "dhcp-host=". */
static bool is_host_line(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF:") == 17 || begins_with(text, "id:");
}

static void take_line(struct dnsmasq_import *in, struct bytes line, bool *ret_is_authoritative)
{
    const char *text = plan_decode(in->plan, line, in->options->charset);
    const char *parts[PLAN_ITEMS_MAX] = { NULL };
    const char *equals = strchr(text, '=');

    text += strspn(text, " \t");
    if (*text == '\0' || *text == '#') {
        return;
    }
    if (is_host_line(text)) {
        take_host(in, parts, plan_split(in->plan, text, ",", parts));
    } else if (equals == NULL) {
        take_pair(in, text, "", ret_is_authoritative);
    } else if (plan_split(in->plan, text, "=", parts) > 0) {
        take_pair(in, parts[0], equals + 1, ret_is_authoritative);
    }
}

int import_dnsmasq(struct plan *p, struct bytes text, const struct import_options *options)
{
    struct dnsmasq_import in = { .plan = p, .options = options };
    bool is_authoritative = false;
    size_t at = 0;

    while (at < text.n) {
        const uint8_t *end = memchr(text.at + at, '\n', text.n - at);
        size_t n = end == NULL ? text.n - at : (size_t)(end - text.at) - at;

        in.line++;
        if (n > LINE_MAX_N) {
            plan_note(p, PLAN_PROBLEM, in.line, "the line is too long");
        } else {
            take_line(&in, bytes_slice(text, at, n), &is_authoritative);
        }
        at += n + 1;
    }
    plan_place(p, in.hosts);
    if (is_authoritative) {
        plan_set_authoritative(p);
    }
    return plan_is_exhausted(p) ? ERR_NOMEM : 0;
}
