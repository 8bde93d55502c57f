#ifndef IO_UDP_H
#define IO_UDP_H

#include <uv.h>

#include "proto/dhcp/route.h"
#include "proto/peer.h"
#include "server/io/link.h"
#include "server/policy/arrival.h"

/*
 * UDP - the links of this node: datagrams in, replies out
 *
 * Owns a socket per link and one packet socket. A link whose interface is missing or has no
 * address is closed and opened again when that ends; a failing link never stops the others.
 * One thread: that of the loop.
 */
struct udp;

struct udp_link {
    char interface[IFNAMSIZ];
    struct bytes network; /* its name; lives as long as the udp */
};

struct udp_port {
    void *data;
    void (*receive)(void *data, const struct arrival *arrival, struct bytes datagram);
    struct instant (*monotonic)(void *data);
    struct instant (*wall)(void *data);
    /* True when clients of @network can reach @address: which of several of a link to use. */
    bool (*is_of_network)(void *data, struct bytes network, struct ip4 address);
};

/* What a status message says of a link. */
struct udp_link_status {
    bool is_up;       /* the interface is there, switched on and has a carrier */
    bool is_open;     /* the socket is open and there is an address to answer from */
    struct ip4 local; /* our address on the link; the last known one while it is down */
};

#define UDP_COUNTERS(X)                                \
    X(received)                                        \
    X(dropped_long) /* longer than any DHCP message */ \
    X(sent)                                            \
    X(send_failed)                                     \
    X(opened) /* sockets opened, the first time included */

struct udp_counters {
#define X(name) uint64_t name;
    UDP_COUNTERS(X)
#undef X
};

/*
 * Opens what can be opened of @links, on port 67. Copies @links and @port. Returns 0,
 * ERR_NOMEM or ERR_IO (no packet socket: CAP_NET_RAW is missing); the cause is logged.
 */
int udp_new(
    struct udp **ret_udp,
    uv_loop_t *loop,
    const struct udp_link *links,
    unsigned n,
    const struct udp_port *port);

/* Closes the sockets; the memory goes when the loop has let go of them. Takes NULL. */
struct udp *udp_free(struct udp *u);

/* Every LINK_REFRESH_MS: follows what became of the interfaces. */
void udp_refresh(struct udp *u);

/* Reads no more datagrams; replies can still be sent. */
void udp_stop(struct udp *u);

/* Sends @reply by @route on the link of @arrival; what cannot be sent is counted and lost. */
void udp_send(
    struct udp *u, const struct arrival *arrival, const struct route *route, struct bytes reply);

struct udp_link_status udp_link_status(const struct udp *u, unsigned link);

/* Lends what is known of a link's interface, and of the addresses of this machine. */
const struct link_state *udp_link_state(const struct udp *u, unsigned link);
const struct own_addresses *udp_own_addresses(const struct udp *u);

const struct udp_counters *udp_counters(const struct udp *u);

#endif
