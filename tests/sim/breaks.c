#include "sim/breaks.h"

#include <stddef.h>
#include <string.h>

#include "replication/clock.h"
#include "server/policy/headroom.h"
#include "sim/heap.h"
#include "sim/node.h"
#include "storage/lease/transition.h"
#include "storage/network.h"

static const struct {
    const char *name, *text;
} rules[BREAK_COUNT] = {

#define BREAK(id, name, text) [BREAK_##id] = { name, text },
#include "sim/breaks.def"
#undef BREAK
};

static enum sim_break broken;
static struct world *world;

void breaks_begin(struct world *w)
{
    world = w;
}

bool is_broken(enum sim_break rule)
{
    return broken == rule;
}

bool break_rule(const char *name)
{
    for (unsigned i = BREAK_NOTHING + 1; i < BREAK_COUNT; i++) {
        if (strcmp(rules[i].name, name) == 0) {
            broken = (enum sim_break)i;
            return true;
        }
    }
    return false;
}

const char *break_name(enum sim_break rule)
{
    return rules[rule].name;
}

const char *break_text(enum sim_break rule)
{
    return rules[rule].text;
}

/* ---- functions of the server, and what stands in for them (ld --wrap) */

struct instant __real_clock_stamp(
    const struct cluster_clock *c, struct instant monotonic, const struct wall_clocks *walls);
struct instant __wrap_clock_stamp(
    const struct cluster_clock *c, struct instant monotonic, const struct wall_clocks *walls);

struct instant __wrap_clock_stamp(
    const struct cluster_clock *c, struct instant monotonic, const struct wall_clocks *walls)
{
    struct instant t = __real_clock_stamp(c, monotonic, walls);

    for (unsigned i = 0; i < walls->n && is_broken(BREAK_FASTEST_CLOCK); i++) {
        t = instant_max(t, walls->at[i]);
    }
    return t;
}

int64_t __real_clock_behind(
    const struct cluster_clock *c, struct instant monotonic, struct instant wall);
int64_t __wrap_clock_behind(
    const struct cluster_clock *c, struct instant monotonic, struct instant wall);

int64_t __wrap_clock_behind(
    const struct cluster_clock *c, struct instant monotonic, struct instant wall)
{
    return is_broken(BREAK_LAG_FORGOTTEN) ? 0 : __real_clock_behind(c, monotonic, wall);
}

bool __real_lease_is_held(const struct lease *l, struct instant now);
bool __wrap_lease_is_held(const struct lease *l, struct instant now);

bool __wrap_lease_is_held(const struct lease *l, struct instant now)
{
    struct lease seen = *l;

    if (is_broken(BREAK_PROMISE_ALONE) && l->state == LEASE_BOUND) {
        seen.held_until = l->expires_at;
    }
    if (is_broken(BREAK_LOCAL_CLOCK)) {
        now = node_wall_of(world, heap_owner());
    }
    return __real_lease_is_held(&seen, now);
}

struct seconds __real_headroom_room(const struct headroom_facts *facts, const struct lease *row);
struct seconds __wrap_headroom_room(const struct headroom_facts *facts, const struct lease *row);

struct seconds __wrap_headroom_room(const struct headroom_facts *facts, const struct lease *row)
{
    return is_broken(BREAK_BEYOND_HOLD) ? SECONDS_INFINITE : __real_headroom_room(facts, row);
}

bool __real_headroom_is_sure(
    const struct headroom_facts *facts, enum request_kind kind, const struct lease *row);
bool __wrap_headroom_is_sure(
    const struct headroom_facts *facts, enum request_kind kind, const struct lease *row);

bool __wrap_headroom_is_sure(
    const struct headroom_facts *facts, enum request_kind kind, const struct lease *row)
{
    bool is_trusted = is_broken(BREAK_REBOOT_TRUSTED) && facts->is_known &&
                      kind == REQUEST_INIT_REBOOT && row->state == LEASE_BOUND;

    return is_trusted || __real_headroom_is_sure(facts, kind, row);
}

enum outcome __real_transition_release(
    const struct lease *old,
    const struct release_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);
enum outcome __wrap_transition_release(
    const struct lease *old,
    const struct release_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new);

enum outcome __wrap_transition_release(
    const struct lease *old,
    const struct release_command *c,
    const struct transition_facts *facts,
    struct lease *ret_new)
{
    struct release_command seen = *c;

    if (is_broken(BREAK_STALE_RELEASE)) {
        seen.server_id = IP4_ANY;
        seen.received_at = INSTANT_NEVER;
    }
    return __real_transition_release(old, &seen, facts, ret_new);
}

const struct pool *__real_subnet_pool_of(const struct subnet *s, struct ip4 a);
const struct pool *__wrap_subnet_pool_of(const struct subnet *s, struct ip4 a);

const struct pool *__wrap_subnet_pool_of(const struct subnet *s, struct ip4 a)
{
    bool is_unknown = is_broken(BREAK_LOCAL_SETTINGS) && heap_owner() == 2 && a.value % 2 == 1;

    return is_unknown ? NULL : __real_subnet_pool_of(s, a);
}
