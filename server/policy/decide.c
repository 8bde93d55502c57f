#include "server/policy/decide.h"

#include "proto/dhcp/option.h"
#include "server/policy/classify.h"
#include "server/policy/standing.h"
#include "server/policy/times.h"
#include "storage/lease/allocate.h"
#include "storage/limit.h"

enum { ROWS_OF_CLIENT_MAX = 16 }; /* looked at; a client can leave many behind */

struct client_identity decide_identity(const struct request *request)
{
    const struct hardware *hardware = &request->message->header.hardware;

    return client_identity_of(
        request->client, hardware->type, hardware_address(hardware), request->agent_info);
}

const struct reservation *decide_reservation(
    const struct network_map *map, const struct subnet *subnet, const struct request *request)
{
    struct client_identity client = decide_identity(request);

    return network_map_reservation_of_client(map, subnet, &client);
}

static struct decision silence(enum reason reason, struct ip4 address)
{
    return (struct decision){ .verdict = VERDICT_SILENT, .reason = reason, .address = address };
}

static struct decision nak(enum reason reason, struct ip4 address)
{
    return (struct decision){ .verdict = VERDICT_NAK, .reason = reason, .address = address };
}

/* The `authoritative` setting: may a client be told that it is wrong about its address? */
static bool is_authoritative(const struct decide_facts *f)
{
    switch (f->scope->network->authoritative) {
    case AUTHORITATIVE_NO:
        return false;
    case AUTHORITATIVE_YES:
        return true;
    case AUTHORITATIVE_AFTER_2S:
        return f->elapsed_ms >= 2000;
    case AUTHORITATIVE_AFTER_10S:
        return f->elapsed_ms >= 10000;
    }
    return false;
}

static struct decision nak_if_authoritative(
    const struct decide_facts *f, enum reason reason, struct ip4 address)
{
    return is_authoritative(f) ? nak(reason, address) : silence(reason, address);
}

/*
 * True when the row is this very promise, committed a moment ago. A client that has given the
 * lease up since, or has been made another offer, repeats nothing; one that reboots may have done so
 * elsewhere.
 */
static bool is_repeat(const struct decide_facts *f, const struct standing *s, struct seconds lease)
{
    const struct lease *row = &s->row;

    if (f->headroom.has_given_up || !ip4_is_any(f->offered) ||
        f->request->kind == REQUEST_INIT_REBOOT) {
        return false;
    }
    if (!s->is_clients || row->state != LEASE_BOUND || !ip4_equal(row->server_id, f->server_id) ||
        !instant_before(f->now, instant_add_ms(row->renewed_at, DECIDE_REPEAT_MS))) {
        return false;
    }
    return instant_seconds_until(row->expires_at, row->renewed_at).value == lease.value &&
           headroom_room(&f->headroom, row).value >= lease.value;
}

static struct lease_times times_in(const struct decide_facts *f, const struct subnet *subnet)
{
    return times_with_classes(&subnet->times, network_map_settings(f->map), &f->classes);
}

/* True when the hold that is committed covers the new promise. `headroom: 0` is the strict way. */
static bool is_covered(const struct decide_facts *f, const struct standing *s, struct seconds lease)
{
    return s->is_clients && s->is_held && times_in(f, s->subnet).headroom.value > 0 &&
           headroom_is_sure(&f->headroom, f->request->kind, &s->row) &&
           headroom_room(&f->headroom, &s->row).value >= lease.value;
}

/* A BOOTP client cannot ask, and never renews (RFC 1534 2). */
static struct seconds lease_of(const struct decide_facts *f, const struct lease_times *times)
{
    struct seconds of_bootp = f->scope->network->bootp_lease;

    if (f->request->kind != REQUEST_BOOTP) {
        return times_lease(times, f->request->wanted_lease);
    }
    return of_bootp.value > 0 ? of_bootp : times->default_;
}

static struct decision bind(const struct decide_facts *f, const struct standing *s)
{
    struct lease_times times = times_in(f, s->subnet);
    struct decision d = {
        .verdict = VERDICT_PROPOSE_BIND,
        .reason = REASON_BOUND,
        .address = s->address,
        .lease = lease_of(f, &times),
        .was_clients = s->is_clients,
        .is_known = s->is_clients || s->is_reserved_for_client,
    };

    d.hold = headroom_hold(&f->headroom, times_hold(&times, d.lease));
    if (is_repeat(f, s, d.lease)) {
        d.verdict = VERDICT_REPEAT_ACK;
        d.reason = REASON_REPEATED;
    } else if (is_covered(f, s, d.lease)) {
        d.verdict = VERDICT_ACK_THEN_BIND;
        d.reason = REASON_RENEWED_IN_HOLD;
    } else if (s->is_clients && s->row.state == LEASE_BOUND && s->is_held) {
        d.reason = REASON_RENEWED;
    }
    return d;
}

/* The log would refuse to bind the address to a client that is not known. */
static bool is_over_limit(const struct decide_facts *f, struct ip4 address)
{
    const struct hardware *hardware = &f->request->message->header.hardware;
    const struct lease wanted = {
        .address = address,
        .client_key = f->request->client,
        .hw_type = hardware->type,
        .hw_address = hardware_address(hardware),
        .relay = f->request->relay,
        .agent_info = message_option(f->request->message, OPTION_AGENT_INFO),
    };

    return limit_is_reached(f->map, f->leases, f->scope->network, &wanted);
}

/* Chooses an address for the client; what was offered before is chosen again (rule 39). */
static int choose(const struct decide_facts *f, struct allocation *ret_allocation)
{
    struct client_identity client = decide_identity(f->request);
    struct allocate_request request = {
        .subnets = f->scope->subnets,
        .n_subnets = f->scope->n,
        .client_key = f->request->client,
        .client = &client,
        .classes = f->classes,
        .wanted = ip4_is_any(f->offered) ? f->request->address : f->offered,
        .now = f->now,
        .rank = f->share.rank,
        .n_ranks = f->share.n,
        .is_offered = f->is_offered,
        .data = f->data,
    };

    return allocate(f->map, f->leases, &request, ret_allocation);
}

static bool is_bound_in_scope(const struct decide_facts *f, const struct lease *row)
{
    return row->state == LEASE_BOUND && lease_is_held(row, f->now) &&
           scope_subnet_of(f->scope, f->map, row->address) != NULL;
}

/* The client is bound to another address of its network. Bound rows come first. */
static bool is_bound_elsewhere(const struct decide_facts *f, struct ip4 address)
{
    uint64_t cursor = 0;
    struct lease row;

    for (unsigned i = 0; i < ROWS_OF_CLIENT_MAX; i++) {
        if (!lease_table_next_of_client(f->leases, f->request->client, &cursor, &row)) {
            return false;
        }
        if (is_bound_in_scope(f, &row) && !ip4_equal(row.address, address)) {
            return true;
        }
    }
    return false;
}

/*
 * With rapid commit the address is bound, not offered (RFC 4039 3.1), unless that would end another
 * lease: so much needs a REQUEST, which says that the client has no other address in use.
 */
static bool is_bound_at_once(const struct decide_facts *f, struct ip4 address)
{
    return f->request->wants_rapid_commit && f->scope->network->rapid_commit &&
           !is_bound_elsewhere(f, address);
}

/* RFC 2131 4.3.1. */
static struct decision discover(const struct decide_facts *f)
{
    struct allocation a;

    if (choose(f, &a) != 0) {
        return silence(REASON_POOL_EXHAUSTED, IP4_ANY);
    }

    struct lease_times times = times_in(f, a.subnet);
    struct standing s = standing_of(f, a.address);
    bool is_known = s.is_clients || s.is_reserved_for_client;

    if (!is_known && is_over_limit(f, a.address)) {
        return silence(REASON_LIMITED, a.address);
    }
    if (is_bound_at_once(f, a.address)) {
        return bind(f, &s);
    }
    return (struct decision){
        .verdict = VERDICT_OFFER,
        .reason = REASON_OFFERED,
        .address = a.address,
        .lease = times_lease(&times, f->request->wanted_lease),
        .was_clients = s.is_clients,
        .is_known = is_known,
    };
}

/* RFC 2131 4.3.2, generated during SELECTING: the client was told that it may have it. */
static struct decision selecting(const struct decide_facts *f)
{
    struct standing s = standing_of(f, f->request->address);
    enum reason reason = REASON_BOUND;

    return standing_is_refused(f, &s, &reason) ? nak(reason, s.address) : bind(f, &s);
}

/* No record of the client at the address: silence, unless we are told to be sure of ourselves. */
static struct decision unknown(const struct decide_facts *f, struct ip4 address)
{
    bool is_elsewhere = is_bound_elsewhere(f, address);

    return nak_if_authoritative(f, is_elsewhere ? REASON_MOVED : REASON_UNKNOWN_LEASE, address);
}

/* RFC 2131 4.3.2, generated during INIT-REBOOT. */
static struct decision init_reboot(const struct decide_facts *f)
{
    struct standing s = standing_of(f, f->request->address);
    enum reason reason = REASON_BOUND;

    if (standing_is_refused(f, &s, &reason)) {
        return nak_if_authoritative(f, reason, s.address);
    }
    return standing_has_claim(&s) ? bind(f, &s) : unknown(f, s.address);
}

/* An operator has moved the client, or what the address is for; nobody else has it yet. */
static bool was_moved(enum reason reason)
{
    return reason == REASON_MOVED || reason == REASON_NOT_IN_POOL || reason == REASON_OTHER_CLASS ||
           reason == REASON_RESERVED_FOR_OTHER;
}

/*
 * Rule 54: the client has a promise that an operator has overtaken. What is left of the promise is
 * committed already, so it may be told again; more than that only where nobody else has a right.
 */
static struct decision renew_moved(
    const struct decide_facts *f, const struct standing *s, enum reason reason)
{
    enum on_move on_move = f->scope->network->on_move;
    bool is_bound = s->is_clients && s->row.state == LEASE_BOUND && s->is_held;
    struct seconds left = { 0 };
    struct seconds room = { 0 };

    if (on_move == ON_MOVE_NAK || !is_bound) {
        return nak(reason, s->address);
    }
    if (on_move == ON_MOVE_KEEP && reason != REASON_RESERVED_FOR_OTHER) {
        return bind(f, s);
    }
    left = instant_seconds_until(s->row.expires_at, f->now);
    room = headroom_room(&f->headroom, &s->row);
    left = room.value < left.value ? room : left;
    if (left.value == 0 || seconds_is_infinite(left) || /* it would never run out */
        !headroom_is_sure(&f->headroom, f->request->kind, &s->row)) {
        return nak(reason, s->address);
    }
    return (struct decision){ .verdict = VERDICT_REPEAT_ACK,
                              .reason = REASON_RUNNING_OUT,
                              .address = s->address,
                              .lease = left };
}

/*
 * RFC 2131 4.3.2, generated during RENEWING or REBINDING. A lease that has ended is revived as
 * long as nobody else has the address (rule 53).
 */
static struct decision renew(const struct decide_facts *f)
{
    struct standing s = standing_of(f, f->request->address);
    enum reason reason = REASON_BOUND;

    if (standing_is_refused(f, &s, &reason)) {
        if (reason == REASON_WRONG_NETWORK) {
            return nak_if_authoritative(f, reason, s.address);
        }
        return was_moved(reason) ? renew_moved(f, &s, reason) : nak(reason, s.address);
    }
    return standing_has_claim(&s) ? bind(f, &s) : unknown(f, s.address);
}

/* RFC 2131 4.3.5: no lease is made or looked for. */
static struct decision inform(const struct decide_facts *f)
{
    struct ip4 address = f->request->address;

    if (ip4_is_any(f->request->link) && scope_subnet_of(f->scope, f->map, address) == NULL) {
        return silence(REASON_WRONG_NETWORK, address);
    }
    return (struct decision){ .verdict = VERDICT_INFORM_ACK,
                              .reason = REASON_INFORMED,
                              .address = address };
}

/* RFC 2131 4.3.4. */
static struct decision release(const struct decide_facts *f)
{
    struct standing s = standing_of(f, f->request->address);

    if (!s.is_clients || (s.row.state != LEASE_BOUND && s.row.state != LEASE_REVOKED)) {
        return silence(REASON_UNKNOWN_LEASE, s.address);
    }
    return (struct decision){ .verdict = VERDICT_PROPOSE_RELEASE,
                              .reason = REASON_RELEASED,
                              .address = s.address,
                              .was_clients = true,
                              .is_known = true };
}

/* Rule 57: as often as the settings let one client. */
static bool has_declined_enough(const struct decide_facts *f)
{
    uint32_t max = f->scope->network->limits.declines;

    return max > 0 &&
           lease_table_count_quarantined(f->leases, f->request->client, f->now, max) >= max;
}

/* RFC 2131 4.3.3. Only of an address that was given or offered to the client: else anyone could
 * empty the pool. */
static struct decision decline(const struct decide_facts *f)
{
    struct standing s = standing_of(f, f->request->address);
    bool is_bound = s.is_clients && s.row.state == LEASE_BOUND;

    if (s.subnet == NULL || !(is_bound || ip4_equal(f->offered, s.address))) {
        return silence(REASON_UNKNOWN_LEASE, s.address);
    }
    if (has_declined_enough(f)) {
        return silence(REASON_LIMITED, s.address);
    }
    return (struct decision){ .verdict = VERDICT_PROPOSE_DECLINE,
                              .reason = REASON_DECLINED,
                              .address = s.address,
                              .was_clients = is_bound,
                              .is_known = is_bound };
}

static struct decision bootp_static(const struct decide_facts *f)
{
    for (unsigned i = 0; i < f->scope->n; i++) {
        const struct reservation *reservation = standing_reservation(f, f->scope->subnets[i]);

        if (reservation != NULL) {
            struct standing s = standing_of(f, reservation->address);

            return bind(f, &s);
        }
    }
    return silence(REASON_NOT_RESERVED, IP4_ANY);
}

static struct decision bootp_dynamic(const struct decide_facts *f)
{
    struct allocation a;
    struct standing s;

    if (choose(f, &a) != 0) {
        return silence(REASON_POOL_EXHAUSTED, IP4_ANY);
    }
    s = standing_of(f, a.address);
    return bind(f, &s);
}

/* RFC 1534. Bound like any other lease, so that the log knows. */
static struct decision bootp(const struct decide_facts *f)
{
    switch (f->scope->network->bootp) {
    case BOOTP_NONE:
        return silence(REASON_BOOTP_OFF, IP4_ANY);
    case BOOTP_STATIC:
        return bootp_static(f);
    case BOOTP_DYNAMIC:
        return bootp_dynamic(f);
    }
    return silence(REASON_BOOTP_OFF, IP4_ANY);
}

/* What a blocked client gives back is taken; everything else it says is met with silence. */
static bool is_blocked(const struct decide_facts *f)
{
    const struct hardware *hardware = &f->request->message->header.hardware;
    bool gives_back = f->request->kind == REQUEST_RELEASE || f->request->kind == REQUEST_DECLINE;

    return !gives_back &&
           (classify_is_blocked(network_map_settings(f->map), &f->classes) ||
            network_map_is_client_blocked(f->map, f->request->client, hardware_address(hardware)));
}

/*
 * Without a majority: nothing is bound, offered or refused. A client whose hold is known is told
 * what is left of it, if that is less than it could have (rule 71).
 */
static struct decision alone(const struct decide_facts *f)
{
    struct standing s = standing_of(f, f->request->address);
    enum reason reason = REASON_BOUND;
    struct decision d = {
        .verdict = VERDICT_ACK_IN_HOLD,
        .reason = REASON_RENEWED_IN_HOLD,
        .address = s.address,
    };

    if (!s.is_clients || !s.is_held || standing_is_refused(f, &s, &reason) ||
        !headroom_is_sure(&f->headroom, f->request->kind, &s.row)) {
        return silence(REASON_NO_MAJORITY, s.address);
    }

    struct seconds room = headroom_room(&f->headroom, &s.row);
    struct lease_times times = times_in(f, s.subnet);

    d.lease = times_lease(&times, f->request->wanted_lease);
    d.lease = room.value < d.lease.value ? room : d.lease;
    return d.lease.value > 0 ? d : silence(REASON_HOLD_OVER, s.address);
}

void decide(const struct decide_facts *f, struct decision *ret_decision)
{
    if (is_blocked(f)) {
        *ret_decision = silence(REASON_BLOCKED, f->request->address);
        return;
    }
    if (f->is_alone && f->request->kind != REQUEST_INFORM) {
        *ret_decision = alone(f);
        return;
    }
    switch (f->request->kind) {
    case REQUEST_DISCOVER:
        *ret_decision = discover(f);
        break;
    case REQUEST_SELECTING:
        *ret_decision = selecting(f);
        break;
    case REQUEST_INIT_REBOOT:
        *ret_decision = init_reboot(f);
        break;
    case REQUEST_RENEWING:
    case REQUEST_REBINDING:
        *ret_decision = renew(f);
        break;
    case REQUEST_INFORM:
        *ret_decision = inform(f);
        break;
    case REQUEST_RELEASE:
        *ret_decision = release(f);
        break;
    case REQUEST_DECLINE:
        *ret_decision = decline(f);
        break;
    case REQUEST_BOOTP:
        *ret_decision = bootp(f);
        break;
    case REQUEST_KIND_COUNT:
        *ret_decision = silence(REASON_UNKNOWN_TYPE, IP4_ANY);
        break;
    }
}
