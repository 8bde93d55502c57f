#ifndef SERVER_POLICY_TIMES_H
#define SERVER_POLICY_TIMES_H

#include "proto/settings.h"

/* Times - how long a lease lasts, is held, and when the client renews it (RFC 2131 3.3, 4.4.5) */

/*
 * The time a client gets that asks for @wanted (0: it does not ask): within min and max, the
 * default when it does not ask, also when it has a lease already.
 */
struct seconds times_lease(const struct lease_times *times, struct seconds wanted);

/*
 * The times of @subnet with those of the client's @classes in their place, the first class that
 * says one before the others. Of what is out of order then, what a class says stays.
 */
struct lease_times times_with_classes(
    const struct lease_times *subnet,
    const struct settings *settings,
    const struct class_set *classes);

/* What is committed for a promise of @lease: never shorter. */
struct seconds times_hold(const struct lease_times *times, struct seconds lease);

/*
 * T1 and T2 of @lease, a little earlier for some clients than for others so that clients that
 * started together do not renew together: by client and address alone, the same on every node.
 * A time of the settings that lies beyond this lease, as when it is shortened, gives way to the
 * usual part of it. Both 0 for an infinite lease, and for one too short to divide.
 */
struct times_renewal {
    struct seconds t1, t2;
};

struct times_renewal times_renewal(
    const struct lease_times *times, struct seconds lease, struct bytes client, struct ip4 address);

#endif
