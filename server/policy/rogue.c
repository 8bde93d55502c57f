#include "server/policy/rogue.h"

#include <stdlib.h>

#include "base/err.h"

struct told {
    struct ip4 server;
    struct hardware hardware;
    struct instant at;
};

struct rogues {
    unsigned n;
    struct told told[ROGUES_MAX];
};

int rogues_new(struct rogues **ret_rogues)
{
    struct rogues *r = calloc(1, sizeof *r);

    if (r == NULL) {
        return ERR_NOMEM;
    }
    *ret_rogues = r;
    return 0;
}

struct rogues *rogues_free(struct rogues *r)
{
    free(r);
    return NULL;
}

static bool is_member(
    const struct serving_view *view,
    const struct network *network,
    struct ip4 own,
    struct ip4 address)
{
    bool is_member = ip4_equal(address, own);

    for (unsigned i = 0; i < view->n; i++) {
        is_member |= ip4_equal(address, view->nodes[i].server_id);
    }
    if (network != NULL && network->server_id_mode == SERVER_ID_FIXED) {
        is_member |= ip4_equal(address, network->server_id);
    }
    return is_member && !ip4_is_any(address);
}

bool rogue_is_stranger(
    const struct rogue_reply *reply,
    const struct serving_view *view,
    const struct network *network,
    struct ip4 own)
{
    for (unsigned i = 0; i < view->n; i++) {
        if (ip4_is_any(view->nodes[i].server_id)) {
            return false;
        }
    }
    return !is_member(view, network, own, reply->server_id) &&
           !is_member(view, network, own, reply->source);
}

static struct ip4 server_of(const struct rogue_reply *reply)
{
    return ip4_is_any(reply->server_id) ? reply->source : reply->server_id;
}

static bool is_same(const struct told *t, const struct rogue_reply *reply)
{
    return ip4_equal(t->server, server_of(reply)) &&
           bytes_equal(hardware_address(&t->hardware), hardware_address(&reply->hardware));
}

/* The slot of this server: its own, a free one, or the oldest. */
static struct told *slot_of(struct rogues *r, const struct rogue_reply *reply)
{
    struct told *oldest = &r->told[0];

    for (unsigned i = 0; i < r->n; i++) {
        if (is_same(&r->told[i], reply)) {
            return &r->told[i];
        }
        oldest = instant_before(r->told[i].at, oldest->at) ? &r->told[i] : oldest;
    }
    return r->n < ROGUES_MAX ? &r->told[r->n++] : oldest;
}

bool rogues_note(struct rogues *r, const struct rogue_reply *reply, struct instant now)
{
    struct told *t = slot_of(r, reply);

    if (is_same(t, reply) && instant_before(now, instant_add_ms(t->at, ROGUE_SILENCE_MS))) {
        return false;
    }
    *t = (struct told){ server_of(reply), reply->hardware, now };
    return true;
}
