#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* Random numbers that a seed repeats (xorshift; the seed is not zero). */
static inline uint32_t random_next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* 0 .. @n - 1 */
static inline uint32_t random_below(uint32_t *seed, uint32_t n)
{
    return random_next(seed) % n;
}

#endif
