#ifndef REPLICATION_PEER_HANDSHAKE_H
#define REPLICATION_PEER_HANDSHAKE_H

#include "proto/peer.h"

/*
 * Handshake - whether the node at the other end may be one of the cluster
 *
 *   dialler                              acceptor
 *      | -- Hello ------------------------> |  judges; on a fault: Refusal, close
 *      | <------------------------ Hello -- |
 *      |  judges; on a fault: Refusal, close
 *      | <======= any other message ======> |
 *
 * Pure. What identifies a node: its id in the member list, and the random number (incarnation)
 * of its data folder. A later start of a folder has a greater boot id.
 */
struct handshake_self {
    struct bytes cluster;
    uint64_t cluster_id; /* 0: not known yet */
    uint32_t node;
};

/* What is known of the node that the Hello claims to be. */
struct handshake_known {
    bool is_member;
    uint32_t expected;                       /* whom we dialled; 0 when it dialled us */
    uint32_t certified;                      /* whom its certificate names; 0: plain TCP */
    uint64_t incarnation;                    /* as the log has it; 0: none */
    bool is_connected;                       /* under that id, by another connection, */
    uint64_t live_incarnation, live_boot_id; /* of this folder and start */
};

enum handshake_outcome {
    HANDSHAKE_REFUSED = 1, /* with a sentence for the other side and for the log */
};

/* Returns 0 or HANDSHAKE_REFUSED. */
int handshake_judge(
    const struct handshake_self *self,
    const struct handshake_known *known,
    const struct peer_hello *hello,
    char refusal[PEER_REFUSAL_MAX]);

#endif
