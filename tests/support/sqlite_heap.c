#include "support/sqlite_heap.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/check.h"

static void *allocate(int n)
{
    return malloc((size_t)n);
}

static void *reallocate(void *p, int n)
{
    return realloc(p, (size_t)n);
}

static int size_of(void *p)
{
    return (int)malloc_usable_size(p);
}

static int round_up(int n)
{
    return (n + 7) / 8 * 8;
}

static int init(void *data)
{
    (void)data;
    return SQLITE_OK;
}

static void shut_down(void *data)
{
    (void)data;
}

void sqlite_heap_install(void)
{
    static const sqlite3_mem_methods methods = {
        .xMalloc = allocate,
        .xFree = free,
        .xRealloc = reallocate,
        .xSize = size_of,
        .xRoundup = round_up,
        .xInit = init,
        .xShutdown = shut_down,
    };

    ensure(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
    ensure(sqlite3_initialize() == SQLITE_OK);
}
