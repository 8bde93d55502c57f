#ifndef STORAGE_LEASE_TALLY_H
#define STORAGE_LEASE_TALLY_H

#include <stdbool.h>

#include "storage/lease/lease.h"

/*
 * Tally - how many leases are bound to each hardware address, and through each relay circuit
 *
 * For the limits of a network; kept by the lease table while the settings have such limits. Found
 * by a 64-bit hash, so that two hardware addresses share a count as good as never. All zero is an
 * empty one.
 */
struct tally_slot {
    uint64_t tag; /* 0: empty */
    uint32_t n;
};

struct tally {
    struct tally_slot *slots;
    unsigned bits; /* 1 << bits slots, when there are any */
    uint32_t n;    /* tags */
};

void tally_deinit(struct tally *t);

/* Makes sure that a row can be added. Returns 0 or ERR_NOMEM. */
int tally_reserve(struct tally *t);

/* Counts @l, or no longer, when it is bound. */
void tally_add(struct tally *t, const struct lease *l);
void tally_remove(struct tally *t, const struct lease *l);

/* Whom to count: the tag of a hardware address, or of a circuit (option 82.1) of a relay; 0 when
 * there is none. */
uint64_t tally_tag_of_hardware(uint8_t hw_type, struct bytes hw_address);
uint64_t tally_tag_of_circuit(struct ip4 relay, struct bytes agent_info);

/* How many leases are bound with @tag; 0 for no tag. */
uint32_t tally_count(const struct tally *t, uint64_t tag);

#endif
