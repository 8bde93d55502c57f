#include "server/latency.h"

const uint32_t latency_bounds_ms[LATENCY_BOUNDS] = { 1,   2,   5,   10,   20,   50,
                                                     100, 200, 500, 1000, 2000, 5000 };

void latency_note(struct latency *l, int64_t ms)
{
    uint64_t took = ms < 0 ? 0 : (uint64_t)ms;
    unsigned i = 0;

    while (i < LATENCY_BOUNDS && took > latency_bounds_ms[i]) {
        i++;
    }
    l->buckets[i]++;
    l->count++;
    l->sum_ms += took;
}
