#include "server/policy/times.h"

#include "base/hash.h"

struct seconds times_lease(const struct lease_times *times, struct seconds wanted)
{
    if (wanted.value == 0) {
        return times->default_;
    }
    if (wanted.value < times->min.value) {
        return times->min;
    }
    return wanted.value > times->max.value ? times->max : wanted;
}

struct seconds times_hold(const struct lease_times *times, struct seconds lease)
{
    uint64_t hold = (uint64_t)lease.value + times->headroom.value;

    return hold < SECONDS_INFINITE.value ? (struct seconds){ (uint32_t)hold } : SECONDS_INFINITE;
}

struct times_renewal times_renewal(struct seconds lease, struct bytes client, struct ip4 address)
{
    uint32_t spread = lease.value / 32 + 1;
    uint32_t earlier = (uint32_t)(hash64(client, address.value) % spread); /* <= lease / 32 */
    uint32_t t1 = lease.value / 2 - earlier;
    uint32_t t2 = (uint32_t)((uint64_t)lease.value * 7 / 8) - earlier;

    if (seconds_is_infinite(lease) || t1 == 0 || t1 >= t2 || t2 >= lease.value) {
        return (struct times_renewal){ { 0 }, { 0 } };
    }
    return (struct times_renewal){ { t1 }, { t2 } };
}
