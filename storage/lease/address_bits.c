#include "storage/lease/address_bits.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"

void address_bits_deinit(struct address_bits *b)
{
    for (unsigned i = 0; i < ADDRESS_CHUNKS; i++) {
        free(b->chunks[i]);
    }
    memset(b, 0, sizeof *b);
}

/* The chunk of @a, or NULL when no address of it was ever used. */
static struct address_chunk *chunk_of(const struct address_bits *b, struct ip4 a)
{
    return b->chunks[a.value >> 16];
}

static unsigned word_of(struct ip4 a)
{
    return a.value >> 6 & (ADDRESS_CHUNK_WORDS - 1);
}

int address_bits_reserve(struct address_bits *b, struct ip4 a)
{
    uint32_t i = a.value >> 16;

    if (b->chunks[i] == NULL) {
        b->chunks[i] = calloc(1, sizeof *b->chunks[i]);
        if (b->chunks[i] == NULL) {
            return ERR_NOMEM;
        }
        memset(b->chunks[i]->has_unused, 0xff, sizeof b->chunks[i]->has_unused);
        b->made[i / 64] |= UINT64_C(1) << (i % 64);
    }
    return 0;
}

static void set(uint64_t *word, uint64_t bit, bool on)
{
    *word = (*word & ~bit) | (on ? bit : 0);
}

void address_bits_set(struct address_bits *b, struct ip4 a, bool used, bool remembered)
{
    struct address_chunk *c = chunk_of(b, a);
    uint64_t bit = UINT64_C(1) << (a.value & 63);
    unsigned word = word_of(a);
    uint64_t word_bit = UINT64_C(1) << (word % 64);

    require(c != NULL);
    require(implies(remembered, used));
    set(&c->used[word], bit, used);
    set(&c->remembered[word], bit, remembered);
    set(&c->has_unused[word / 64], word_bit, c->used[word] != UINT64_MAX);
    set(&c->has_remembered[word / 64], word_bit, c->remembered[word] != 0);
}

struct lease_block address_bits_block(const struct address_bits *b, struct ip4 block)
{
    const struct address_chunk *c = chunk_of(b, block);

    require(block.value % 64 == 0);
    if (c == NULL) {
        return (struct lease_block){ .used = 0 };
    }
    return (struct lease_block){ c->used[word_of(block)], c->remembered[word_of(block)] };
}

uint64_t address_bits_next_block(
    const struct address_bits *b, enum lease_block_kind kind, uint64_t block, uint64_t end)
{
    while (block < end) {
        const struct address_chunk *c = b->chunks[block >> 16];

        if (c == NULL && kind == LEASE_BLOCK_UNUSED) {
            return block;
        }
        if (c == NULL) {
            block = (block | 0xffff) + 1;
            continue;
        }

        const uint64_t *summary = kind == LEASE_BLOCK_UNUSED ? c->has_unused : c->has_remembered;
        uint64_t word = block >> 6 & (ADDRESS_CHUNK_WORDS - 1);
        uint64_t bits = summary[word / 64] >> (word % 64);

        if (bits != 0) {
            block += (uint64_t)__builtin_ctzll(bits) * 64;
            return block < end ? block : end;
        }
        block = (block | 0xfff) + 1;
    }
    return end;
}

/* The start of the first chunk at or after the one that begins at @from; or 1 << 32. */
static uint64_t next_chunk(const struct address_bits *b, uint64_t from)
{
    for (uint64_t i = from >> 16; i < ADDRESS_CHUNKS; i = (i | 63) + 1) {
        uint64_t made = b->made[i / 64] >> (i % 64);

        if (made != 0) {
            return (i + (uint64_t)__builtin_ctzll(made)) << 16;
        }
    }
    return (uint64_t)ADDRESS_CHUNKS << 16;
}

bool address_bits_next_used(const struct address_bits *b, uint64_t *from, struct ip4 *ret_address)
{
    while (*from <= UINT32_MAX) {
        struct ip4 a = ip4_of((uint32_t)*from);
        const struct address_chunk *c = chunk_of(b, a);
        uint64_t used = c == NULL ? 0 : c->used[word_of(a)] >> (a.value & 63);

        if (used != 0) {
            *ret_address = ip4_of(a.value + (uint32_t)__builtin_ctzll(used));
            *from = (uint64_t)ret_address->value + 1;
            return true;
        }
        *from = c == NULL ? next_chunk(b, *from) : (*from | 63) + 1;
    }
    return false;
}
