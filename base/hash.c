#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

uint64_t hash64(struct bytes b, uint64_t seed)
{
    return XXH3_64bits_withSeed(b.at, b.n, seed);
}

void digest_add(struct digest *d, struct bytes member)
{
    XXH128_hash_t h = XXH3_128bits(member.at, member.n);

    d->high += h.high64 + (__builtin_add_overflow(d->low, h.low64, &d->low) ? 1u : 0u);
}

void digest_subtract(struct digest *d, struct bytes member)
{
    XXH128_hash_t h = XXH3_128bits(member.at, member.n);

    d->high -= h.high64 + (__builtin_sub_overflow(d->low, h.low64, &d->low) ? 1u : 0u);
}

bool digest_equal(struct digest a, struct digest b)
{
    return a.high == b.high && a.low == b.low;
}

char *digest_format(struct digest d, char *out)
{
    (void)snprintf(out, DIGEST_TEXT_MAX, "%016" PRIx64 "%016" PRIx64, d.high, d.low);
    return out;
}
