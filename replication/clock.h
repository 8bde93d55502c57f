#ifndef REPLICATION_CLOCK_H
#define REPLICATION_CLOCK_H

#include "base/instant.h"

/*
 * Clock - cluster time: the log's own clock, by which leases expire
 *
 * Running slow is safe (addresses come back late), running fast is not (an address in use is
 * given away). So cluster time never goes back; it advances with the monotonic clock from the
 * last applied entry on; and it catches up with wall time only as far as the lower median of the
 * wall clocks of a majority allows: of three clocks one may be wrong in any direction.
 * Pure: every time is an argument.
 */
struct cluster_clock {
    struct instant base;    /* cluster time of the last applied entry */
    struct instant base_at; /* monotonic time of its application */
    struct instant stamped; /* the latest time that this node has put into an entry */
    struct instant latest;  /* the latest cluster time that this node has heard of, moved on */
    struct instant latest_at;
};

/* The wall clocks of the nodes heard from recently, this one's included. */
struct wall_clocks {
    unsigned n, n_members;
    const struct instant *at;
};

/* An entry of @cluster_time was applied at @monotonic. */
void clock_set(struct cluster_clock *c, struct instant cluster_time, struct instant monotonic);

/* What any node takes for cluster time: the last entry's and its own monotonic time since. */
struct instant clock_estimate(const struct cluster_clock *c, struct instant monotonic);

/* The time that a leader puts into its next entry. */
struct instant clock_stamp(
    const struct cluster_clock *c, struct instant monotonic, const struct wall_clocks *walls);

/*
 * A node says that cluster time is @told. Old entries and messages, that a node reads which was
 * stopped, must not turn back the latest time it knows of: it gives way by a millisecond, to the
 * word of the leader alone (@is_leader), so that it does not run ahead for ever either.
 */
void clock_heard(
    struct cluster_clock *c, struct instant told, struct instant monotonic, bool is_leader);

/*
 * How far the cluster's time may be ahead of clock_estimate(), when it may catch up as far as
 * @wall: what was heard, what wall clocks allow, and what clocks drift apart unheard.
 */
int64_t clock_behind(const struct cluster_clock *c, struct instant monotonic, struct instant wall);

/* The leader has put @t into an entry: no later stamp will be earlier. */
void clock_stamped(struct cluster_clock *c, struct instant t);

#endif
