#ifndef SERVER_POLICY_ROGUE_H
#define SERVER_POLICY_ROGUE_H

#include "base/own.h"
#include "proto/dhcp/message.h"
#include "replication/replica.h"
#include "storage/network.h"

/*
 * Rogue - servers that answer clients of our networks and are no members of the cluster
 *
 * A reply is a member's when it names a member's identifier (also when a relay has sent it on), or
 * comes from a member's address. Each stranger is told once an hour. Soft, bounded, pure.
 */
enum {
    ROGUES_MAX = 64, /* remembered; the one told longest ago gives way */
    ROGUE_SILENCE_MS = 3600 * 1000,
};

struct rogues;

/* A reply that was heard. */
struct rogue_reply {
    struct ip4 source;
    struct ip4 server_id; /* option 54, or IP4_ANY */
    struct hardware hardware;
};

int rogues_new(struct rogues **ret_rogues);
struct rogues *rogues_free(struct rogues *r);

/*
 * Is @reply of a server that is no member? @view: the members on the link; @network: its settings,
 * or NULL; @own: this node's address there. False as well while a member's address is unknown:
 * it may be that one's.
 */
bool rogue_is_stranger(
    const struct rogue_reply *reply,
    const struct serving_view *view,
    const struct network *network,
    struct ip4 own);

/* Notes a stranger's reply. True when it has not been told within the last hour. Monotonic time. */
bool rogues_note(struct rogues *r, const struct rogue_reply *reply, struct instant now);

DEFINE_FREEP(rogues);

#endif
