#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/hash.h"
#include "server/exchange_parts.h"

int waiting_table_new(struct waiting_table **ret_table, uint64_t seed)
{
    struct waiting_table *t = calloc(1, sizeof *t); /* pages stay untouched until they are used */

    if (t == NULL) {
        return ERR_NOMEM;
    }
    t->seed = seed;
    *ret_table = t;
    return 0;
}

struct waiting_table *waiting_table_free(struct waiting_table *t)
{
    free(t);
    return NULL;
}

static uint64_t hash_of(
    const struct waiting_table *t, struct client_place place, enum verdict verdict)
{
    return hash64(place.client, t->seed ^ place.network) + (uint64_t)verdict;
}

static struct waiting **bucket_of(struct waiting_table *t, uint64_t hash)
{
    return &t->buckets[hash & (EXCHANGE_BUCKETS - 1)];
}

struct waiting *waiting_find(
    const struct waiting_table *t, struct client_place place, enum verdict verdict)
{
    uint64_t hash = hash_of(t, place, verdict);

    for (struct waiting *w = t->buckets[hash & (EXCHANGE_BUCKETS - 1)]; w != NULL; w = w->next) {
        if (w->hash == hash && w->network == place.network && w->decision.verdict == verdict &&
            bytes_equal((struct bytes){ w->client, w->n_client }, place.client)) {
            return w;
        }
    }
    return NULL;
}

/* A slot that was used before, or the next that never was: so few pages are touched. */
static struct waiting *take_slot(struct waiting_table *t)
{
    struct waiting *w = t->free;

    if (w != NULL) {
        t->free = w->next;
    } else if (t->n < EXCHANGES_MAX) {
        w = &t->at[t->n]; /* the free list is empty: all slots before this one are taken */
    }
    return w;
}

struct waiting *waiting_begin(struct waiting_table *t, const struct exchange *e)
{
    bool is_stranger = !e->decision.is_known;
    struct waiting *w = is_stranger && t->n_strangers >= STRANGERS_MAX ? NULL : take_slot(t);

    if (w == NULL) {
        return NULL;
    }
    w->is_stranger = is_stranger;
    t->n_strangers += is_stranger;
    require(e->place.client.n <= sizeof w->client);
    w->decision = e->decision;
    w->server_id = e->turn.server_id;
    w->hash = hash_of(t, e->place, e->decision.verdict);
    w->network = e->place.network;
    w->n_client = (uint16_t)e->place.client.n;
    memcpy(w->client, e->place.client.at, e->place.client.n);
    waiting_replace(w, e);
    w->next = *bucket_of(t, w->hash);
    *bucket_of(t, w->hash) = w;
    t->n++;
    return w;
}

void waiting_replace(struct waiting *w, const struct exchange *e)
{
    require(e->message.datagram.n <= sizeof w->datagram);
    w->arrival = e->arrival;
    w->n_datagram = (uint16_t)e->message.datagram.n;
    memcpy(w->datagram, e->message.datagram.at, e->message.datagram.n);
}

void waiting_end(struct waiting_table *t, struct waiting *w)
{
    struct waiting **at = bucket_of(t, w->hash);

    while (*at != w) {
        at = &(*at)->next;
    }
    *at = w->next;
    w->next = t->free;
    t->free = w;
    t->n--;
    t->n_strangers -= w->is_stranger;
}
