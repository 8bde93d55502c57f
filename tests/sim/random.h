#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* Random - the one source of chance of a simulation: a seed gives the same run for ever. */
struct random {
    uint64_t state;
};

struct random random_of(uint64_t seed);
uint64_t random_below(struct random *r, uint64_t n);
int64_t random_between(struct random *r, int64_t least, int64_t most); /* both inclusive */

/* True @per_mille times in 1000. */
bool random_chance(struct random *r, unsigned per_mille);

#endif
