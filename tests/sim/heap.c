#include "sim/heap.h"

#include <raft.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct block {
    struct block *next, *previous;
    size_t n;
    size_t unused; /* keeps what follows aligned for any type */
};

static struct block owners[HEAP_OWNERS_MAX];
static unsigned current;

static void link_block(struct block *b)
{
    struct block *head = &owners[current];

    b->next = head->next;
    b->previous = head;
    if (b->next != NULL) {
        b->next->previous = b;
    }
    head->next = b;
}

static void unlink_block(struct block *b)
{
    b->previous->next = b->next;
    if (b->next != NULL) {
        b->next->previous = b->previous;
    }
}

static void *heap_malloc(void *data, size_t size)
{
    struct block *b = malloc(sizeof *b + size);

    (void)data;
    require(b != NULL);
    *b = (struct block){ .n = size };
    link_block(b);
    return b + 1;
}

static void heap_free(void *data, void *p)
{
    struct block *b = p;

    (void)data;
    if (b != NULL) {
        unlink_block(b - 1);
        free(b - 1);
    }
}

static void *heap_calloc(void *data, size_t n, size_t size)
{
    void *p = heap_malloc(data, n * size);

    memset(p, 0, n * size);
    return p;
}

static void *heap_realloc(void *data, void *p, size_t size)
{
    void *moved = heap_malloc(data, size);

    if (p != NULL) {
        size_t n = ((struct block *)p - 1)->n;

        memcpy(moved, p, n < size ? n : size);
        heap_free(data, p);
    }
    return moved;
}

static void *heap_aligned_alloc(void *data, size_t alignment, size_t size)
{
    (void)data;
    return aligned_alloc(alignment, size);
}

static void heap_aligned_free(void *data, size_t alignment, void *p)
{
    (void)data;
    (void)alignment;
    free(p);
}

void heap_install(void)
{
    static struct raft_heap heap = {
        .malloc = heap_malloc,
        .free = heap_free,
        .calloc = heap_calloc,
        .realloc = heap_realloc,
        .aligned_alloc = heap_aligned_alloc,
        .aligned_free = heap_aligned_free,
    };

    raft_heap_set(&heap);
}

unsigned heap_owner(void)
{
    return current;
}

unsigned heap_set_owner(unsigned owner)
{
    unsigned previous = current;

    require(owner < HEAP_OWNERS_MAX);
    current = owner;
    return previous;
}

void heap_free_owner(unsigned owner)
{
    require(owner < HEAP_OWNERS_MAX);
    while (owners[owner].next != NULL) {
        heap_free(NULL, owners[owner].next + 1);
    }
}
