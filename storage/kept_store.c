#include "storage/kept_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/own.h"
#include "proto/command.h"
#include "proto/settings_codec.h"

/*
 * The options as a JSON object that a settings file could hold; bytes alone, so that whatever the
 * options' types are, it says exactly this. NULL when there are none.
 */
static int options_text(struct option_list options, char **ret_text)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = options.n == 0 ? NULL : open_memstream(&text, &size);

    *ret_text = NULL;
    if (options.n == 0) {
        return 0;
    }
    if (out == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < options.n; i++) {
        const struct option_value *o = &options.at[i];

        (void)fprintf(
            out,
            "%s\"option-%u\":%s\"0x",
            i == 0 ? "{" : ",",
            (unsigned)o->code,
            o->forced ? "{\"force\":\"yes\",\"value\":" : "");
        for (size_t k = 0; k < o->value.n; k++) {
            (void)fprintf(out, "%02x", o->value.at[k]);
        }
        (void)fputs(o->forced ? "\"}" : "\"", out);
    }
    (void)fputc('}', out);
    if (fclose(out) != 0) {
        free(text);
        return ERR_NOMEM;
    }
    *ret_text = text;
    return 0;
}

/* @about: id, version, put_at and author. */
static int derive(
    struct db *db,
    const struct subnet *s,
    const struct reservation *r,
    const struct kept_reservation *about,
    const char *origin)
{
    const struct bytes marks[] = { r->hw_address, r->client_id, r->duid,
                                   r->circuit_id, r->remote_id, r->hostname };
    const struct bytes none = { .n = 0 };
    enum db_statement q = STATEMENT_RESERVATION_PUT;
    char *options = NULL;
    int rv = options_text(r->options, &options);

    if (rv != 0) {
        return rv;
    }
    db_bind_integer(db, q, 1, (int64_t)about->id);
    db_bind_text(db, q, 2, bytes_of_text(origin));
    db_bind_integer(db, q, 3, (int64_t)about->version);
    db_bind_integer(db, q, 4, about->put_at.ms);
    db_bind_optional(db, q, 5, about->author);
    if (ip4_is_any(r->address)) {
        db_bind_null(db, q, 6);
    } else {
        db_bind_integer(db, q, 6, r->address.value);
    }
    db_bind_integer(db, q, 7, s->prefix.network.value);
    db_bind_integer(db, q, 8, r->hw_type);
    for (unsigned i = 0; i < ARRAY_LENGTH(marks); i++) {
        db_bind_optional(db, q, 9 + (int)i, marks[i]);
    }
    db_bind_optional(db, q, 15, options == NULL ? none : bytes_of_text(options));
    db_bind_optional(db, q, 16, r->comment);
    db_bind_optional(db, q, 17, r->tags);
    rv = db_run(db, q);
    free(options);
    return rv;
}

/* From what a reservation of the settings is for, and its address: the same as long as these are. */
static int file_id(const struct reservation *r, uint64_t *ret_id)
{
    struct reservation essence = *r;
    struct bytes encoded;
    struct arena arena;
    int rv = 0;

    essence.hostname = essence.comment = essence.tags = (struct bytes){ .n = 0 };
    essence.options = (struct option_list){ .n = 0 };
    arena_init_small(&arena, 2048);
    rv = reservation_encode(&essence, &arena, &encoded);
    if (rv == 0) {
        *ret_id = (hash64(encoded, 0) & INT64_MAX) | 1;
    }
    arena_deinit(&arena);
    return rv;
}

int kept_store_derive_file(
    struct db *db,
    const struct subnet *s,
    const struct reservation *r,
    const struct kept_reservation *settings)
{
    struct kept_reservation about = *settings;
    int rv = file_id(r, &about.id);

    return rv == 0 ? derive(db, s, r, &about, "file") : rv;
}

static int derive_kept(
    struct db *db, const struct network_map *map, const struct kept_reservation *row)
{
    const struct subnet *s = network_map_subnet_of_kept(map, row);

    return s == NULL ? 0 : derive(db, s, &row->value, row, "command");
}

int kept_store_derive_all(struct db *db, const struct network_map *map)
{
    const struct kept_reservation *row = NULL;
    unsigned cursor = 0;
    int rv = 0;

    while (rv == 0 && (row = reservation_table_next(network_map_kept(map), &cursor)) != NULL) {
        rv = derive_kept(db, map, row);
    }
    return rv;
}

int kept_store_put_reservation(
    struct db *db, const struct network_map *map, const struct kept_reservation *row)
{
    enum db_statement q = STATEMENT_KEPT_PUT;
    int rv = 0;

    db_bind_integer(db, q, 1, (int64_t)row->id);
    db_bind_integer(db, q, 2, (int64_t)row->version);
    db_bind_integer(db, q, 3, row->put_at.ms);
    db_bind_optional(db, q, 4, row->author);
    db_bind_integer(db, q, 5, row->subnet_id);
    db_bind_blob(db, q, 6, row->encoded);
    rv = db_run(db, q);
    if (rv == 0) {
        db_bind_integer(db, STATEMENT_RESERVATION_DELETE, 1, (int64_t)row->id);
        rv = db_run(db, STATEMENT_RESERVATION_DELETE);
    }
    return rv == 0 ? derive_kept(db, map, row) : rv;
}

int kept_store_delete_reservation(struct db *db, uint64_t id)
{
    static const enum db_statement both[] = { STATEMENT_KEPT_DELETE, STATEMENT_RESERVATION_DELETE };

    int rv = 0;

    for (unsigned i = 0; rv == 0 && i < ARRAY_LENGTH(both); i++) {
        db_bind_integer(db, both[i], 1, (int64_t)id);
        rv = db_run(db, both[i]);
    }
    return rv;
}

int kept_store_put_block(struct db *db, const struct block *b)
{
    enum db_statement q = STATEMENT_BLOCK_PUT;

    db_bind_text(db, q, 1, bytes_of_text(block_kind_name(b->subject.kind)));
    db_bind_blob(db, q, 2, b->subject.value);
    db_bind_integer(db, q, 3, (int64_t)b->version);
    db_bind_integer(db, q, 4, b->put_at.ms);
    db_bind_optional(db, q, 5, b->comment);
    db_bind_optional(db, q, 6, b->author);
    return db_run(db, q);
}

int kept_store_delete_block(struct db *db, const struct block_subject *subject)
{
    enum db_statement q = STATEMENT_BLOCK_DELETE;

    db_bind_text(db, q, 1, bytes_of_text(block_kind_name(subject->kind)));
    db_bind_blob(db, q, 2, subject->value);
    return db_run(db, q);
}

bool kept_store_read_reservation(
    struct db *db, struct arena *arena, struct kept_reservation *ret_row)
{
    enum db_statement q = STATEMENT_KEPT_SELECT;
    int64_t subnet_id = db_column_integer(db, q, 4);
    struct kept_reservation row = {
        .id = (uint64_t)db_column_integer(db, q, 0),
        .version = (uint64_t)db_column_integer(db, q, 1),
        .put_at = { db_column_integer(db, q, 2) },
        .author = db_column_bytes(db, q, 3),
        .subnet_id = (uint32_t)subnet_id,
        .encoded = db_column_bytes(db, q, 5),
    };

    if (subnet_id < 0 || subnet_id > UINT32_MAX || row.id == 0 || row.id > INT64_MAX ||
        row.author.n > AUTHOR_MAX || row.encoded.n > RESERVATION_ENCODED_MAX ||
        reservation_decode(row.encoded, arena, &row.value) != 0) {
        return false;
    }
    *ret_row = row;
    return true;
}

static bool read_kind(struct bytes name, enum block_kind *ret_kind)
{
    for (enum block_kind kind = BLOCK_CLIENT_ID; kind <= BLOCK_ADDRESS; kind++) {
        if (bytes_equal(name, bytes_of_text(block_kind_name(kind)))) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

bool kept_store_read_block(struct db *db, struct block *ret_block)
{
    enum db_statement q = STATEMENT_BLOCK_SELECT;
    struct block b = {
        .subject.value = db_column_bytes(db, q, 1),
        .version = (uint64_t)db_column_integer(db, q, 2),
        .put_at = { db_column_integer(db, q, 3) },
        .comment = db_column_bytes(db, q, 4),
        .author = db_column_bytes(db, q, 5),
    };

    if (!read_kind(db_column_bytes(db, q, 0), &b.subject.kind) ||
        !block_subject_is_within_limits(&b.subject) || b.comment.n > BLOCK_COMMENT_MAX ||
        b.author.n > AUTHOR_MAX) {
        return false;
    }
    *ret_block = b;
    return true;
}
