#ifndef STORAGE_LEASE_TRANSITION_H
#define STORAGE_LEASE_TRANSITION_H

#include "proto/command.h"
#include "storage/lease/lease.h"

/*
 * Transition - the only place where a lease changes: (row, command) -> row'
 *
 * Pure and total. @old is NULL when the address has no row. The new row borrows from @old and
 * from the command. `now` is the cluster time of the entry. Each returns an outcome of
 * proto/command.h and sets *@ret_new only for OUTCOME_DONE.
 */

/* What apply knows of the address from the settings and of the client, beside the row. */
struct transition_facts {
    struct instant now;
    uint32_t node; /* the command's origin */
    uint32_t subnet_id;
    bool in_pool;     /* in a pool of a subnet and not excluded */
    bool for_classes; /* that pool is not for every client */
    uint64_t settings_version;
    bool reserved_for_client;
    bool reserved_for_other;
    bool is_blocked;    /* the client or the address */
    bool is_over_limit; /* for Bind: its hardware or circuit has as many leases as may be */
    bool may_stay;      /* a client keeps its address that has left the pools (on-move: keep) */
    struct seconds probation; /* for Decline and Quarantine */
    unsigned n_quarantined;   /* addresses that are in quarantine because of this client */
    unsigned declines_max;    /* for Decline: that may be; 0: no limit */
};

enum outcome transition_bind(
    const struct lease *old,
    const struct bind_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);

enum outcome transition_release(
    const struct lease *old,
    const struct release_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);

enum outcome transition_decline(
    const struct lease *old,
    const struct decline_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);

/*
 * Somebody who has no lease of @c->address uses it. TAKEN while a client holds the address: an
 * answer to a probe takes no lease away. LIMITED when QUARANTINES_OF_ONE_MAX addresses are in
 * quarantine because of the same host: who answers for every address must not empty the pool.
 */
enum { QUARANTINES_OF_ONE_MAX = 16 };

enum outcome transition_quarantine(
    const struct lease *old,
    const struct quarantine_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);

/* UNKNOWN when the row is not bound or declined, STALE when its hold has not ended. */
enum outcome transition_expire(
    const struct lease *old, const struct transition_facts *facts, struct lease *ret_new);

/*
 * The client was bound to another address of the network: this binding ends now. UNKNOWN when the
 * row is not bound. The row becomes an expired one whose hold was cut to now.
 */
enum outcome transition_move(
    const struct lease *old, const struct transition_facts *facts, struct lease *ret_new);

/*
 * UNKNOWN when the address is not held by this client. A forced one of a bound row is made in two
 * steps, revoked and then ended, so that the history tells it from a move.
 */
enum outcome transition_revoke(
    const struct lease *old,
    const struct revoke_lease_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);

/* How a tenancy ended, for the history. */
enum tenancy_end {
    TENANCY_GOES_ON = 0,
    TENANCY_RELEASED,
    TENANCY_EXPIRED,
    TENANCY_DECLINED,
    TENANCY_MOVED, /* its client was bound to another address of the network */
    TENANCY_TAKEN, /* its hold had ended, and the address went to another client */
    TENANCY_REVOKED,
};

/*
 * How the tenancy of the row @old ended when the row became @new. GOES_ON when it did not, or when
 * @old is NULL or not bound: then there was none.
 */
enum tenancy_end lease_tenancy_end(const struct lease *old, const struct lease *new);

/* "released", "expired", "declined", "moved", "taken", "revoked"; NULL for TENANCY_GOES_ON. */
const char *tenancy_end_name(enum tenancy_end end);

/* True when @l is consistent in itself: promise <= hold, key present, and so on (invariant 4). */
bool lease_is_sound(const struct lease *l);

#endif
