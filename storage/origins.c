#include "storage/origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"

static bool is_seen(const struct origin *o, uint64_t sequence)
{
    uint64_t bit = sequence % ORIGIN_WINDOW;

    return (o->seen[bit / 8] & (1u << (bit % 8))) != 0;
}

static void set_seen(struct origin *o, uint64_t sequence, bool seen)
{
    uint64_t bit = sequence % ORIGIN_WINDOW;
    unsigned mask = 1u << (bit % 8);

    o->seen[bit / 8] = (uint8_t)(seen ? o->seen[bit / 8] | mask : o->seen[bit / 8] & ~mask);
}

/* The numbers between the old maximum and the new one were not seen. */
static void raise_to(struct origin *o, uint64_t sequence)
{
    if (sequence - o->max_sequence >= ORIGIN_WINDOW) {
        memset(o->seen, 0, sizeof o->seen);
    } else {
        for (uint64_t i = o->max_sequence + 1; i < sequence; i++) {
            set_seen(o, i, false);
        }
    }
    o->max_sequence = sequence;
}

bool origin_admit(struct origin *o, uint64_t boot_id, uint64_t sequence)
{
    require(boot_id > 0 && sequence > 0);
    if (boot_id < o->boot_id) {
        return false;
    }
    if (boot_id > o->boot_id) {
        o->boot_id = boot_id;
        o->max_sequence = 0;
        memset(o->seen, 0, sizeof o->seen);
    }
    if (sequence > o->max_sequence) {
        raise_to(o, sequence);
    } else if (o->max_sequence - sequence >= ORIGIN_WINDOW || is_seen(o, sequence)) {
        return false;
    }
    set_seen(o, sequence, true);
    return true;
}

void origins_deinit(struct origins *o)
{
    free(o->at);
    *o = (struct origins){ .n = 0 };
}

static int grow(struct origins *o)
{
    unsigned capacity = o->capacity == 0 ? 8 : 2 * o->capacity;
    struct origin *at = realloc(o->at, capacity * sizeof *at);

    if (at == NULL) {
        return ERR_NOMEM;
    }
    o->at = at;
    o->capacity = capacity;
    return 0;
}

int origins_get(struct origins *o, uint32_t node, struct origin **ret_origin)
{
    for (unsigned i = 0; i < o->n; i++) {
        if (o->at[i].node == node) {
            *ret_origin = &o->at[i];
            return 0;
        }
    }
    if (o->n == ORIGINS_MAX) {
        return ORIGINS_FULL;
    }
    if (o->n == o->capacity && grow(o) != 0) {
        return ERR_NOMEM;
    }
    o->at[o->n] = (struct origin){ .node = node };
    *ret_origin = &o->at[o->n++];
    return 0;
}
