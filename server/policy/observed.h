#ifndef SERVER_POLICY_OBSERVED_H
#define SERVER_POLICY_OBSERVED_H

#include "server/policy/client_table.h"

/*
 * Observed - since when a client goes unanswered, as this node sees it (20-answering: elapsed)
 *
 * Soft state, one clock per client and network: begun by the first message that this node hears,
 * and forgotten when a lease of the client commits, or after two quiet minutes.
 */
struct observed;

enum { OBSERVED_QUIET_MS = 120000 };

int observed_new(struct observed **ret_observed, unsigned max, uint64_t seed);
struct observed *observed_free(struct observed *o);

struct observed_moment {
    struct instant now;            /* monotonic */
    struct instant cluster_time;   /* the same moment */
    struct instant last_committed; /* of the client's leases, in cluster time; -1 when none */
};

/* Notes a message of the client. Returns how many milliseconds it has gone unanswered. */
int64_t observed_note(struct observed *o, struct client_place place, struct observed_moment moment);

void observed_remove(struct observed *o, struct client_place place);

/* Forgets the clients that have been quiet. */
void observed_tick(struct observed *o, struct instant now);

unsigned observed_count(const struct observed *o);

DEFINE_FREEP(observed);

#endif
