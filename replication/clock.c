#include "replication/clock.h"

#include "base/check.h"

enum { DRIFT_PER = 5000 }; /* ms in which two oscillators part by less than one */

void clock_set(struct cluster_clock *c, struct instant cluster_time, struct instant monotonic)
{
    c->base = cluster_time;
    c->base_at = monotonic;
}

struct instant clock_estimate(const struct cluster_clock *c, struct instant monotonic)
{
    int64_t since = monotonic.ms - c->base_at.ms;

    return instant_add_ms(c->base, since > 0 ? since : 0);
}

static unsigned earlier_than(const struct wall_clocks *walls, unsigned k)
{
    unsigned n = 0;

    for (unsigned i = 0; i < walls->n; i++) {
        bool is_equal = instant_equal(walls->at[i], walls->at[k]);

        n += instant_before(walls->at[i], walls->at[k]) || (is_equal && i < k);
    }
    return n;
}

/* The k-th with as many below it as half of the others, rounded down. At most MEMBERS_MAX clocks. */
static struct instant lower_median(const struct wall_clocks *walls)
{
    unsigned k = 0;

    while (earlier_than(walls, k) != (walls->n - 1) / 2) {
        k++;
    }
    return walls->at[k];
}

struct instant clock_stamp(
    const struct cluster_clock *c, struct instant monotonic, const struct wall_clocks *walls)
{
    struct instant t = instant_max(c->stamped, clock_estimate(c, monotonic));

    require(walls->n <= walls->n_members);
    if (walls->n * 2 > walls->n_members) {
        t = instant_max(t, lower_median(walls));
    }
    return t;
}

static struct instant latest_of(const struct cluster_clock *c, struct instant monotonic)
{
    int64_t since = monotonic.ms - c->latest_at.ms;

    return instant_add_ms(c->latest, since > 0 ? since : 0);
}

void clock_heard(
    struct cluster_clock *c, struct instant told, struct instant monotonic, bool is_leader)
{
    struct instant latest = latest_of(c, monotonic);

    if (!instant_before(told, latest)) {
        latest = told;
    } else if (is_leader) {
        latest = instant_add_ms(latest, -1);
    }
    c->latest = latest;
    c->latest_at = monotonic;
}

int64_t clock_behind(const struct cluster_clock *c, struct instant monotonic, struct instant wall)
{
    struct instant estimate = clock_estimate(c, monotonic);
    struct instant latest = instant_max(latest_of(c, monotonic), wall);
    int64_t unheard = monotonic.ms - c->latest_at.ms;
    int64_t ahead = latest.ms - estimate.ms;

    return (ahead > 0 ? ahead : 0) + (unheard > 0 ? unheard / DRIFT_PER : 0);
}

void clock_stamped(struct cluster_clock *c, struct instant t)
{
    require(!instant_before(t, c->stamped));
    c->stamped = t;
}
