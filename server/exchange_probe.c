#include "base/event.h"
#include "base/own.h"
#include "proto/dhcp/client_id.h"
#include "server/exchange_parts.h"

/*
 * Exchange, probe - an OFFER waits until the network has been asked who uses its address, and so
 * does a lease that is given without an OFFER
 *
 *   decided -> ask -+-> nobody: offered
 *                   +-> somebody: into quarantine by the log; decided again, and asked again
 *                   +-> cannot ask: offered unseen, and counted
 *
 * One node asks, the one that answers the client, and never at a REQUEST (rule 42). What it finds
 * is remembered for a while (server/policy/probed.h). The client's own hardware is no conflict: a
 * host that begins anew may still have its old address.
 */
enum { PROBES_OF_ONE_MAX = 4 }; /* addresses looked for before one OFFER */

/* --- what was found in use --- */

static void report_conflict(
    struct exchanges *x, const struct quarantine *q, const struct result *result)
{
    struct instant now = x->port.monotonic(x->port.data);
    char address[IP4_TEXT_MAX];
    char holder[CLIENT_ID_TEXT_MAX] = "unseen";
    unsigned suppressed = 0;

    if (!log_limit_pass(&x->limits[LOG_WARNING], now.ms, &suppressed)) {
        return;
    }
    if (q->seen.n > 0) {
        (void)client_id_format(hardware_address(&q->seen), holder);
    }
    event_raise(
        EVENT_ADDRESS_CONFLICT,
        "address=%s hardware=%s found-by=%s quarantine=%s suppressed=%u",
        ip4_format(q->address, address),
        holder,
        probe_kind_name(q->kind),
        outcome_name(result->outcome),
        suppressed);
}

static void on_quarantined(struct proposal *p, const struct result *result)
{
    struct quarantine *q = p->data;
    struct exchanges *x = q->all;

    x->counters.quarantined += result->outcome == OUTCOME_DONE;
    report_conflict(x, q, result);
    q->is_busy = false;
}

static struct quarantine *free_quarantine(struct exchanges *x)
{
    for (unsigned i = 0; i < QUARANTINES_MAX; i++) {
        if (!x->quarantines[i].is_busy) {
            return &x->quarantines[i];
        }
    }
    return NULL;
}

/* Without room this node alone passes the address over, until it is found in use once more. */
static void quarantine(
    struct exchanges *x, const struct probe *probe, const struct probe_result *found)
{
    struct quarantine *q = free_quarantine(x);
    struct hardware holder = probe_holder(&found->hardware, probe->address);
    const struct command c = {
        .kind = COMMAND_QUARANTINE,
        .quarantine = {.address = probe->address,
                       .client_key = client_id_of_hardware(&holder),
                       .hw_type = found->hardware.type,
                       .hw_address = hardware_address(&found->hardware)},
    };

    if (q == NULL) {
        return;
    }
    *q = (struct quarantine){
        .proposal = {.done = on_quarantined, .data = q},
        .all = x,
        .address = probe->address,
        .seen = found->hardware,
        .kind = probe->kind,
    };
    q->is_busy = x->proposer.propose(x->proposer.data, &q->proposal, &c, EXCHANGE_TIMEOUT_MS) == 0;
}

/* --- asking --- */

static bool is_clients_own(const struct exchange *e, const struct probe_result *found)
{
    const struct hardware *own = &e->message.header.hardware;

    return found->hardware.n > 0 && found->hardware.type == own->type &&
           bytes_equal(hardware_address(&found->hardware), hardware_address(own));
}

static void note(
    struct exchanges *x,
    const struct exchange *e,
    const struct probe *probe,
    const struct probe_result *found)
{
    if (!found->is_in_use || is_clients_own(e, found)) {
        x->counters.probes_clear++;
        probed_note(x->probed, probe->address, PROBED_CLEAR, e->now);
        return;
    }
    x->counters.probes_in_use++;
    probed_note(x->probed, probe->address, PROBED_IN_USE, e->now);
    offers_remove(x->offers, e->place);
    quarantine(x, probe, found);
}

/* The state may have changed since the question was asked, so the policy decides once more. */
static void decide_again(struct exchanges *x, struct exchange *e, const struct waiting *w)
{
    struct instant cluster_time = x->proposer.cluster_time(x->proposer.data);

    e->turn = (struct responder_verdict){ .answers = true,
                                          .server_id = w->server_id,
                                          .elapsed_ms = w->elapsed_ms };
    x->proposer.serving(x->proposer.data, e->arrival.network, &e->view);
    if (e->view.has_majority) {
        exchange_decide(x, e, cluster_time);
    } else {
        exchange_silence(e, REASON_NO_MAJORITY);
    }
    exchange_act(x, e, cluster_time);
}

static void on_probed(struct probe *p, const struct probe_result *found)
{
    struct waiting *w = p->data;
    struct exchanges *x = w->all;
    struct exchange *e = &x->current;

    w->is_asking = false;
    if (exchange_read(x, e, &w->arrival, (struct bytes){ w->datagram, w->n_datagram })) {
        e->probed = w;
        note(x, e, p, found);
        decide_again(x, e, w);
    } else {
        exchange_report(x, e);
    }
    if (!w->is_asking) {
        waiting_end(x->probing, w);
    }
}

/* How to ask for the address of the offer; PROBE_NONE when that is known, or not wanted. */
static enum probe_kind question_of(const struct exchanges *x, const struct exchange *e)
{
    const struct subnet *subnet =
        scope_subnet_of(&e->scope, store_map(x->store), e->decision.address);

    return subnet == NULL || probed_of(x->probed, e->decision.address, e->now) == PROBED_CLEAR
               ? PROBE_NONE
               : probe_kind_of(&e->decision, subnet, &e->request);
}

/* The slot of this exchange: the one it had, or a new one. NULL when there is none. */
static struct waiting *slot_of(struct exchanges *x, const struct exchange *e)
{
    struct waiting *w = e->probed;

    if (w != NULL) {
        return w->n_probes < PROBES_OF_ONE_MAX ? w : NULL;
    }
    w = x->probing->n < PROBES_MAX ? waiting_begin(x->probing, e) : NULL;
    if (w != NULL) {
        w->all = x;
        w->began = e->now;
        w->n_probes = 0;
        w->elapsed_ms = e->turn.elapsed_ms;
    }
    return w;
}

/* False when there is no time left, or the port cannot ask. */
static bool ask(struct exchanges *x, struct exchange *e, struct waiting *w, enum probe_kind kind)
{
    int64_t left = PROBE_BUDGET_MS - (e->now.ms - w->began.ms);

    if (left < PROBE_WAIT_MIN_MS) {
        return false;
    }
    w->decision = e->decision;
    w->n_offers = e->n_offers;
    w->n_probes++;
    w->probe = (struct probe){
        .address = e->decision.address,
        .kind = kind,
        .wait_ms = (unsigned)(left < PROBE_WAIT_MS ? left : PROBE_WAIT_MS),
        .done = on_probed,
        .data = w,
    };
    w->is_asking = x->port.probe(x->port.data, &e->arrival, &w->probe);
    return w->is_asking;
}

bool exchange_looks_first(struct exchanges *x, struct exchange *e)
{
    enum probe_kind kind = question_of(x, e);
    struct waiting *w = NULL;

    if (kind == PROBE_NONE) {
        return false;
    }
    w = e->probed == NULL ? waiting_find(x->probing, e->place, e->decision.verdict) : NULL;
    if (w != NULL) { /* the client asks again: the answer goes to this message instead */
        waiting_replace(w, e);
        exchange_silence(e, REASON_PROBING);
        exchange_report(x, e);
        return true;
    }
    w = slot_of(x, e);
    if (w != NULL && ask(x, e, w, kind)) {
        x->counters.probes++;
        return true;
    }
    if (w != NULL && w != e->probed) {
        waiting_end(x->probing, w);
    }
    x->counters.probes_impossible++;
    return false;
}

static struct offers_message message_of(const struct exchange *e)
{
    return (struct offers_message){ e->message.header.xid, e->request.relay };
}

/* How many OFFERs in a row this one is; looking for the address does not count. */
static unsigned record_offer(struct exchanges *x, const struct exchange *e)
{
    const struct waiting *w = e->probed;

    if (w != NULL && ip4_equal(w->decision.address, e->decision.address)) {
        return w->n_offers;
    }
    return offers_put(x->offers, e->place, e->decision.address, message_of(e), e->now);
}

void exchange_offer(struct exchanges *x, struct exchange *e)
{
    if (e->probed == NULL && offers_is_copy(x->offers, e->place, message_of(e), e->now)) {
        exchange_silence(e, REASON_COPY);
        exchange_report(x, e);
        return;
    }
    if (e->probed == NULL && !exchange_admits(x, e)) {
        exchange_silence(e, REASON_LIMITED);
        exchange_report(x, e);
        return;
    }
    e->n_offers = record_offer(x, e);
    if (!exchange_looks_first(x, e)) {
        exchange_reply(x, e, MESSAGE_OFFER, e->decision.lease);
        exchange_report(x, e);
    }
}

void exchange_probes_cancel(struct exchanges *x)
{
    for (unsigned i = 0; i < EXCHANGE_BUCKETS; i++) {
        while (x->probing->buckets[i] != NULL) {
            struct waiting *w = x->probing->buckets[i];

            x->port.cancel_probe(x->port.data, &w->probe);
            waiting_end(x->probing, w);
        }
    }
    for (unsigned i = 0; i < QUARANTINES_MAX; i++) {
        if (x->quarantines[i].is_busy) {
            x->proposer.cancel(x->proposer.data, &x->quarantines[i].proposal);
        }
    }
}
