#ifndef LAN_H
#define LAN_H

#include "storage/network.h"

/*
 * Lan - the settings that the tests of the server share
 *
 *   network lan      subnet 192.168.1.0/24, pool .100 to .109 without .105; .10 is reserved for
 *                    the hardware 02:00:00:00:00:aa, host name "director", and .103 for the
 *                    client id "printer"; routers, lease 60 to 3600 s, default 600, headroom 300
 *                    subnet 192.168.2.0/24, pool .100 to .101
 *   network guests   subnet 10.1.0.0/16, pool 10.1.0.10 to 10.1.0.19
 *   network empty    no subnet
 *
 * Nodes 1, 2, 3 have no thresholds; collapse, retry step 1 s, not authoritative.
 */
struct lan {
    struct settings settings;
    struct network networks[3];
    struct subnet subnets[3];
    struct pool pools[3];
    struct ip4_range exclude;
    struct reservation reservations[2];
    struct threshold thresholds[3];
};

/* Fills in *@l, which a test may then change before it is used. */
void lan_init(struct lan *l);

/* The last octets of an address of 192.168.0.0/16. */
struct ip4 lan_address(uint8_t subnet, uint8_t host);

/* A map of these settings; NULL when they do not pass settings_check(). */
struct network_map *lan_map(const struct lan *l);

#endif
