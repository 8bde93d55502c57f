#include "base/check.h"
#include "base/own.h"
#include "proto/dhcp/fqdn.h"
#include "proto/dhcp/option.h"
#include "server/exchange_parts.h"
#include "server/policy/times.h"

enum { DEAF_AFTER = 3 }; /* OFFERs that a client did not take up: then broadcast (rule 26) */

/* To who sent a sound option 81. The name that an operator gave goes before the client's own. */
static struct bytes answer_fqdn(
    const struct exchange *e, const struct reservation *reservation, uint8_t out[FQDN_ANSWER_MAX])
{
    struct writer w = writer_of(out, FQDN_ANSWER_MAX);
    struct fqdn fqdn;

    if (fqdn_parse(e->request.fqdn, &fqdn) == 0) {
        fqdn_answer(&fqdn, reservation == NULL ? (struct bytes){ 0 } : reservation->hostname, &w);
        ensure(!w.overrun);
    }
    return writer_done(&w);
}

static void set_choice(struct reply *reply, const struct choice *choice)
{
    reply->siaddr = choice->boot.next_server;
    reply->sname = choice->boot.server_name;
    reply->file = choice->boot.file;
    reply->options = choice->options;
    reply->n_options = choice->n;
}

static struct reply reply_of(
    const struct exchange *e,
    const struct lease_times *times,
    enum message_type type,
    struct ip4 yiaddr,
    struct seconds lease)
{
    struct times_renewal renewal = times_renewal(times, lease, e->request.client, yiaddr);

    return (struct reply){
        .request = &e->message,
        .type = type,
        .yiaddr = yiaddr,
        .server_id = e->turn.server_id,
        .lease = lease,
        .t1 = renewal.t1,
        .t2 = renewal.t2,
        .omit_client_id = !e->scope.network->echo_client_id,
        .is_rapid_commit = type == MESSAGE_ACK && e->request.kind == REQUEST_DISCOVER,
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
    struct choose_facts facts = {
        .map = map,
        .request = &e->request,
        .network = e->scope.network,
        .subnet = subnet,
        .reservation = decide_reservation(map, subnet, &e->request),
        .classes = &e->classes,
        .address = e->decision.address,
    };
    struct lease_times times =
        times_with_classes(&subnet->times, network_map_settings(map), &e->classes);
    struct reply reply = reply_of(e, &times, type, yiaddr, lease);
    uint8_t fqdn[FQDN_ANSWER_MAX];
    size_t n = 0;

    if (type == MESSAGE_NAK) {
        reply.message = bytes_of_text(reason_spec(e->decision.reason)->text);
    } else {
        choose(&facts, &x->choice);
        set_choice(&reply, &x->choice);
        reply.fqdn = answer_fqdn(e, facts.reservation, fqdn);
    }
    if (reply_build(&reply, x->reply, sizeof x->reply, &n) != 0) {
        e->decision.reason = REASON_NO_ROOM;
        e->decision.verdict = VERDICT_SILENT;
        return;
    }

    bool is_broadcast = e->scope.network->always_broadcast || e->n_offers > DEAF_AFTER;
    struct route route = route_of(&e->request, type, yiaddr, is_broadcast);

    x->port.send(x->port.data, &e->arrival, &route, (struct bytes){ x->reply, n });
}
