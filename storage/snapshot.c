#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "base/reader.h"
#include "storage/aside.h"
#include "storage/image.h"
#include "storage/lease_store.h"
#include "storage/state.h"

/* Snapshot - the whole replicated state as one image, and back */

/* The tables that travel. Numbers are part of the image's form. */
static const struct image_table {
    uint8_t number;
    enum db_statement select, put, clear;
} tables[] = {
    {1,  STATEMENT_SETTING_SELECT, STATEMENT_SETTING_PUT,  STATEMENT_SETTING_CLEAR},
    { 2, STATEMENT_NODE_SELECT,    STATEMENT_NODE_PUT,     STATEMENT_NODE_CLEAR   },
    { 3, STATEMENT_ORIGIN_SELECT,  STATEMENT_ORIGIN_PUT,   STATEMENT_ORIGIN_CLEAR },
    { 4, STATEMENT_LEASE_SELECT,   STATEMENT_LEASE_INSERT, STATEMENT_LEASE_CLEAR  },
    { 5, STATEMENT_HISTORY_SELECT, STATEMENT_HISTORY_PUT,  STATEMENT_HISTORY_CLEAR},
    { 6, STATEMENT_KEPT_SELECT,    STATEMENT_KEPT_PUT,     STATEMENT_KEPT_CLEAR   },
    { 7, STATEMENT_BLOCK_SELECT,   STATEMENT_BLOCK_PUT,    STATEMENT_BLOCK_CLEAR  },
    { 8, STATEMENT_VERSION_SELECT, STATEMENT_VERSION_PUT,  STATEMENT_VERSION_CLEAR},
};

/* A state of its own on a reading connection; of the leases it keeps the digest alone. */
struct store_pin {
    struct store *state;
    uint64_t index; /* that was applied when the pin was made */
    struct digest stored;
};

struct store_pin *store_pin_free(struct store_pin *p)
{
    if (p != NULL) {
        p->state = store_free(p->state); /* ends the read transaction */
        free(p);
    }
    return NULL;
}

DEFINE_FREEP(store_pin);

/*
 * Begins a read transaction: what is read from now on is the state of this moment. Reading the
 * version begins it without parsing the schema, which is left to the thread that builds.
 */
static int pin(struct store_pin *p, const struct store *s)
{
    int64_t version = 0;
    int r = state_new(&p->state, s->path, s->is_volatile);

    p->index = s->meta.applied_index;
    if (r == 0) {
        r = db_open(&p->state->db, s->path, DB_READER);
    }
    if (r == 0) {
        r = db_exec(p->state->db, "BEGIN");
    }
    return r == 0 ? db_query_integer(p->state->db, "PRAGMA user_version", &version) : r;
}

int store_pin_new(struct store *s, struct store_pin **ret_pin)
{
    CLEANUP(store_pin_freep) struct store_pin *p = NULL;
    int r = store_commit(s);

    if (r != 0) {
        return r;
    }
    p = calloc(1, sizeof *p);
    if (p == NULL) {
        return ERR_NOMEM;
    }
    r = pin(p, s);
    if (r != 0) {
        return r < 0 ? r : ERR_IO;
    }
    *ret_pin = p;
    p = NULL;
    return 0;
}

static int write_table(struct store *state, const struct image_table *t, struct image_writer *w)
{
    int r = 0;

    while ((r = db_step(state->db, t->select)) == DB_ROW) {
        struct lease l;

        r = image_writer_row(w, t->number, state->db, t->select);
        if (r == 0 && t->select == STATEMENT_LEASE_SELECT) {
            if (!lease_store_read(state->db, t->select, &l)) {
                return STATE_DAMAGED;
            }
            digest_add_lease(&state->meta.digest, &l);
        }
        if (r != 0) {
            return r;
        }
    }
    return r;
}

/* Writes every table and checks that it was what the digest says. */
static int write_tables(struct store_pin *p, struct image_writer *w)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < ARRAY_LENGTH(tables); i++) {
        r = write_table(p->state, &tables[i], w);
    }
    return r == 0 && !digest_equal(p->state->meta.digest, p->stored) ? STATE_DAMAGED : r;
}

static int build(struct store_pin *p, uint8_t **ret_image, size_t *ret_n)
{
    const struct meta *meta = &p->state->meta;
    struct image_writer *w = NULL;
    int r = db_prepare(p->state->db);

    if (r == 0) {
        r = state_load_head(p->state, &p->stored);
    }
    ensure(implies(r == 0, meta->applied_index == p->index));
    if (r == 0) {
        struct image_header header = {
            .cluster = bytes_of_text(meta->cluster),
            .cluster_id = meta->cluster_id,
            .applied_index = meta->applied_index,
            .term = meta->term,
            .cluster_time = meta->cluster_time,
            .digest = p->stored,
        };

        r = image_writer_new(&w, &header);
    }
    if (r == 0) {
        r = write_tables(p, w);
    }
    if (r == 0) {
        r = image_writer_done(w, ret_image, ret_n);
    }
    (void)image_writer_free(w);
    return r;
}

int store_pin_build(struct store_pin *p, uint8_t **ret_image, size_t *ret_n)
{
    int r = build(p, ret_image, ret_n);

    if (r > 0) { /* a hand edit or a decayed row must not spread */
        log_error("snapshot-refused", "why=rows-differ-from-digest");
        (void)aside_mark(p->state->path, "the rows differ from their digest");
        return ERR_CORRUPT;
    }
    return state_settle(p->state, r);
}

static const struct image_table *table_of(uint8_t number)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(tables); i++) {
        if (tables[i].number == number) {
            return &tables[i];
        }
    }
    return NULL;
}

/* Returns 0, ERR_*, or a positive outcome of image.h for a bad image. */
static int read_rows(struct store *s, struct image_reader *from)
{
    uint8_t number = 0;
    int r = 0;

    while ((r = image_reader_next(from, &number)) == 0) {
        const struct image_table *t = table_of(number);

        if (t == NULL) {
            return IMAGE_MALFORMED;
        }
        r = image_reader_bind(from, s->db, t->put);
        if (r == 0) {
            r = db_run(s->db, t->put);
        }
        if (r != 0) {
            return r;
        }
    }
    return r == IMAGE_END ? 0 : r;
}

/* Replaces the rows in the open transaction, then reads them back, which checks every one. */
static int replace(struct store *s, struct image_reader *from, const struct image_header *header)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < ARRAY_LENGTH(tables); i++) {
        r = db_run(s->db, tables[i].clear);
    }
    if (r == 0) {
        r = read_rows(s, from);
    }
    if (r == 0) {
        r = state_clear(s);
    }
    if (r == 0) {
        s->meta.cluster_id = header->cluster_id;
        s->meta.applied_index = header->applied_index;
        s->meta.term = header->term;
        s->meta.cluster_time = header->cluster_time;
        s->meta.digest = header->digest;
        r = state_put_meta(s);
        s->meta.digest = (struct digest){ 0, 0 }; /* of no row read yet */
    }
    if (r == 0) {
        r = state_load(s);
    }
    if (r == 0) {
        r = settings_store_derive(s->db, s->map, &s->setting);
    }
    return r == 0 ? db_run(s->db, STATEMENT_COMMIT) : r;
}

/* Goes back to what the database holds, after a restore that failed with @r. Returns @r. */
static int undo(struct store *s, int r)
{
    int back = db_rollback(s->db);

    if (back == 0) {
        back = state_clear(s);
    }
    if (back == 0) {
        back = state_load(s);
    }
    if (r > 0) {
        log_error("snapshot-refused", "why=malformed");
        r = ERR_CORRUPT;
    }
    return back < 0 ? back : r;
}

static bool is_for_us(const struct store *s, const struct image_header *header)
{
    return bytes_equal(header->cluster, bytes_of_text(s->meta.cluster)) &&
           (s->meta.cluster_id == 0 || header->cluster_id == s->meta.cluster_id);
}

static int restore(struct store *s, struct image_reader *from, const struct image_header *header)
{
    int r = store_commit(s);

    if (r == 0) {
        r = state_begin(s);
    }
    if (r != 0) {
        return r;
    }
    r = replace(s, from, header);
    s->in_transaction = false;
    return r == 0 ? 0 : undo(s, r);
}

int store_restore(struct store *s, struct bytes image)
{
    struct image_reader *from = NULL;
    struct image_header header;
    int r = image_reader_new(&from, image, &header);

    if (r == 0 && !is_for_us(s, &header)) {
        r = IMAGE_MALFORMED;
    }
    if (r == 0 && header.applied_index > s->meta.applied_index) {
        r = state_settle(s, restore(s, from, &header));
    }
    (void)image_reader_free(from);
    if (r > 0) {
        log_error("snapshot-refused", "why=damaged-or-of-another-cluster");
        return ERR_CORRUPT;
    }
    return r;
}
