#ifndef GUARD_DISK_NODE_H
#define GUARD_DISK_NODE_H

#include <uv.h>

#include "guard/lab.h"
#include "replication/raft_disk.h"

/*
 * Disk node - one real node, number 1 of three, on the disk of production
 *
 * The scenario speaks for its peers. The node runs in a process of its own and is killed at the
 * end of its story; then its folder is loaded as at the next start.
 */
struct disk_node {
    uv_loop_t loop;
    struct raft_disk *disk;
    struct raft raft;
    struct raft_fsm fsm;
    struct guard *guard;
};

typedef void disk_node_story(struct disk_node *node);

/* What a node finds in its folder when it starts again. */
struct disk_node_found {
    raft_index snapshot;
    raft_index first, last; /* of the entries */
    raft_term last_term;
    struct raft_entry *entries;
};

/* Runs @story on a fresh node, and loads what it left. False when the guard stopped it. */
bool disk_node_run(disk_node_story *story, uint32_t rules_off, struct disk_node_found *ret_found);

/* Gives an append of node @from to the node: @header's entries, all of @entries_term. */
void disk_node_append(
    struct disk_node *node,
    raft_id from,
    struct raft_append_entries header,
    raft_term entries_term);

/* A snapshot of node @from up to @last_index. */
void disk_node_install(
    struct disk_node *node,
    raft_id from,
    raft_term term,
    raft_index last_index,
    raft_term last_term);
void disk_node_receive(struct disk_node *node, struct raft_message *m);

/* Runs the loop until @condition holds, or for a second or two. Returns whether it does. */
bool disk_node_run_until(
    struct disk_node *node,
    bool (*condition)(const struct disk_node *, raft_index),
    raft_index index);

#endif
