#ifndef STORAGE_BLOCK_TABLE_H
#define STORAGE_BLOCK_TABLE_H

#include "base/instant.h"
#include "proto/command.h"

/*
 * Block table - the clients that get nothing, and the addresses that nobody gets
 *
 * Changed by Block and Unblock commands alone; settings come and go beside it. Pure. Owned by a
 * network map, which everyone asks.
 */
struct block_table;

struct block {
    struct block_subject subject;
    uint64_t version; /* index of the entry that put it last */
    struct instant put_at;
    struct bytes comment, author;
};

enum { BLOCKS_MAX = 100000 };

int block_table_new(struct block_table **ret_table);
struct block_table *block_table_free(struct block_table *t);
unsigned block_table_count(const struct block_table *t);

/* The block of exactly @subject, or NULL. Lent until that block is put anew or removed. */
const struct block *block_table_find(
    const struct block_table *t, const struct block_subject *subject);

/* Visits all blocks in no order. Start with *@cursor = 0; NULL at the end. */
const struct block *block_table_next(const struct block_table *t, unsigned *cursor);

/* The block that keeps a client, or an address, from getting a lease; or NULL. */
const struct block *block_table_of_client(
    const struct block_table *t, struct bytes client_key, struct bytes hw_address);
const struct block *block_table_of_address(const struct block_table *t, struct ip4 address);

/* Inserts or replaces the block of @b->subject. Copies the bytes. Returns 0 or ERR_NOMEM. */
int block_table_put(struct block_table *t, const struct block *b);
void block_table_remove(struct block_table *t, const struct block_subject *subject);

#endif
