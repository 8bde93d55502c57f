#ifndef SERVER_POLICY_PROBE_H
#define SERVER_POLICY_PROBE_H

#include "proto/dhcp/request.h"
#include "server/policy/decision.h"

/*
 * Probe - is an address looked for on the network before it is offered? (RFC 2131 2.2, 4.3.1)
 *
 * Before an OFFER, and before a lease that is given without one (rapid commit, BOOTP); never at a
 * REQUEST (rule 42), and never for the last client of the address: it may be using it. Pure.
 */
enum probe_kind {
    PROBE_NONE,
    PROBE_ARP,  /* an RFC 5227 probe on the link the client is on */
    PROBE_ICMP, /* an echo request, by whatever route leads there */
};

/* How to look for the address of @d, an answer to @request, in @subnet. */
enum probe_kind probe_kind_of(
    const struct decision *d, const struct subnet *subnet, const struct request *request);

/* "none", "arp", "icmp". */
const char *probe_kind_name(enum probe_kind kind);

/*
 * Who the log says uses @address without a lease: the hardware that was @seen, so that the row has
 * the key which that host would have as a client; where none was seen, the address itself as
 * hardware of type 0, which is none (RFC 4361 6.1).
 */
struct hardware probe_holder(const struct hardware *seen, struct ip4 address);

#endif
