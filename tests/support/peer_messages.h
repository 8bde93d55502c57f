#ifndef PEER_MESSAGES_H
#define PEER_MESSAGES_H

#include "proto/peer.h"

/*
 * Random peer messages within the limits of peer.h, each kind in turn; with `largest`, every list,
 * text and run of bytes is as long as it may be. Zero-initialise but for those two.
 */
struct peer_messages {
    uint64_t seed;
    bool largest;

    unsigned n_made;
    struct peer_message message;
};

/* The next message; lent until the next call. */
const struct peer_message *peer_messages_next(struct peer_messages *m);

#endif
