#include "storage/reservation_rules.h"

#include <stdio.h>

#include "storage/findings.h"

bool reservation_check(const struct subnet *s, const struct reservation *r, char *text)
{
    struct settings_problem problem;
    struct findings f = { .problems = &problem, .max = 1, .here = findings_nowhere() };

    findings_check_reservation(&f, s, r);
    if (f.n > 0) {
        (void)snprintf(text, sizeof problem.text, "%s", problem.text);
    }
    return f.n == 0;
}

static uint64_t kept_id_of(const struct kept_reservation *k, const struct reservation *r)
{
    return k != NULL && &k->value == r ? k->id : 0;
}

static void judge_others(
    const struct network_map *map,
    const struct subnet *subnet,
    const struct kept_reservation *row,
    struct reservation_verdict *v)
{
    const struct reservation_table *kept = network_map_kept(map);
    struct client_identity client = client_identity_of_reservation(&row->value);

    v->other = ip4_is_any(row->value.address)
                   ? NULL
                   : network_map_reservation_of_address(map, row->value.address);
    v->other_id = kept_id_of(reservation_table_of_address(kept, row->value.address), v->other);
    if (v->other != NULL && v->other_id != row->id) {
        v->fault = RESERVATION_ADDRESS_RESERVED;
        return;
    }
    v->other = network_map_reservation_like(map, subnet, &client);
    v->other_id = kept_id_of(
        reservation_table_of_client(kept, subnet->prefix, &client, client_identity_set(&client)),
        v->other);
    if (v->other != NULL && v->other_id != row->id) {
        v->fault = RESERVATION_CLIENT_RESERVED;
    }
}

/* All but the leases. */
static void judge(
    const struct network_map *map,
    const struct kept_reservation *row,
    struct reservation_verdict *v)
{
    const struct subnet *subnet = network_map_subnet_of_kept(map, row);

    *v = (struct reservation_verdict){ .fault = RESERVATION_FITS };
    if (subnet == NULL || ip4_is_any(row->value.address) != (row->subnet_id != 0)) {
        v->fault = RESERVATION_NO_SUBNET;
    } else if (!reservation_check(subnet, &row->value, v->text)) {
        v->fault = RESERVATION_UNSOUND;
    } else {
        judge_others(map, subnet, row, v);
    }
}

static bool is_of_client(const struct lease *l, const struct reservation *r)
{
    struct client_identity client =
        client_identity_of(l->client_key, l->hw_type, l->hw_address, l->agent_info);
    struct client_identity wanted = client_identity_of_reservation(r);

    return client_identity_equal(&wanted, &client, client_identity_set(&wanted));
}

void reservation_judge(
    const struct network_map *map,
    const struct lease_table *leases,
    const struct kept_reservation *row,
    struct instant now,
    struct reservation_verdict *ret_verdict)
{
    struct reservation_verdict v;

    judge(map, row, &v);
    if (v.fault == RESERVATION_FITS &&
        reservation_table_find(network_map_kept(map), row->id) == NULL &&
        reservation_table_count(network_map_kept(map)) >= RESERVATIONS_MAX) {
        v.fault = RESERVATION_TOO_MANY;
    }
    if (v.fault == RESERVATION_FITS && lease_table_find(leases, row->value.address, &v.lease) &&
        v.lease.state != LEASE_DECLINED && lease_is_held(&v.lease, now) &&
        !is_of_client(&v.lease, &row->value)) {
        v.fault = RESERVATION_ADDRESS_LEASED;
    }
    *ret_verdict = v;
}

const struct kept_reservation *reservation_misfit(
    const struct network_map *map,
    const struct reservation_table *kept,
    unsigned *cursor,
    struct reservation_verdict *ret_verdict)
{
    const struct kept_reservation *row = NULL;

    while ((row = reservation_table_next(kept, cursor)) != NULL) {
        judge(map, row, ret_verdict);
        if (ret_verdict->fault != RESERVATION_FITS) {
            break;
        }
    }
    return row;
}
