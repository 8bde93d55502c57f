#ifndef REPLICATION_PENDING_H
#define REPLICATION_PENDING_H

#include <sys/queue.h>

#include "replication/replica.h"

/*
 * Pending - this node's own commands on their way, a bounded table by sequence
 *
 *             pending_add            pending_take             pending_resolve, pending_expire
 *   (free) ------------> WAITING ------------> SENT ------------> RESOLVED ---> (free)
 *                           ^                   |                    ^ pending_pop
 *                           +-------------------+                    |
 *                              pending_retry                 WAITING +
 *
 * A command keeps its sequence through every retry; the store applies a sequence once. Pure.
 */
enum {
    PENDING_BYTES_MAX = 8 * 1024 * 1024, /* of all encoded commands */
    PENDING_SPAN = 2 * PROPOSALS_MAX,    /* between the oldest and the newest sequence on their way:
                                          the store tells repeated ones apart within 4096 */
};

enum pending_state {
    PENDING_FREE = 0,
    PENDING_WAITING,
    PENDING_SENT,
    PENDING_RESOLVED,
};

struct replica_pending {
    TAILQ_ENTRY(replica_pending) link;
    enum pending_state state;
    struct proposal *proposal;
    uint64_t sequence;
    struct instant deadline, sent_at; /* monotonic */
    struct bytes encoded;             /* owned */
    struct result result;
};

TAILQ_HEAD(pending_list, replica_pending);

struct pending_table {
    uint64_t next_sequence; /* from 1 */
    unsigned n;
    size_t n_bytes;
    struct pending_list waiting, sent, resolved; /* waiting: by sequence */
    struct replica_pending slots[PENDING_SPAN];  /* by sequence % PENDING_SPAN */
};

void pending_init(struct pending_table *t);
void pending_deinit(struct pending_table *t); /* forgets everything; no `done` is called */

/* The sequence of the next command, or 0 when too many are on their way, or one for too long. */
uint64_t pending_next_sequence(const struct pending_table *t);

/*
 * Adds the command with the sequence that pending_next_sequence() gave. Takes @encoded_take, a
 * malloc()ed buffer. False, and nothing taken, when PENDING_BYTES_MAX would be passed.
 */
bool pending_add(
    struct pending_table *t,
    struct proposal *p,
    uint64_t sequence,
    struct bytes encoded_take,
    struct instant deadline);

/* The first waiting one, or NULL; and: it goes out now. */
struct replica_pending *pending_first(struct pending_table *t);
void pending_take(struct pending_table *t, struct replica_pending *p, struct instant now);

/* The one with @sequence that has no result yet, or NULL. */
struct replica_pending *pending_find(struct pending_table *t, uint64_t sequence);

/* Back to waiting, in its place by sequence. */
void pending_retry(struct pending_table *t, struct replica_pending *p);

/* Those sent before @limit go back to waiting. Returns how many. */
unsigned pending_retry_sent_before(struct pending_table *t, struct instant limit);

/* Those sent with no answer yet get another time of sending, so that they are retried sooner. */
void pending_backdate(struct pending_table *t, struct instant sent_at);

void pending_resolve(
    struct pending_table *t, struct replica_pending *p, const struct result *result);

/* Resolves those whose deadline has come with TIMEOUT. Returns how many. */
unsigned pending_expire(struct pending_table *t, struct instant now);

/* Frees one resolved entry and lends its proposal and result; false when there is none. */
bool pending_pop(
    struct pending_table *t, struct proposal **ret_proposal, struct result *ret_result);

/* Forgets an entry in any state; its proposal is not touched. */
void pending_drop(struct pending_table *t, struct replica_pending *p);

/* True when something is waiting or sent. */
bool pending_is_expecting(const struct pending_table *t);

#endif
