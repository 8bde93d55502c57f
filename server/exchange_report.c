#include "base/own.h"
#include "proto/dhcp/client_id.h"
#include "server/exchange_parts.h"

_Static_assert((int)REASON_LEVEL_ERROR == (int)LOG_ERROR, "the levels are those of the log");
_Static_assert((int)REASON_LEVEL_DEBUG == (int)LOG_DEBUG, "the levels are those of the log");

/* Silence is worth a line for operators only when it will hurt somebody. */
static enum log_level level_of(const struct decision *d)
{
    enum log_level level = (enum log_level)reason_spec(d->reason)->level;

    return d->verdict == VERDICT_SILENT && level == LOG_INFO ? LOG_DEBUG : level;
}

static void write_line(
    const struct exchange *e, enum log_level level, const char *client, unsigned suppressed)
{
    char address[IP4_TEXT_MAX];
    struct bytes network = e->has_scope ? e->scope.network->name : e->arrival.network;

    log_event(
        level,
        "exchange",
        "kind=%s answer=%s reason=%s client=%s address=%s network=%.*s ms=%lld suppressed=%u",
        e->has_request ? request_kind_name(e->request.kind) : "none",
        verdict_name(e->decision.verdict),
        reason_spec(e->decision.reason)->name,
        client,
        ip4_format(e->decision.address, address),
        (int)network.n,
        (const char *)network.at,
        (long long)(e->now.ms - e->arrival.received.ms),
        suppressed);
}

static bool has_reply(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_OFFER:
    case VERDICT_INFORM_ACK:
    case VERDICT_NAK:
    case VERDICT_REPEAT_ACK:
    case VERDICT_ACK_IN_HOLD:
    case VERDICT_ACK_THEN_BIND:
    case VERDICT_PROPOSE_BIND:
        return true;
    case VERDICT_SILENT:
    case VERDICT_PROPOSE_RELEASE:
    case VERDICT_PROPOSE_DECLINE:
        break;
    }
    return false;
}

static void count(struct exchange_stats *stats, const struct exchange *e)
{
    unsigned kind = e->has_request ? e->request.kind : REQUEST_KIND_COUNT;

    stats->counts[kind][e->decision.reason]++;
    if (has_reply(e->decision.verdict)) {
        latency_note(
            e->has_waited ? &stats->from_log : &stats->from_memory,
            e->now.ms - e->arrival.received.ms);
    }
}

void exchange_report(struct exchanges *x, const struct exchange *e)
{
    enum log_level level = level_of(&e->decision);
    char client[CLIENT_ID_TEXT_MAX] = "none";
    unsigned suppressed = 0;

    count(&x->stats, e);
    if (has_reply(e->decision.verdict) && e->decision.verdict != VERDICT_NAK) {
        backup_note(x, e);
    }
    if (!log_is_on(level) || !log_limit_pass(&x->limits[level], e->now.ms, &suppressed)) {
        return;
    }
    if (e->has_request) {
        (void)client_id_format(e->request.client, client);
    }
    write_line(e, level, client, suppressed);
}
