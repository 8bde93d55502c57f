#include "base/arena.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_FIRST = 4096,
    ARENA_GROWTH_MAX = 1 << 20, /* blocks double up to this size */
    ARENA_ALIGN = _Alignof(max_align_t),
};

struct arena_block {
    struct arena_block *previous;
    size_t size;
    max_align_t data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){ .last = NULL };
}

void arena_init_small(struct arena *a, size_t first)
{
    *a = (struct arena){ .first = first };
}

static void free_chain(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *previous = b->previous;

        free(b);
        b = previous;
    }
}

void arena_deinit(struct arena *a)
{
    free_chain(a->last);
    arena_init_small(a, a->first);
}

void arena_reset(struct arena *a)
{
    if (a->last != NULL) {
        free_chain(a->last->previous);
        a->last->previous = NULL;
    }
    a->used = 0;
    a->is_exhausted = false;
}

/* Begins a block of at least @n bytes, never smaller than the one before. */
static bool begin_block(struct arena *a, size_t n)
{
    size_t size = a->last != NULL ? a->last->size : a->first != 0 ? a->first : ARENA_FIRST;

    if (a->last != NULL && size < ARENA_GROWTH_MAX) {
        size *= 2;
    }
    size = size < n ? n : size;

    struct arena_block *b = malloc(sizeof *b + size);

    if (b == NULL) {
        return false;
    }
    *b = (struct arena_block){ .previous = a->last, .size = size };
    a->last = b;
    a->used = 0;
    return true;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t rounded = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;

    if (n > PTRDIFF_MAX / 2) {
        a->is_exhausted = true;
        return NULL;
    }
    if ((a->last == NULL || rounded > a->last->size - a->used) && !begin_block(a, rounded)) {
        a->is_exhausted = true;
        return NULL;
    }

    void *p = (uint8_t *)a->last->data + a->used;

    a->used += rounded;
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total = 0;

    if (__builtin_mul_overflow(n, size, &total)) {
        a->is_exhausted = true;
        return NULL;
    }

    void *p = arena_alloc(a, total);

    if (p != NULL) {
        memset(p, 0, total);
    }
    return p;
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    uint8_t *to = b.n == 0 ? NULL : arena_alloc(a, b.n);

    if (to == NULL) {
        return (struct bytes){ .n = 0 };
    }
    memcpy(to, b.at, b.n);
    return (struct bytes){ to, b.n };
}
