#ifndef ADMIN_CALL_H
#define ADMIN_CALL_H

#include <jansson.h>

#include "server/admin/admin.h"
#include "server/config/settings_file.h"

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
    CALL_PUT_SETTINGS,
};

enum {
    CALL_WAIT_MS = 10000, /* how long a thread waits for the loop */
    CALL_PING_WAIT_MS = 2000,
    CALL_SETTINGS_MS = 5000, /* how long a PutSettings may take */
    CALL_LOOK_MS = 10,
    CALL_LOOKS_MAX = 200,   /* for an entry that others have applied */
    CALL_LOOKS_APPLIED = 6, /* a busy node commits several times in these */
    CALLS_MAX = 64,
};

struct call {
    enum call_kind kind;
    struct settings_file *settings; /* CALL_PUT_SETTINGS; the call owns these two */
    char *text;
    size_t n_text;
    uint64_t expected_version; /* of the settings in force; UINT64_MAX: any */

    json_t *status;       /* answer of CALL_STATUS */
    struct result result; /* answer of CALL_PUT_SETTINGS */
    uint64_t version;     /* that the settings have then */
    bool has_majority;

    struct calls *queue;
    struct call *next;
    struct proposal proposal;
    bool has_result;          /* of the proposal */
    unsigned n_looks;         /* since then */
    unsigned n_looks_applied; /* since the entry was applied on this node */
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
