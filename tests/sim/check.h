#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "proto/dhcp/message.h"
#include "sim/node.h"

/*
 * Check - the invariants of the lease protocol, after every step of the simulation
 *
 *   2  a client has at most one bound lease per network
 *   3  a reserved address is bound to nobody but its client
 *   4  a promise never shrinks and never exceeds its hold
 *   5  two nodes at the same index hold the same rows (digest)
 *   the one rule: an ACK leaves only when a majority of disks holds its Bind, or a hold that
 *   covers it
 *   ten seconds after the last fault every client has an address, as far as there are any
 * Invariant 1 (one client per address) is checked where it matters: in what clients believe.
 */
enum {
    SIM_POOL_FIRST = 0x0a000064, /* 10.0.0.100 */
    SIM_POOL_SIZE = 24,
    SIM_RESERVED = 0x0a000032, /* 10.0.0.50, outside the pool */
};

struct check;

struct check *check_new(struct world *w);
struct check *check_free(struct check *c);

/* After @n did something. */
void check_node(struct check *c, struct node *n);

/* @n restarted: what it promised before is on its disk, not in its memory. */
void check_forget_node(struct check *c, unsigned number);

/* True when @reply, as it is sent, promises nothing that a majority has not stored. */
bool check_is_covered(struct check *c, struct bytes reply);

/*
 * A client that waits for it takes the ACK @m of node @number. One that comes late, when the client
 * has released the lease or begun anew, is taken by nobody and was no promise.
 */
void check_ack(struct check *c, unsigned number, bool is_covered, const struct message *m);

/* Faults have been over for ten seconds: nobody waits for long while there are free addresses. */
void check_liveness(struct check *c);

/* All faults are over and time has passed: the nodes agree, and nobody's lease is missing. */
void check_end(struct check *c);

/* Steps that were checked. */
uint64_t check_count(const struct check *c);

#endif
