#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "storage/apply_operator.h"
#include "storage/lease/transition.h"
#include "storage/limit.h"

/*
 * Apply - log entries to the state
 *
 * Reads the entry and the state alone: no clock, no configuration, nothing random, so that every
 * node that applies the same entries holds the same rows.
 */

/* Of a declined address whose network has left the settings. */
enum { PROBATION_DEFAULT_S = 3600 };

/* How long a message of a client and the answer to an earlier one may pass each other. */
enum { CROSSING_MS = 60000 };

/* The settings' view of an address; *@ret_network is NULL when it is in none. */
static struct transition_facts facts_of(
    const struct application *a, struct ip4 address, const struct network **ret_network)
{
    const struct network *network = NULL;
    const struct subnet *subnet = network_map_subnet_of(a->s->map, address, &network);
    struct transition_facts facts = {
        .now = a->now,
        .node = a->c->origin,
        .probation = { PROBATION_DEFAULT_S },
        .settings_version = network_map_version(a->s->map),
    };

    if (subnet != NULL) {
        facts.subnet_id = subnet->prefix.network.value;
        const struct pool *pool = subnet_pool_of(subnet, address);

        facts.in_pool = pool != NULL;
        facts.for_classes = pool != NULL && !class_set_is_empty(&pool->classes);
        facts.may_stay = network->on_move == ON_MOVE_KEEP;
        facts.probation = network->probation;
    }
    if (ret_network != NULL) {
        *ret_network = network;
    }
    return facts;
}

/* Adds for whom the address is reserved. */
static void add_reservation(
    const struct application *a,
    const struct bind_command *b,
    const struct lease *old,
    struct transition_facts *facts)
{
    const struct network_map *map = a->s->map;
    const struct subnet *subnet = network_map_subnet_of(map, b->address, NULL);
    const struct reservation *of_address = network_map_reservation_of_address(map, b->address);

    if (subnet == NULL || of_address == NULL) {
        return;
    }

    struct bytes agent_info = lease_agent_info(old, b->client_key, b->relay, b->agent_info);
    const struct client_identity client =
        client_identity_of(b->client_key, b->hw_type, b->hw_address, agent_info);
    const struct reservation *of_client = network_map_reservation_of_client(map, subnet, &client);

    facts->reserved_for_client = of_client == of_address;
    facts->reserved_for_other = of_client != of_address;
}

static const struct lease *find(const struct application *a, struct ip4 address, struct lease *buf)
{
    return lease_table_find(a->s->leases, address, buf) ? buf : NULL;
}

/* A bound row of the client in @network other than that of @address. */
static bool find_other(
    const struct application *a,
    const struct bind_command *b,
    const struct network *network,
    struct lease *ret_other)
{
    uint64_t cursor = 0;

    while (lease_table_next_of_client(a->s->leases, b->client_key, &cursor, ret_other) &&
           !lease_state_is_remembered(ret_other->state)) { /* these come last */
        const struct network *of_row = NULL;

        if (ret_other->state == LEASE_BOUND && !ip4_equal(ret_other->address, b->address) &&
            network_map_subnet_of(a->s->map, ret_other->address, &of_row) != NULL &&
            of_row == network) {
            return true;
        }
    }
    return false;
}

/*
 * The request is from before the client got another lease of the network: it has gone on since,
 * and a node that was stopped has read the request late. Obeying would end the lease in use.
 * A client that names no address, as in a DISCOVER with rapid commit, may have sent it before it
 * got the answer of another node; one that was given a lease a moment ago keeps that.
 */
static bool is_overtaken(
    const struct application *a, const struct bind_command *b, const struct network *network)
{
    struct instant since = instant_add_ms(b->received_at, b->is_unasked ? -CROSSING_MS : 0);
    struct lease other;

    return b->received_at.ms != 0 && find_other(a, b, network, &other) &&
           lease_is_held(&other, a->now) && !instant_before(other.renewed_at, since);
}

/* Ends the client's other leases in the network (invariant 2). */
static int move_others(
    const struct application *a, const struct bind_command *b, const struct network *network)
{
    struct lease other;
    struct lease moved;

    while (find_other(a, b, network, &other)) {
        struct transition_facts facts = facts_of(a, other.address, NULL);

        ensure(transition_move(&other, &facts, &moved) == OUTCOME_DONE);

        int r = state_put_lease(a->s, &other, &moved, a->now);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static void promise(const struct lease *l, struct result *result)
{
    result->outcome = OUTCOME_DONE;
    result->expires_at = l->expires_at;
    result->held_until = l->held_until;
}

static bool is_over_limit(
    const struct application *a, const struct bind_command *b, const struct network *network)
{
    const struct lease wanted = {
        .address = b->address,
        .client_key = b->client_key,
        .hw_type = b->hw_type,
        .hw_address = b->hw_address,
        .relay = b->relay,
        .agent_info = b->agent_info,
    };

    return network != NULL && limit_is_reached(a->s->map, a->s->leases, network, &wanted);
}

static int apply_bind(const struct application *a, struct result *result)
{
    const struct bind_command *b = &a->c->bind;
    const struct network *network = NULL;
    struct transition_facts facts = facts_of(a, b->address, &network);
    struct lease buf;
    struct lease row;
    const struct lease *old = find(a, b->address, &buf);
    int r = 0;

    add_reservation(a, b, old, &facts);
    facts.is_blocked = network_map_is_client_blocked(a->s->map, b->client_key, b->hw_address) ||
                       network_map_is_address_blocked(a->s->map, b->address);
    facts.is_over_limit = is_over_limit(a, b, network);
    result->outcome = transition_bind(old, b, &facts, &row);
    if (result->outcome == OUTCOME_DONE && is_overtaken(a, b, network)) {
        result->outcome = OUTCOME_STALE;
    }
    if (result->outcome != OUTCOME_DONE) {
        return 0;
    }
    ensure(network != NULL && !facts.reserved_for_other); /* invariant 3 */
    promise(&row, result);
    r = state_put_lease(a->s, old, &row, a->now);
    return r == 0 ? move_others(a, b, network) : r;
}

static int apply_release(const struct application *a, struct result *result)
{
    struct transition_facts facts = facts_of(a, a->c->release.address, NULL);
    struct lease buf;
    struct lease row;
    const struct lease *old = find(a, a->c->release.address, &buf);

    result->outcome = transition_release(old, &a->c->release, &facts, &row);
    return result->outcome == OUTCOME_DONE ? state_put_lease(a->s, old, &row, a->now) : 0;
}

static int apply_decline(const struct application *a, struct result *result)
{
    const struct network *network = NULL;
    struct transition_facts facts = facts_of(a, a->c->decline.address, &network);
    struct lease buf;
    struct lease row;
    const struct lease *old = find(a, a->c->decline.address, &buf);

    if (old == NULL && network == NULL) {
        result->outcome = OUTCOME_UNKNOWN; /* none of ours: no row for it */
        return 0;
    }
    facts.declines_max = network == NULL ? 0 : network->limits.declines;
    facts.n_quarantined = lease_table_count_quarantined(
        a->s->leases, a->c->decline.client_key, a->now, facts.declines_max);
    result->outcome = transition_decline(old, &a->c->decline, &facts, &row);
    return result->outcome == OUTCOME_DONE ? state_put_lease(a->s, old, &row, a->now) : 0;
}

static int apply_quarantine(const struct application *a, struct result *result)
{
    const struct quarantine_command *q = &a->c->quarantine;
    const struct network *network = NULL;
    struct transition_facts facts = facts_of(a, q->address, &network);
    struct lease buf;
    struct lease row;
    const struct lease *old = find(a, q->address, &buf);

    if (network == NULL) {
        result->outcome = OUTCOME_UNKNOWN; /* none of ours: no row for it */
        return 0;
    }
    facts.n_quarantined =
        lease_table_count_quarantined(a->s->leases, q->client_key, a->now, QUARANTINES_OF_ONE_MAX);
    result->outcome = transition_quarantine(old, q, &facts, &row);
    return result->outcome == OUTCOME_DONE ? state_put_lease(a->s, old, &row, a->now) : 0;
}

/* Done when one address expired, else what became of the last one. */
static int apply_expire(const struct application *a, struct result *result)
{
    bool any = false;

    for (unsigned i = 0; i < a->c->expire.n; i++) {
        struct ip4 address = a->c->expire.at[i];
        struct transition_facts facts = facts_of(a, address, NULL);
        struct lease buf;
        struct lease row;
        const struct lease *old = find(a, address, &buf);

        result->outcome = transition_expire(old, &facts, &row);
        if (result->outcome == OUTCOME_DONE) {
            int r = state_put_lease(a->s, old, &row, a->now);

            if (r != 0) {
                return r;
            }
            any = true;
        }
    }
    result->outcome = any ? OUTCOME_DONE : result->outcome;
    return 0;
}

static int apply_put_settings(const struct application *a, struct result *result)
{
    const struct put_settings_command *p = &a->c->put_settings;
    struct network_map *map = NULL;
    struct setting_row row = {
        .version = p->version,
        .applied_index = a->index,
        .applied_at = a->now,
        .document = p->document,
        .source = p->source,
        .comment = p->comment,
        .author = p->author,
    };
    int r = 0;

    if (p->version != a->s->setting.version + 1) {
        result->outcome = OUTCOME_STALE;
        return 0;
    }
    r = settings_store_map(p->document, p->version, &map);
    if (r != 0) {
        result->outcome = OUTCOME_INVALID;
        return r < 0 ? r : 0;
    }
    if (apply_has_misfit(a, map)) {
        (void)network_map_free(map);
        result->outcome = OUTCOME_CONFLICT;
        return 0;
    }
    result->outcome = OUTCOME_DONE;
    return state_put_setting(a->s, &row, map);
}

static int apply_put_node(const struct application *a, struct result *result)
{
    const struct put_node_command *p = &a->c->put_node;
    const struct node_row *known = state_node(a->s, p->node);
    int r = 0;

    result->outcome = OUTCOME_CONFLICT;
    if (known != NULL && known->incarnation != p->incarnation) {
        return 0;
    }
    r = state_put_node(a->s, p->node, p->incarnation, p->address);
    if (r != 0) {
        return r < 0 ? r : 0;
    }
    if (a->s->meta.cluster_id == 0) {
        state_put_cluster_id(a->s, p->cluster_id);
    }
    result->outcome = OUTCOME_DONE;
    return 0;
}

/*
 * A command that was applied before is answered with what became of it, so that a proposal which
 * was retried over a change of leader finds its result.
 */
static void answer_repeated(const struct application *a, struct result *result)
{
    struct lease l;

    result->outcome = apply_is_in_force(a) ? OUTCOME_DONE : OUTCOME_REPEATED;
    if (a->c->kind == COMMAND_BIND && lease_table_find(a->s->leases, a->c->bind.address, &l) &&
        l.state == LEASE_BOUND && bytes_equal(l.client_key, a->c->bind.client_key) &&
        instant_before(a->now, l.expires_at)) {
        promise(&l, result);
    }
}

static int apply_command(const struct application *a, struct result *result)
{
    bool is_first = false;
    int r = state_admit(a->s, a->c, &is_first);

    if (r == ORIGINS_FULL) {
        result->outcome = OUTCOME_CONFLICT;
        return 0;
    }
    if (r != 0) {
        return r;
    }
    if (!is_first) {
        answer_repeated(a, result);
        return 0;
    }
    switch (a->c->kind) {
    case COMMAND_BIND:
        return apply_bind(a, result);
    case COMMAND_RELEASE:
        return apply_release(a, result);
    case COMMAND_DECLINE:
        return apply_decline(a, result);
    case COMMAND_EXPIRE:
        return apply_expire(a, result);
    case COMMAND_PUT_SETTINGS:
        return apply_put_settings(a, result);
    case COMMAND_PUT_NODE:
        return apply_put_node(a, result);
    case COMMAND_QUARANTINE:
        return apply_quarantine(a, result);
    case COMMAND_PUT_RESERVATION:
    case COMMAND_DELETE_RESERVATION:
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
    case COMMAND_REVOKE_LEASE:
        return apply_operator(a, result);
    }
    return ERR_BUG;
}

/* Codes of the codec: the log is ours, so what it cannot read is corrupt, or newer than we are. */
static int decode_failed(uint64_t index, int r)
{
    if (r < 0) {
        return r;
    }
    log_error(
        "log-entry-unreadable",
        "index=%llu why=%s",
        (unsigned long long)index,
        r == COMMAND_FOREIGN ? "written-by-a-newer-version" : "malformed");
    return ERR_CORRUPT;
}

static int apply_commands(
    struct store *s, uint64_t index, const struct batch *b, struct result *results)
{
    struct command c;
    struct application a = {
        .s = s, .c = &c, .index = index, .now = instant_max(b->cluster_time, s->meta.cluster_time)
    };

    for (unsigned i = 0; i < b->n_commands; i++) {
        int r = command_decode(s->decoder, b->commands[i], &c);

        if (r != 0) {
            return decode_failed(index, r);
        }
        results[i] = (struct result){ .index = index, .at = a.now };
        r = apply_command(&a, &results[i]);
        if (r != 0) {
            return r;
        }
    }
    s->meta.cluster_time = a.now;
    return 0;
}

/* Compares what the leader named with our own digest at that index, where we still know it. */
static void compare_digest(struct store *s, const struct batch *b)
{
    struct digest named = { b->digest_high, b->digest_low };
    struct digest own;

    if (b->digest_index > 0 && digest_ring_find(&s->ring, b->digest_index, &own) &&
        !digest_equal(own, named)) {
        s->has_diverged = true;
    }
}

int store_apply(
    struct store *s,
    const struct store_entry *entry,
    struct result results[BATCH_COMMANDS_MAX],
    bool *ret_skipped)
{
    struct batch b;
    int r = 0;

    if (entry->index <= s->meta.applied_index) {
        *ret_skipped = true;
        return 0;
    }
    r = batch_decode(s->decoder, entry->data, &b);
    if (r != 0) {
        return decode_failed(entry->index, r);
    }
    compare_digest(s, &b);
    r = state_begin(s);
    if (r == 0) {
        r = apply_commands(s, entry->index, &b, results);
    }
    if (r != 0) {
        return state_settle(s, r);
    }
    state_close_entry(s);
    s->meta.applied_index = entry->index;
    s->meta.term = entry->term;
    digest_ring_put(&s->ring, entry->index, s->meta.digest);
    *ret_skipped = false;
    return 0;
}
