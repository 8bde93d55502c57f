#include <string.h>

#include "base/check.h"
#include "server/io/udp_state.h"

/* Option 54 of @reply as source when it is an address of ours, else the link's (rule 28). */
static struct ip4 source_of(const struct udp *u, const struct arrival *arrival, struct bytes reply)
{
    struct message message;
    struct ip4 server_id = IP4_ANY;

    if (message_parse(&message, reply) == 0) {
        server_id = message_server_identifier(&message);
    }
    return own_addresses_contain(&u->own, server_id) ? server_id : arrival->local;
}

static int send_by(
    struct udp *u,
    const struct link *l,
    const struct route *route,
    struct ip4 source,
    struct bytes reply)
{
    if (route->kind == ROUTE_RAW_UNICAST) {
        const struct frame_ends ends = {
            .source = source,
            .destination = route->address,
            .source_port = MESSAGE_PORT_SERVER,
            .destination_port = route->port,
        };

        return raw_send(&u->raw, l->state.index, hardware_address(&route->hardware), &ends, reply);
    }

    const struct udp_target to = {
        .index = l->state.index,
        .source = source,
        .address = route->kind == ROUTE_BROADCAST ? IP4_BROADCAST : route->address,
        .port = route->port,
    };

    return udp_socket_send(l->socket->fd, &to, reply);
}

static void count_failure(struct udp *u, const struct link *l, const char *why)
{
    unsigned held_back = 0;

    u->counters.send_failed++;
    if (log_limit_pass(&u->send_limit, u->port.monotonic(u->port.data).ms, &held_back)) {
        log_warning(
            "send-failed",
            "interface=%s reason=\"%s\" held_back=%u",
            l->config.interface,
            why,
            held_back);
    }
}

void udp_send(
    struct udp *u, const struct arrival *arrival, const struct route *route, struct bytes reply)
{
    require(arrival->link < u->n_links);

    const struct link *l = &u->links[arrival->link];

    if (l->socket == NULL) {
        count_failure(u, l, "the link is closed");
        return;
    }

    int error = send_by(u, l, route, source_of(u, arrival, reply), reply);

    if (error != 0) {
        count_failure(u, l, strerror(error));
    } else {
        u->counters.sent++;
    }
}
