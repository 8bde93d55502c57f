#include "storage/lease/tally.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "proto/dhcp/agent_info.h"

enum {
    TALLY_BITS_FIRST = 6,
    TALLY_BITS_MAX = 31,
    TAGS_OF_ROW = 2,
    SEED_HARDWARE = 0x100, /* beside the hardware types */
    SEED_CIRCUIT = 0x200,
};

void tally_deinit(struct tally *t)
{
    free(t->slots);
    *t = (struct tally){ .n = 0 };
}

static uint32_t mask_of(const struct tally *t)
{
    return ((uint32_t)1 << t->bits) - 1;
}

/* The slot of @tag, or the empty one where it would be. */
static uint32_t slot_of(const struct tally *t, uint64_t tag)
{
    uint32_t i = (uint32_t)tag & mask_of(t);

    while (t->slots[i].tag != 0 && t->slots[i].tag != tag) {
        i = (i + 1) & mask_of(t);
    }
    return i;
}

static int resize(struct tally *t, unsigned bits)
{
    struct tally bigger = { .bits = bits, .n = t->n };

    bigger.slots = calloc((size_t)1 << bits, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; t->slots != NULL && i <= mask_of(t); i++) {
        if (t->slots[i].tag != 0) {
            bigger.slots[slot_of(&bigger, t->slots[i].tag)] = t->slots[i];
        }
    }
    free(t->slots);
    *t = bigger;
    return 0;
}

int tally_reserve(struct tally *t)
{
    if (t->slots == NULL) {
        return resize(t, TALLY_BITS_FIRST);
    }
    if (t->n + TAGS_OF_ROW <= mask_of(t) / 4 * 3) {
        return 0;
    }
    return t->bits < TALLY_BITS_MAX ? resize(t, t->bits + 1) : ERR_NOMEM;
}

static void add(struct tally *t, uint64_t tag)
{
    struct tally_slot *s = NULL;

    if (tag == 0) {
        return;
    }
    s = &t->slots[slot_of(t, tag)];
    t->n += s->tag == 0;
    s->tag = tag;
    s->n++;
}

/* Moves back what had to give way, so that every run from a home to its tags stays whole. */
static void fill_hole(struct tally *t, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & mask_of(t); t->slots[i].tag != 0; i = (i + 1) & mask_of(t)) {
        uint32_t from_home = (i - (uint32_t)t->slots[i].tag) & mask_of(t);
        uint32_t from_hole = (i - hole) & mask_of(t);

        if (from_home >= from_hole) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (struct tally_slot){ .tag = 0 };
    t->n--;
}

static void take_away(struct tally *t, uint64_t tag)
{
    uint32_t i = 0;

    if (tag == 0) {
        return;
    }
    i = slot_of(t, tag);
    require(t->slots[i].tag == tag && t->slots[i].n > 0);
    t->slots[i].n--;
    if (t->slots[i].n == 0) {
        fill_hole(t, i);
    }
}

void tally_add(struct tally *t, const struct lease *l)
{
    if (l->state == LEASE_BOUND) {
        add(t, tally_tag_of_hardware(l->hw_type, l->hw_address));
        add(t, tally_tag_of_circuit(l->relay, l->agent_info));
    }
}

void tally_remove(struct tally *t, const struct lease *l)
{
    if (l->state == LEASE_BOUND) {
        take_away(t, tally_tag_of_hardware(l->hw_type, l->hw_address));
        take_away(t, tally_tag_of_circuit(l->relay, l->agent_info));
    }
}

static uint64_t tag_of(struct bytes b, uint64_t seed)
{
    uint64_t tag = hash64(b, seed);

    return tag == 0 ? 1 : tag;
}

uint64_t tally_tag_of_hardware(uint8_t hw_type, struct bytes hw_address)
{
    return hw_address.n == 0 ? 0 : tag_of(hw_address, SEED_HARDWARE + (uint64_t)hw_type);
}

uint64_t tally_tag_of_circuit(struct ip4 relay, struct bytes agent_info)
{
    struct bytes circuit;

    if (agent_info_find(agent_info, AGENT_INFO_CIRCUIT_ID, &circuit) != 0) {
        return 0;
    }
    return tag_of(circuit, SEED_CIRCUIT + ((uint64_t)relay.value << 32));
}

uint32_t tally_count(const struct tally *t, uint64_t tag)
{
    return tag == 0 || t->slots == NULL ? 0 : t->slots[slot_of(t, tag)].n;
}
