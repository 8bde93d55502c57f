#include "storage/lease/row_index.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"

enum {
    PART_BITS_FIRST = 3,
    PART_BITS_MAX = 23,
};

void row_index_deinit(struct row_index *x)
{
    for (unsigned i = 0; i < ROW_INDEX_PARTS; i++) {
        free(x->parts[i].slots);
        x->parts[i] = (struct row_part){ .n = 0 };
    }
}

static uint32_t mask_of(const struct row_part *p)
{
    return ((uint32_t)1 << p->bits) - 1;
}

/*
 * Fibonacci hashing, but the eight tags that differ in their last bits alone share a cache line:
 * rows that are loaded in the order of their addresses miss the cache once for eight. The first
 * bits choose the part, the rest the place in it.
 */
static uint32_t hash_of(uint32_t tag)
{
    return (tag >> 3) * UINT32_C(0x9e3779b1);
}

static unsigned part_number(uint32_t tag)
{
    return hash_of(tag) / (UINT32_MAX / ROW_INDEX_PARTS + 1);
}

static uint32_t home_of(const struct row_part *p, uint32_t tag)
{
    uint32_t line = hash_of(tag) * ROW_INDEX_PARTS >> (32 - p->bits);

    return (line & ~UINT32_C(7)) | (tag & 7);
}

static void add(struct row_part *p, uint32_t tag, uint32_t row)
{
    uint32_t i = home_of(p, tag);

    require(row != 0);
    require(p->n < mask_of(p));
    while (p->slots[i].row != 0) {
        i = (i + 1) & mask_of(p);
    }
    p->slots[i] = (struct row_slot){ tag, row };
    p->n++;
}

static int resize(struct row_part *p, unsigned bits)
{
    struct row_part bigger = { .bits = bits };

    bigger.slots = calloc((size_t)1 << bits, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; p->slots != NULL && i <= mask_of(p); i++) {
        if (p->slots[i].row != 0) {
            add(&bigger, p->slots[i].tag, p->slots[i].row);
        }
    }
    free(p->slots);
    *p = bigger;
    return 0;
}

int row_index_reserve(struct row_index *x, uint32_t tag)
{
    struct row_part *p = &x->parts[part_number(tag)];

    if (p->slots == NULL) {
        return resize(p, PART_BITS_FIRST);
    }
    if (p->n < mask_of(p) / 4 * 3) {
        return 0;
    }
    return p->bits < PART_BITS_MAX ? resize(p, p->bits + 1) : ERR_NOMEM;
}

void row_index_prefetch(const struct row_index *x, uint32_t tag)
{
    const struct row_part *p = &x->parts[part_number(tag)];

    if (p->slots != NULL) {
        __builtin_prefetch(&p->slots[home_of(p, tag)]);
    }
}

void row_index_add(struct row_index *x, uint32_t tag, uint32_t row)
{
    add(&x->parts[part_number(tag)], tag, row);
}

static uint32_t slot_of(const struct row_part *p, uint32_t tag, uint32_t row)
{
    uint32_t i = home_of(p, tag);

    while (p->slots[i].row != row) {
        require(p->slots[i].row != 0);
        i = (i + 1) & mask_of(p);
    }
    return i;
}

void row_index_replace(struct row_index *x, uint32_t tag, uint32_t row, uint32_t by)
{
    struct row_part *p = &x->parts[part_number(tag)];

    p->slots[slot_of(p, tag, row)].row = by;
}

/* Moves back what had to give way, so that every run from a home to its rows stays whole. */
void row_index_remove(struct row_index *x, uint32_t tag, uint32_t row)
{
    struct row_part *p = &x->parts[part_number(tag)];
    uint32_t hole = slot_of(p, tag, row);

    for (uint32_t i = (hole + 1) & mask_of(p); p->slots[i].row != 0; i = (i + 1) & mask_of(p)) {
        uint32_t from_home = (i - home_of(p, p->slots[i].tag)) & mask_of(p);
        uint32_t from_hole = (i - hole) & mask_of(p);

        if (from_home >= from_hole) {
            p->slots[hole] = p->slots[i];
            hole = i;
        }
    }
    p->slots[hole] = (struct row_slot){ .row = 0 };
    p->n--;
}

uint32_t row_index_next(const struct row_index *x, uint32_t tag, uint32_t *cursor)
{
    const struct row_part *p = &x->parts[part_number(tag)];

    if (p->slots == NULL) {
        return 0;
    }
    while (true) {
        const struct row_slot *s = &p->slots[(home_of(p, tag) + (*cursor)++) & mask_of(p)];

        if (s->row == 0 || s->tag == tag) {
            return s->row;
        }
    }
}
