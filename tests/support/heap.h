#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

/*
 * Heap - fails allocations on demand and counts what is in use
 *
 * For test programs that are linked with heap.c by with_failing_heap() (cmake/Testing.cmake): every
 * malloc, calloc, realloc and free of our own code goes through it.
 */

/* The allocation after @n more fails, and every one after that; < 0: none fails. */
void heap_fail_after(int n);

/* Bytes in use, as the allocator rounds them. */
size_t heap_in_use(void);

#endif
