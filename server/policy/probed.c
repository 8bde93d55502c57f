#include "server/policy/probed.h"

#include <stdlib.h>

#include "base/err.h"

struct slot {
    struct ip4 address;
    enum probed_state state;
    struct instant until;
};

struct probed {
    uint64_t seed;
    struct slot slots[PROBED_SLOTS];
};

int probed_new(struct probed **ret_probed, uint64_t seed)
{
    struct probed *p = calloc(1, sizeof *p);

    if (p == NULL) {
        return ERR_NOMEM;
    }
    p->seed = seed;
    *ret_probed = p;
    return 0;
}

struct probed *probed_free(struct probed *p)
{
    free(p);
    return NULL;
}

static unsigned slot_of(const struct probed *p, struct ip4 address)
{
    uint64_t mixed = (address.value ^ p->seed) * 0x9e3779b97f4a7c15u;

    return (unsigned)((mixed >> 32) & (PROBED_SLOTS - 1));
}

void probed_note(struct probed *p, struct ip4 address, enum probed_state state, struct instant now)
{
    p->slots[slot_of(p, address)] = (struct slot){
        .address = address,
        .state = state,
        .until = instant_add_ms(now, PROBED_LIFE_MS),
    };
}

enum probed_state probed_of(const struct probed *p, struct ip4 address, struct instant now)
{
    const struct slot *s = &p->slots[slot_of(p, address)];

    return ip4_equal(s->address, address) && instant_before(now, s->until) ? s->state
                                                                           : PROBED_UNKNOWN;
}
