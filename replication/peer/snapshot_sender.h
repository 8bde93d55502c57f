#ifndef REPLICATION_PEER_SNAPSHOT_SENDER_H
#define REPLICATION_PEER_SNAPSHOT_SENDER_H

#include <raft.h>

#include "proto/peer.h"

/*
 * Snapshot sender - one InstallSnapshot as chunks, so that heartbeats pass between them
 *
 * Embedded in the peer connection, one per peer at a time. Borrows the snapshot's data and
 * configuration, which libraft keeps until the callback of its send request.
 */
struct snapshot_sender {
    struct raft_install_snapshot snapshot;
    struct peer_server servers[MEMBERS_MAX];
    uint64_t offset;
    bool is_active;
};

/* Begins with the first chunk. False when the snapshot is one that no receiver would take. */
bool snapshot_sender_begin(struct snapshot_sender *s, const struct raft_install_snapshot *m);

/*
 * Makes the next chunk, of at most PEER_CHUNK_MAX bytes, borrowed from the snapshot. False when
 * the last one was made before: then the send request is complete.
 */
bool snapshot_sender_next(struct snapshot_sender *s, struct peer_message *ret_chunk);

#endif
