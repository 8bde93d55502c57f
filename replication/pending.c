#include "replication/pending.h"

#include <stdlib.h>

#include "base/check.h"

void pending_init(struct pending_table *t)
{
    *t = (struct pending_table){ .next_sequence = 1 };
    TAILQ_INIT(&t->waiting);
    TAILQ_INIT(&t->sent);
    TAILQ_INIT(&t->resolved);
}

void pending_deinit(struct pending_table *t)
{
    for (unsigned i = 0; i < PENDING_SPAN; i++) {
        if (t->slots[i].state != PENDING_FREE) {
            pending_drop(t, &t->slots[i]);
        }
    }
    ensure(t->n == 0 && t->n_bytes == 0);
}

static struct pending_list *list_of(struct pending_table *t, enum pending_state state)
{
    require(state != PENDING_FREE);
    return state == PENDING_WAITING ? &t->waiting : state == PENDING_SENT ? &t->sent : &t->resolved;
}

static void move(struct pending_table *t, struct replica_pending *p, enum pending_state to)
{
    TAILQ_REMOVE(list_of(t, p->state), p, link);
    p->state = to;
    TAILQ_INSERT_TAIL(list_of(t, to), p, link);
}

uint64_t pending_next_sequence(const struct pending_table *t)
{
    bool is_free = t->slots[t->next_sequence % PENDING_SPAN].state == PENDING_FREE;

    return is_free && t->n < PROPOSALS_MAX ? t->next_sequence : 0;
}

bool pending_add(
    struct pending_table *t,
    struct proposal *p,
    uint64_t sequence,
    struct bytes encoded_take,
    struct instant deadline)
{
    struct replica_pending *slot = &t->slots[sequence % PENDING_SPAN];

    require(sequence == t->next_sequence);
    require(slot->state == PENDING_FREE);
    if (t->n_bytes + encoded_take.n > PENDING_BYTES_MAX) {
        return false;
    }
    *slot = (struct replica_pending){
        .state = PENDING_WAITING,
        .proposal = p,
        .sequence = sequence,
        .deadline = deadline,
        .encoded = encoded_take,
    };
    TAILQ_INSERT_TAIL(&t->waiting, slot, link);
    t->next_sequence = sequence + 1;
    t->n++;
    t->n_bytes += encoded_take.n;
    p->pending = slot;
    return true;
}

struct replica_pending *pending_first(struct pending_table *t)
{
    return TAILQ_FIRST(&t->waiting);
}

void pending_take(struct pending_table *t, struct replica_pending *p, struct instant now)
{
    require(p->state == PENDING_WAITING);
    move(t, p, PENDING_SENT);
    p->sent_at = now;
}

struct replica_pending *pending_find(struct pending_table *t, uint64_t sequence)
{
    struct replica_pending *p = &t->slots[sequence % PENDING_SPAN];
    bool is_open = p->state == PENDING_WAITING || p->state == PENDING_SENT;

    return is_open && p->sequence == sequence ? p : NULL;
}

void pending_retry(struct pending_table *t, struct replica_pending *p)
{
    struct replica_pending *after = TAILQ_FIRST(&t->waiting);

    require(p->state == PENDING_SENT);
    while (after != NULL && after->sequence < p->sequence) {
        after = TAILQ_NEXT(after, link);
    }
    TAILQ_REMOVE(&t->sent, p, link);
    p->state = PENDING_WAITING;
    if (after == NULL) {
        TAILQ_INSERT_TAIL(&t->waiting, p, link);
    } else {
        TAILQ_INSERT_BEFORE(after, p, link);
    }
}

unsigned pending_retry_sent_before(struct pending_table *t, struct instant limit)
{
    struct replica_pending *next;
    unsigned n = 0;

    /* From the newest to the oldest, so that each finds its place at the head of the list. */
    for (struct replica_pending *p = TAILQ_LAST(&t->sent, pending_list); p != NULL; p = next) {
        next = TAILQ_PREV(p, pending_list, link);
        if (instant_before(p->sent_at, limit)) {
            pending_retry(t, p);
            n++;
        }
    }
    return n;
}

void pending_backdate(struct pending_table *t, struct instant sent_at)
{
    struct replica_pending *p;

    TAILQ_FOREACH(p, &t->sent, link)
    {
        if (instant_before(sent_at, p->sent_at)) {
            p->sent_at = sent_at;
        }
    }
}

void pending_resolve(
    struct pending_table *t, struct replica_pending *p, const struct result *result)
{
    require(p->state == PENDING_WAITING || p->state == PENDING_SENT);
    p->result = *result;
    move(t, p, PENDING_RESOLVED);
}

unsigned pending_expire(struct pending_table *t, struct instant now)
{
    static const struct result timeout = { .outcome = OUTCOME_TIMEOUT };
    unsigned n = 0;

    for (unsigned i = 0; i < PENDING_SPAN; i++) {
        struct replica_pending *p = &t->slots[i];
        bool is_open = p->state == PENDING_WAITING || p->state == PENDING_SENT;

        if (is_open && !instant_before(now, p->deadline)) {
            pending_resolve(t, p, &timeout);
            n++;
        }
    }
    return n;
}

bool pending_pop(struct pending_table *t, struct proposal **ret_proposal, struct result *ret_result)
{
    struct replica_pending *p = TAILQ_FIRST(&t->resolved);

    if (p == NULL) {
        return false;
    }
    *ret_proposal = p->proposal;
    *ret_result = p->result;
    p->proposal->pending = NULL;
    pending_drop(t, p);
    return true;
}

void pending_drop(struct pending_table *t, struct replica_pending *p)
{
    require(p->state != PENDING_FREE);
    TAILQ_REMOVE(list_of(t, p->state), p, link);
    t->n--;
    t->n_bytes -= p->encoded.n;
    free((void *)(uintptr_t)p->encoded.at);
    *p = (struct replica_pending){ .state = PENDING_FREE };
}

bool pending_is_expecting(const struct pending_table *t)
{
    return !TAILQ_EMPTY(&t->waiting) || !TAILQ_EMPTY(&t->sent);
}
