#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/reader.h"
#include "storage/kept_store.h"
#include "storage/lease_store.h"
#include "storage/state.h"

/* Load - the state from the database into memory, believing nothing of it */

int state_clear(struct store *s)
{
    struct network_map *none = NULL;
    int r = network_map_new(&none, NULL, 0);

    if (r != 0) {
        return r;
    }
    (void)network_map_free(s->map);
    s->map = none;
    lease_table_clear(s->leases);
    s->setting = (struct digest_setting){ .version = 0 };
    s->n_nodes = 0;
    origins_deinit(&s->origins);
    s->ring = (struct digest_ring){ .next = 0 };
    s->has_diverged = false;
    s->expire_cursor = 0;
    s->meta.digest = (struct digest){ 0, 0 };
    s->meta.cluster_id = 0;
    s->meta.applied_index = 0;
    s->meta.term = 0;
    s->meta.cluster_time = (struct instant){ 0 };
    return 0;
}

/* Reads the meta row; its digest goes to @ret_digest, to be compared with that of the rows. */
static int load_meta(struct store *s, struct digest *ret_digest)
{
    enum db_statement q = STATEMENT_META_SELECT;
    int r = db_step(s->db, q);

    if (r != DB_ROW) {
        return r == 0 ? STATE_UNCLAIMED : r;
    }

    struct bytes cluster = db_column_bytes(s->db, q, 0);
    int64_t node = db_column_integer(s->db, q, 1);
    struct reader digest = reader_of(db_column_bytes(s->db, q, 6));
    bool fits = cluster.n < sizeof s->meta.cluster && node >= 0 && node <= UINT32_MAX;

    if (fits) {
        memcpy(s->meta.cluster, cluster.at, cluster.n);
        s->meta.cluster[cluster.n] = '\0';
        s->meta.node = (uint32_t)node;
        s->meta.cluster_id = (uint64_t)db_column_integer(s->db, q, 2);
        s->meta.applied_index = (uint64_t)db_column_integer(s->db, q, 3);
        s->meta.term = (uint64_t)db_column_integer(s->db, q, 4);
        s->meta.cluster_time.ms = db_column_integer(s->db, q, 5);
        ret_digest->high = reader_u64(&digest);
        ret_digest->low = reader_u64(&digest);
        if (s->meta.cluster_id != 0) {
            digest_add_cluster_id(&s->meta.digest, s->meta.cluster_id);
        }
    }
    db_reset(s->db, q);
    return fits ? 0 : STATE_DAMAGED;
}

static int load_setting(struct store *s)
{
    struct network_map *map = NULL;
    int r = db_step(s->db, STATEMENT_SETTING_SELECT);

    if (r != DB_ROW) {
        return r;
    }

    struct setting_row row = settings_store_read(s->db);

    /* It was valid when it was applied. */
    r = settings_store_map(row.document, row.version, &map);
    if (r == 0) {
        state_remember_setting(s, &row, map);
    }
    db_reset(s->db, STATEMENT_SETTING_SELECT);
    return r > 0 ? STATE_DAMAGED : r;
}

static int load_reservation(struct store *s, struct arena *arena)
{
    struct kept_reservation row;

    arena_reset(arena);
    if (!kept_store_read_reservation(s->db, arena, &row)) {
        return arena->is_exhausted ? ERR_NOMEM : STATE_DAMAGED;
    }
    return state_remember_reservation(s, &row);
}

static int load_reservations(struct store *s)
{
    struct arena arena;
    int r = 0;

    arena_init(&arena);
    while ((r = db_step(s->db, STATEMENT_KEPT_SELECT)) == DB_ROW) {
        r = load_reservation(s, &arena);
        if (r != 0) {
            db_reset(s->db, STATEMENT_KEPT_SELECT);
            break;
        }
    }
    arena_deinit(&arena);
    return r;
}

static int load_blocks(struct store *s)
{
    struct block b;
    int r = 0;

    while ((r = db_step(s->db, STATEMENT_BLOCK_SELECT)) == DB_ROW) {
        r = kept_store_read_block(s->db, &b) ? state_remember_block(s, &b) : STATE_DAMAGED;
        if (r != 0) {
            db_reset(s->db, STATEMENT_BLOCK_SELECT);
            return r;
        }
    }
    return r;
}

static int load_nodes(struct store *s)
{
    enum db_statement q = STATEMENT_NODE_SELECT;
    int r = 0;

    while ((r = db_step(s->db, q)) == DB_ROW) {
        int64_t node = db_column_integer(s->db, q, 0);
        struct bytes address = db_column_bytes(s->db, q, 2);
        bool fits = node >= 1 && node <= UINT32_MAX && address.n <= MEMBER_ADDRESS_MAX;

        r = fits ? state_remember_node(
                       s, (uint32_t)node, (uint64_t)db_column_integer(s->db, q, 1), address)
                 : STATE_DAMAGED;
        if (r != 0) {
            db_reset(s->db, q);
            return r < 0 ? r : STATE_DAMAGED;
        }
    }
    return r;
}

static int load_origin(struct store *s)
{
    enum db_statement q = STATEMENT_ORIGIN_SELECT;
    int64_t node = db_column_integer(s->db, q, 0);
    struct bytes seen = db_column_bytes(s->db, q, 3);
    struct origin *o = NULL;
    int r = 0;

    if (node < 1 || node > UINT32_MAX || seen.n != sizeof o->seen) {
        return STATE_DAMAGED;
    }
    r = origins_get(&s->origins, (uint32_t)node, &o);
    if (r != 0) {
        return r < 0 ? r : STATE_DAMAGED;
    }
    o->boot_id = (uint64_t)db_column_integer(s->db, q, 1);
    o->max_sequence = (uint64_t)db_column_integer(s->db, q, 2);
    memcpy(o->seen, seen.at, seen.n);
    digest_add_origin(&s->meta.digest, o);
    return o->boot_id == 0 ? STATE_DAMAGED : 0;
}

static int load_origins(struct store *s)
{
    int r = 0;

    while ((r = db_step(s->db, STATEMENT_ORIGIN_SELECT)) == DB_ROW) {
        r = load_origin(s);
        if (r != 0) {
            db_reset(s->db, STATEMENT_ORIGIN_SELECT);
            return r;
        }
    }
    return r;
}

static int load_lease(struct store *s)
{
    int64_t next = (int64_t)lease_table_count(s->leases) + 1;
    struct lease l;

    if (!lease_store_read(s->db, STATEMENT_LEASE_LOAD, &l) || lease_store_slot(s->db) != next) {
        return STATE_DAMAGED;
    }
    lease_table_prefetch(s->leases, &l); /* arrives while the digest is computed */
    digest_add_lease(&s->meta.digest, &l);
    return lease_table_put(s->leases, &l);
}

static int load_leases(struct store *s)
{
    int r = 0;

    while ((r = db_step(s->db, STATEMENT_LEASE_LOAD)) == DB_ROW) {
        r = load_lease(s);
        if (r != 0) {
            db_reset(s->db, STATEMENT_LEASE_LOAD);
            return r;
        }
    }
    return r;
}

int state_load_head(struct store *s, struct digest *ret_stored)
{
    int r = load_meta(s, ret_stored);

    if (r == 0) {
        r = load_setting(s);
    }
    if (r == 0) {
        r = load_reservations(s);
    }
    if (r == 0) {
        r = load_blocks(s);
    }
    if (r == 0) {
        r = load_nodes(s);
    }
    if (r == 0) {
        r = load_origins(s);
    }
    return r == ERR_CORRUPT ? STATE_DAMAGED : r;
}

int state_load(struct store *s)
{
    struct digest stored = { 0, 0 };
    int r = state_load_head(s, &stored);

    if (r == 0) {
        r = load_leases(s);
    }
    if (r == 0) {
        r = state_follow_limits(s);
    }
    if (r != 0) {
        return r == ERR_CORRUPT ? STATE_DAMAGED : r;
    }
    if (!digest_equal(stored, s->meta.digest)) {
        char rows[DIGEST_TEXT_MAX];
        char text[DIGEST_TEXT_MAX];

        log_error(
            "digest-differs",
            "index=%llu stored=%s rows=%s",
            (unsigned long long)s->meta.applied_index,
            digest_format(stored, text),
            digest_format(s->meta.digest, rows));
        return STATE_DAMAGED;
    }
    if (s->meta.applied_index > 0) {
        digest_ring_put(&s->ring, s->meta.applied_index, s->meta.digest);
    }
    return 0;
}
