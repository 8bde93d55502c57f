#include "storage/reservation_table.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "base/hash.h"
#include "proto/settings_codec.h"
#include "storage/lease/row_index.h"

enum {
    ARENA_BASE = 192, /* of a row, beside what its bytes take: twice their number */
    ROWS_FIRST = 16,
    BY_ID = 0,
    BY_ADDRESS,
    BY_CLIENT,
    N_INDEXES,
};

struct row {
    struct kept_reservation public; /* `id` 0: the row is free */
    struct arena arena;             /* what it borrows */
    uint32_t next_free;
};

struct reservation_table {
    unsigned n, n_rows, capacity;
    uint32_t first_free; /* row number, from 1; 0: none */
    struct row **rows;   /* row number - 1 */
    struct row_index indexes[N_INDEXES];
    unsigned n_of_set[1u << CLIENT_MARK_COUNT]; /* rows by the set of marks they ask for */
};

static uint32_t tag_of_id(uint64_t id)
{
    return (uint32_t)(id ^ id >> 32);
}

static uint32_t tag_of(const struct kept_reservation *row, unsigned index)
{
    struct client_identity client = client_identity_of_reservation(&row->value);

    switch (index) {
    case BY_ID:
        return tag_of_id(row->id);
    case BY_ADDRESS: /* rows without one are never looked for: they only have to be spread */
        return ip4_is_any(row->value.address) ? tag_of_id(row->id) : row->value.address.value;
    default:
        return (uint32_t)client_identity_hash(&client, client_identity_set(&client), 0);
    }
}

int reservation_table_new(struct reservation_table **ret_table)
{
    struct reservation_table *t = calloc(1, sizeof *t);

    if (t == NULL) {
        return ERR_NOMEM;
    }
    *ret_table = t;
    return 0;
}

struct reservation_table *reservation_table_free(struct reservation_table *t)
{
    if (t == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < t->n_rows; i++) {
        arena_deinit(&t->rows[i]->arena);
        free(t->rows[i]);
    }
    for (unsigned i = 0; i < N_INDEXES; i++) {
        row_index_deinit(&t->indexes[i]);
    }
    free(t->rows);
    free(t);
    return NULL;
}

unsigned reservation_table_count(const struct reservation_table *t)
{
    return t->n;
}

/* The number of the row of @id, or 0. */
static uint32_t number_of(const struct reservation_table *t, uint64_t id)
{
    uint32_t cursor = 0;
    uint32_t number = 0;

    while ((number = row_index_next(&t->indexes[BY_ID], tag_of_id(id), &cursor)) != 0) {
        if (t->rows[number - 1]->public.id == id) {
            break;
        }
    }
    return number;
}

const struct kept_reservation *reservation_table_find(
    const struct reservation_table *t, uint64_t id)
{
    uint32_t number = number_of(t, id);

    return number == 0 ? NULL : &t->rows[number - 1]->public;
}

const struct kept_reservation *reservation_table_of_address(
    const struct reservation_table *t, struct ip4 address)
{
    uint32_t cursor = 0;
    uint32_t number = 0;

    while ((number = row_index_next(&t->indexes[BY_ADDRESS], address.value, &cursor)) != 0) {
        const struct kept_reservation *row = &t->rows[number - 1]->public;

        if (!ip4_is_any(address) && ip4_equal(row->value.address, address)) {
            return row;
        }
    }
    return NULL;
}

static bool is_in(const struct kept_reservation *row, struct ip4_prefix prefix)
{
    return row->subnet_id == 0 ? ip4_prefix_contains(prefix, row->value.address)
                               : row->subnet_id == prefix.network.value;
}

static unsigned set_of(const struct kept_reservation *row)
{
    struct client_identity client = client_identity_of_reservation(&row->value);

    return client_identity_set(&client);
}

const struct kept_reservation *reservation_table_of_client(
    const struct reservation_table *t,
    struct ip4_prefix prefix,
    const struct client_identity *client,
    unsigned set)
{
    uint32_t tag = (uint32_t)client_identity_hash(client, set, 0);
    uint32_t cursor = 0;
    uint32_t number = 0;

    if (t->n_of_set[set] == 0) {
        return NULL;
    }
    while ((number = row_index_next(&t->indexes[BY_CLIENT], tag, &cursor)) != 0) {
        const struct kept_reservation *row = &t->rows[number - 1]->public;
        struct client_identity wanted = client_identity_of_reservation(&row->value);

        if (client_identity_set(&wanted) == set && client_identity_equal(&wanted, client, set) &&
            is_in(row, prefix)) {
            return row;
        }
    }
    return NULL;
}

const struct kept_reservation *reservation_table_next(
    const struct reservation_table *t, unsigned *cursor)
{
    while (*cursor < t->n_rows) {
        const struct kept_reservation *row = &t->rows[(*cursor)++]->public;

        if (row->id != 0) {
            return row;
        }
    }
    return NULL;
}

/* Makes sure that a row number and a place in each index are free. Returns 0 or ERR_NOMEM. */
static int reserve(struct reservation_table *t, const struct kept_reservation *row)
{
    for (unsigned i = 0; i < N_INDEXES; i++) {
        if (row_index_reserve(&t->indexes[i], tag_of(row, i)) != 0) {
            return ERR_NOMEM;
        }
    }
    if (t->first_free != 0) {
        return 0;
    }
    if (t->n_rows == t->capacity) {
        unsigned capacity = t->capacity == 0 ? ROWS_FIRST : 2 * t->capacity;
        struct row **rows = realloc(t->rows, capacity * sizeof(struct row *));

        if (rows == NULL) {
            return ERR_NOMEM;
        }
        t->rows = rows;
        t->capacity = capacity;
    }

    struct row *fresh = calloc(1, sizeof *fresh);

    if (fresh == NULL) {
        return ERR_NOMEM;
    }
    t->rows[t->n_rows++] = fresh;
    t->first_free = t->n_rows;
    return 0;
}

/* A copy of @from in an arena of its own. */
static int copy(const struct kept_reservation *from, struct row *ret_row)
{
    struct row row = { .public = *from };

    arena_init_small(&row.arena, ARENA_BASE + 2 * from->encoded.n);
    row.public.author = arena_copy(&row.arena, from->author);
    row.public.encoded = arena_copy(&row.arena, from->encoded);

    int r = row.arena.is_exhausted
                ? ERR_NOMEM
                : reservation_decode(row.public.encoded, &row.arena, &row.public.value);

    if (r != 0) {
        arena_deinit(&row.arena);
        require(r == ERR_NOMEM);
        return r;
    }
    *ret_row = row;
    return 0;
}

int reservation_table_put(struct reservation_table *t, const struct kept_reservation *row)
{
    struct row fresh;

    require(row->id != 0);
    if (reserve(t, row) != 0 || copy(row, &fresh) != 0) {
        return ERR_NOMEM;
    }
    if (number_of(t, row->id) != 0) {
        reservation_table_remove(t, row->id);
    }

    uint32_t number = t->first_free;

    t->first_free = t->rows[number - 1]->next_free;
    *t->rows[number - 1] = fresh;
    for (unsigned i = 0; i < N_INDEXES; i++) {
        row_index_add(&t->indexes[i], tag_of(&fresh.public, i), number);
    }
    t->n_of_set[set_of(&fresh.public)]++;
    t->n++;
    return 0;
}

void reservation_table_remove(struct reservation_table *t, uint64_t id)
{
    uint32_t number = number_of(t, id);

    require(number != 0);

    struct row *row = t->rows[number - 1];

    for (unsigned i = 0; i < N_INDEXES; i++) {
        row_index_remove(&t->indexes[i], tag_of(&row->public, i), number);
    }
    t->n_of_set[set_of(&row->public)]--;
    arena_deinit(&row->arena);
    *row = (struct row){ .next_free = t->first_free };
    t->first_free = number;
    t->n--;
}
