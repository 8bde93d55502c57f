#ifndef REPLICATION_PEER_RPC_CODEC_H
#define REPLICATION_PEER_RPC_CODEC_H

#include <raft.h>

#include "proto/peer.h"

/*
 * RPC codec - libraft's messages as peer messages and back
 *
 * An InstallSnapshot is not one message but many: snapshot_sender.h and snapshot_receiver.h.
 */

/*
 * Says @m, any message but an InstallSnapshot, as a peer message. It borrows from @m and lists the
 * entries in @entries. An append must be within PEER_APPEND_ENTRIES_MAX (the guard's APPEND_BOUND).
 */
void rpc_codec_send(
    const struct raft_message *m,
    struct peer_entry entries[PEER_APPEND_ENTRIES_MAX],
    struct peer_message *ret_message);

enum rpc_codec_outcome {
    RPC_CODEC_REFUSED = 1, /* not a Raft message, or one that no sound node sends */
};

/*
 * Makes what libraft's receive callback wants from a vote, append, result or timeout-now of member
 * @from. The entries are copied into one batch of raft_malloc(); the receive callback owns them.
 * @address is lent until the callback returns. Values that libraft would trust blindly are
 * refused: unknown types, lengths that are no multiple of 8, configurations that do not end.
 * Returns 0, ERR_NOMEM or RPC_CODEC_REFUSED.
 */
int rpc_codec_receive(
    const struct peer_message *p,
    uint32_t from,
    const char *address,
    struct raft_message *ret_message);

/* Releases what a received message owns, when it cannot be handed to libraft. */
void rpc_codec_discard(struct raft_message *m);

#endif
