#include "base/event.h"
#include "proto/dhcp/client_id.h"
#include "server/exchange_parts.h"

/* Only what gives or confirms an address; a NAK may be a relay's echo of ours in another network. */
static bool gives_an_address(const struct message *m)
{
    enum message_type type = message_type(m);

    return m->header.op == MESSAGE_BOOTREPLY && (type == MESSAGE_OFFER || type == MESSAGE_ACK);
}

static void tell(
    struct exchanges *x, const struct arrival *arrival, const struct rogue_reply *reply)
{
    struct instant now = x->port.monotonic(x->port.data);
    char source[IP4_TEXT_MAX];
    char server[IP4_TEXT_MAX];
    char hardware[CLIENT_ID_TEXT_MAX] = "unseen";
    unsigned suppressed = 0;

    if (!rogues_note(x->rogues, reply, now) ||
        !log_limit_pass(&x->rogue_limit, now.ms, &suppressed)) {
        return;
    }
    if (reply->hardware.n > 0) {
        (void)client_id_format(hardware_address(&reply->hardware), hardware);
    }
    event_raise(
        EVENT_ROGUE_SERVER,
        "server=%s source=%s hardware=%s network=%.*s suppressed=%u",
        ip4_format(reply->server_id, server),
        ip4_format(reply->source, source),
        hardware,
        (int)arrival->network.n,
        (const char *)arrival->network.at,
        suppressed);
}

void exchanges_overhear(
    struct exchanges *x,
    const struct arrival *arrival,
    const struct hardware *from,
    struct bytes datagram)
{
    struct message *m = &x->current.message;
    struct rogue_reply reply = { .source = arrival->source, .hardware = *from };
    struct serving_view view;

    if (datagram.n > EXCHANGE_DATAGRAM_MAX || message_parse(m, datagram) != 0 ||
        !gives_an_address(m)) {
        return;
    }
    reply.server_id = message_server_identifier(m);
    x->proposer.serving(x->proposer.data, arrival->network, &view);
    if (rogue_is_stranger(
            &reply,
            &view,
            network_map_by_name(store_map(x->store), arrival->network),
            arrival->local)) {
        x->counters.rogue_replies++;
        tell(x, arrival, &reply);
    }
}
