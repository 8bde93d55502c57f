#include "server/policy/standing.h"

static bool is_of_client(const struct decide_facts *f, const struct lease *row)
{
    return bytes_equal(row->client_key, f->request->client);
}

struct standing standing_of(const struct decide_facts *f, struct ip4 address)
{
    struct standing s = { .address = address };
    const struct reservation *reservation = network_map_reservation_of_address(f->map, address);

    s.subnet = scope_subnet_of(f->scope, f->map, address);
    s.pool = s.subnet == NULL ? NULL : subnet_pool_of(s.subnet, address);
    s.has_row = lease_table_find(f->leases, address, &s.row);
    s.is_held = s.has_row && lease_is_held(&s.row, f->now);
    s.is_clients = s.has_row && is_of_client(f, &s.row);
    if (reservation != NULL && s.subnet != NULL) {
        bool is_mine = reservation == decide_reservation(f->map, s.subnet, f->request);

        s.is_reserved_for_client = is_mine;
        s.is_reserved_for_other = !is_mine;
    }
    return s;
}

static bool is_quarantined(const struct standing *s)
{
    return s->is_held && s->row.state == LEASE_DECLINED;
}

/* An operator has ended the client's lease: what is left of it is not prolonged. */
static bool is_revoked(const struct standing *s)
{
    return s->is_held && s->row.state == LEASE_REVOKED;
}

const struct reservation *standing_reservation(
    const struct decide_facts *f, const struct subnet *subnet)
{
    const struct reservation *reservation = decide_reservation(f->map, subnet, f->request);
    struct standing s;

    if (reservation == NULL || ip4_is_any(reservation->address) ||
        network_map_is_address_blocked(f->map, reservation->address)) {
        return NULL;
    }
    s = standing_of(f, reservation->address);
    return !is_quarantined(&s) && !is_revoked(&s) && (s.is_clients || !s.is_held) ? reservation
                                                                                  : NULL;
}

/* Rule 54: an operator has given the client another address of the network, and it is free. */
static bool is_reserved_elsewhere(const struct decide_facts *f, const struct standing *s)
{
    if (s->is_reserved_for_client) {
        return false;
    }
    for (unsigned i = 0; i < f->scope->n; i++) {
        if (standing_reservation(f, f->scope->subnets[i]) != NULL) {
            return true;
        }
    }
    return false;
}

bool standing_is_refused(
    const struct decide_facts *f, const struct standing *s, enum reason *ret_reason)
{
    if (s->subnet == NULL) {
        *ret_reason = REASON_WRONG_NETWORK;
    } else if (network_map_is_address_blocked(f->map, s->address)) {
        *ret_reason = REASON_BLOCKED;
    } else if (s->is_reserved_for_other) {
        *ret_reason = REASON_RESERVED_FOR_OTHER;
    } else if (is_quarantined(s)) {
        *ret_reason = REASON_IN_QUARANTINE;
    } else if (s->is_held && !s->is_clients) {
        *ret_reason = REASON_LEASED_TO_OTHER;
    } else if (is_revoked(s)) {
        *ret_reason = REASON_REVOKED;
    } else if (!s->is_reserved_for_client && s->pool == NULL) {
        *ret_reason = REASON_NOT_IN_POOL;
    } else if (!s->is_reserved_for_client && !pool_admits(s->pool, &f->classes)) {
        *ret_reason = REASON_OTHER_CLASS;
    } else if (is_reserved_elsewhere(f, s)) {
        *ret_reason = REASON_MOVED;
    } else {
        return false;
    }
    return true;
}

bool standing_has_claim(const struct standing *s)
{
    return s->is_clients || s->is_reserved_for_client;
}
