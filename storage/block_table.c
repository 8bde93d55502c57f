#include "storage/block_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/writer.h"
#include "storage/lease/row_index.h"

enum { ROWS_FIRST = 16 };

struct row {
    struct block public;
    uint8_t bytes[]; /* value, comment, author */
};

struct block_table {
    unsigned n, capacity;
    struct row **rows; /* row number - 1; the last one fills the place of a removed one */
    struct row_index index;
    unsigned n_by_kind[BLOCK_ADDRESS + 1];
    unsigned n_by_prefix[HW_ADDRESS_MAX + 1]; /* BLOCK_HW_PREFIX by the octets of its value */
};

static uint32_t tag_of(const struct block_subject *s)
{
    return (uint32_t)hash64(s->value, s->kind);
}

int block_table_new(struct block_table **ret_table)
{
    struct block_table *t = calloc(1, sizeof *t);

    if (t == NULL) {
        return ERR_NOMEM;
    }
    *ret_table = t;
    return 0;
}

struct block_table *block_table_free(struct block_table *t)
{
    if (t != NULL) {
        for (unsigned i = 0; i < t->n; i++) {
            free(t->rows[i]);
        }
        row_index_deinit(&t->index);
        free(t->rows);
        free(t);
    }
    return NULL;
}

unsigned block_table_count(const struct block_table *t)
{
    return t->n;
}

/* The number of the row of @subject, or 0. */
static uint32_t number_of(const struct block_table *t, const struct block_subject *subject)
{
    uint32_t cursor = 0;
    uint32_t number = 0;

    while ((number = row_index_next(&t->index, tag_of(subject), &cursor)) != 0) {
        const struct block_subject *at = &t->rows[number - 1]->public.subject;

        if (at->kind == subject->kind && bytes_equal(at->value, subject->value)) {
            break;
        }
    }
    return number;
}

const struct block *block_table_find(
    const struct block_table *t, const struct block_subject *subject)
{
    uint32_t number = number_of(t, subject);

    return number == 0 ? NULL : &t->rows[number - 1]->public;
}

const struct block *block_table_next(const struct block_table *t, unsigned *cursor)
{
    return *cursor < t->n ? &t->rows[(*cursor)++]->public : NULL;
}

static const struct block *find(
    const struct block_table *t, enum block_kind kind, struct bytes value)
{
    const struct block_subject subject = { kind, value };

    return t->n_by_kind[kind] == 0 ? NULL : block_table_find(t, &subject);
}

static const struct block *find_prefix(const struct block_table *t, struct bytes hw_address)
{
    const struct block *found = NULL;

    for (size_t n = 1; n <= HW_ADDRESS_MAX && n <= hw_address.n && found == NULL; n++) {
        if (t->n_by_prefix[n] > 0) {
            found = find(t, BLOCK_HW_PREFIX, bytes_slice(hw_address, 0, n));
        }
    }
    return found;
}

const struct block *block_table_of_client(
    const struct block_table *t, struct bytes client_key, struct bytes hw_address)
{
    const struct block *found = find(t, BLOCK_CLIENT_ID, client_key);

    if (found == NULL && hw_address.n > 0) {
        found = find(t, BLOCK_HW_ADDRESS, hw_address);
    }
    return found == NULL ? find_prefix(t, hw_address) : found;
}

const struct block *block_table_of_address(const struct block_table *t, struct ip4 address)
{
    uint8_t octets[4];
    struct writer w = writer_of(octets, sizeof octets);

    writer_u32(&w, address.value);
    return find(t, BLOCK_ADDRESS, writer_done(&w));
}

static struct bytes append(uint8_t **to, struct bytes from)
{
    struct bytes copy = bytes_of(*to, from.n);

    if (from.n > 0) {
        memcpy(*to, from.at, from.n);
    }
    *to += from.n;
    return copy;
}

static struct row *row_of(const struct block *b)
{
    struct row *row = malloc(sizeof *row + b->subject.value.n + b->comment.n + b->author.n);
    uint8_t *to = row == NULL ? NULL : row->bytes;

    if (row != NULL) {
        row->public = *b;
        row->public.subject.value = append(&to, b->subject.value);
        row->public.comment = append(&to, b->comment);
        row->public.author = append(&to, b->author);
    }
    return row;
}

static void count(struct block_table *t, const struct block_subject *s, int by)
{
    t->n_by_kind[s->kind] += (unsigned)by;
    if (s->kind == BLOCK_HW_PREFIX) {
        t->n_by_prefix[s->value.n] += (unsigned)by;
    }
}

static int reserve(struct block_table *t, const struct block_subject *s)
{
    if (row_index_reserve(&t->index, tag_of(s)) != 0) {
        return ERR_NOMEM;
    }
    if (t->n == t->capacity) {
        unsigned capacity = t->capacity == 0 ? ROWS_FIRST : 2 * t->capacity;
        struct row **rows = realloc(t->rows, capacity * sizeof(struct row *));

        if (rows == NULL) {
            return ERR_NOMEM;
        }
        t->rows = rows;
        t->capacity = capacity;
    }
    return 0;
}

int block_table_put(struct block_table *t, const struct block *b)
{
    require(block_subject_is_within_limits(&b->subject));

    uint32_t number = number_of(t, &b->subject);
    struct row *fresh = reserve(t, &b->subject) == 0 ? row_of(b) : NULL;

    if (fresh == NULL) {
        return ERR_NOMEM;
    }
    if (number != 0) {
        free(t->rows[number - 1]);
        t->rows[number - 1] = fresh;
        return 0;
    }
    t->rows[t->n++] = fresh;
    row_index_add(&t->index, tag_of(&b->subject), t->n);
    count(t, &b->subject, 1);
    return 0;
}

void block_table_remove(struct block_table *t, const struct block_subject *subject)
{
    uint32_t number = number_of(t, subject);

    require(number != 0);

    struct row *row = t->rows[number - 1];

    row_index_remove(&t->index, tag_of(subject), number);
    count(t, subject, -1);
    if (number != t->n) {
        t->rows[number - 1] = t->rows[t->n - 1];
        row_index_replace(&t->index, tag_of(&t->rows[number - 1]->public.subject), t->n, number);
    }
    t->n--;
    free(row);
}
