#include "storage/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/writer.h"
#include "storage/kept_store.h"
#include "storage/lease_store.h"

int state_begin(struct store *s)
{
    int r = s->in_transaction ? 0 : db_run(s->db, STATEMENT_BEGIN);

    if (r == 0) {
        s->in_transaction = true;
    }
    return r;
}

/* Invariants 1 and 4 of docs/PROTOCOL.md; `transition` keeps them, this is where they are held. */
static void require_sound_change(
    const struct lease *old, const struct lease *new, struct instant now)
{
    require(lease_is_sound(new));
    if (old == NULL) {
        return;
    }

    bool same_client = bytes_equal(old->client_key, new->client_key);
    bool goes_on = same_client && old->state == LEASE_BOUND && new->state == LEASE_BOUND;

    require(ip4_equal(old->address, new->address));
    require(implies(lease_is_held(old, now), same_client));
    require(implies(goes_on, !instant_before(new->expires_at, old->expires_at)));
    require(implies(goes_on, !instant_before(new->held_until, old->held_until)));
}

static int put_history(
    struct store *s, const struct lease *old, const struct lease *new, struct instant now)
{
    enum tenancy_end end = lease_tenancy_end(old, new);

    if (end == TENANCY_GOES_ON) {
        return 0;
    }
    /* Where the client did nothing, the tenancy ended with its hold. */
    return lease_store_put_history(
        s->db, old, end, lease_is_held(old, now) ? now : old->held_until);
}

int state_put_lease(
    struct store *s, const struct lease *old, const struct lease *new, struct instant now)
{
    int r = 0;

    require(s->in_transaction);
    require_sound_change(old, new, now);
    if (old != NULL) {
        digest_subtract_lease(&s->meta.digest, old);
        r = put_history(s, old, new, now);
    }
    digest_add_lease(&s->meta.digest, new);
    if (r == 0) {
        r = old == NULL
                ? lease_store_add(s->db, new)
                : lease_store_replace(s->db, lease_table_number(s->leases, new->address), new);
    }
    return r == 0 ? lease_table_put(s->leases, new) : r;
}

const struct node_row *state_node(const struct store *s, uint32_t node)
{
    for (unsigned i = 0; i < s->n_nodes; i++) {
        if (s->nodes[i].node == node) {
            return &s->nodes[i];
        }
    }
    return NULL;
}

/* Adds an empty row for @node. Returns 0, ERR_NOMEM or STATE_NODES_FULL. */
static int add_node(struct store *s, uint32_t node)
{
    if (s->n_nodes == NODES_MAX) {
        return STATE_NODES_FULL;
    }
    if (s->n_nodes == s->nodes_capacity) {
        unsigned capacity = s->nodes_capacity == 0 ? 8 : 2 * s->nodes_capacity;
        struct node_row *nodes = realloc(s->nodes, capacity * sizeof *nodes);

        if (nodes == NULL) {
            return ERR_NOMEM;
        }
        s->nodes = nodes;
        s->nodes_capacity = capacity;
    }
    s->nodes[s->n_nodes++] = (struct node_row){ .node = node };
    return 0;
}

int state_remember_node(struct store *s, uint32_t node, uint64_t incarnation, struct bytes address)
{
    const struct node_row *found = state_node(s, node);
    int r = found == NULL ? add_node(s, node) : 0;

    if (r != 0) {
        return r;
    }

    struct node_row *row = found == NULL ? &s->nodes[s->n_nodes - 1] : &s->nodes[found - s->nodes];

    require(address.n <= sizeof row->address);
    if (found != NULL) {
        struct bytes before = bytes_of(row->address, row->n_address);

        digest_subtract_node(&s->meta.digest, node, row->incarnation, before);
    }
    row->incarnation = incarnation;
    row->n_address = (unsigned)address.n;
    if (address.n > 0) {
        memcpy(row->address, address.at, address.n);
    }
    digest_add_node(&s->meta.digest, node, incarnation, address);
    return 0;
}

int state_put_node(struct store *s, uint32_t node, uint64_t incarnation, struct bytes address)
{
    int r = state_remember_node(s, node, incarnation, address);

    require(s->in_transaction);
    if (r != 0) {
        return r;
    }
    db_bind_integer(s->db, STATEMENT_NODE_PUT, 1, node);
    db_bind_integer(s->db, STATEMENT_NODE_PUT, 2, (int64_t)incarnation);
    db_bind_blob(s->db, STATEMENT_NODE_PUT, 3, address);
    return db_run(s->db, STATEMENT_NODE_PUT);
}

void state_put_cluster_id(struct store *s, uint64_t cluster_id)
{
    require(s->meta.cluster_id == 0 && cluster_id != 0);
    s->meta.cluster_id = cluster_id;
    digest_add_cluster_id(&s->meta.digest, cluster_id);
}

void state_remember_setting(
    struct store *s, const struct setting_row *row, struct network_map *map_take)
{
    digest_subtract_setting(&s->meta.digest, &s->setting);
    s->setting = settings_store_member(row);
    digest_add_setting(&s->meta.digest, &s->setting);
    network_map_adopt(map_take, s->map);
    (void)network_map_free(s->map);
    s->map = map_take;
}

int state_follow_limits(struct store *s)
{
    const struct settings *settings = network_map_settings(s->map);
    bool has_limit = false;

    for (unsigned i = 0; i < settings->n_networks; i++) {
        const struct network_limits *l = &settings->networks[i].limits;

        has_limit |= l->leases_per_hardware > 0 || l->leases_per_circuit > 0;
    }
    return lease_table_set_tally(s->leases, has_limit);
}

int state_put_setting(struct store *s, const struct setting_row *row, struct network_map *map_take)
{
    int r = 0;

    require(s->in_transaction);
    require(row->version == s->setting.version + 1);
    state_remember_setting(s, row, map_take);
    r = state_follow_limits(s);
    if (r == 0) {
        r = settings_store_put(s->db, row);
    }
    return r == 0 ? settings_store_derive(s->db, s->map, &s->setting) : r;
}

int state_remember_reservation(struct store *s, const struct kept_reservation *row)
{
    const struct kept_reservation *old = reservation_table_find(network_map_kept(s->map), row->id);

    if (old != NULL) {
        digest_subtract_reservation(&s->meta.digest, old);
    }
    digest_add_reservation(&s->meta.digest, row);
    return network_map_put_reservation(s->map, row);
}

int state_put_reservation(struct store *s, const struct kept_reservation *row)
{
    int r = state_remember_reservation(s, row);

    require(s->in_transaction);
    return r == 0 ? kept_store_put_reservation(s->db, s->map, row) : r;
}

int state_delete_reservation(struct store *s, uint64_t id)
{
    const struct kept_reservation *old = reservation_table_find(network_map_kept(s->map), id);

    require(s->in_transaction);
    require(old != NULL);
    digest_subtract_reservation(&s->meta.digest, old);
    network_map_remove_reservation(s->map, id);
    return kept_store_delete_reservation(s->db, id);
}

int state_remember_block(struct store *s, const struct block *b)
{
    const struct block *old = block_table_find(network_map_blocks(s->map), &b->subject);

    if (old != NULL) {
        digest_subtract_block(&s->meta.digest, old);
    }
    digest_add_block(&s->meta.digest, b);
    return network_map_put_block(s->map, b);
}

int state_put_block(struct store *s, const struct block *b)
{
    int r = state_remember_block(s, b);

    require(s->in_transaction);
    return r == 0 ? kept_store_put_block(s->db, b) : r;
}

int state_delete_block(struct store *s, const struct block_subject *subject)
{
    const struct block *old = block_table_find(network_map_blocks(s->map), subject);

    require(s->in_transaction);
    require(old != NULL);
    digest_subtract_block(&s->meta.digest, old);
    network_map_remove_block(s->map, subject);
    return kept_store_delete_block(s->db, subject);
}

int state_admit(struct store *s, const struct command *c, bool *ret_first)
{
    struct origin *o = NULL;
    int r = origins_get(&s->origins, c->origin, &o);

    if (r != 0) {
        return r;
    }
    if (!o->is_open) {
        o->is_open = true;
        if (o->boot_id != 0) { /* not new */
            digest_subtract_origin(&s->meta.digest, o);
        }
    }
    *ret_first = origin_admit(o, c->boot_id, c->sequence);
    return 0;
}

void state_close_entry(struct store *s)
{
    for (unsigned i = 0; i < s->origins.n; i++) {
        struct origin *o = &s->origins.at[i];

        if (o->is_open) {
            o->is_open = false;
            o->is_dirty = true;
            digest_add_origin(&s->meta.digest, o);
        }
    }
}

static int put_origins(struct store *s)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < s->origins.n; i++) {
        struct origin *o = &s->origins.at[i];

        require(!o->is_open);
        if (o->is_dirty) {
            db_bind_integer(s->db, STATEMENT_ORIGIN_PUT, 1, o->node);
            db_bind_integer(s->db, STATEMENT_ORIGIN_PUT, 2, (int64_t)o->boot_id);
            db_bind_integer(s->db, STATEMENT_ORIGIN_PUT, 3, (int64_t)o->max_sequence);
            db_bind_blob(s->db, STATEMENT_ORIGIN_PUT, 4, bytes_of(o->seen, sizeof o->seen));
            r = db_run(s->db, STATEMENT_ORIGIN_PUT);
            o->is_dirty = false;
        }
    }
    return r;
}

int state_put_meta(struct store *s)
{
    uint8_t digest[16];
    struct writer w = writer_of(digest, sizeof digest);

    writer_u64(&w, s->meta.digest.high);
    writer_u64(&w, s->meta.digest.low);
    db_bind_integer(s->db, STATEMENT_META_UPDATE, 1, (int64_t)s->meta.cluster_id);
    db_bind_integer(s->db, STATEMENT_META_UPDATE, 2, (int64_t)s->meta.applied_index);
    db_bind_integer(s->db, STATEMENT_META_UPDATE, 3, (int64_t)s->meta.term);
    db_bind_integer(s->db, STATEMENT_META_UPDATE, 4, s->meta.cluster_time.ms);
    db_bind_blob(s->db, STATEMENT_META_UPDATE, 5, writer_done(&w));
    return db_run(s->db, STATEMENT_META_UPDATE);
}

int state_commit(struct store *s)
{
    int r = 0;

    require(s->in_transaction);
    r = put_origins(s);
    if (r == 0) {
        r = state_put_meta(s);
    }
    if (r == 0) {
        r = db_run(s->db, STATEMENT_COMMIT);
    }
    if (r == 0) {
        s->in_transaction = false;
    }
    return r;
}
