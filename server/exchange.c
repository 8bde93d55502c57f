#include "server/exchange.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/err.h"
#include "proto/dhcp/client_id.h"
#include "server/exchange_parts.h"

/*
 *   datagram -> read -> turn -> decide -+-> silent, NAK, INFORM's ACK, repeated ACK
 *                                       |
 *                                       +-> OFFER, at once or after a look (exchange_probe.c)
 *                                       |
 *                                       +-> ACK inside the hold [-> propose the extension]
 *                                       |
 *                                       +-> propose -> (waits) -> result -+-> DONE: ACK, or nothing
 *                                                                         +-> refused: NAK
 *                                                                         +-> no result: silent
 * An ACK that gives or extends a lease leaves from the result alone (exchange_propose.c), unless
 * the committed row covers what it says: a repeated one, and one inside the hold.
 */

static void init_limits(struct exchanges *x)
{
    x->rogue_limit = (struct log_limit){ .burst = 10, .interval_ms = 60000 };
    for (unsigned level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        x->limits[level] = (struct log_limit){ .burst = 200, .interval_ms = 10 };
    }
}

int exchanges_new(
    struct exchanges **ret_exchanges,
    struct store *store,
    const struct proposer_port *proposer,
    const struct exchange_port *port)
{
    struct exchanges *x = calloc(1, sizeof *x);
    uint64_t seed = 0;
    int r = x == NULL ? ERR_NOMEM : 0;

    if (r == 0 && getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        r = ERR_IO;
    }
    if (r == 0) {
        r = offers_new(&x->offers, OFFERS_MAX, seed);
    }
    if (r == 0) {
        r = observed_new(&x->observed, OBSERVED_MAX, seed);
    }
    if (r == 0) {
        r = observed_new(&x->choosing, OBSERVED_MAX, seed);
    }
    if (r == 0) {
        r = client_table_new(&x->given_up, GIVEN_UP_MAX, seed);
    }
    if (r == 0) {
        r = waiting_table_new(&x->waiting, seed);
    }
    if (r == 0) {
        r = waiting_table_new(&x->probing, seed);
    }
    if (r == 0) {
        r = probed_new(&x->probed, seed);
    }
    if (r == 0) {
        r = rogues_new(&x->rogues);
    }
    if (r == 0) {
        r = pool_watches_new(&x->pools);
    }
    if (r == 0) {
        r = held_table_new(&x->held);
    }
    if (r == 0) {
        r = backup_table_new(&x->backup);
    }
    if (r != 0) {
        exchanges_free(x);
        return r;
    }
    x->store = store;
    x->proposer = *proposer;
    x->port = *port;
    init_limits(x);
    *ret_exchanges = x;
    return 0;
}

static void cancel_all(struct exchanges *x)
{
    for (unsigned i = 0; i < EXCHANGE_BUCKETS; i++) {
        while (x->waiting->buckets[i] != NULL) {
            struct waiting *w = x->waiting->buckets[i];

            x->proposer.cancel(x->proposer.data, &w->proposal);
            waiting_end(x->waiting, w);
        }
    }
}

struct exchanges *exchanges_free(struct exchanges *x)
{
    if (x == NULL) {
        return NULL;
    }
    if (x->waiting != NULL) {
        cancel_all(x);
    }
    if (x->probing != NULL) {
        exchange_probes_cancel(x);
    }
    x->waiting = waiting_table_free(x->waiting);
    x->probing = waiting_table_free(x->probing);
    x->probed = probed_free(x->probed);
    x->rogues = rogues_free(x->rogues);
    x->pools = pool_watches_free(x->pools);
    x->held = held_table_free(x->held);
    x->backup = backup_table_free(x->backup);
    x->given_up = client_table_free(x->given_up);
    x->choosing = observed_free(x->choosing);
    x->observed = observed_free(x->observed);
    x->offers = offers_free(x->offers);
    free(x);
    return NULL;
}

void exchange_silence(struct exchange *e, enum reason reason)
{
    e->decision.verdict = VERDICT_SILENT;
    e->decision.reason = reason;
}

enum message_type exchange_ack_type(const struct exchange *e)
{
    return e->request.kind == REQUEST_BOOTP ? MESSAGE_BOOTP : MESSAGE_ACK;
}

static enum reason reason_of_request(int outcome)
{
    switch ((enum request_outcome)outcome) {
    case REQUEST_NOT_A_REQUEST:
        return REASON_NOT_A_REQUEST;
    case REQUEST_UNKNOWN_TYPE:
        return REASON_UNKNOWN_TYPE;
    case REQUEST_NO_CLIENT:
        return REASON_NO_CLIENT;
    case REQUEST_NO_ADDRESS:
        return REASON_NO_ADDRESS;
    case REQUEST_BAD_AGENT_INFO:
        return REASON_BAD_AGENT_INFO;
    }
    return REASON_MALFORMED;
}

/* From bytes to a request. False: the exchange is over, with its reason. */
static bool parse(struct exchange *e, struct bytes datagram)
{
    struct request_origin origin = {
        .was_unicast = !e->arrival.was_broadcast,
        .source = e->arrival.source,
        .source_port = e->arrival.source_port,
    };
    int r = 0;

    if (datagram.n > EXCHANGE_DATAGRAM_MAX) {
        exchange_silence(e, REASON_TOO_LONG);
        return false;
    }
    r = message_parse(&e->message, datagram);
    if (r != 0) {
        exchange_silence(e, r == MESSAGE_SHORT ? REASON_TOO_SHORT : REASON_MALFORMED);
        return false;
    }
    r = request_of(&e->message, origin, &e->request);
    if (r != 0) {
        exchange_silence(e, reason_of_request(r));
        return false;
    }
    e->has_request = true;
    return true;
}

/* Some machines come with another client identifier in each of their stages (rule 61). */
static void choose_client_key(const struct network *network, struct request *request)
{
    struct bytes by_hardware = client_id_of_hardware(&request->message->header.hardware);

    if (network->ignores_client_id && by_hardware.n > 0) {
        request->client = by_hardware;
    }
}

/* A renewal by unicast has passed no relay: what one said of the client before stands (rule 15). */
static void recall_agent_info(const struct exchanges *x, struct request *request)
{
    struct lease row;

    if (request->kind == REQUEST_RENEWING &&
        lease_table_find(store_leases(x->store), request->address, &row)) {
        request->agent_info =
            lease_agent_info(&row, request->client, request->relay, request->agent_info);
    }
}

/* From the request to the network it is about. False as above. */
static bool place(struct exchanges *x, struct exchange *e)
{
    enum reason reason = REASON_UNKNOWN_NETWORK;

    e->decision.address = e->request.address;
    if (!scope_of(store_map(x->store), &e->arrival, &e->request, &e->scope, &reason)) {
        exchange_silence(e, reason);
        return false;
    }
    e->has_scope = true;
    choose_client_key(e->scope.network, &e->request);
    recall_agent_info(x, &e->request);
    e->place = client_place_of(e->request.client, e->scope.network->name);
    return true;
}

bool exchange_read(
    struct exchanges *x, struct exchange *e, const struct arrival *arrival, struct bytes datagram)
{
    e->arrival = *arrival;
    e->now = x->port.monotonic(x->port.data);
    e->has_request = false;
    e->has_scope = false;
    e->n_offers = 0;
    e->has_waited = false;
    e->probed = NULL;
    e->decision = (struct decision){ .verdict = VERDICT_SILENT };
    return parse(e, datagram) && place(x, e);
}

void exchange_act(struct exchanges *x, struct exchange *e, struct instant cluster_time)
{
    switch (e->decision.verdict) {
    case VERDICT_SILENT:
        break;
    case VERDICT_OFFER:
        exchange_offer(x, e);
        return;
    case VERDICT_INFORM_ACK:
        exchange_reply(x, e, MESSAGE_ACK, (struct seconds){ 0 });
        break;
    case VERDICT_NAK:
        exchange_reply(x, e, MESSAGE_NAK, (struct seconds){ 0 });
        break;
    case VERDICT_REPEAT_ACK:
        exchange_settle(x, e);
        exchange_reply(x, e, exchange_ack_type(e), e->decision.lease);
        break;
    case VERDICT_ACK_IN_HOLD:
        exchange_settle(x, e);
        exchange_reply(x, e, MESSAGE_ACK, e->decision.lease);
        break;
    case VERDICT_ACK_THEN_BIND:
        exchange_settle(x, e);
        exchange_reply(x, e, MESSAGE_ACK, e->decision.lease);
        exchange_report(x, e);
        exchange_propose(x, e, cluster_time);
        return;
    case VERDICT_PROPOSE_BIND:
        if (!exchange_looks_first(x, e)) {
            exchange_propose(x, e, cluster_time);
        }
        return;
    case VERDICT_PROPOSE_RELEASE:
    case VERDICT_PROPOSE_DECLINE:
        exchange_propose(x, e, cluster_time);
        return;
    }
    exchange_report(x, e);
}

static void handle(
    struct exchanges *x,
    const struct arrival *arrival,
    struct bytes datagram,
    struct instant held_since)
{
    struct exchange *e = &x->current;
    struct instant cluster_time = x->proposer.cluster_time(x->proposer.data);

    e->held_since = held_since;
    if (exchange_read(x, e, arrival, datagram) && exchange_take_turn(x, e, cluster_time)) {
        exchange_decide(x, e, cluster_time);
        exchange_act(x, e, cluster_time);
    } else {
        exchange_report(x, e);
    }
    if (e->has_scope) {
        held_note(x->held, e, datagram, cluster_time);
    }
}

void exchanges_receive(struct exchanges *x, const struct arrival *arrival, struct bytes datagram)
{
    handle(x, arrival, datagram, (struct instant){ -1 });
}

/* Judges again what was left to a node that is gone. */
static void look_at_held(struct exchanges *x, struct instant now)
{
    struct held_message message;
    unsigned cursor = 0;

    while (held_next(x->held, &x->proposer, now, &cursor, &message)) {
        handle(x, &message.arrival, bytes_of(message.datagram, message.n), message.since);
    }
}

void exchanges_tick(struct exchanges *x)
{
    struct instant now = x->port.monotonic(x->port.data);

    look_at_held(x, now);
    exchange_pools_tick(x);

    backup_tick(x->backup, now);
    offers_tick(x->offers, now);
    observed_tick(x->observed, now);
    observed_tick(x->choosing, now);
}

bool exchanges_is_quiet(const struct exchanges *x)
{
    return x->waiting->n == 0;
}

const struct exchange_stats *exchanges_stats(const struct exchanges *x)
{
    return &x->stats;
}

const struct exchange_counters *exchanges_counters(const struct exchanges *x)
{
    return &x->counters;
}
