#include "sim/random.h"

struct random random_of(uint64_t seed)
{
    return (struct random){ seed + 0x9e3779b97f4a7c15u };
}

/* splitmix64 */
static uint64_t next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t random_below(struct random *r, uint64_t n)
{
    return n == 0 ? 0 : next(r) % n;
}

int64_t random_between(struct random *r, int64_t least, int64_t most)
{
    return least + (int64_t)random_below(r, (uint64_t)(most - least + 1));
}

bool random_chance(struct random *r, unsigned per_mille)
{
    return random_below(r, 1000) < per_mille;
}
