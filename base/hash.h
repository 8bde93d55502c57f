#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * Hash - the two hashes whose values are part of the design
 *
 * Both are XXH3 (frozen since xxHash 0.8): the same input gives the same value on every node,
 * every machine and every version of this program.
 */

/* 64 bits for tables, address slots and rendezvous shares. */
uint64_t hash64(struct bytes b, uint64_t seed);

/*
 * A 128-bit multiset hash: the sum of the hashes of its members. Members are added and
 * subtracted in any order; equal multisets have equal digests.
 */
struct digest {
    uint64_t high, low;
};

enum { DIGEST_TEXT_MAX = 33 };

void digest_add(struct digest *d, struct bytes member);
void digest_subtract(struct digest *d, struct bytes member);
bool digest_equal(struct digest a, struct digest b);

/* Writes 32 hex digits and a NUL into @out. Returns @out. */
char *digest_format(struct digest d, char *out);

#endif
