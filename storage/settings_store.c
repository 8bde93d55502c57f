#include "storage/settings_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "storage/kept_store.h"

static int put_version(struct db *db, const struct setting_row *row)
{
    enum db_statement s = STATEMENT_VERSION_PUT;
    int r = 0;

    db_bind_integer(db, s, 1, (int64_t)row->version);
    db_bind_integer(db, s, 2, (int64_t)row->applied_index);
    db_bind_integer(db, s, 3, row->applied_at.ms);
    db_bind_blob(db, s, 4, row->source);
    db_bind_optional(db, s, 5, row->comment);
    db_bind_optional(db, s, 6, row->author);
    r = db_run(db, s);
    if (r == 0) {
        db_bind_integer(db, STATEMENT_VERSION_TRIM, 1, (int64_t)row->version - SETTINGS_KEPT);
        r = db_run(db, STATEMENT_VERSION_TRIM);
    }
    return r;
}

int settings_store_put(struct db *db, const struct setting_row *row)
{
    enum db_statement s = STATEMENT_SETTING_PUT;

    db_bind_integer(db, s, 1, 1);
    db_bind_integer(db, s, 2, (int64_t)row->version);
    db_bind_integer(db, s, 3, (int64_t)row->applied_index);
    db_bind_integer(db, s, 4, row->applied_at.ms);
    db_bind_blob(db, s, 5, row->document);
    db_bind_blob(db, s, 6, row->source);

    int r = db_run(db, s);

    return r == 0 ? put_version(db, row) : r;
}

struct setting_row settings_store_read(struct db *db)
{
    enum db_statement s = STATEMENT_SETTING_SELECT;

    return (struct setting_row){
        .version = (uint64_t)db_column_integer(db, s, 1),
        .applied_index = (uint64_t)db_column_integer(db, s, 2),
        .applied_at = { db_column_integer(db, s, 3) },
        .document = db_column_bytes(db, s, 4),
        .source = db_column_bytes(db, s, 5),
    };
}

struct digest_setting settings_store_member(const struct setting_row *row)
{
    struct digest_setting member = {
        .version = row->version,
        .applied_index = row->applied_index,
        .applied_at = row->applied_at,
    };

    digest_add(&member.document, row->document);
    digest_add(&member.source, row->source);
    return member;
}

bool settings_store_is(
    const struct digest_setting *setting, const struct put_settings_command *command)
{
    struct digest document = { 0, 0 };

    digest_add(&document, command->document);
    return setting->version == command->version && digest_equal(setting->document, document);
}

int settings_store_map(struct bytes document, uint64_t version, struct network_map **ret_map)
{
    struct settings_document *decoded = NULL;
    unsigned n_problems = 0;
    int r = settings_decode(document, &decoded);

    if (r != 0) {
        return r < 0 ? r : SETTINGS_STORE_INVALID;
    }
    r = settings_check(&decoded->value, NULL, 0, &n_problems);
    if (r == 0 && n_problems > 0) {
        r = SETTINGS_STORE_INVALID;
    }
    if (r != 0) {
        (void)settings_document_free(decoded);
        return r;
    }
    return network_map_new(ret_map, decoded, version);
}

static int by_first(const void *a, const void *b)
{
    uint32_t x = ((const struct ip4_range *)a)->first.value;
    uint32_t y = ((const struct ip4_range *)b)->first.value;

    return (x > y) - (x < y);
}

static int put_exclude(struct db *db, int64_t pool_id, uint32_t first, uint32_t last)
{
    db_bind_integer(db, STATEMENT_EXCLUDE_PUT, 1, pool_id);
    db_bind_integer(db, STATEMENT_EXCLUDE_PUT, 2, first);
    db_bind_integer(db, STATEMENT_EXCLUDE_PUT, 3, last);
    return db_run(db, STATEMENT_EXCLUDE_PUT);
}

static uint32_t greater(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Disjoint and inside the pool, so that the view may count them. */
static int put_excludes(struct db *db, int64_t pool_id, const struct pool *p)
{
    struct ip4_range *sorted = calloc(p->n_excludes + 1u, sizeof *sorted);
    uint64_t from = p->range.first.value; /* what is below is done */
    int r = 0;

    if (sorted == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < p->n_excludes; i++) {
        sorted[i] = p->excludes[i];
    }
    qsort(sorted, p->n_excludes, sizeof *sorted, by_first);
    for (unsigned i = 0; r == 0 && i < p->n_excludes; i++) {
        uint32_t last = sorted[i].last.value;

        if (last > p->range.last.value) {
            last = p->range.last.value;
        }
        if (last >= from && sorted[i].first.value <= last) {
            r = put_exclude(db, pool_id, greater((uint32_t)from, sorted[i].first.value), last);
            from = (uint64_t)last + 1;
        }
    }
    free(sorted);
    return r;
}

static int put_pool(struct db *db, int64_t pool_id, const struct subnet *s, const struct pool *p)
{
    int r = 0;

    db_bind_integer(db, STATEMENT_POOL_PUT, 1, pool_id);
    db_bind_integer(db, STATEMENT_POOL_PUT, 2, s->prefix.network.value);
    db_bind_integer(db, STATEMENT_POOL_PUT, 3, p->range.first.value);
    db_bind_integer(db, STATEMENT_POOL_PUT, 4, p->range.last.value);
    r = db_run(db, STATEMENT_POOL_PUT);
    return r == 0 ? put_excludes(db, pool_id, p) : r;
}

/* What is being written, and where it has come to. */
struct derivation {
    struct db *db;
    struct kept_reservation about; /* version and time of the settings */
    int64_t network_id, pool_id;
};

static int put_subnet(struct derivation *d, const struct subnet *s)
{
    struct db *db = d->db;
    int r = 0;

    db_bind_integer(db, STATEMENT_SUBNET_PUT, 1, s->prefix.network.value);
    db_bind_integer(db, STATEMENT_SUBNET_PUT, 2, d->network_id);
    db_bind_integer(db, STATEMENT_SUBNET_PUT, 3, s->prefix.length);
    r = db_run(db, STATEMENT_SUBNET_PUT);
    for (unsigned i = 0; r == 0 && i < s->n_pools; i++) {
        r = put_pool(db, ++d->pool_id, s, &s->pools[i]);
    }
    for (unsigned i = 0; r == 0 && i < s->n_reservations; i++) {
        r = kept_store_derive_file(db, s, &s->reservations[i], &d->about);
    }
    return r;
}

static int clear(struct db *db)
{
    static const enum db_statement all[] = {
        STATEMENT_NETWORK_CLEAR, STATEMENT_SUBNET_CLEAR,      STATEMENT_POOL_CLEAR,
        STATEMENT_EXCLUDE_CLEAR, STATEMENT_RESERVATION_CLEAR,
    };

    int r = 0;

    for (unsigned i = 0; r == 0 && i < ARRAY_LENGTH(all); i++) {
        r = db_run(db, all[i]);
    }
    return r;
}

int settings_store_derive(
    struct db *db, const struct network_map *map, const struct digest_setting *setting)
{
    const struct settings *all = network_map_settings(map);
    struct derivation d = {
        .db = db,
        .about = {.version = setting->applied_index, .put_at = setting->applied_at},
    };
    int r = clear(db);

    for (unsigned i = 0; r == 0 && i < all->n_networks; i++) {
        const struct network *n = &all->networks[i];

        d.network_id = i + 1;
        db_bind_integer(db, STATEMENT_NETWORK_PUT, 1, d.network_id);
        db_bind_text(db, STATEMENT_NETWORK_PUT, 2, n->name);
        r = db_run(db, STATEMENT_NETWORK_PUT);
        for (unsigned j = 0; r == 0 && j < n->n_subnets; j++) {
            r = put_subnet(&d, &n->subnets[j]);
        }
    }
    return r == 0 ? kept_store_derive_all(db, map) : r;
}
