#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/replica_state.h"

/*
 * Proposer - own commands, and what goes into an entry
 *
 * A leader packs its own commands and those that peers have forwarded into one entry, taking
 * from each in turn, with at most WINDOW_ENTRIES entries in flight. A command whose entry was
 * lost with the leadership goes back to waiting, or back to its peer; its sequence stays, and the
 * store applies a sequence once.
 */
enum {
    COMMAND_OVERHEAD = 8, /* of one command within an encoded batch: tag and length */
    BATCH_OVERHEAD = 128, /* of the batch itself */
};

/* An entry being put together. */
struct collecting {
    struct flight *flight;
    struct bytes commands[BATCH_COMMANDS_MAX];
    size_t n_bytes;
    struct inbox_queue taken; /* what the commands borrow from, until the entry is encoded */
    struct instant now;
};

void proposer_init(struct replica *r)
{
    pending_init(&r->pending);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        inbox_init(&r->inboxes[i]);
    }
    r->stuck_since = INSTANT_NEVER;
}

int proposer_add(
    struct replica *r, struct proposal *p, const struct command *c, unsigned timeout_ms)
{
    struct command own = *c;
    struct instant deadline = instant_add_ms(replica_now(r), timeout_ms);
    uint8_t *encoded;
    size_t n;

    own.origin = r->config.node;
    own.boot_id = r->config.boot_id;
    own.sequence = pending_next_sequence(&r->pending);
    if (own.sequence == 0) {
        return REPLICA_OVERLOADED;
    }
    n = command_encoded_size(&own);
    require(n <= SETTINGS_ENCODED_MAX);
    encoded = malloc(n);
    if (encoded == NULL) {
        return ERR_NOMEM;
    }
    (void)command_encode(&own, encoded);
    if (!pending_add(&r->pending, p, own.sequence, bytes_of(encoded, n), deadline)) {
        free(encoded);
        return REPLICA_OVERLOADED;
    }
    return 0;
}

static bool fits(const struct collecting *c, size_t n)
{
    size_t after = c->n_bytes + n + COMMAND_OVERHEAD;

    return c->flight->n == 0 ||
           (c->flight->n < BATCH_COMMANDS_MAX && after <= BATCH_ENCODED_MAX - BATCH_OVERHEAD);
}

static void collect(struct collecting *c, const struct ticket *t, struct bytes command)
{
    c->flight->tickets[c->flight->n] = *t;
    c->commands[c->flight->n] = command;
    c->flight->n++;
    c->n_bytes += command.n + COMMAND_OVERHEAD;
}

static bool collect_own(struct replica *r, struct collecting *c)
{
    struct replica_pending *p = pending_first(&r->pending);

    if (p == NULL || !fits(c, p->encoded.n)) {
        return false;
    }
    pending_take(&r->pending, p, c->now);
    collect(c, &(struct ticket){ r->status.self, r->config.boot_id, p->sequence }, p->encoded);
    return true;
}

static bool collect_forwarded(struct replica *r, struct collecting *c, unsigned member)
{
    struct inbox *in = &r->inboxes[member];
    struct inbox_item *item;

    if (inbox_first(in) == NULL || !fits(c, inbox_first(in)->n)) {
        return false;
    }
    item = inbox_take(in);
    STAILQ_INSERT_TAIL(&c->taken, item, link);
    collect(
        c, &(struct ticket){ member, in->boot_id, item->sequence }, bytes_of(item->bytes, item->n));
    return true;
}

/* One from each in turn, until nobody has one that fits. */
static void collect_fairly(struct replica *r, struct collecting *c)
{
    unsigned member = r->next_source % r->status.n;
    unsigned n_without = 0;

    while (n_without < r->status.n) {
        bool has = member == r->status.self ? collect_own(r, c) : collect_forwarded(r, c, member);

        n_without = has ? 0 : n_without + 1;
        member = (member + 1) % r->status.n;
    }
    r->next_source = (r->next_source + 1) % r->status.n;
}

static void free_taken(struct collecting *c)
{
    while (!STAILQ_EMPTY(&c->taken)) {
        struct inbox_item *item = STAILQ_FIRST(&c->taken);

        STAILQ_REMOVE_HEAD(&c->taken, link);
        free(item);
    }
}

/* The entry came to nothing, or it cannot be told: own commands wait again, peers ask again. */
static void lose(struct replica *r, struct flight *f)
{
    for (unsigned i = 0; i < f->n; i++) {
        const struct ticket *t = &f->tickets[i];
        struct replica_pending *p;

        if (t->member != r->status.self) {
            inbox_lose(&r->inboxes[t->member], t->boot_id, t->sequence);
            continue;
        }
        p = pending_find(&r->pending, t->sequence);
        if (p != NULL && p->state == PENDING_SENT) {
            pending_retry(&r->pending, p);
            r->counters.proposals_retried++;
        }
    }
    f->is_busy = false;
}

static void count(struct replica *r, unsigned n_commands)
{
    r->counters.commands_applied += n_commands;
    for (unsigned i = 0; i < n_commands; i++) {
        r->counters.commands_repeated += r->applied.results[i].outcome == OUTCOME_REPEATED;
    }
}

static void resolve_own(struct replica *r, uint64_t sequence, const struct result *result)
{
    struct replica_pending *p = pending_find(&r->pending, sequence);

    if (p != NULL) {
        pending_resolve(&r->pending, p, result);
    }
}

static void hand_over(struct replica *r, struct flight *f)
{
    for (unsigned i = 0; i < f->n; i++) {
        const struct ticket *t = &f->tickets[i];

        if (t->member == r->status.self) {
            resolve_own(r, t->sequence, &r->applied.results[i]);
        } else {
            forward_answer(r, t, &r->applied.results[i]);
        }
    }
    count(r, f->n);
    f->is_busy = false;
}

static void flight_done(struct raft_apply *request, int status, void *result)
{
    struct flight *f = request->data;
    struct replica *r = f->replica;

    require(f->is_busy);
    r->stuck_since = INSTANT_NEVER;
    if (status == 0 && !((const struct applied *)result)->is_skipped) {
        hand_over(r, f);
    } else {
        lose(r, f);
    }
}

static int apply_batch(struct replica *r, struct collecting *c, struct instant stamp)
{
    struct digest digest = store_digest(r->store);
    struct batch batch = {
        .cluster_time = stamp,
        .digest_index = store_applied_index(r->store),
        .digest_high = digest.high,
        .digest_low = digest.low,
        .n_commands = c->flight->n,
        .commands = c->commands,
    };
    struct raft_buffer buf = { .len = batch_encoded_size(&batch) };
    int rv;

    buf.base = raft_malloc(buf.len);
    if (buf.base == NULL) {
        return RAFT_NOMEM;
    }
    (void)batch_encode(&batch, buf.base);
    rv = raft_apply(&r->raft, &c->flight->request, &buf, 1, flight_done);
    if (rv != 0) {
        raft_free(buf.base);
    }
    return rv;
}

/* Returns false when raft would not have it. */
static bool submit(struct replica *r, struct flight *f)
{
    struct collecting c = { .flight = f, .now = replica_now(r) };
    struct instant stamp = upkeep_stamp(r);
    int rv;

    STAILQ_INIT(&c.taken);
    f->n = 0;
    f->is_busy = true;
    f->replica = r;
    f->request = (struct raft_apply){ .data = f };
    collect_fairly(r, &c);
    rv = apply_batch(r, &c, stamp);
    free_taken(&c);
    if (rv != 0) {
        lose(r, f);
        return false;
    }
    clock_stamped(&r->clock, stamp);
    r->counters.batches_submitted++;
    return true;
}

static struct flight *free_flight(struct replica *r)
{
    for (unsigned i = 0; i < WINDOW_ENTRIES; i++) {
        if (!r->flights[i].is_busy) {
            return &r->flights[i];
        }
    }
    return NULL;
}

static bool has_waiting(struct replica *r)
{
    bool has = pending_first(&r->pending) != NULL;

    for (unsigned i = 0; i < r->status.n && !has; i++) {
        has = inbox_first(&r->inboxes[i]) != NULL;
    }
    return has;
}

void proposer_turn(struct replica *r)
{
    if (!replica_is_ready_leader(r)) {
        r->stuck_since = INSTANT_NEVER;
        return;
    }
    while (has_waiting(r)) {
        struct flight *f = free_flight(r);

        if (f == NULL) {
            r->stuck_since = instant_is_never(r->stuck_since) ? replica_now(r) : r->stuck_since;
            return;
        }
        if (!submit(r, f)) {
            return;
        }
    }
    r->stuck_since = INSTANT_NEVER;
}

bool proposer_is_stuck(const struct replica *r)
{
    return !instant_is_never(r->stuck_since) &&
           replica_now(r).ms - r->stuck_since.ms > WINDOW_STUCK_MS;
}

static bool is_in_flight(const struct replica *r, uint64_t index)
{
    for (unsigned i = 0; i < WINDOW_ENTRIES; i++) {
        if (r->flights[i].is_busy && r->flights[i].request.index == index) {
            return true;
        }
    }
    return false;
}

/* The results of own commands in an entry that another node, or an earlier we, submitted. */
void proposer_applied(struct replica *r, struct bytes entry)
{
    struct batch batch;
    struct command c;

    if (is_in_flight(r, r->applied.index)) {
        return; /* flight_done() comes next and knows whose they are */
    }
    if (batch_decode(r->decoder, entry, &batch) != 0) {
        replica_fatal(r, "an entry that was applied cannot be decoded");
    }
    count(r, batch.n_commands);
    for (unsigned i = 0; i < batch.n_commands && pending_is_expecting(&r->pending); i++) {
        bool is_own = command_decode(r->decoder, batch.commands[i], &c) == 0 &&
                      c.origin == r->config.node && c.boot_id == r->config.boot_id;

        if (is_own) {
            resolve_own(r, c.sequence, &r->applied.results[i]);
        }
    }
}
