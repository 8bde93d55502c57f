#ifndef REPLICATION_PEER_SNAPSHOT_RECEIVER_H
#define REPLICATION_PEER_SNAPSHOT_RECEIVER_H

#include <raft.h>

#include "proto/peer.h"

/*
 * Snapshot receiver - chunks put together to one InstallSnapshot
 *
 * One per peer connection. Its memory grows with the data that has arrived, never with what was
 * announced. A chunk at offset 0 begins anew; every other must continue the one before.
 */
enum { SNAPSHOT_MAX = 1024 * 1024 * 1024 };

struct snapshot_receiver {
    struct raft_install_snapshot snapshot; /* its data: of `size` bytes, `received` are there */
    uint64_t total;
    size_t size, received;
    bool is_active;
};

enum snapshot_receiver_outcome {
    SNAPSHOT_RECEIVER_MORE = 1,    /* the snapshot is not complete yet */
    SNAPSHOT_RECEIVER_REFUSED = 2, /* out of order, beyond a limit or impossible: what arrived is
                                      dropped; close the connection */
};

/*
 * Adds a chunk from member @from. When it was the last, @ret_message becomes the InstallSnapshot
 * and owns the data (rpc_codec_discard() releases it); @address is lent. Returns 0 then, ERR_NOMEM
 * or a snapshot_receiver_outcome.
 */
int snapshot_receiver_add(
    struct snapshot_receiver *r,
    const struct peer_snapshot_chunk *c,
    uint32_t from,
    const char *address,
    struct raft_message *ret_message);

/* Drops what has arrived: the connection has ended. */
void snapshot_receiver_reset(struct snapshot_receiver *r);

#endif
