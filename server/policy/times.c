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

static void fill_in(struct seconds *time, struct seconds outer)
{
    if (time->value == TIMES_UNSET_S) {
        *time = outer;
    }
}

static void fill_in_moment(struct lease_moment *moment, struct lease_moment outer)
{
    if (moment->time.value == 0 && moment->permille == 0) {
        *moment = outer;
    }
}

/* Of two times that do not go together, the one that a class says stays. */
static void settle(struct seconds *usual, struct seconds *limit, struct seconds said_limit)
{
    if (said_limit.value != TIMES_UNSET_S) {
        *usual = *limit;
    } else {
        *limit = *usual;
    }
}

static void put_in_order(struct lease_times *t, const struct lease_times *said)
{
    if (t->default_.value > t->max.value) {
        settle(&t->default_, &t->max, said->max);
    }
    if (t->default_.value < t->min.value) {
        settle(&t->default_, &t->min, said->min);
    }
    if (t->default_.value > t->max.value) {
        t->max = t->default_;
    }
}

struct lease_times times_with_classes(
    const struct lease_times *subnet,
    const struct settings *settings,
    const struct class_set *classes)
{
    static const struct seconds unset = { TIMES_UNSET_S };
    struct lease_times said = { .min = unset, .default_ = unset, .max = unset, .headroom = unset };
    struct lease_times times;

    for (unsigned i = class_set_next(classes, 0); i < CLASSES_MAX;
         i = class_set_next(classes, i + 1)) {
        const struct lease_times *class = &settings->classes[i].times;

        fill_in(&said.min, class->min);
        fill_in(&said.default_, class->default_);
        fill_in(&said.max, class->max);
        fill_in(&said.headroom, class->headroom);
        fill_in_moment(&said.renew, class->renew);
        fill_in_moment(&said.rebind, class->rebind);
    }
    times = said;
    fill_in(&times.min, subnet->min);
    fill_in(&times.default_, subnet->default_);
    fill_in(&times.max, subnet->max);
    fill_in(&times.headroom, subnet->headroom);
    fill_in_moment(&times.renew, subnet->renew);
    fill_in_moment(&times.rebind, subnet->rebind);
    put_in_order(&times, &said);
    return times;
}

struct seconds times_hold(const struct lease_times *times, struct seconds lease)
{
    uint64_t hold = (uint64_t)lease.value + times->headroom.value;

    return hold < SECONDS_INFINITE.value ? (struct seconds){ (uint32_t)hold } : SECONDS_INFINITE;
}

static uint32_t part_of(struct seconds lease, uint32_t permille)
{
    return (uint32_t)((uint64_t)lease.value * permille / 1000);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* @moment of @lease if that is before @limit, else @permille of @lease. */
static uint32_t moment_of(
    struct lease_moment moment, struct seconds lease, uint32_t limit, uint32_t permille)
{
    uint32_t at = moment.time.value > 0 ? moment.time.value : part_of(lease, moment.permille);

    return at > 0 && at < limit ? at : part_of(lease, permille);
}

struct times_renewal times_renewal(
    const struct lease_times *times, struct seconds lease, struct bytes client, struct ip4 address)
{
    uint32_t t2 = moment_of(times->rebind, lease, lease.value, LEASE_REBIND_PERMILLE);
    uint32_t t1 = moment_of(times->renew, lease, t2, LEASE_RENEW_PERMILLE);

    if (t1 >= t2) {
        t1 = t2 / 2;
    }

    uint32_t spread = smaller(lease.value / 32, t1 / 4) + 1;
    uint32_t earlier = (uint32_t)(hash64(client, address.value) % spread);

    t1 -= earlier;
    t2 -= earlier;
    if (seconds_is_infinite(lease) || t1 == 0 || t1 >= t2 || t2 >= lease.value) {
        return (struct times_renewal){ { 0 }, { 0 } };
    }
    return (struct times_renewal){ { t1 }, { t2 } };
}
