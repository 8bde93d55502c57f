#include "storage/forecast.h"

#include "base/err.h"
#include "storage/db.h"
#include "storage/kept_store.h"
#include "storage/lease_store.h"
#include "storage/reservation_rules.h"
#include "storage/settings_store.h"

/* Rule 54: a reservation of the client elsewhere in @network; IP4_ANY when there is none. */
static struct ip4 reserved_elsewhere(
    const struct network_map *map, const struct network *network, const struct lease *l)
{
    const struct client_identity client =
        client_identity_of(l->client_key, l->hw_type, l->hw_address, l->agent_info);

    for (unsigned i = 0; i < network->n_subnets; i++) {
        const struct reservation *r =
            network_map_reservation_of_client(map, &network->subnets[i], &client);

        if (r != NULL && !ip4_is_any(r->address) && !ip4_equal(r->address, l->address)) {
            return r->address;
        }
    }
    return IP4_ANY;
}

static enum forecast_fate fate_of(
    const struct network_map *map, const struct lease *l, struct ip4 *ret_to)
{
    const struct network *network = NULL;
    const struct subnet *subnet = network_map_subnet_of(map, l->address, &network);
    const struct reservation *of_address = network_map_reservation_of_address(map, l->address);

    if (subnet == NULL) {
        return FORECAST_DROPPED;
    }

    const struct client_identity client =
        client_identity_of(l->client_key, l->hw_type, l->hw_address, l->agent_info);

    if (of_address != NULL) {
        return of_address == network_map_reservation_of_client(map, subnet, &client)
                   ? FORECAST_STAYS
                   : FORECAST_REFUSED;
    }
    if (!subnet_pools_contain(subnet, l->address)) {
        return FORECAST_REFUSED;
    }
    *ret_to = reserved_elsewhere(map, network, l);
    return ip4_is_any(*ret_to) ? FORECAST_STAYS : FORECAST_MOVES;
}

static void judge(struct forecast *f, const struct lease *l)
{
    struct ip4 to = IP4_ANY;
    enum forecast_fate fate = fate_of(f->map, l, &to);

    if (f->n[fate] < FORECAST_EXAMPLES_MAX) {
        f->examples[fate][f->n[fate]] = (struct forecast_example){ l->address, to };
    }
    f->n[fate]++;
}

static int read_leases(struct forecast *f, struct db *db, struct instant now)
{
    struct lease l;
    int r = 0;

    while ((r = db_step(db, STATEMENT_LEASE_LOAD)) == DB_ROW) {
        if (!lease_store_read(db, STATEMENT_LEASE_LOAD, &l)) {
            db_reset(db, STATEMENT_LEASE_LOAD);
            return ERR_CORRUPT;
        }
        if (l.state == LEASE_BOUND && lease_is_held(&l, now)) {
            judge(f, &l);
        }
    }
    return r;
}

static int read_kept(struct forecast *f, struct db *db)
{
    struct arena arena;
    int r = 0;

    arena_init(&arena);
    while ((r = db_step(db, STATEMENT_KEPT_SELECT)) == DB_ROW) {
        struct kept_reservation row;

        arena_reset(&arena);
        r = kept_store_read_reservation(db, &arena, &row)
                ? network_map_put_reservation(f->kept, &row)
                : ERR_CORRUPT;
        if (r != 0) {
            db_reset(db, STATEMENT_KEPT_SELECT);
            break;
        }
    }
    arena_deinit(&arena);
    return r;
}

/* In one read transaction, so that everything is of one moment. */
static int read_all(struct forecast *f, struct db *db)
{
    struct reservation_verdict verdict;
    struct instant now = { 0 };
    unsigned cursor = 0;
    int r = db_exec(db, "BEGIN");

    if (r == 0) {
        r = db_query_integer(db, "SELECT cluster_time_ms FROM meta", &now.ms);
    }
    if (r == 0) {
        r = db_prepare(db);
    }
    if (r == 0) {
        r = read_kept(f, db);
    }
    if (r == 0 &&
        reservation_misfit(f->map, network_map_kept(f->kept), &cursor, &verdict) != NULL) {
        return FORECAST_MISFIT;
    }
    if (r == 0) {
        network_map_adopt(f->map, f->kept);
        r = read_leases(f, db, now);
    }
    return r;
}

int forecast_run(const char *database, struct bytes document, struct forecast *ret_forecast)
{
    struct db *db = NULL;
    int r = 0;

    *ret_forecast = (struct forecast){ .map = NULL };
    r = settings_store_map(document, 1, &ret_forecast->map);
    if (r == 0) {
        r = network_map_new(&ret_forecast->kept, NULL, 0);
    }
    if (r == 0) {
        r = db_open(&db, database, DB_READER);
    }
    if (r != 0) {
        (void)db_free(db);
        return r < 0 ? r : ERR_IO;
    }
    r = read_all(ret_forecast, db);
    (void)db_free(db);
    return r;
}

void forecast_deinit(struct forecast *f)
{
    f->map = network_map_free(f->map);
    f->kept = network_map_free(f->kept);
}
