#ifndef SERVER_POLICY_ARRIVAL_H
#define SERVER_POLICY_ARRIVAL_H

#include "base/bytes.h"
#include "base/instant.h"
#include "base/ip4.h"

/*
 * Arrival - how a datagram came in: everything about it that is not in its bytes
 *
 * Made by server/io, and by the simulator. Small and copied, because an exchange that waits for
 * the log keeps it to send the reply the same way back.
 */
struct arrival {
    unsigned link;        /* index of the link of node.yaml it came in on */
    struct bytes network; /* that link's network; lives as long as the process */
    struct ip4 local;     /* our own address on the link, for option 54 and as source */
    struct ip4 source;
    uint16_t source_port;
    struct ip4 destination;
    bool was_broadcast;      /* to 255.255.255.255 or the link's broadcast address */
    unsigned mtu;            /* of the link */
    struct instant received; /* monotonic clock, when the kernel got it */
};

#endif
