#ifndef SERVER_LATENCY_H
#define SERVER_LATENCY_H

#include <stdint.h>

/*
 * Latency - how long things took, as a histogram with fixed bounds
 *
 * A plain value; bucket i counts what took at most latency_bounds_ms[i], and more than the bound
 * before it. The last bucket has no bound.
 */
enum { LATENCY_BOUNDS = 12 };

extern const uint32_t latency_bounds_ms[LATENCY_BOUNDS];

struct latency {
    uint64_t buckets[LATENCY_BOUNDS + 1];
    uint64_t count;
    uint64_t sum_ms;
};

/* Counts @ms; what is negative (a clock's granularity) counts as 0. */
void latency_note(struct latency *l, int64_t ms);

#endif
