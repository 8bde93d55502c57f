#include <string.h>

#include "base/check.h"
#include "base/own.h"
#include "proto/dhcp/fqdn.h"
#include "proto/dhcp/option.h"
#include "server/exchange_parts.h"
#include "server/policy/times.h"

enum { DEAF_AFTER = 3 }; /* OFFERs that a client did not take up: then broadcast (rule 26) */

/* The candidates for a reply, the more specific first, and the values that no list holds. */
struct candidates {
    struct reply_option *at;
    size_t n;
    uint8_t mask[4], broadcast[4];
    uint8_t fqdn[FQDN_ANSWER_MAX];
};

static struct bytes put_address(uint8_t out[4], struct ip4 address)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(address.value >> (24 - 8 * i));
    }
    return (struct bytes){ out, 4 };
}

static void add(struct candidates *c, uint8_t code, bool is_forced, struct bytes value)
{
    if (c->n < EXCHANGE_OPTIONS_MAX) {
        c->at[c->n++] = (struct reply_option){ code, is_forced, value };
    }
}

static void add_list(struct candidates *c, struct option_list list)
{
    for (unsigned i = 0; i < list.n; i++) {
        add(c, list.at[i].code, list.at[i].forced, list.at[i].value);
    }
}

static void add_reservation(struct candidates *c, const struct reservation *reservation)
{
    if (reservation == NULL) {
        return;
    }
    add_list(c, reservation->options);
    if (reservation->hostname.n > 0) {
        add(c, OPTION_HOST_NAME, false, reservation->hostname);
    }
}

/* To who asks for it, if no settings say it (RFC 2132 5.3). */
static void add_broadcast_address(
    struct candidates *c, const struct request *request, struct ip4_prefix prefix)
{
    struct bytes asked = request->parameters;

    if (asked.n > 0 && memchr(asked.at, OPTION_BROADCAST_ADDRESS, asked.n) != NULL) {
        add(c, OPTION_BROADCAST_ADDRESS, false, put_address(c->broadcast, ip4_prefix_last(prefix)));
    }
}

static void add_all(
    struct candidates *c,
    const struct network_map *map,
    const struct exchange *e,
    const struct subnet *subnet)
{
    add_reservation(c, decide_reservation(map, subnet, &e->request));
    add_list(c, subnet->options);
    add(c, OPTION_SUBNET_MASK, false, put_address(c->mask, ip4_prefix_mask(subnet->prefix)));
    add_list(c, e->scope.network->options);
    add_list(c, network_map_settings(map)->options);
    add_broadcast_address(c, &e->request, subnet->prefix);
}

/* To who sent a sound option 81. The name that an operator gave goes before the client's own. */
static struct bytes answer_fqdn(
    struct candidates *c,
    const struct network_map *map,
    const struct exchange *e,
    const struct subnet *subnet)
{
    const struct reservation *reservation = decide_reservation(map, subnet, &e->request);
    struct writer w = writer_of(c->fqdn, sizeof c->fqdn);
    struct fqdn fqdn;

    if (fqdn_parse(e->request.fqdn, &fqdn) == 0) {
        fqdn_answer(&fqdn, reservation == NULL ? (struct bytes){ 0 } : reservation->hostname, &w);
        ensure(!w.overrun);
    }
    return writer_done(&w);
}

static void set_boot(
    struct reply *reply, const struct boot_settings *subnet, const struct boot_settings *network)
{
    reply->siaddr = ip4_is_any(subnet->next_server) ? network->next_server : subnet->next_server;
    reply->sname = subnet->server_name.n > 0 ? subnet->server_name : network->server_name;
    reply->file = subnet->file.n > 0 ? subnet->file : network->file;
}

static struct reply reply_of(
    const struct exchange *e, enum message_type type, struct ip4 yiaddr, struct seconds lease)
{
    struct times_renewal renewal = times_renewal(lease, e->request.client, yiaddr);

    return (struct reply){
        .request = &e->message,
        .type = type,
        .yiaddr = yiaddr,
        .server_id = e->turn.server_id,
        .lease = lease,
        .t1 = renewal.t1,
        .t2 = renewal.t2,
        .omit_client_id = !e->scope.network->echo_client_id,
        .mtu = (uint16_t)(e->arrival.mtu < UINT16_MAX ? e->arrival.mtu : UINT16_MAX),
    };
}

/* The subnet whose settings a client gets: of its address, or of its link. */
static const struct subnet *subnet_of(const struct exchange *e, const struct network_map *map)
{
    const struct subnet *subnet = scope_subnet_of(&e->scope, map, e->decision.address);

    return subnet == NULL ? e->scope.subnets[0] : subnet;
}

static struct ip4 yiaddr_of(const struct exchange *e, enum message_type type)
{
    return type == MESSAGE_NAK || e->request.kind == REQUEST_INFORM ? IP4_ANY : e->decision.address;
}

void exchange_reply(
    struct exchanges *x, struct exchange *e, enum message_type type, struct seconds lease)
{
    const struct network_map *map = store_map(x->store);
    const struct subnet *subnet = subnet_of(e, map);
    struct ip4 yiaddr = yiaddr_of(e, type);
    struct candidates c = { .at = x->options };
    struct reply reply = reply_of(e, type, yiaddr, lease);
    size_t n = 0;

    if (type == MESSAGE_NAK) {
        reply.message = bytes_of_text(reason_spec(e->decision.reason)->text);
    } else {
        add_all(&c, map, e, subnet);
        reply.fqdn = answer_fqdn(&c, map, e, subnet);
        set_boot(&reply, &subnet->boot, &e->scope.network->boot);
    }
    reply.options = c.at;
    reply.n_options = c.n;
    if (reply_build(&reply, x->reply, sizeof x->reply, &n) != 0) {
        e->decision.reason = REASON_NO_ROOM;
        e->decision.verdict = VERDICT_SILENT;
        return;
    }

    struct route route = route_of(&e->request, type, yiaddr, e->n_offers > DEAF_AFTER);

    x->port.send(x->port.data, &e->arrival, &route, (struct bytes){ x->reply, n });
}
