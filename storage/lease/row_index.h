#ifndef STORAGE_LEASE_ROW_INDEX_H
#define STORAGE_LEASE_ROW_INDEX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Row index - row numbers by a 32-bit tag, for the lease table
 *
 * Open addressing with linear probing and without tombstones: it is as fast after a million
 * removals as before. Tags need not be unique. Row numbers are never 0. All zero is an empty one.
 * It is divided by the hash of the tag into parts that grow each by itself: no single add has
 * to move more than a part.
 */
enum { ROW_INDEX_PARTS = 256 };

struct row_slot {
    uint32_t tag;
    uint32_t row; /* 0: empty */
};

struct row_part {
    struct row_slot *slots;
    unsigned bits; /* 1 << bits slots, when there are any */
    uint32_t n;
};

struct row_index {
    struct row_part parts[ROW_INDEX_PARTS];
};

void row_index_deinit(struct row_index *x);

/* Makes sure that the next row_index_add() under @tag has room. Returns 0 or ERR_NOMEM. */
int row_index_reserve(struct row_index *x, uint32_t tag);

/* Begins to fetch the slots where @tag is, or will be. */
void row_index_prefetch(const struct row_index *x, uint32_t tag);

void row_index_add(struct row_index *x, uint32_t tag, uint32_t row);

/* @row must be there under @tag. */
void row_index_replace(struct row_index *x, uint32_t tag, uint32_t row, uint32_t by);
void row_index_remove(struct row_index *x, uint32_t tag, uint32_t row);

/* The rows under @tag, one after the other, then 0. Start with *@cursor = 0. */
uint32_t row_index_next(const struct row_index *x, uint32_t tag, uint32_t *cursor);

#endif
