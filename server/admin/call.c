#include "server/admin/call.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/err.h"

struct calls {
    pthread_mutex_t lock; /* guards everything up to `async` and the shared fields of a call */
    pthread_cond_t answered;
    struct call *first, *last;        /* not taken by the loop yet */
    struct call *proposed[CALLS_MAX]; /* wait for a proposal; loop thread only */
    unsigned n_waiting;
    bool is_stopped;

    /* On the heap by themselves: the loop keeps them a while after they are closed. */
    uv_async_t *async;
    uv_timer_t *look; /* runs while a result waits for this node's own database */
    struct admin_sources sources;
};

/* --- HTTP threads --- */

struct call *call_new(enum call_kind kind)
{
    struct call *call = calloc(1, sizeof *call);

    if (call != NULL) {
        call->kind = kind;
        call->n_references = 1;
        arena_init(&call->arena);
    }
    return call;
}

static void call_destroy(struct call *call)
{
    arena_deinit(&call->arena);
    json_decref(call->status);
    free(call);
}

/* With the lock held when the call was ever made. */
static bool call_drop(struct call *call)
{
    call->n_references--;
    return call->n_references == 0;
}

struct call *call_free(struct call *call)
{
    if (call == NULL) {
        return NULL;
    }

    struct calls *c = call->queue;

    if (c != NULL) {
        (void)pthread_mutex_lock(&c->lock);
    }

    bool is_last = call_drop(call);

    if (c != NULL) {
        (void)pthread_mutex_unlock(&c->lock);
    }
    if (is_last) {
        call_destroy(call);
    }
    return NULL;
}

static struct timespec deadline_in(unsigned ms)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

int call_make(struct calls *c, struct call *call, unsigned wait_ms)
{
    struct timespec deadline = deadline_in(wait_ms);
    int rv = 0;

    (void)pthread_mutex_lock(&c->lock);
    if (c->is_stopped || c->n_waiting >= CALLS_MAX) {
        (void)pthread_mutex_unlock(&c->lock);
        return CALL_STOPPING;
    }
    call->queue = c;
    call->n_references++; /* the loop's */
    *(c->last == NULL ? &c->first : &c->last->next) = call;
    c->last = call;
    c->n_waiting++;
    (void)uv_async_send(c->async);
    while (!call->is_done && rv == 0) {
        rv = pthread_cond_timedwait(&c->answered, &c->lock, &deadline);
    }
    if (call->is_done) {
        rv = call->result.outcome == OUTCOME_TIMEOUT && c->is_stopped ? CALL_STOPPING : 0;
    } else {
        rv = CALL_TIMEOUT;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return rv;
}

/* --- loop thread --- */

static void finish(struct calls *c, struct call *call)
{
    (void)pthread_mutex_lock(&c->lock);
    call->is_done = true;
    c->n_waiting--;

    bool is_last = call_drop(call);

    (void)pthread_cond_broadcast(&c->answered);
    (void)pthread_mutex_unlock(&c->lock);
    if (is_last) {
        call_destroy(call);
    }
}

/*
 * The result of a follower's proposal comes from the leader, perhaps before the follower has
 * applied the entry; and the replica commits what it applied a little later, with what follows.
 * The answer waits for both: who is told that a change is made finds it in this node's database.
 */
static bool is_here(const struct calls *c, struct call *call)
{
    const struct store *store = c->sources.store;

    if (call->result.outcome != OUTCOME_DONE) {
        return true;
    }
    if (store_applied_index(store) < call->result.index) {
        return false;
    }
    return !store_is_dirty(store) || call->n_looks_applied++ >= CALL_LOOKS_APPLIED;
}

/* Notes the nodes that serve and have not told yet that they applied the entry. */
static void find_lagging(const struct calls *c, struct call *call)
{
    struct replica_peer peers[MEMBERS_MAX];
    unsigned n = replica_peers(c->sources.replica, peers);

    call->n_lagging = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!peers[i].is_self && peers[i].is_fresh && peers[i].applied_index < call->result.index) {
            call->lagging[call->n_lagging++] = peers[i].node;
        }
    }
}

/* What is done is told when every node that answers clients goes by it, or when it is time. */
static bool is_everywhere(const struct calls *c, struct call *call)
{
    if (call->result.outcome != OUTCOME_DONE) {
        return true;
    }
    find_lagging(c, call);
    return call->n_lagging == 0 || call->n_looks_spread++ >= CALL_LOOKS_SPREAD;
}

static bool is_refused(const struct call *call)
{
    return call->result.outcome != OUTCOME_DONE && call->result.outcome != OUTCOME_TIMEOUT &&
           call->result.outcome != OUTCOME_OVERLOADED;
}

static bool is_over(const struct calls *c, struct call *call)
{
    bool is_seen = is_here(c, call) || call->n_looks++ >= CALL_LOOKS_MAX;

    return is_seen && (call->kind == CALL_FRESH || is_everywhere(c, call));
}

static void conclude(struct calls *c, struct call *call)
{
    if (is_refused(call) && call->task->explain != NULL) {
        call->task->explain(call, &c->sources);
    }
    finish(c, call);
}

static void on_look(uv_timer_t *timer)
{
    struct calls *c = timer->data;
    unsigned n_waiting = 0;

    for (unsigned i = 0; i < CALLS_MAX; i++) {
        struct call *call = c->proposed[i];

        if (call == NULL || !call->has_result) {
            continue;
        }
        if (is_over(c, call)) {
            c->proposed[i] = NULL;
            conclude(c, call);
        } else {
            n_waiting++;
        }
    }
    if (n_waiting == 0) {
        (void)uv_timer_stop(timer);
    }
}

static void on_proposed(struct proposal *p, const struct result *result)
{
    struct call *call = p->data;

    call->result = *result;
    call->has_result = true;
    (void)uv_timer_start(call->queue->look, on_look, CALL_LOOK_MS, CALL_LOOK_MS);
}

static unsigned free_slot(const struct calls *c)
{
    unsigned slot = 0;

    while (slot < CALLS_MAX && c->proposed[slot] != NULL) {
        slot++;
    }
    ensure(slot < CALLS_MAX); /* no more calls wait than that */
    return slot;
}

/* As if it had proposed the last entry that was applied here. */
static void begin_fresh(struct calls *c, struct call *call)
{
    call->result =
        (struct result){ .outcome = OUTCOME_DONE, .index = store_applied_index(c->sources.store) };
    call->has_result = true;
    if (is_over(c, call)) {
        finish(c, call);
        return;
    }
    c->proposed[free_slot(c)] = call;
    (void)uv_timer_start(c->look, on_look, CALL_LOOK_MS, CALL_LOOK_MS);
}

/* Finishes the call when the proposal cannot be made. */
static void propose(struct calls *c, struct call *call)
{
    unsigned slot = free_slot(c);

    call->has_majority = replica_has_majority(c->sources.replica);
    call->proposal = (struct proposal){ .done = on_proposed, .data = call };
    if (!call->has_majority) {
        call->result.outcome = OUTCOME_OVERLOADED;
        finish(c, call);
    } else if (!call->task->prepare(call, &c->sources)) {
        finish(c, call);
    } else if (
        replica_propose(c->sources.replica, &call->proposal, &call->command, CALL_PROPOSE_MS) !=
        0) {
        call->result.outcome = OUTCOME_OVERLOADED;
        finish(c, call);
    } else {
        c->proposed[slot] = call;
    }
}

static void run(struct calls *c, struct call *call)
{
    switch (call->kind) {
    case CALL_PING:
        finish(c, call);
        break;
    case CALL_STATUS:
        call->status = admin_status(&c->sources);
        finish(c, call);
        break;
    case CALL_FRESH:
        begin_fresh(c, call);
        break;
    case CALL_PROPOSE:
        propose(c, call);
        break;
    }
}

static struct call *take_all(struct calls *c)
{
    (void)pthread_mutex_lock(&c->lock);

    struct call *first = c->first;

    c->first = NULL;
    c->last = NULL;
    (void)pthread_mutex_unlock(&c->lock);
    return first;
}

static void on_async(uv_async_t *async)
{
    struct calls *c = async->data;

    for (struct call *call = take_all(c), *next = NULL; call != NULL; call = next) {
        next = call->next;
        run(c, call);
    }
}

void calls_stop(struct calls *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->is_stopped = true;
    (void)pthread_mutex_unlock(&c->lock);
    for (struct call *call = take_all(c), *next = NULL; call != NULL; call = next) {
        next = call->next;
        call->result.outcome = OUTCOME_TIMEOUT;
        finish(c, call);
    }
    for (unsigned i = 0; i < CALLS_MAX; i++) {
        struct call *call = c->proposed[i];

        if (call != NULL) {
            c->proposed[i] = NULL;
            if (!call->has_result) {
                replica_cancel(c->sources.replica, &call->proposal);
                call->result.outcome = OUTCOME_TIMEOUT;
            }
            finish(c, call);
        }
    }
}

static bool init_sync(struct calls *c)
{
    pthread_condattr_t attributes;

    return pthread_condattr_init(&attributes) == 0 &&
           pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(&c->answered, &attributes) == 0 &&
           pthread_mutex_init(&c->lock, NULL) == 0 && pthread_condattr_destroy(&attributes) == 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle);
}

int calls_new(struct calls **ret_calls, uv_loop_t *loop, const struct admin_sources *sources)
{
    struct calls *c = calloc(1, sizeof *c);

    if (c == NULL) {
        return ERR_NOMEM;
    }
    c->sources = *sources;
    c->async = malloc(sizeof *c->async);
    c->look = malloc(sizeof *c->look);
    if (c->async == NULL || c->look == NULL || !init_sync(c) ||
        uv_async_init(loop, c->async, on_async) != 0) {
        free(c->async);
        free(c->look);
        free(c);
        return ERR_NOMEM;
    }
    (void)uv_timer_init(loop, c->look);
    c->async->data = c;
    c->look->data = c;
    *ret_calls = c;
    return 0;
}

struct calls *calls_free(struct calls *c)
{
    if (c != NULL) {
        uv_close((uv_handle_t *)c->async, on_handle_closed);
        uv_close((uv_handle_t *)c->look, on_handle_closed);
        (void)pthread_cond_destroy(&c->answered);
        (void)pthread_mutex_destroy(&c->lock);
        free(c);
    }
    return NULL;
}
