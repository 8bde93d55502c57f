#ifndef IO_NEIGHBOUR_H
#define IO_NEIGHBOUR_H

#include <uv.h>

#include "server/io/link.h"
#include "server/probe.h"

/*
 * Neighbour - asks the network whether somebody uses an address: by ARP on a link, by ICMP echo
 *
 * Owns a packet socket that hears ARP replies, a raw socket that hears echo replies, and a timer
 * per question. Each question is sent twice, the second time after half of its wait. One thread.
 */
struct neighbours;

/*
 * Copies nothing; @loop outlives it. Returns 0, ERR_NOMEM or ERR_IO (no packet or raw socket:
 * CAP_NET_RAW is missing); the cause is logged. Lives as long as the process, also after ERR_IO:
 * the loop may know its handles by then.
 */
int neighbours_new(struct neighbours **ret_neighbours, uv_loop_t *loop);

/* Where a question is asked. */
struct neighbour_place {
    const struct link_state *link;
    const struct own_addresses *own; /* an address of this machine is in use: by us */
};

/* Asks @p. False when it cannot: PROBES_MAX are on their way, or the link is no Ethernet. */
bool neighbours_ask(struct neighbours *n, const struct neighbour_place *place, struct probe *p);

/* Withdraws a question; its `done` is not called. */
void neighbours_withdraw(struct neighbours *n, const struct probe *p);

#endif
