#include "replication/clock.h"

#include "base/check.h"

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

void clock_stamped(struct cluster_clock *c, struct instant t)
{
    require(!instant_before(t, c->stamped));
    c->stamped = t;
}
