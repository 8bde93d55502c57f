#ifndef PROTO_DHCP_ROUTE_H
#define PROTO_DHCP_ROUTE_H

#include "proto/dhcp/request.h"

/* Route - where a reply goes (RFC 2131 4.1) */
enum route_kind {
    ROUTE_RELAY,       /* unicast to the relay, through the routing table */
    ROUTE_UNICAST,     /* to an address the client has: ordinary ARP */
    ROUTE_RAW_UNICAST, /* to an address the client does not have yet: frame to `hardware` */
    ROUTE_BROADCAST,   /* 255.255.255.255 on the interface the request came in by */
};

struct route {
    enum route_kind kind;
    struct ip4 address;
    uint16_t port;
    struct hardware hardware; /* the client's; used by ROUTE_RAW_UNICAST (Ethernet, 6 octets) */
};

/*
 * Says where the reply of @type to @request goes. @yiaddr is the address it gives, IP4_ANY if
 * none. @always_broadcast replaces ROUTE_RAW_UNICAST by ROUTE_BROADCAST (a client that did not
 * hear earlier offers). A NAK not through a relay is always broadcast; a NAK through a relay
 * gets its broadcast bit from reply_build().
 */
struct route route_of(
    const struct request *request,
    enum message_type type,
    struct ip4 yiaddr,
    bool always_broadcast);

#endif
