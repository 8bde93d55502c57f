#ifndef IO_LINK_H
#define IO_LINK_H

#include <net/if.h>
#include <stdbool.h>

#include "base/ip4.h"

/*
 * Link - what the kernel says about the interfaces of node.yaml
 *
 * Read again every LINK_REFRESH_MS by whoever owns the sockets, so that a pulled cable, a new
 * address or an interface that came back is seen without a netlink subscription.
 */
enum {
    LINK_REFRESH_MS = 250,
    LINK_ADDRESSES_MAX = 16, /* of one interface */
    OWN_ADDRESSES_MAX = 256, /* of this machine */
    LINK_MTU_DEFAULT = 1500,
};

struct link_address {
    struct ip4 address, broadcast;
};

struct link_state {
    unsigned index; /* of the interface; 0: there is none */
    bool is_up;     /* switched on, and with a carrier */
    unsigned mtu;
    bool is_ethernet; /* then it has a `mac` */
    uint8_t mac[6];
    unsigned n_addresses; /* the primary one first */
    struct link_address addresses[LINK_ADDRESSES_MAX];
};

/* Every IPv4 address of this machine. */
struct own_addresses {
    unsigned n;
    struct ip4 list[OWN_ADDRESSES_MAX];
};

/*
 * Reads the state of the interfaces @names into @ret_links, @n of each. An interface that is not
 * there gets index 0. Returns 0 or ERR_IO.
 */
int link_read(
    const char (*names)[IFNAMSIZ],
    unsigned n,
    struct link_state *ret_links,
    struct own_addresses *ret_own);

bool own_addresses_contain(const struct own_addresses *own, struct ip4 address);

#endif
