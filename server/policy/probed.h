#ifndef SERVER_POLICY_PROBED_H
#define SERVER_POLICY_PROBED_H

#include "base/instant.h"
#include "base/ip4.h"
#include "base/own.h"

/*
 * Probed - what this node found when it looked for an address on the network
 *
 * Soft state, remembered for PROBED_LIFE_MS: a client that asks again is offered its address at
 * once, and an address in use is passed over until the log has it in quarantine. One slot per
 * hash: a later address takes the place of an earlier one.
 */
struct probed;

enum {
    PROBED_SLOTS = 4096, /* a power of two */
    PROBED_LIFE_MS = 60000,
};

enum probed_state { PROBED_UNKNOWN, PROBED_CLEAR, PROBED_IN_USE };

/* @seed keeps strangers from choosing addresses that share a slot. Returns 0 or ERR_NOMEM. */
int probed_new(struct probed **ret_probed, uint64_t seed);
struct probed *probed_free(struct probed *p);

/* Time is monotonic. */
void probed_note(struct probed *p, struct ip4 address, enum probed_state state, struct instant now);
enum probed_state probed_of(const struct probed *p, struct ip4 address, struct instant now);

DEFINE_FREEP(probed);

#endif
