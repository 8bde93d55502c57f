#include "proto/dhcp/route.h"

enum { ETHERNET_ADDRESS_SIZE = 6 };

/* A frame can be addressed to the client without asking it who has the address. */
static bool is_ethernet(const struct hardware *hardware)
{
    return hardware->type == HARDWARE_ETHERNET && hardware->n == ETHERNET_ADDRESS_SIZE;
}

/* The address the client has already and listens on; IP4_ANY if none. */
static struct ip4 owned_address(const struct request *request)
{
    if (request->kind == REQUEST_INFORM) {
        return request->address;
    }
    return request->message->header.ciaddr;
}

static enum route_kind choose_kind(
    const struct request *request, enum message_type type, struct ip4 yiaddr, bool always_broadcast)
{
    const struct message_header *h = &request->message->header;

    if (!ip4_is_any(request->relay)) {
        return ROUTE_RELAY;
    }
    if (type == MESSAGE_NAK) {
        return ROUTE_BROADCAST;
    }
    if (!ip4_is_any(owned_address(request))) {
        return ROUTE_UNICAST;
    }
    if (always_broadcast || (h->flags & MESSAGE_FLAG_BROADCAST) != 0 || ip4_is_any(yiaddr) ||
        !is_ethernet(&h->hardware)) {
        return ROUTE_BROADCAST;
    }
    return ROUTE_RAW_UNICAST;
}

struct route route_of(
    const struct request *request, enum message_type type, struct ip4 yiaddr, bool always_broadcast)
{
    struct route route = {
        .kind = choose_kind(request, type, yiaddr, always_broadcast),
        .port = MESSAGE_PORT_CLIENT,
        .hardware = request->message->header.hardware,
    };

    switch (route.kind) {
    case ROUTE_RELAY:
        route.address = request->relay;
        route.port = request->relay_port;
        break;
    case ROUTE_UNICAST:
        route.address = owned_address(request);
        break;
    case ROUTE_RAW_UNICAST:
        route.address = yiaddr;
        break;
    case ROUTE_BROADCAST:
        route.address = IP4_BROADCAST;
        break;
    }
    return route;
}
