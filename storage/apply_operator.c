#include "storage/apply_operator.h"

#include "base/err.h"
#include "base/log.h"
#include "storage/lease/transition.h"
#include "storage/reservation_rules.h"

static const struct kept_reservation *find_reservation(const struct application *a, uint64_t id)
{
    return reservation_table_find(network_map_kept(a->s->map), id);
}

static const struct block *find_block(
    const struct application *a, const struct block_subject *subject)
{
    return block_table_find(network_map_blocks(a->s->map), subject);
}

static enum outcome outcome_of(enum reservation_fault fault)
{
    switch (fault) {
    case RESERVATION_FITS:
        return OUTCOME_DONE;
    case RESERVATION_NO_SUBNET:
    case RESERVATION_UNSOUND:
    case RESERVATION_TOO_MANY:
        return OUTCOME_INVALID;
    case RESERVATION_ADDRESS_RESERVED:
    case RESERVATION_CLIENT_RESERVED:
    case RESERVATION_ADDRESS_LEASED:
        break;
    }
    return OUTCOME_CONFLICT;
}

/* Puts a decoded row if nothing speaks against it. */
static int put_row(
    const struct application *a, const struct kept_reservation *row, struct result *result)
{
    struct reservation_verdict verdict;

    reservation_judge(a->s->map, a->s->leases, row, a->now, &verdict);
    result->outcome = outcome_of(verdict.fault);
    return result->outcome == OUTCOME_DONE ? state_put_reservation(a->s, row) : 0;
}

static int decode_and_put(
    const struct application *a, struct kept_reservation *row, struct result *result)
{
    struct arena arena;
    int r = 0;

    arena_init(&arena);
    r = reservation_decode(row->encoded, &arena, &row->value);
    if (r == 0) {
        r = put_row(a, row, result);
    } else if (r == SETTINGS_FOREIGN) {
        log_error(
            "log-entry-unreadable",
            "index=%llu why=written-by-a-newer-version",
            (unsigned long long)a->index);
        r = ERR_CORRUPT;
    } else if (r > 0) {
        result->outcome = OUTCOME_INVALID;
        r = 0;
    }
    arena_deinit(&arena);
    return r;
}

static int apply_put_reservation(const struct application *a, struct result *result)
{
    const struct put_reservation_command *p = &a->c->put_reservation;
    const struct kept_reservation *old = find_reservation(a, p->id);
    struct kept_reservation row = {
        .id = p->id,
        .version = a->index,
        .put_at = a->now,
        .author = p->author,
        .subnet_id = p->subnet_id,
        .encoded = p->reservation,
    };

    if (old == NULL && p->expected_version != 0) {
        result->outcome = OUTCOME_UNKNOWN;
        return 0;
    }
    if (old != NULL && p->expected_version != old->version) {
        result->outcome = OUTCOME_STALE;
        return 0;
    }
    return decode_and_put(a, &row, result);
}

/* The address stays held to the old promise: its lease is left as it is. */
static int apply_delete_reservation(const struct application *a, struct result *result)
{
    const struct delete_reservation_command *d = &a->c->delete_reservation;
    const struct kept_reservation *old = find_reservation(a, d->id);

    if (old == NULL) {
        result->outcome = OUTCOME_UNKNOWN;
        return 0;
    }
    if (d->expected_version != 0 && d->expected_version != old->version) {
        result->outcome = OUTCOME_STALE;
        return 0;
    }
    result->outcome = OUTCOME_DONE;
    return state_delete_reservation(a->s, d->id);
}

static int apply_block(const struct application *a, struct result *result)
{
    const struct block_command *c = &a->c->block;
    const struct block b = {
        .subject = c->subject,
        .version = a->index,
        .put_at = a->now,
        .comment = c->comment,
        .author = c->author,
    };

    if (find_block(a, &c->subject) == NULL &&
        block_table_count(network_map_blocks(a->s->map)) >= BLOCKS_MAX) {
        result->outcome = OUTCOME_INVALID;
        return 0;
    }
    result->outcome = OUTCOME_DONE;
    return state_put_block(a->s, &b);
}

static int apply_unblock(const struct application *a, struct result *result)
{
    if (find_block(a, &a->c->unblock.subject) == NULL) {
        result->outcome = OUTCOME_UNKNOWN;
        return 0;
    }
    result->outcome = OUTCOME_DONE;
    return state_delete_block(a->s, &a->c->unblock.subject);
}

/* One step of a revocation. */
static int revoke_step(
    const struct application *a, const struct revoke_lease_command *c, struct result *result)
{
    const struct transition_facts facts = { .now = a->now, .node = a->c->origin };
    struct lease buf;
    struct lease row;
    const struct lease *old = lease_table_find(a->s->leases, c->address, &buf) ? &buf : NULL;

    result->outcome = transition_revoke(old, c, &facts, &row);
    if (result->outcome != OUTCOME_DONE) {
        return 0;
    }
    result->expires_at = row.expires_at;
    result->held_until = row.held_until;
    return state_put_lease(a->s, old, &row, a->now);
}

static int apply_revoke_lease(const struct application *a, struct result *result)
{
    const struct revoke_lease_command *c = &a->c->revoke_lease;
    struct revoke_lease_command first = *c;
    int r = 0;

    if (c->how == REVOCATION_AT_ONCE) {
        first.how = REVOCATION_AFTER_HOLD;
        r = revoke_step(a, &first, result);
        if (r != 0 || result->outcome != OUTCOME_DONE) {
            return r;
        }
    }
    return revoke_step(a, c, result);
}

int apply_operator(const struct application *a, struct result *result)
{
    switch (a->c->kind) {
    case COMMAND_PUT_RESERVATION:
        return apply_put_reservation(a, result);
    case COMMAND_DELETE_RESERVATION:
        return apply_delete_reservation(a, result);
    case COMMAND_BLOCK:
        return apply_block(a, result);
    case COMMAND_UNBLOCK:
        return apply_unblock(a, result);
    case COMMAND_REVOKE_LEASE:
        return apply_revoke_lease(a, result);
    case COMMAND_BIND:
    case COMMAND_RELEASE:
    case COMMAND_DECLINE:
    case COMMAND_EXPIRE:
    case COMMAND_PUT_SETTINGS:
    case COMMAND_PUT_NODE:
    case COMMAND_QUARANTINE:
        break;
    }
    return ERR_BUG;
}

bool apply_has_misfit(const struct application *a, const struct network_map *fresh)
{
    struct reservation_verdict verdict;
    unsigned cursor = 0;

    return reservation_misfit(fresh, network_map_kept(a->s->map), &cursor, &verdict) != NULL;
}

static bool is_put(const struct application *a, const struct put_reservation_command *p)
{
    const struct kept_reservation *row = find_reservation(a, p->id);

    return row != NULL && bytes_equal(row->encoded, p->reservation) &&
           row->subnet_id == p->subnet_id && row->version > p->expected_version;
}

static bool is_revoked(const struct application *a, const struct revoke_lease_command *c)
{
    struct lease l;

    return !lease_table_find(a->s->leases, c->address, &l) || l.state != LEASE_BOUND ||
           !bytes_equal(l.client_key, c->client_key);
}

bool apply_is_in_force(const struct application *a)
{
    switch (a->c->kind) {
    case COMMAND_PUT_RESERVATION:
        return is_put(a, &a->c->put_reservation);
    case COMMAND_DELETE_RESERVATION:
        return find_reservation(a, a->c->delete_reservation.id) == NULL;
    case COMMAND_BLOCK:
        return find_block(a, &a->c->block.subject) != NULL;
    case COMMAND_UNBLOCK:
        return find_block(a, &a->c->unblock.subject) == NULL;
    case COMMAND_REVOKE_LEASE:
        return is_revoked(a, &a->c->revoke_lease);
    case COMMAND_PUT_SETTINGS:
        return settings_store_is(&a->s->setting, &a->c->put_settings);
    case COMMAND_BIND:
    case COMMAND_RELEASE:
    case COMMAND_DECLINE:
    case COMMAND_EXPIRE:
    case COMMAND_PUT_NODE:
    case COMMAND_QUARANTINE:
        break;
    }
    return false;
}
