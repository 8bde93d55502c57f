#include "proto/dhcp/option.h"
#include "proto/dhcp/text.h"
#include "server/exchange_parts.h"

static struct bytes at_most(struct bytes b, size_t max)
{
    return (struct bytes){ b.at, b.n < max ? b.n : max };
}

static struct bind_command bind_of(
    const struct exchange *e, struct instant received, const char *hostname)
{
    const struct hardware *hardware = &e->message.header.hardware;
    struct bytes agent_info = message_option(&e->message, OPTION_AGENT_INFO);

    return (struct bind_command){
        .address = e->decision.address,
        .client_key = e->request.client,
        .hw_type = hardware->type,
        .hw_address = hardware_address(hardware),
        .lease = e->decision.lease,
        .hold = e->decision.hold,
        .server_id = e->turn.server_id,
        .relay = e->request.relay,
        .hostname = bytes_of_text(hostname),
        .agent_info = agent_info.n <= AGENT_INFO_MAX ? agent_info : (struct bytes){NULL, 0},
        .vendor_class = at_most(e->request.vendor_class, CLASS_TEXT_MAX),
        .user_class = at_most(e->request.user_class, CLASS_TEXT_MAX),
        .is_unasked = e->request.kind == REQUEST_DISCOVER || e->request.kind == REQUEST_BOOTP,
        .received_at = received,
    };
}

/* When the message came, in cluster time: not when it was read from the socket (STALE). */
static struct instant received_at(const struct exchange *e, struct instant cluster_time)
{
    int64_t age = e->now.ms - e->arrival.received.ms;

    return (struct instant){ cluster_time.ms - (age > 0 ? age : 0) };
}

static struct release_command release_of(const struct exchange *e, struct instant received)
{
    return (struct release_command){
        .address = e->decision.address,
        .client_key = e->request.client,
        .server_id = e->request.server_id,
        .received_at = received,
    };
}

static struct decline_command decline_of(
    const struct exchanges *x, const struct exchange *e, struct instant received)
{
    const struct hardware *hardware = &e->message.header.hardware;

    return (struct decline_command){
        .address = e->decision.address,
        .client_key = e->request.client,
        .server_id = e->request.server_id,
        .received_at = received,
        .offered = ip4_equal(offers_of(x->offers, e->place, e->now), e->decision.address),
        .hw_type = hardware->type,
        .hw_address = hardware_address(hardware),
    };
}

/* A binding exists from now on: what was soft about the client is settled. */
void exchange_settle(struct exchanges *x, const struct exchange *e)
{
    offers_remove(x->offers, e->place);
    observed_remove(x->observed, e->place);
    observed_remove(x->choosing, e->place);
}

/*
 * What the majority has stored may be told: the promise, counted from its entry as the client
 * counts it from its request (RFC 2131 4.4.1), but never beyond the hold counted from now.
 */
static struct seconds promise_of(const struct result *result, struct instant now)
{
    struct seconds promise = instant_seconds_until(result->expires_at, result->at);
    struct seconds hold = instant_seconds_until(result->held_until, now);

    return promise.value < hold.value ? promise : hold;
}

static void acknowledge(struct exchanges *x, struct exchange *e, const struct result *result)
{
    struct instant cluster_time = x->proposer.cluster_time(x->proposer.data);
    struct seconds lease = promise_of(result, instant_max(cluster_time, result->at));

    exchange_settle(x, e);
    client_table_remove(x->given_up, e->place);
    if (lease.value > 0) {
        exchange_reply(x, e, exchange_ack_type(e), lease);
    } else {
        exchange_silence(e, REASON_NO_RESULT);
    }
}

static void finish(struct exchanges *x, struct exchange *e, const struct result *result)
{
    if (e->decision.verdict == VERDICT_PROPOSE_BIND) {
        acknowledge(x, e, result);
    } else if (e->decision.verdict == VERDICT_PROPOSE_DECLINE) {
        offers_remove(x->offers, e->place);
    }
}

/* The committed state speaks against the binding: the client must not use the address. */
static void refuse(struct exchanges *x, struct exchange *e, enum reason reason)
{
    bool can_be_told = e->decision.verdict == VERDICT_PROPOSE_BIND &&
                       e->request.kind != REQUEST_BOOTP && e->request.kind != REQUEST_DISCOVER;

    exchange_silence(e, reason);
    if (can_be_told) {
        offers_remove(x->offers, e->place);
        e->decision.verdict = VERDICT_NAK;
        exchange_reply(x, e, MESSAGE_NAK, (struct seconds){ 0 });
    }
}

static void conclude(struct exchanges *x, struct exchange *e, const struct result *result)
{
    switch (result->outcome) {
    case OUTCOME_DONE:
        finish(x, e, result);
        break;
    case OUTCOME_UNAVAILABLE:
        refuse(x, e, REASON_NOT_IN_POOL);
        break;
    case OUTCOME_RESERVED:
        refuse(x, e, REASON_RESERVED_FOR_OTHER);
        break;
    case OUTCOME_TAKEN:
        refuse(x, e, REASON_LEASED_TO_OTHER);
        break;
    case OUTCOME_DECLINED:
        refuse(x, e, REASON_IN_QUARANTINE);
        break;
    case OUTCOME_BLOCKED:
        exchange_silence(e, REASON_BLOCKED);
        break;
    case OUTCOME_UNKNOWN:
        exchange_silence(e, REASON_UNKNOWN_LEASE);
        break;
    case OUTCOME_STALE:
    case OUTCOME_REPEATED:
        exchange_silence(e, REASON_STALE);
        break;
    case OUTCOME_LIMITED:
        exchange_silence(e, REASON_LIMITED);
        break;
    case OUTCOME_OVERLOADED:
        exchange_silence(e, REASON_OVERLOADED);
        break;
    case OUTCOME_INVALID:
    case OUTCOME_CONFLICT:
    case OUTCOME_TIMEOUT: /* the command may still apply: the client asks again (rule 70) */
        exchange_silence(e, REASON_NO_RESULT);
        break;
    }
}

/* The client has its ACK: whatever became of the extension, there is nothing more to say. */
static void conclude_extension(struct exchange *e, const struct result *result)
{
    exchange_silence(e, result->outcome == OUTCOME_DONE ? REASON_EXTENDED : REASON_NOT_EXTENDED);
}

/* The settings may have changed in between: everything is looked up again. */
static void on_result(struct proposal *p, const struct result *result)
{
    struct waiting *w = p->data;
    struct exchanges *x = w->all;
    struct exchange *e = &x->current;

    if (exchange_read(x, e, &w->arrival, (struct bytes){ w->datagram, w->n_datagram })) {
        e->decision = w->decision;
        e->has_waited = true;
        exchange_classify(x, e);
        e->turn = (struct responder_verdict){ .answers = true, .server_id = w->server_id };
        if (w->decision.verdict == VERDICT_ACK_THEN_BIND) {
            conclude_extension(e, result);
        } else {
            conclude(x, e, result);
        }
    }
    exchange_report(x, e);
    waiting_end(x->waiting, w);
}

static void refuse_to_wait(struct exchanges *x, struct exchange *e)
{
    bool is_extension = e->decision.verdict == VERDICT_ACK_THEN_BIND;

    exchange_silence(e, is_extension ? REASON_NOT_EXTENDED : REASON_OVERLOADED);
    exchange_report(x, e);
}

/* Sends @c to the log. Whatever goes wrong is silence: the client asks again. */
static void propose(struct exchanges *x, struct exchange *e, const struct command *c)
{
    struct waiting *w = waiting_begin(x->waiting, e);

    if (w == NULL) {
        refuse_to_wait(x, e);
        return;
    }
    w->all = x;
    w->proposal = (struct proposal){ .done = on_result, .data = w };
    if (x->proposer.propose(x->proposer.data, &w->proposal, c, EXCHANGE_TIMEOUT_MS) != 0) {
        waiting_end(x->waiting, w);
        refuse_to_wait(x, e);
    }
}

/* One exchange of a client waits for one kind of result; a repetition only moves the reply. */
static bool joins_waiting(struct exchanges *x, struct exchange *e)
{
    struct waiting *w = waiting_find(x->waiting, e->place, e->decision.verdict);

    if (w == NULL) {
        return false;
    }
    if (ip4_equal(w->decision.address, e->decision.address) &&
        ip4_equal(w->server_id, e->turn.server_id)) {
        waiting_replace(w, e);
    }
    exchange_silence(e, REASON_WAITING);
    return true;
}

static bool is_bind(enum verdict verdict)
{
    return verdict == VERDICT_PROPOSE_BIND || verdict == VERDICT_ACK_THEN_BIND;
}

/* A client that did not hear its ACK was told again; one extension on its way is enough. */
static bool is_being_extended(struct exchanges *x, const struct exchange *e)
{
    return e->decision.verdict == VERDICT_ACK_THEN_BIND &&
           waiting_find(x->waiting, e->place, VERDICT_ACK_THEN_BIND) != NULL;
}

void exchange_propose(struct exchanges *x, struct exchange *e, struct instant cluster_time)
{
    char hostname[TEXT_HOST_NAME_MAX];
    struct instant received = received_at(e, cluster_time);
    struct command c = { 0 };

    if (is_being_extended(x, e)) {
        return;
    }
    if (joins_waiting(x, e)) {
        exchange_report(x, e);
        return;
    }
    if (is_bind(e->decision.verdict) && !exchange_admits(x, e)) {
        exchange_silence(e, REASON_LIMITED);
        exchange_report(x, e);
        return;
    }
    if (is_bind(e->decision.verdict)) {
        c.kind = COMMAND_BIND;
        c.bind = bind_of(e, received, request_client_name(&e->request, hostname));
        c.bind.settings_version = network_map_version(store_map(x->store));
    } else if (e->decision.verdict == VERDICT_PROPOSE_RELEASE) {
        c.kind = COMMAND_RELEASE;
        c.release = release_of(e, received);
    } else {
        c.kind = COMMAND_DECLINE;
        c.decline = decline_of(x, e, received);
    }
    propose(x, e, &c);
}
