#include "server/policy/admission.h"

#include "base/check.h"

enum { BURST_MS = 2000 };

bool admission_take(struct admission *a, unsigned network, uint32_t per_second, struct instant now)
{
    struct admission_bucket *b = &a->networks[network];
    int64_t passed = now.ms - b->at.ms;
    int64_t cost = 0;

    require(network < NETWORKS_MAX);
    if (per_second == 0) {
        return true;
    }
    cost = 1000000 / per_second; /* microseconds of refilling */
    b->at = now;
    b->used_us = passed * 1000 < b->used_us ? b->used_us - passed * 1000 : 0;
    if (b->used_us > 0 && b->used_us + cost > BURST_MS * 1000) {
        return false;
    }
    b->used_us += cost;
    return true;
}

uint32_t admission_rate(const struct network_limits *limits, bool is_low)
{
    uint32_t when_low = limits->new_clients_when_low;
    bool is_tighter = when_low > 0 && (limits->new_clients == 0 || when_low < limits->new_clients);

    return is_low && is_tighter ? when_low : limits->new_clients;
}

struct pool_use pool_use_of(
    const struct network_map *map, const struct lease_table *leases, const struct subnet *subnet)
{
    struct pool_use use = { 0, 0 };
    unsigned n = 0;
    const struct pool_map *pools = network_map_pools(map, subnet, &n);

    for (unsigned i = 0; i < n; i++) {
        for (uint32_t word = 0; word < pools[i].n_words; word++) {
            struct ip4 block = ip4_of(pools[i].block.value + word * 64);
            struct lease_block rows = lease_table_block(leases, block);
            uint64_t usable = pools[i].usable[word];

            use.size += (unsigned)__builtin_popcountll(usable);
            use.used += (unsigned)__builtin_popcountll(usable & rows.used & ~rows.remembered);
        }
    }
    return use;
}

bool pool_use_is_low(struct pool_use use, uint32_t low_percent, bool were)
{
    uint32_t percent = were ? low_percent + POOL_LOW_SLACK_PERCENT : low_percent;

    return low_percent > 0 && use.size > 0 && (use.size - use.used) * 100 < use.size * percent;
}
