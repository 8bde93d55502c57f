#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "storage/state.h"

/*
 * Checkpointer - moves the WAL into the database file, with its fsync, off the loop
 *
 * It reads one number of the store, the length of the WAL, and must end before the store does.
 */
enum { WAL_PAGES_MIN = 1000 }; /* 4 MB */

struct store_checkpointer {
    struct db *db;
    const _Atomic unsigned *wal_pages;
    unsigned done_pages; /* what it was when all of it was moved */
};

int store_checkpointer_new(struct store *s, struct store_checkpointer **ret_checkpointer)
{
    struct store_checkpointer *c = calloc(1, sizeof *c);
    int r = 0;

    if (c == NULL) {
        return ERR_NOMEM;
    }
    r = db_open(&c->db, s->path, DB_CHECKPOINTER);
    if (r != 0) {
        free(c);
        return r < 0 ? r : ERR_IO;
    }
    c->wal_pages = db_wal_pages(s->db);
    *ret_checkpointer = c;
    return 0;
}

int store_checkpointer_run(struct store_checkpointer *c)
{
    unsigned pages = atomic_load_explicit(c->wal_pages, memory_order_relaxed);
    int r = 0;

    if (pages < WAL_PAGES_MIN || pages == c->done_pages) {
        return 0;
    }
    r = db_checkpoint(c->db);
    if (r == 0) {
        c->done_pages = pages;
    }
    return r < 0 ? r : 0;
}

struct store_checkpointer *store_checkpointer_free(struct store_checkpointer *c)
{
    if (c != NULL) {
        c->db = db_free(c->db);
        free(c);
    }
    return NULL;
}
