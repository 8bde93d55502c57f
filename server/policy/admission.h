#ifndef SERVER_POLICY_ADMISSION_H
#define SERVER_POLICY_ADMISSION_H

#include "base/instant.h"
#include "proto/peer.h"
#include "storage/lease/table.h"
#include "storage/network.h"

/*
 * Admission - how many strangers a node lets in, so that a flood of them leaves room for clients
 * that are known. Pure; all zero is a full bucket. Time is monotonic.
 */
struct admission {
    struct admission_bucket {
        int64_t used_us; /* microseconds until all that was taken is back */
        struct instant at;
    } networks[NETWORKS_MAX];
};

/*
 * Takes one of @per_second strangers of a network, by its index in the settings; up to as many as
 * two seconds give may come at once. False when there is none left. 0 is no limit.
 */
bool admission_take(struct admission *a, unsigned network, uint32_t per_second, struct instant now);

/* How many strangers a second @limits let in; 0 is no limit. @is_low: the pools are. */
uint32_t admission_rate(const struct network_limits *limits, bool is_low);

/* The addresses of all pools of a subnet that anyone may get, and how many are held or in
 * quarantine. */
struct pool_use {
    uint64_t size, used;
};

struct pool_use pool_use_of(
    const struct network_map *map, const struct lease_table *leases, const struct subnet *subnet);

enum {
    POOL_LOW_SLACK_PERCENT = 5
}; /* more free than the limit, before pools that were low are not */

/* Are the pools low, when they @were so at the last look? Without pools, or limit, they never are. */
bool pool_use_is_low(struct pool_use use, uint32_t low_percent, bool were);

#endif
