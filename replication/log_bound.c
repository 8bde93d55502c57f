#include "replication/log_bound.h"

enum { SAMPLE = 4096 }; /* entries after which older ones count half */

static unsigned at_most(uint64_t n, unsigned max)
{
    return n < max ? (unsigned)n : max;
}

struct log_limits log_bound_add(struct log_bound *b, size_t size)
{
    uint64_t mean, fitting;
    unsigned threshold;

    if (b->n >= SAMPLE) {
        b->n /= 2;
        b->n_bytes /= 2;
    }
    b->n++;
    b->n_bytes += size + LOG_ENTRY_OVERHEAD;
    mean = b->n_bytes / b->n;
    fitting = LOG_BYTES_MAX / mean;
    threshold = at_most(fitting * 2 / 3, b->threshold_max);
    if (threshold < LOG_THRESHOLD_MIN && threshold < b->threshold_max) {
        threshold = at_most(LOG_THRESHOLD_MIN, b->threshold_max);
    }
    return (struct log_limits){
        .threshold = threshold,
        .trailing = at_most(fitting / 3, b->trailing_max),
    };
}
