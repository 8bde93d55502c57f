#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * Arena - memory that is given back all at once
 *
 * For values that live and die together, such as a decoded message. Blocks grow as the arena
 * does; a reset keeps the largest one, so that an arena in a loop soon allocates no more.
 */
struct arena {
    struct arena_block *last; /* newest and largest */
    size_t used;              /* of the newest block */
    size_t first;             /* size of the first block, 0: as large as a page */
    bool is_exhausted;        /* an allocation failed since the last reset */
};

void arena_init(struct arena *a);

/* The same with a first block of @first bytes, for values of which there are a great many. */
void arena_init_small(struct arena *a, size_t first);
void arena_deinit(struct arena *a);

/* Ends the life of everything that came from @a. */
void arena_reset(struct arena *a);

/* Returns @n bytes aligned for any type, not cleared; NULL (and latches) when out of memory. */
void *arena_alloc(struct arena *a, size_t n);

/* Returns an array of @n zeroed elements of @size bytes; NULL when out of memory. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* Returns a copy of @b that lives in @a; empty when out of memory (latched) or when @b is. */
struct bytes arena_copy(struct arena *a, struct bytes b);

#endif
