#include "server/policy/responder.h"

#include "base/hash.h"

/* What stands between a client and this node. */
struct turn {
    bool is_serving;       /* this node is */
    int64_t threshold_ms;  /* effective */
    unsigned n_same;       /* nodes of the same effective threshold before this one */
    unsigned n_before;     /* nodes before this one, whatever their threshold */
    int64_t retry_step_ms; /* per place */
};

enum id_owner {
    ID_NONE,
    ID_MINE,
    ID_SHARED, /* the same on every node: a fixed one, or what a relay put in 82.11 */
    ID_PEER_SERVING,
    ID_PEER_GONE,
    ID_STRANGER,
};

uint32_t responder_threshold(const struct network *network, uint32_t node)
{
    for (unsigned i = 0; i < network->n_thresholds; i++) {
        if (network->thresholds[i].node == node) {
            return network->thresholds[i].ms;
        }
    }
    return 0;
}

/* Rendezvous hash: the node with the largest score for a client is its first. */
static uint64_t score_of(struct bytes client, uint32_t node)
{
    return hash64(client, node);
}

static bool takes_part(const struct serving_node *n, uint32_t excluded)
{
    return n->is_serving && !n->is_self && n->node != excluded;
}

/* The order of the serving nodes without @excluded (0: none), as this node stands in it. */
static struct turn turn_of(const struct responder_facts *f, uint32_t excluded)
{
    uint32_t mine = responder_threshold(f->network, f->view->self);
    uint32_t lowest = mine;
    uint64_t score = score_of(f->request->client, f->view->self);
    struct turn turn = { .retry_step_ms = f->network->retry_step_ms };

    for (unsigned i = 0; i < f->view->n; i++) {
        const struct serving_node *node = &f->view->nodes[i];
        uint32_t theirs = responder_threshold(f->network, node->node);

        turn.is_serving |= node->is_self && node->is_serving;
        if (!takes_part(node, excluded)) {
            continue;
        }
        lowest = theirs < lowest ? theirs : lowest;
        if (theirs < mine) {
            turn.n_before++;
        } else if (theirs == mine && score_of(f->request->client, node->node) > score) {
            turn.n_before++;
            turn.n_same++;
        }
    }
    turn.threshold_ms = (int64_t)mine - (f->network->collapse ? lowest : 0);
    return turn;
}

int64_t responder_elapsed(const struct responder_facts *f)
{
    int64_t secs_ms = (int64_t)f->request->secs * 1000;

    switch (f->network->delay_source) {
    case DELAY_SOURCE_OBSERVED:
        return f->observed_ms;
    case DELAY_SOURCE_SECS:
        return secs_ms;
    case DELAY_SOURCE_BOTH:
        break;
    }
    return secs_ms > f->observed_ms ? secs_ms : f->observed_ms;
}

struct responder_share responder_share_of(const struct serving_view *view)
{
    struct responder_share share = { 0, 1 };

    for (unsigned i = 0; i < view->n; i++) {
        const struct serving_node *node = &view->nodes[i];

        if (node->is_serving && !node->is_self) {
            share.n++;
            share.rank += node->node < view->self ? 1 : 0;
        }
    }
    return share;
}

static struct ip4 shared_id(const struct responder_facts *f)
{
    if (!ip4_is_any(f->request->server_id_override)) {
        return f->request->server_id_override;
    }
    return f->network->server_id_mode == SERVER_ID_FIXED ? f->network->server_id : IP4_ANY;
}

static const struct serving_node *node_of_id(const struct serving_view *view, struct ip4 id)
{
    for (unsigned i = 0; i < view->n; i++) {
        if (ip4_equal(view->nodes[i].server_id, id)) {
            return &view->nodes[i];
        }
    }
    return NULL;
}

static enum id_owner owner_of(const struct responder_facts *f, struct ip4 id)
{
    const struct serving_node *node = NULL;

    if (ip4_is_any(id)) {
        return ID_NONE;
    }
    if (ip4_equal(id, shared_id(f))) {
        return ID_SHARED;
    }
    if (ip4_equal(id, f->own_id)) {
        return ID_MINE;
    }
    node = node_of_id(f->view, id);
    if (node == NULL) {
        return ID_STRANGER;
    }
    if (node->is_self) {
        return ID_MINE;
    }
    return node->is_serving ? ID_PEER_SERVING : ID_PEER_GONE;
}

bool responder_is_own_address(const struct responder_facts *f, struct ip4 address)
{
    bool is_fixed =
        f->network->server_id_mode == SERVER_ID_FIXED && ip4_equal(address, f->network->server_id);

    return !ip4_is_any(address) &&
           (is_fixed || ip4_equal(address, f->own_id) || node_of_id(f->view, address) != NULL);
}

static void answer(struct responder_verdict *v)
{
    v->answers = true;
}

static void silence(struct responder_verdict *v, enum reason reason)
{
    v->answers = false;
    v->reason = reason;
}

/* DISCOVER and its like: the threshold first, then the share. */
static void wait_for_threshold(
    const struct turn *turn, int64_t waited_ms, struct responder_verdict *v)
{
    if (!turn->is_serving) {
        silence(v, REASON_NOT_SERVING);
    } else if (waited_ms < turn->threshold_ms) {
        silence(v, REASON_BELOW_THRESHOLD);
    } else if (waited_ms < turn->threshold_ms + turn->n_same * turn->retry_step_ms) {
        silence(v, REASON_NOT_MY_TURN);
    } else {
        answer(v);
    }
}

/* What a node that is gone has left undone: no threshold, only the order among those left. */
static void wait_in_order(const struct turn *turn, int64_t waited_ms, struct responder_verdict *v)
{
    if (!turn->is_serving) {
        silence(v, REASON_NOT_SERVING);
    } else if (waited_ms < turn->n_before * turn->retry_step_ms) {
        silence(v, REASON_NOT_MY_TURN);
    } else {
        answer(v);
    }
}

static void as_discover(const struct responder_facts *f, struct responder_verdict *v)
{
    struct turn turn = turn_of(f, 0);

    wait_for_threshold(&turn, v->elapsed_ms, v);
}

/* The client names a peer: it must hear that peer's identifier, whoever answers (rule 33). */
static void for_peer(
    const struct responder_facts *f, bool peer_is_serving, struct responder_verdict *v)
{
    int64_t grace = peer_is_serving ? RESPONDER_PEER_GRACE_MS : 0;
    const struct serving_node *peer = node_of_id(f->view, f->request->server_id);
    struct turn turn = turn_of(f, peer == NULL ? 0 : peer->node);

    v->server_id = f->request->server_id;
    v->forgets_offer = true;
    if (f->choosing_ms < grace) {
        silence(v, REASON_PEER_CHOSEN);
        return;
    }
    wait_in_order(&turn, f->choosing_ms - grace, v);
}

static void selecting(const struct responder_facts *f, struct responder_verdict *v)
{
    switch (owner_of(f, f->request->server_id)) {
    case ID_MINE:
        v->server_id = f->request->server_id;
        answer(v);
        break;
    case ID_SHARED:
        if (f->offered) {
            answer(v);
        } else {
            as_discover(f, v);
        }
        break;
    case ID_PEER_SERVING:
        for_peer(f, true, v);
        break;
    case ID_PEER_GONE:
        for_peer(f, false, v);
        break;
    case ID_STRANGER:
    case ID_NONE: /* SELECTING always names a server */
        v->forgets_offer = true;
        silence(v, REASON_STRANGER_CHOSEN);
        break;
    }
}

static bool is_serving(const struct serving_view *view, uint32_t node)
{
    for (unsigned i = 0; i < view->n; i++) {
        if (view->nodes[i].node == node) {
            return view->nodes[i].is_serving;
        }
    }
    return false;
}

/*
 * By our own measure alone: in REBINDING `secs` counts from the first renewal, and would make
 * every node answer at once.
 */
static void rebinding(const struct responder_facts *f, struct responder_verdict *v)
{
    struct turn turn = turn_of(f, 0);

    if (f->granter != 0 && !is_serving(f->view, f->granter)) {
        wait_in_order(&turn, f->observed_ms, v);
    } else {
        wait_for_threshold(&turn, f->observed_ms, v);
    }
}

/* Needs no majority, so a node alone counts itself as serving. */
static void inform(const struct responder_facts *f, struct responder_verdict *v)
{
    struct turn turn = turn_of(f, 0);

    turn.is_serving = true;
    if (f->request->origin.was_unicast) {
        answer(v);
    } else {
        wait_for_threshold(&turn, v->elapsed_ms, v);
    }
}

/* No reply follows. A missing identifier is tolerated, a stranger's is not (rule 56). */
static void release_or_decline(const struct responder_facts *f, struct responder_verdict *v)
{
    if (owner_of(f, f->request->server_id) == ID_STRANGER) {
        silence(v, REASON_STRANGER_CHOSEN);
    } else {
        answer(v);
    }
}

static void by_kind(const struct responder_facts *f, struct responder_verdict *v)
{
    switch (f->request->kind) {
    case REQUEST_DISCOVER:
    case REQUEST_BOOTP:
    case REQUEST_INIT_REBOOT:
        as_discover(f, v);
        break;
    case REQUEST_SELECTING:
        selecting(f, v);
        break;
    case REQUEST_RENEWING: /* unicast: nobody else saw it */
        answer(v);
        break;
    case REQUEST_REBINDING:
        rebinding(f, v);
        break;
    case REQUEST_INFORM:
        inform(f, v);
        break;
    case REQUEST_RELEASE:
    case REQUEST_DECLINE:
        release_or_decline(f, v);
        break;
    case REQUEST_KIND_COUNT:
        break;
    }
}

/* The place among all nodes: which of them can answer is not known without a majority. */
static int64_t alone_after(const struct responder_facts *f)
{
    uint64_t score = score_of(f->request->client, f->view->self);
    int64_t n_before = 0;

    for (unsigned i = 0; i < f->view->n; i++) {
        const struct serving_node *node = &f->view->nodes[i];

        n_before += !node->is_self && score_of(f->request->client, node->node) > score;
    }
    return RESPONDER_ALONE_MS + n_before * f->network->retry_step_ms;
}

/* Rule 71: a client that is known may renew inside its hold; nothing else is answered. */
static void without_majority(const struct responder_facts *f, struct responder_verdict *v)
{
    enum request_kind kind = f->request->kind;
    bool is_known_kind = kind == REQUEST_REBINDING || kind == REQUEST_INIT_REBOOT;

    v->is_alone = true;
    if (f->view->knows_holds && kind == REQUEST_RENEWING) {
        answer(v);
    } else if (!f->view->knows_holds || !is_known_kind) {
        silence(v, REASON_NO_MAJORITY);
    } else if (f->observed_ms < alone_after(f)) {
        silence(v, REASON_NOT_MY_TURN);
    } else {
        answer(v);
    }
}

/* The first thing that is wrong: a node without a majority does not serve either. */
static bool lacks_majority(const struct responder_facts *f, const struct responder_verdict *v)
{
    return !f->view->has_majority && f->request->kind != REQUEST_INFORM &&
           (v->answers || v->reason == REASON_NOT_SERVING || v->reason == REASON_NOT_MY_TURN ||
            v->reason == REASON_BELOW_THRESHOLD);
}

void responder_decide(const struct responder_facts *f, struct responder_verdict *ret_verdict)
{
    struct ip4 shared = shared_id(f);
    struct responder_verdict v = {
        .reason = REASON_NOT_MY_TURN,
        .elapsed_ms = responder_elapsed(f),
        .server_id = ip4_is_any(shared) ? f->own_id : shared,
    };

    by_kind(f, &v);
    if (lacks_majority(f, &v)) {
        without_majority(f, &v);
    }
    if (v.answers && ip4_is_any(v.server_id)) {
        silence(&v, REASON_NO_SERVER_ID);
    }
    *ret_verdict = v;
}
