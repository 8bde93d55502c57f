#ifndef STORAGE_LEASE_ADDRESS_BITS_H
#define STORAGE_LEASE_ADDRESS_BITS_H

#include "storage/lease/table.h"

/*
 * Address bits - two bits for each address, for the lease table: used and remembered
 *
 * Kept in chunks of 65536 addresses, made when the first address of a chunk is used; a /16 full of
 * leases takes 16 KiB. All zero is an empty one.
 */
enum {
    ADDRESS_CHUNKS = 1 << 16,
    ADDRESS_CHUNK_WORDS = 1 << 10,
};

struct address_chunk {
    uint64_t used[ADDRESS_CHUNK_WORDS];
    uint64_t remembered[ADDRESS_CHUNK_WORDS];
    /* Of the words above, a bit each: those that a search may not pass over. */
    uint64_t has_unused[ADDRESS_CHUNK_WORDS / 64];
    uint64_t has_remembered[ADDRESS_CHUNK_WORDS / 64];
};

struct address_bits {
    struct address_chunk *chunks[ADDRESS_CHUNKS];
    uint64_t made[ADDRESS_CHUNKS / 64]; /* a bit per chunk: a walk passes over the others */
};

void address_bits_deinit(struct address_bits *b);

/* Makes sure that the bits of @a can be set. Returns 0 or ERR_NOMEM. */
int address_bits_reserve(struct address_bits *b, struct ip4 a);
void address_bits_set(struct address_bits *b, struct ip4 a, bool used, bool remembered);

struct lease_block address_bits_block(const struct address_bits *b, struct ip4 block);
uint64_t address_bits_next_block(
    const struct address_bits *b, enum lease_block_kind kind, uint64_t block, uint64_t end);

/* The first used address at or after *@from, which then becomes the one after it. */
bool address_bits_next_used(const struct address_bits *b, uint64_t *from, struct ip4 *ret_address);

#endif
