#include "storage/lease/row_index.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"

enum {
    INDEX_BITS_FIRST = 6,
    INDEX_BITS_MAX = 31,
};

void row_index_deinit(struct row_index *x)
{
    free(x->slots);
    *x = (struct row_index){ .n = 0 };
}

static uint32_t mask_of(const struct row_index *x)
{
    return ((uint32_t)1 << x->bits) - 1;
}

/*
 * Fibonacci hashing, but the eight tags that differ in their last bits alone share a cache line:
 * rows that are loaded in the order of their addresses miss the cache once for eight.
 */
static uint32_t home_of(const struct row_index *x, uint32_t tag)
{
    uint32_t line = (tag >> 3) * UINT32_C(0x9e3779b1) >> (32 - x->bits);

    return (line & ~UINT32_C(7)) | (tag & 7);
}

static int resize(struct row_index *x, unsigned bits)
{
    struct row_index bigger = { .bits = bits };

    bigger.slots = calloc((size_t)1 << bits, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; x->slots != NULL && i <= mask_of(x); i++) {
        if (x->slots[i].row != 0) {
            row_index_add(&bigger, x->slots[i].tag, x->slots[i].row);
        }
    }
    free(x->slots);
    *x = bigger;
    return 0;
}

int row_index_reserve(struct row_index *x)
{
    if (x->slots == NULL) {
        return resize(x, INDEX_BITS_FIRST);
    }
    if (x->n < mask_of(x) / 4 * 3) {
        return 0;
    }
    return x->bits < INDEX_BITS_MAX ? resize(x, x->bits + 1) : ERR_NOMEM;
}

void row_index_prefetch(const struct row_index *x, uint32_t tag)
{
    if (x->slots != NULL) {
        __builtin_prefetch(&x->slots[home_of(x, tag)]);
    }
}

void row_index_add(struct row_index *x, uint32_t tag, uint32_t row)
{
    uint32_t i = home_of(x, tag);

    require(row != 0);
    require(x->n < mask_of(x));
    while (x->slots[i].row != 0) {
        i = (i + 1) & mask_of(x);
    }
    x->slots[i] = (struct row_slot){ tag, row };
    x->n++;
}

static uint32_t slot_of(const struct row_index *x, uint32_t tag, uint32_t row)
{
    uint32_t i = home_of(x, tag);

    while (x->slots[i].row != row) {
        require(x->slots[i].row != 0);
        i = (i + 1) & mask_of(x);
    }
    return i;
}

void row_index_replace(struct row_index *x, uint32_t tag, uint32_t row, uint32_t by)
{
    x->slots[slot_of(x, tag, row)].row = by;
}

/* Moves back what had to give way, so that every run from a home to its rows stays whole. */
void row_index_remove(struct row_index *x, uint32_t tag, uint32_t row)
{
    uint32_t hole = slot_of(x, tag, row);

    for (uint32_t i = (hole + 1) & mask_of(x); x->slots[i].row != 0; i = (i + 1) & mask_of(x)) {
        uint32_t from_home = (i - home_of(x, x->slots[i].tag)) & mask_of(x);
        uint32_t from_hole = (i - hole) & mask_of(x);

        if (from_home >= from_hole) {
            x->slots[hole] = x->slots[i];
            hole = i;
        }
    }
    x->slots[hole] = (struct row_slot){ .row = 0 };
    x->n--;
}

uint32_t row_index_next(const struct row_index *x, uint32_t tag, uint32_t *cursor)
{
    if (x->slots == NULL) {
        return 0;
    }
    while (true) {
        const struct row_slot *s = &x->slots[(home_of(x, tag) + (*cursor)++) & mask_of(x)];

        if (s->row == 0 || s->tag == tag) {
            return s->row;
        }
    }
}
