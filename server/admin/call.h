#ifndef ADMIN_CALL_H
#define ADMIN_CALL_H

#include <jansson.h>

#include "base/arena.h"
#include "server/admin/admin.h"

/*
 * Call - a question of an HTTP thread to the loop thread
 *
 * The HTTP thread makes a call and waits; the loop thread takes it from the queue, answers at
 * once or when a proposal is done, and wakes the waiter. Both hold a reference, so that a waiter
 * that gave up leaves nothing behind that the loop still writes to.
 */
enum call_kind {
    CALL_PING,
    CALL_STATUS,
    CALL_FRESH,   /* until this node's database has what it has applied; at most 60 ms */
    CALL_PROPOSE, /* a command to the log, and its result */
};

enum {
    CALL_WAIT_MS = 10000, /* how long a thread waits for the loop */
    CALL_PING_WAIT_MS = 2000,
    CALL_PROPOSE_MS = 5000, /* how long a command may take */
    CALL_LOOK_MS = 10,
    CALL_LOOKS_MAX = 200,    /* for an entry that others have applied */
    CALL_LOOKS_APPLIED = 6,  /* a busy node commits several times in these */
    CALL_LOOKS_SPREAD = 300, /* for the other nodes that serve, after this one */
    CALL_DETAIL_MAX = 400,
    CALLS_MAX = 64,
};

struct call;

/* What a CALL_PROPOSE does on the loop thread. */
struct call_task {
    /* Fills in call->command. False: it is refused, with an outcome and a `detail`. */
    bool (*prepare)(struct call *call, const struct admin_sources *sources);
    /* Says in `detail` why the log has refused it; may be NULL. */
    void (*explain)(struct call *call, const struct admin_sources *sources);
};

struct call {
    enum call_kind kind;
    const struct call_task *task; /* CALL_PROPOSE */
    void *input;                  /* of the task; lives in the arena */
    struct arena arena;           /* the call's: what input and command borrow */
    struct command command;

    json_t *status; /* answer of CALL_STATUS */

    struct result result;         /* answer of CALL_PROPOSE */
    char detail[CALL_DETAIL_MAX]; /* why it was refused, in a sentence; may be empty */
    uint64_t version;             /* of what there is then; 0: the index of the entry */
    uint64_t id;                  /* of the reservation that it is about; 0: none */
    bool has_majority;
    unsigned n_lagging; /* nodes that serve and have not been seen to have applied it in time */
    uint32_t lagging[MEMBERS_MAX];

    struct calls *queue;
    struct call *next;
    struct proposal proposal;
    bool has_result;          /* of the proposal */
    unsigned n_looks;         /* since then */
    unsigned n_looks_applied; /* since the entry was applied on this node */
    unsigned n_looks_spread;  /* since it was in this node's database */
    bool is_done;
    unsigned n_references;
};

struct calls;

enum call_outcome {
    CALL_STOPPING = 1, /* the node is going down, or too many calls wait */
    CALL_TIMEOUT = 2,  /* the loop did not answer in time */
};

int calls_new(struct calls **ret_calls, uv_loop_t *loop, const struct admin_sources *sources);

/* Loop thread: every call from now on ends with CALL_STOPPING, those that wait too. */
void calls_stop(struct calls *c);

/* Loop thread, after calls_stop() and when no thread uses it any more. */
struct calls *calls_free(struct calls *c);

/* HTTP threads. Returns NULL when out of memory. */
struct call *call_new(enum call_kind kind);

/* Asks and waits. Returns 0 when the answer is in @call, or a call_outcome. */
int call_make(struct calls *c, struct call *call, unsigned wait_ms);
struct call *call_free(struct call *call);

/* The state of this node as JSON, in status.c; loop thread. Returns NULL when out of memory. */
json_t *admin_status(const struct admin_sources *sources);

#endif
