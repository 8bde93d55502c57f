#include "server/policy/headroom.h"

bool headroom_is_sure(
    const struct headroom_facts *facts, enum request_kind kind, const struct lease *row)
{
    return facts->is_known && row->state == LEASE_BOUND && !facts->has_given_up &&
           (kind == REQUEST_RENEWING || kind == REQUEST_REBINDING);
}

struct seconds headroom_room(const struct headroom_facts *facts, const struct lease *row)
{
    struct instant latest = instant_add_ms(facts->now, HEADROOM_MARGIN_MS + facts->behind_ms);

    return instant_seconds_until(row->held_until, latest);
}

struct seconds headroom_hold(const struct headroom_facts *facts, struct seconds hold)
{
    int64_t ahead_s = (facts->behind_ms + 999) / 1000;
    uint64_t sum = hold.value;

    sum += (uint64_t)(ahead_s < HEADROOM_AHEAD_MAX_S ? ahead_s : HEADROOM_AHEAD_MAX_S);
    return sum < SECONDS_INFINITE.value ? (struct seconds){ (uint32_t)sum } : SECONDS_INFINITE;
}
