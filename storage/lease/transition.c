#include "storage/lease/transition.h"

#include "base/check.h"

/*
 *                 Bind by anyone                    Bind by its client
 *        +-----------------------------+              +--------+
 *        |                             v              |        v
 *   RELEASED, EXPIRED               +-----------------------------+
 *        ^                          |            BOUND            |--- Bind by another client
 *        |    Release, Expire, move +-----------------------------+    once the hold has ended
 *        +-----------------------------------|        |        ^
 *        |                                   Decline  |        | Bind by anyone
 *        |  Expire                                    v        | once the hold has ended
 *        +---------------------------------------- DECLINED ---+
 *        |                                            ^
 *        +--- Quarantine; of a row that is not held --+
 *
 * An operator's Revoke makes REVOKED of BOUND: held as before, but no Bind prolongs it. From there
 * it goes as from DECLINED, and a Release ends it too. At once, it makes RELEASED or EXPIRED of both.
 *
 * Invariant: no arrow leads from a held row to another client (lease_is_held()).
 */

static bool is_of(const struct lease *l, struct bytes client_key)
{
    return l != NULL && bytes_equal(l->client_key, client_key);
}

static bool is_bound_to(const struct lease *l, struct bytes client_key)
{
    return is_of(l, client_key) && l->state == LEASE_BOUND;
}

static bool is_revoked_from(const struct lease *l, struct bytes client_key)
{
    return is_of(l, client_key) && l->state == LEASE_REVOKED;
}

static enum outcome done(const struct lease *row, struct lease *ret_new)
{
    ensure(lease_is_sound(row));
    *ret_new = *row;
    return OUTCOME_DONE;
}

/*
 * The classes of a client are in its message, which the log does not hold: the origin judged them,
 * and its word counts while the settings are still those that it judged by.
 */
static bool is_admitted(const struct bind_command *c, const struct transition_facts *facts)
{
    return !facts->for_classes || facts->reserved_for_client ||
           c->settings_version == facts->settings_version;
}

/* Whether the address may be bound to this client at all. */
static enum outcome may_bind(
    const struct lease *old, const struct bind_command *c, const struct transition_facts *facts)
{
    if (facts->is_blocked) {
        return OUTCOME_BLOCKED;
    }
    if (facts->reserved_for_other) {
        return OUTCOME_RESERVED;
    }
    if (!facts->in_pool && !facts->reserved_for_client &&
        !(facts->may_stay && is_bound_to(old, c->client_key))) {
        return OUTCOME_UNAVAILABLE;
    }
    if (old != NULL && lease_is_held(old, facts->now)) {
        if (old->state == LEASE_DECLINED) {
            return OUTCOME_DECLINED;
        }
        if (!is_bound_to(old, c->client_key)) {
            return OUTCOME_TAKEN; /* also when it was revoked from this client */
        }
    }
    if (facts->is_over_limit && !facts->reserved_for_client && !is_bound_to(old, c->client_key)) {
        return OUTCOME_LIMITED;
    }
    return is_admitted(c, facts) ? OUTCOME_DONE : OUTCOME_STALE;
}

/*
 * A tenancy that goes on: no promise shrinks (a retransmitted request with a shorter lease must
 * not cut what was said before), and what this message did not carry stays. A unicast renewal
 * has passed no relay, so the relay's information is that of the broadcast before it.
 */
static void carry_over(const struct lease *old, struct lease *row)
{
    row->started_at = old->started_at;
    row->expires_at = instant_max(row->expires_at, old->expires_at);
    row->held_until = instant_max(row->held_until, old->held_until);
    if (ip4_is_any(row->relay) && row->agent_info.n == 0) {
        row->relay = old->relay;
        row->agent_info = old->agent_info;
    }
    if (row->hostname.n == 0) {
        row->hostname = old->hostname;
    }
    if (row->vendor_class.n == 0) {
        row->vendor_class = old->vendor_class;
    }
    if (row->user_class.n == 0) {
        row->user_class = old->user_class;
    }
}

enum outcome transition_bind(
    const struct lease *old,
    const struct bind_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new)
{
    enum outcome refusal = may_bind(old, c, facts);

    if (refusal != OUTCOME_DONE) {
        return refusal;
    }

    struct lease row = {
        .address = c->address,
        .state = LEASE_BOUND,
        .subnet_id = facts->subnet_id,
        .client_key = c->client_key,
        .hw_type = c->hw_type,
        .hw_address = c->hw_address,
        .started_at = facts->now,
        .renewed_at = facts->now,
        .expires_at = instant_add_seconds(facts->now, c->lease),
        .held_until = instant_add_seconds(instant_max(facts->now, c->received_at), c->hold),
        .node = facts->node,
        .server_id = c->server_id,
        .relay = c->relay,
        .hostname = c->hostname,
        .agent_info = c->agent_info,
        .vendor_class = c->vendor_class,
        .user_class = c->user_class,
    };

    if (is_bound_to(old, c->client_key)) {
        carry_over(old, &row);
    }
    row.held_until = instant_max(row.held_until, row.expires_at);
    return done(&row, ret_new);
}

/*
 * A message to a server that is not the one of the last ACK, or from before the last renewal, was
 * overtaken by another node's answer: obeying it would free an address in use.
 */
static bool is_stale(const struct lease *old, struct ip4 server_id, struct instant received_at)
{
    bool other_server = !ip4_is_any(server_id) && !ip4_equal(server_id, old->server_id);

    return other_server || !instant_before(old->renewed_at, received_at);
}

/* @old, ended now. */
static struct lease ended(
    const struct lease *old, enum lease_state state, const struct transition_facts *facts)
{
    struct lease row = *old;

    row.state = state;
    row.expires_at = facts->now;
    row.held_until = facts->now;
    return row;
}

enum outcome transition_release(
    const struct lease *old,
    const struct release_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new)
{
    if (!is_bound_to(old, c->client_key) && !is_revoked_from(old, c->client_key)) {
        return OUTCOME_UNKNOWN;
    }
    if (is_stale(old, c->server_id, c->received_at)) {
        return OUTCOME_STALE;
    }

    struct lease row = ended(old, LEASE_RELEASED, facts);

    return done(&row, ret_new);
}

/* An offer from before someone else got the address gives no right to take it away. */
static bool may_decline_offer(
    const struct lease *old, const struct decline_command *c, const struct transition_facts *facts)
{
    bool is_served = facts->in_pool || facts->reserved_for_client || facts->reserved_for_other;
    bool is_free = old == NULL || !lease_is_held(old, facts->now);

    return c->offered && is_served && is_free;
}

/* The address was only offered: there is no binding, but there is a conflict to keep away from. */
static struct lease declined_offer(
    const struct decline_command *c, const struct transition_facts *facts)
{
    return (struct lease){
        .address = c->address,
        .state = LEASE_DECLINED,
        .subnet_id = facts->subnet_id,
        .client_key = c->client_key,
        .hw_type = c->hw_type,
        .hw_address = c->hw_address,
        .started_at = facts->now,
        .renewed_at = facts->now,
        .expires_at = facts->now,
        .held_until = instant_add_seconds(facts->now, facts->probation),
        .node = facts->node,
        .server_id = c->server_id,
    };
}

enum outcome transition_decline(
    const struct lease *old,
    const struct decline_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new)
{
    struct lease row;

    if (facts->declines_max > 0 && facts->n_quarantined >= facts->declines_max) {
        return OUTCOME_LIMITED;
    }
    if (is_bound_to(old, c->client_key)) {
        if (is_stale(old, c->server_id, c->received_at)) {
            return OUTCOME_STALE;
        }
        row = ended(old, LEASE_DECLINED, facts);
        row.held_until = instant_add_seconds(facts->now, facts->probation);
        return done(&row, ret_new);
    }
    if (!may_decline_offer(old, c, facts)) {
        return OUTCOME_UNKNOWN;
    }
    row = declined_offer(c, facts);
    return done(&row, ret_new);
}

enum outcome transition_quarantine(
    const struct lease *old,
    const struct quarantine_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new)
{
    if (old != NULL && lease_is_held(old, facts->now)) {
        return old->state == LEASE_DECLINED ? OUTCOME_DECLINED : OUTCOME_TAKEN;
    }
    if (facts->n_quarantined >= QUARANTINES_OF_ONE_MAX) {
        return OUTCOME_LIMITED;
    }

    struct lease row = {
        .address = c->address,
        .state = LEASE_DECLINED,
        .subnet_id = facts->subnet_id,
        .client_key = c->client_key,
        .hw_type = c->hw_type,
        .hw_address = c->hw_address,
        .started_at = facts->now,
        .renewed_at = facts->now,
        .expires_at = facts->now,
        .held_until = instant_add_seconds(facts->now, facts->probation),
        .node = facts->node,
    };

    return done(&row, ret_new);
}

enum outcome transition_expire(
    const struct lease *old, const struct transition_facts *facts, struct lease *ret_new)
{
    if (old == NULL || old->state == LEASE_RELEASED || old->state == LEASE_EXPIRED) {
        return OUTCOME_UNKNOWN;
    }
    if (lease_is_held(old, facts->now)) {
        return OUTCOME_STALE;
    }

    struct lease row = *old;

    row.state = LEASE_EXPIRED;
    return done(&row, ret_new);
}

enum outcome transition_move(
    const struct lease *old, const struct transition_facts *facts, struct lease *ret_new)
{
    if (old == NULL || old->state != LEASE_BOUND) {
        return OUTCOME_UNKNOWN;
    }
    if (!lease_is_held(old, facts->now)) {
        return transition_expire(old, facts, ret_new);
    }

    struct lease row = ended(old, LEASE_EXPIRED, facts);

    return done(&row, ret_new);
}

/* A lease whose hold is over is left to expire. */
enum outcome transition_revoke(
    const struct lease *old,
    const struct revoke_lease_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new)
{
    bool is_theirs = is_bound_to(old, c->client_key) || is_revoked_from(old, c->client_key);

    if (!is_theirs || !lease_is_held(old, facts->now)) {
        return OUTCOME_UNKNOWN;
    }

    struct lease row = *old;

    switch (c->how) {
    case REVOCATION_AFTER_HOLD:
        row.state = LEASE_REVOKED;
        break;
    case REVOCATION_AT_ONCE:
        row = ended(old, LEASE_EXPIRED, facts);
        break;
    case REVOCATION_RELEASE:
        row = ended(old, LEASE_RELEASED, facts);
        break;
    }
    return done(&row, ret_new);
}

/* How the tenancy of a revoked row ended. */
static enum tenancy_end revoked_end(const struct lease *new)
{
    bool goes_on = new->state == LEASE_REVOKED;

    return goes_on                        ? TENANCY_GOES_ON
           : new->state == LEASE_RELEASED ? TENANCY_RELEASED
                                          : TENANCY_REVOKED;
}

enum tenancy_end lease_tenancy_end(const struct lease *old, const struct lease *new)
{
    if (old != NULL && old->state == LEASE_REVOKED) {
        return revoked_end(new);
    }
    if (old == NULL || old->state != LEASE_BOUND) {
        return TENANCY_GOES_ON;
    }

    bool same_client = is_of(old, new->client_key);

    switch (new->state) {
    case LEASE_BOUND:
        return same_client ? TENANCY_GOES_ON : TENANCY_TAKEN;
    case LEASE_RELEASED:
        return TENANCY_RELEASED;
    case LEASE_EXPIRED:
        /* Expire leaves the hold as it was, because it had ended; a move cuts it. */
        return instant_equal(old->held_until, new->held_until) ? TENANCY_EXPIRED : TENANCY_MOVED;
    case LEASE_DECLINED:
        return same_client ? TENANCY_DECLINED : TENANCY_EXPIRED;
    case LEASE_REVOKED:
        return TENANCY_GOES_ON;
    }
    return TENANCY_GOES_ON;
}

const char *tenancy_end_name(enum tenancy_end end)
{
    switch (end) {
    case TENANCY_GOES_ON:
        return NULL;
    case TENANCY_RELEASED:
        return "released";
    case TENANCY_EXPIRED:
        return "expired";
    case TENANCY_DECLINED:
        return "declined";
    case TENANCY_MOVED:
        return "moved";
    case TENANCY_TAKEN:
        return "taken";
    case TENANCY_REVOKED:
        return "revoked";
    }
    return NULL;
}

static bool texts_fit(const struct lease *l)
{
    return l->client_key.n >= 1 && l->client_key.n <= CLIENT_KEY_MAX &&
           l->hw_address.n <= HW_ADDRESS_MAX && l->hostname.n <= HOSTNAME_MAX &&
           l->agent_info.n <= AGENT_INFO_MAX && l->vendor_class.n <= CLASS_TEXT_MAX &&
           l->user_class.n <= CLASS_TEXT_MAX;
}

bool lease_is_sound(const struct lease *l)
{
    bool state_is_known = l->state >= LEASE_BOUND && l->state <= LEASE_REVOKED;
    bool promise_is_held = !instant_before(l->held_until, l->expires_at);

    return state_is_known && promise_is_held && !ip4_is_any(l->address) && texts_fit(l);
}
