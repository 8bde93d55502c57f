#ifndef SERVER_PROBE_H
#define SERVER_PROBE_H

#include "proto/dhcp/message.h"
#include "server/policy/probe.h"

/*
 * Probe - the question whether somebody uses an address; embedded in whoever waits for the answer
 *
 * Asked through struct exchange_port, answered by server/io/neighbour and by the simulator. `done`
 * is called exactly once, never from inside the asking, and not after the question was withdrawn.
 */
enum { PROBES_MAX = 64 }; /* addresses looked for at one time; more are offered unseen */

struct probe_result {
    bool is_in_use;
    struct hardware hardware; /* of who uses it; n == 0 when it was not seen */
};

struct probe {
    struct ip4 address;
    enum probe_kind kind;
    unsigned wait_ms; /* without an answer for this long, nobody uses it */
    void (*done)(struct probe *p, const struct probe_result *result);
    void *data;
};

#endif
