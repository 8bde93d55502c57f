#include "storage/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "storage/aside.h"
#include "storage/migrate.h"
#include "storage/state.h"

enum {
    OPEN_DAMAGED = 100,   /* beside the store_open_outcomes, and never told to the caller */
    EXPIRE_ROUND = 512,   /* calls of store_expired() for a walk through all rows, */
    EXPIRE_STEP_MIN = 64, /* but not fewer rows than this in one call */
};

struct store *store_free(struct store *s)
{
    if (s == NULL) {
        return NULL;
    }
    s->db = db_free(s->db); /* rolls back */
    s->leases = lease_table_free(s->leases);
    s->map = network_map_free(s->map);
    s->decoder = command_decoder_free(s->decoder);
    origins_deinit(&s->origins);
    free(s->nodes);
    free(s->path);
    free(s);
    return NULL;
}

DEFINE_FREEP(store);

int state_new(struct store **ret_state, const char *path, bool is_volatile)
{
    struct store *s = calloc(1, sizeof *s);

    if (s == NULL) {
        return ERR_NOMEM;
    }
    s->is_volatile = is_volatile;
    s->path = malloc(strlen(path) + 1);
    if (s->path == NULL || lease_table_new(&s->leases) != 0 ||
        command_decoder_new(&s->decoder) != 0 || state_clear(s) != 0) {
        (void)store_free(s);
        return ERR_NOMEM;
    }
    memcpy(s->path, path, strlen(path) + 1);
    *ret_state = s;
    return 0;
}

static int open_database(struct store *s)
{
    int r = db_open(&s->db, s->path, s->is_volatile ? DB_VOLATILE_WRITER : DB_WRITER);

    switch (r) {
    case DB_NOT_WRITABLE:
        return STORE_READ_ONLY;
    case DB_FOREIGN:
        return STORE_NOT_A_DATABASE;
    case DB_DAMAGED:
        return OPEN_DAMAGED;
    default:
        return r;
    }
}

/* Brings the schema up to date. */
static int update_database(struct store *s)
{
    int r = migrate(s->db);

    if (r == MIGRATE_NEWER) {
        return STORE_NEWER_VERSION;
    }
    if (r == 0) {
        r = db_prepare(s->db);
    }
    return r < 0 && db_is_damaged(s->db) ? OPEN_DAMAGED : r;
}

static int claim_database(struct store *s, const struct store_options *options)
{
    int r = 0;

    db_bind_text(s->db, STATEMENT_META_INSERT, 1, bytes_of_text(options->cluster));
    db_bind_integer(s->db, STATEMENT_META_INSERT, 2, options->node);
    r = db_run(s->db, STATEMENT_META_INSERT);
    return r == 0 ? state_load(s) : r;
}

static int load_database(struct store *s, const struct store_options *options)
{
    int r = state_load(s);

    if (r == STATE_UNCLAIMED) {
        r = claim_database(s, options);
    }
    if (r == STATE_DAMAGED) {
        return OPEN_DAMAGED;
    }
    if (r == 0 &&
        (strcmp(s->meta.cluster, options->cluster) != 0 || s->meta.node != options->node)) {
        return STORE_OTHER_CLUSTER;
    }
    return r;
}

/* Returns 0, ERR_*, a store_open_outcome or OPEN_DAMAGED. */
static int open_once(struct store **ret_store, const struct store_options *options)
{
    CLEANUP(store_freep) struct store *s = NULL;
    int r = state_new(&s, options->path, options->is_volatile);

    if (r == 0) {
        r = open_database(s);
    }
    if (r == 0) {
        r = update_database(s);
    }
    if (r == 0) {
        r = load_database(s, options);
    }
    if (r == 0) {
        *ret_store = s;
        s = NULL;
    }
    return r;
}

int store_open(struct store **ret_store, const struct store_options *options, bool *ret_rebuilt)
{
    bool rebuilt = aside_is_marked(options->path);
    int r = rebuilt ? aside_move(options->path) : 0;

    require(options->node > 0 && strlen(options->cluster) < CLUSTER_NAME_MAX);
    if (r == 0) {
        r = open_once(ret_store, options);
    }
    if (r == OPEN_DAMAGED) {
        rebuilt = true;
        r = aside_move(options->path);
        if (r == 0) {
            r = open_once(ret_store, options);
        }
    }
    if (r == OPEN_DAMAGED) {
        return ERR_CORRUPT; /* a new one: the disk does not keep what it is given */
    }
    if (r == 0) {
        *ret_rebuilt = rebuilt;
    }
    return r;
}

uint64_t store_applied_index(const struct store *s)
{
    return s->meta.applied_index;
}

struct digest store_digest(const struct store *s)
{
    return s->meta.digest;
}

struct instant store_cluster_time(const struct store *s)
{
    return s->meta.cluster_time;
}

uint64_t store_cluster_id(const struct store *s)
{
    return s->meta.cluster_id;
}

const struct lease_table *store_leases(const struct store *s)
{
    return s->leases;
}

const struct network_map *store_map(const struct store *s)
{
    return s->map;
}

uint64_t store_incarnation(const struct store *s, uint32_t node)
{
    const struct node_row *row = state_node(s, node);

    return row == NULL ? 0 : row->incarnation;
}

bool store_digest_agrees(const struct store *s)
{
    return !s->has_diverged;
}

int store_set_aside(struct store *s, const char *why)
{
    return aside_mark(s->path, why);
}

int state_settle(struct store *s, int r)
{
    if (r < 0 && s->db != NULL && db_is_damaged(s->db)) {
        (void)aside_mark(s->path, "SQLite found it damaged");
    }
    return r;
}

int store_commit(struct store *s)
{
    return s->in_transaction ? state_settle(s, state_commit(s)) : 0;
}

bool store_is_dirty(const struct store *s)
{
    return s->in_transaction;
}

unsigned store_expired(struct store *s, struct instant now, struct ip4 *out)
{
    uint64_t step = EXPIRE_STEP_MIN + lease_table_count(s->leases) / EXPIRE_ROUND;
    struct lease l;
    unsigned n = 0;

    for (uint64_t i = 0; i < step && n < EXPIRE_MAX; i++) {
        if (!lease_table_next(s->leases, &s->expire_cursor, &l)) {
            s->expire_cursor = 0;
            break;
        }
        if (l.state != LEASE_RELEASED && l.state != LEASE_EXPIRED && !lease_is_held(&l, now)) {
            out[n++] = l.address;
        }
    }
    return n;
}
