#include "support/heap.h"

#include <malloc.h>
#include <stdbool.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static int left = -1;
static size_t in_use;

void heap_fail_after(int n)
{
    left = n;
}

size_t heap_in_use(void)
{
    return in_use;
}

static bool must_fail(void)
{
    if (left > 0) {
        left--;
        return false;
    }
    return left == 0;
}

static void *counted(void *p)
{
    in_use += malloc_usable_size(p);
    return p;
}

void *__wrap_malloc(size_t n)
{
    return must_fail() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
    if (must_fail()) {
        return NULL;
    }
    in_use -= malloc_usable_size(p);
    return counted(__real_realloc(p, n));
}

void __wrap_free(void *p)
{
    in_use -= malloc_usable_size(p);
    __real_free(p);
}
