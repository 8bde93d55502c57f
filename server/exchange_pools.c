#include <stdlib.h>

#include "base/err.h"
#include "base/event.h"
#include "server/exchange_parts.h"

/*
 * Exchange, pools - how full the pools of each subnet are, and who is let in when they run low
 *
 * Counted once a second, and in between the strangers that were let in count as addresses used:
 * a flood is faster than a second. Every node counts for itself: the rows are the same.
 */
enum {
    COUNT_AGAIN_MS = 1000,
    RELIEVED_MS = 10000, /* before it is told that there is room again */
};

struct pool_watch {
    struct pool_use use; /* with the strangers since */
    bool is_low;         /* at the last count */
    struct event_latch low, exhausted;
};

struct pool_watches {
    uint64_t version; /* of the settings they are for */
    struct instant counted;
    unsigned first[NETWORKS_MAX]; /* the watch of each network's first subnet */
    unsigned n;
    struct pool_watch *at;
};

int pool_watches_new(struct pool_watches **ret_watches)
{
    struct pool_watches *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return ERR_NOMEM;
    }
    *ret_watches = w;
    return 0;
}

struct pool_watches *pool_watches_free(struct pool_watches *w)
{
    if (w != NULL) {
        free(w->at);
        free(w);
    }
    return NULL;
}

/* One watch for each subnet of the settings in force. Without memory for them nothing is low. */
static void begin(struct pool_watches *w, const struct network_map *map)
{
    const struct settings *s = network_map_settings(map);
    unsigned n = 0;

    for (unsigned i = 0; i < s->n_networks; i++) {
        w->first[i] = n;
        n += s->networks[i].n_subnets;
    }
    free(w->at);
    w->at = calloc((size_t)n + 1, sizeof *w->at);
    w->n = w->at == NULL ? 0 : n;
    w->version = network_map_version(map);
    for (unsigned i = 0; i < w->n; i++) {
        w->at[i].low.off_ms = RELIEVED_MS;
        w->at[i].exhausted.off_ms = RELIEVED_MS;
    }
}

static void tell(
    enum event_kind kind,
    const struct network *network,
    const struct subnet *subnet,
    struct pool_use use)
{
    char text[IP4_TEXT_MAX];

    event_raise(
        kind,
        "network=%.*s subnet=%s/%u used=%llu size=%llu",
        (int)network->name.n,
        (const char *)network->name.at,
        ip4_format(subnet->prefix.network, text),
        (unsigned)subnet->prefix.length,
        (unsigned long long)use.used,
        (unsigned long long)use.size);
}

static void look(
    const struct exchanges *x,
    const struct network *network,
    const struct subnet *subnet,
    struct pool_watch *w,
    struct instant now)
{
    struct pool_use use = pool_use_of(store_map(x->store), store_leases(x->store), subnet);
    bool is_exhausted = use.size > 0 && use.used >= use.size;

    w->use = use;
    w->is_low = pool_use_is_low(use, network->limits.low_percent, w->is_low);
    if (event_latch_note(&w->low, w->is_low, now)) {
        tell(w->low.is_on ? EVENT_POOL_NEARLY_FULL : EVENT_POOL_RELIEVED, network, subnet, use);
    }
    if (event_latch_note(&w->exhausted, is_exhausted, now) && w->exhausted.is_on) {
        tell(EVENT_POOL_EXHAUSTED, network, subnet, use);
    }
}

void exchange_pools_tick(struct exchanges *x)
{
    struct pool_watches *w = x->pools;
    const struct network_map *map = store_map(x->store);
    const struct settings *s = network_map_settings(map);
    struct instant now = x->port.monotonic(x->port.data);
    bool is_new = w->version != network_map_version(map);

    if (is_new) {
        begin(w, map);
    } else if (instant_before(now, instant_add_ms(w->counted, COUNT_AGAIN_MS))) {
        return;
    }
    w->counted = now;
    for (unsigned i = 0; i < s->n_networks; i++) {
        for (unsigned k = 0; k < s->networks[i].n_subnets && w->first[i] + k < w->n; k++) {
            const struct network *n = &s->networks[i];

            look(x, n, &n->subnets[k], &w->at[w->first[i] + k], now);
        }
    }
}

/* The watch of the subnet that the address of @e is in; NULL before it was counted. */
static struct pool_watch *watch_of(
    const struct exchanges *x, const struct exchange *e, unsigned network)
{
    const struct pool_watches *w = x->pools;
    const struct subnet *subnet =
        scope_subnet_of(&e->scope, store_map(x->store), e->decision.address);
    size_t at = 0;

    if (subnet == NULL || w->version != network_map_version(store_map(x->store))) {
        return NULL;
    }
    at = w->first[network] + (size_t)(subnet - e->scope.network->subnets);
    return at < w->n ? &w->at[at] : NULL;
}

bool exchange_admits(struct exchanges *x, const struct exchange *e)
{
    const struct network *networks = network_map_settings(store_map(x->store))->networks;
    const struct network_limits *limits = &e->scope.network->limits;
    unsigned network = (unsigned)(e->scope.network - networks);
    struct pool_watch *w = watch_of(x, e, network);
    bool is_low = false;

    if (e->decision.is_known ||
        ip4_equal(offers_of(x->offers, e->place, e->now), e->decision.address)) {
        return true;
    }
    is_low = w != NULL && pool_use_is_low(w->use, limits->low_percent, w->is_low);
    if (!admission_take(&x->admission, network, admission_rate(limits, is_low), e->now)) {
        return false;
    }
    if (w != NULL && w->use.used < w->use.size) {
        w->use.used++;
    }
    return true;
}
