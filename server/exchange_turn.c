#include "server/exchange_parts.h"

enum { ROWS_OF_CLIENT_MAX = 16 }; /* looked at; a client can leave many behind */

/* When the client last got a lease in this network, from whichever node; -1: never. What it is
 * bound to comes first, so a few rows tell. */
static struct instant last_commit(const struct exchanges *x, const struct exchange *e)
{
    const struct network_map *map = store_map(x->store);
    struct instant last = { -1 };
    uint64_t cursor = 0;
    struct lease row;

    for (unsigned i = 0; i < ROWS_OF_CLIENT_MAX; i++) {
        if (!lease_table_next_of_client(store_leases(x->store), e->request.client, &cursor, &row)) {
            break;
        }
        if (scope_subnet_of(&e->scope, map, row.address) != NULL) {
            last = instant_max(last, row.renewed_at);
        }
    }
    return last;
}

static bool is_to_all_nodes(const struct request *request)
{
    switch (request->kind) {
    case REQUEST_DISCOVER:
    case REQUEST_BOOTP:
    case REQUEST_SELECTING:
    case REQUEST_INIT_REBOOT:
    case REQUEST_REBINDING:
    case REQUEST_INFORM:
        return true;
    case REQUEST_RENEWING:
    case REQUEST_RELEASE:
    case REQUEST_DECLINE:
    case REQUEST_KIND_COUNT:
        break;
    }
    return false;
}

static void observe(
    struct exchanges *x,
    const struct exchange *e,
    struct instant cluster_time,
    struct responder_facts *facts)
{
    struct observed_moment moment = { .now = e->now, .cluster_time = cluster_time };

    if (e->request.kind == REQUEST_DISCOVER) {
        observed_remove(x->choosing, e->place);
    }
    if (!is_to_all_nodes(&e->request)) {
        return;
    }
    moment.last_committed = last_commit(x, e);
    facts->observed_ms = observed_note(x->observed, e->place, moment);
    if (e->request.kind == REQUEST_SELECTING) {
        facts->choosing_ms = observed_note(x->choosing, e->place, moment);
    }
}

/* The node of the client's committed lease of @address; 0: none. */
static uint32_t granter_of(const struct exchanges *x, const struct request *request)
{
    struct lease row;

    return lease_table_find(store_leases(x->store), request->address, &row) &&
                   bytes_equal(row.client_key, request->client)
               ? row.node
               : 0;
}

/* A relay with an address of the cluster, on the link or in the network it relays for (rule 67). */
static bool is_loop(struct exchanges *x, const struct responder_facts *facts)
{
    struct serving_view view;
    struct responder_facts theirs = *facts;

    if (ip4_is_any(facts->request->relay)) {
        return false;
    }
    x->proposer.serving(x->proposer.data, facts->network->name, &view);
    theirs.view = &view;
    return responder_is_own_address(facts, facts->request->relay) ||
           responder_is_own_address(&theirs, facts->request->relay);
}

/* Another node has served the client since the message was left to it. */
static bool is_served(const struct exchanges *x, const struct exchange *e)
{
    return e->held_since.ms >= 0 && !instant_before(last_commit(x, e), e->held_since);
}

/* Whether or not it comes to anything: from now on the client may be without its lease. */
static void note_given_up(struct exchanges *x, const struct exchange *e)
{
    if (e->request.kind == REQUEST_RELEASE || e->request.kind == REQUEST_DECLINE) {
        (void)client_table_touch(x->given_up, e->place, e->now);
    }
}

/* Is it this node's turn? */
bool exchange_take_turn(struct exchanges *x, struct exchange *e, struct instant cluster_time)
{
    struct ip4 offered = offers_of(x->offers, e->place, e->now);
    struct responder_facts facts = {
        .request = &e->request,
        .network = e->scope.network,
        .view = &e->view,
        .own_id = e->arrival.local,
        .offered = !ip4_is_any(offered) && ip4_equal(offered, e->request.address),
        .granter = granter_of(x, &e->request),
    };

    x->proposer.serving(x->proposer.data, e->arrival.network, &e->view);
    if (is_loop(x, &facts)) {
        exchange_silence(e, REASON_RELAY_LOOP);
        return false;
    }
    if (is_served(x, e)) {
        exchange_silence(e, REASON_SERVED_MEANWHILE);
        return false;
    }
    note_given_up(x, e);
    observe(x, e, cluster_time, &facts);
    responder_decide(&facts, &e->turn);
    if (e->turn.forgets_offer) {
        offers_remove(x->offers, e->place);
    }
    if (!e->turn.answers) {
        exchange_silence(e, e->turn.reason);
    }
    return e->turn.answers;
}

/* On offer to another client, or found in use: not for this one. */
static bool is_offered(void *data, struct ip4 address)
{
    const struct exchanges *x = data;

    return offers_is_to_other(x->offers, x->current.place, address, x->current.now) ||
           probed_of(x->probed, address, x->current.now) == PROBED_IN_USE;
}

static struct headroom_facts headroom_of(
    const struct exchanges *x, const struct exchange *e, struct instant cluster_time)
{
    return (struct headroom_facts){
        .is_known = e->view.knows_holds,
        .now = cluster_time,
        .behind_ms = e->view.behind_ms,
        .has_given_up = client_table_find(x->given_up, e->place) != NULL,
    };
}

static bool is_known(const struct network_map *map, const struct exchange *e)
{
    for (unsigned i = 0; i < e->scope.n; i++) {
        if (decide_reservation(map, e->scope.subnets[i], &e->request) != NULL) {
            return true;
        }
    }
    return false;
}

/* A client that renews by unicast passes no relay: it is behind the one that its lease names. */
static struct ip4 relay_of(const struct exchanges *x, const struct request *request)
{
    struct lease row;

    if (request->origin.was_unicast && ip4_is_any(request->relay) &&
        lease_table_find(store_leases(x->store), request->address, &row) &&
        row.state == LEASE_BOUND && bytes_equal(row.client_key, request->client)) {
        return row.relay;
    }
    return request->relay;
}

void exchange_classify(const struct exchanges *x, struct exchange *e)
{
    const struct network_map *map = store_map(x->store);
    const struct settings *settings = network_map_settings(map);
    struct classify_facts facts = {
        .request = &e->request,
        .network = e->scope.network->name,
        .relay = relay_of(x, &e->request),
    };

    if (settings->n_classes == 0) {
        e->classes = (struct class_set){ .bits = { 0 } };
        return;
    }
    facts.is_known = is_known(map, e);
    e->classes = classify(settings, &facts);
}

void exchange_decide(struct exchanges *x, struct exchange *e, struct instant cluster_time)
{
    exchange_classify(x, e);

    struct decide_facts facts = {
        .request = &e->request,
        .scope = &e->scope,
        .map = store_map(x->store),
        .leases = store_leases(x->store),
        .now = cluster_time,
        .elapsed_ms = e->turn.elapsed_ms,
        .server_id = e->turn.server_id,
        .share = responder_share_of(&e->view),
        .is_alone = e->turn.is_alone,
        .headroom = headroom_of(x, e, cluster_time),
        .classes = e->classes,
        .offered = offers_of(x->offers, e->place, e->now),
        .is_offered = is_offered,
        .data = x,
    };

    decide(&facts, &e->decision);
}
