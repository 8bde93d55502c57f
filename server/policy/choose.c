#include "server/policy/choose.h"

#include <string.h>

#include "base/check.h"
#include "proto/dhcp/option.h"

static struct bytes put_address(uint8_t out[4], struct ip4 address)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(address.value >> (24 - 8 * i));
    }
    return bytes_of(out, 4);
}

static struct reply_option *find(struct choice *c, uint8_t code)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->options[i].code == code) {
            return &c->options[i];
        }
    }
    return NULL;
}

/* The first value of a code counts: that of the more specific scope. */
static void add(struct choice *c, uint8_t code, bool is_forced, struct bytes value)
{
    if (find(c, code) == NULL) {
        ensure(c->n < CHOICE_OPTIONS_MAX);
        c->options[c->n++] = (struct reply_option){ code, is_forced, value };
    }
}

/* Sends the option unasked: what a scope says of it, else @value. */
static void force(struct choice *c, uint8_t code, struct bytes value)
{
    add(c, code, true, value);
    find(c, code)->is_forced = true;
}

static void add_list(struct choice *c, struct option_list list)
{
    for (unsigned i = 0; i < list.n; i++) {
        add(c, list.at[i].code, list.at[i].forced, list.at[i].value);
    }
}

static bool is_asked(const struct request *request, uint8_t code)
{
    struct bytes asked = request->parameters;

    return asked.n > 0 && memchr(asked.at, code, asked.n) != NULL;
}

static void add_reservation(struct choice *c, const struct reservation *reservation)
{
    if (reservation == NULL) {
        return;
    }
    add_list(c, reservation->options);
    if (reservation->hostname.n > 0) {
        add(c, OPTION_HOST_NAME, false, reservation->hostname);
    }
}

/* What an inner scope does not say of booting, an outer one does. */
static void add_boot(struct choice *c, const struct boot_settings *outer)
{
    if (ip4_is_any(c->boot.next_server)) {
        c->boot.next_server = outer->next_server;
    }
    if (c->boot.server_name.n == 0) {
        c->boot.server_name = outer->server_name;
    }
    if (c->boot.file.n == 0) {
        c->boot.file = outer->file;
    }
}

static void add_classes(struct choice *c, const struct choose_facts *f)
{
    const struct settings *settings = network_map_settings(f->map);

    for (unsigned i = class_set_next(f->classes, 0); i < CLASSES_MAX;
         i = class_set_next(f->classes, i + 1)) {
        add_list(c, settings->classes[i].options);
        add_boot(c, &settings->classes[i].boot);
    }
}

static void add_scopes(struct choice *c, const struct choose_facts *f)
{
    const struct pool *pool = subnet_pool_of(f->subnet, f->address);

    add_reservation(c, f->reservation);
    add_classes(c, f);
    if (pool != NULL) {
        add_list(c, pool->options);
    }
    add_list(c, f->subnet->options);
    add(c, OPTION_SUBNET_MASK, false, put_address(c->mask, ip4_prefix_mask(f->subnet->prefix)));
    add_list(c, f->network->options);
    add_list(c, network_map_settings(f->map)->options);
    add_boot(c, &f->subnet->boot);
    add_boot(c, &f->network->boot);
}

/* To who asks for it, if no settings say it (RFC 2132 5.3). */
static void add_broadcast_address(struct choice *c, const struct choose_facts *f)
{
    if (is_asked(f->request, OPTION_BROADCAST_ADDRESS)) {
        struct ip4 last = ip4_prefix_last(f->subnet->prefix);

        add(c, OPTION_BROADCAST_ADDRESS, false, put_address(c->broadcast, last));
    }
}

/* Old Windows asks for the routes of RFC 3442 by another code alone. */
static void add_ms_routes(struct choice *c, const struct choose_facts *f)
{
    const struct reply_option *routes = find(c, OPTION_CLASSLESS_ROUTES);

    if (routes != NULL && is_asked(f->request, OPTION_MS_ROUTES) &&
        !is_asked(f->request, OPTION_CLASSLESS_ROUTES)) {
        add(c, OPTION_MS_ROUTES, false, routes->value);
    }
}

/* --- booting over the network (rule 65) --- */

static bool starts_with(struct bytes value, const char *text)
{
    struct bytes start = bytes_of_text(text);

    return bytes_equal(bytes_slice(value, 0, start.n), start);
}

static bool is_url(struct bytes name)
{
    static const char mark[] = "://";

    return name.n > 0 && memmem(name.at, name.n, mark, strlen(mark)) != NULL;
}

/*
 * The answer of a boot server is known by the class in it. A ROM that finds the class goes looking
 * for boot servers, unless it is told to use the boot file that it got: discovery control, bit 3
 * (PXE 2.1, table 2-3).
 */
static void boot_by_pxe(struct choice *c, const struct request *request)
{
    static const uint8_t use_boot_file[] = { 6, 1, 8, OPTION_END };
    struct bytes machine = message_option(request->message, OPTION_UUID_GUID);

    force(c, OPTION_VENDOR_CLASS, bytes_of_text("PXEClient"));
    force(c, OPTION_VENDOR_ENCAPSULATED_OPTIONS, bytes_of(use_boot_file, sizeof use_boot_file));
    if (machine.n > 0) {
        force(c, OPTION_UUID_GUID, machine);
    }
}

/* UEFI 2.10, 24.7.3.1: the class, and the URL in option 67. */
static void boot_by_http(struct choice *c, struct bytes url)
{
    force(c, OPTION_VENDOR_CLASS, bytes_of_text("HTTPClient"));
    find(c, OPTION_VENDOR_CLASS)->value = bytes_of_text("HTTPClient");
    force(c, OPTION_BOOT_FILE_NAME, url);
    c->boot.file = (struct bytes){ 0 };
}

/*
 * Only where there is a boot file: with the class in it, our answer would be taken for that of
 * the boot server that stands beside us.
 */
static void add_network_boot(struct choice *c, const struct request *request)
{
    const struct reply_option *named = find(c, OPTION_BOOT_FILE_NAME);
    struct bytes file = named == NULL ? c->boot.file : named->value;

    if (file.n == 0) {
        return;
    }
    if (starts_with(request->vendor_class, "PXEClient")) {
        boot_by_pxe(c, request);
    } else if (starts_with(request->vendor_class, "HTTPClient") && is_url(file)) {
        boot_by_http(c, file);
    }
}

void choose(const struct choose_facts *f, struct choice *ret_choice)
{
    struct choice *c = ret_choice;

    c->n = 0;
    c->boot = (struct boot_settings){ .next_server = IP4_ANY };
    add_scopes(c, f);
    add_broadcast_address(c, f);
    add_ms_routes(c, f);
    add_network_boot(c, f->request);
}
