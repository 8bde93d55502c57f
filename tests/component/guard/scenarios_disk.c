#include <stdlib.h>

#include "base/check.h"
#include "guard/disk_node.h"
#include "guard/scenarios.h"

static bool has_stored(const struct disk_node *node, raft_index index)
{
    return node->raft.last_stored == index;
}

static bool has_snapshot(const struct disk_node *node, raft_index index)
{
    return node->raft.snapshot.put.data == NULL && node->raft.log.snapshot.last_index >= index;
}

/* Node 3 leads in term 2 and has other entries 8..10. */
static void replace_entries(struct disk_node *node)
{
    const struct raft_append_entries others = {
        .term = 2, .prev_log_index = 7, .prev_log_term = 1, .n_entries = 3
    };

    disk_node_append(node, 3, others, 2);
}

/*
 * Node 2 leads in term 1: entries 2..10, of which 6 are committed, and a snapshot is due at every
 * fourth. Its successor replaces some while the snapshot is being written.
 */
static void truncate_during_snapshot(struct disk_node *node)
{
    const struct raft_append_entries first = {
        .term = 1, .prev_log_index = 1, .prev_log_term = 1, .n_entries = 9
    };
    const struct raft_append_entries commit = {
        .term = 1, .prev_log_index = 10, .prev_log_term = 1, .leader_commit = 6
    };

    disk_node_append(node, 2, first, 1);
    require(disk_node_run_until(node, has_stored, 10));
    disk_node_append(node, 2, commit, 1);
    require(node->raft.snapshot.put.data != NULL); /* it is being written */
    replace_entries(node);
    (void)disk_node_run_until(node, has_snapshot, 6);
    replace_entries(node); /* as a leader does that has no answer */
    (void)disk_node_run_until(node, has_stored, 10);
}

/* libraft reports the truncation as done, but the disk keeps the old entries. */
enum lab_verdict a_truncation_meets_a_snapshot(uint32_t rules_off)
{
    struct disk_node_found found;

    if (!disk_node_run(truncate_during_snapshot, rules_off, &found)) {
        return LAB_STOPPED;
    }
    return found.last == 10 && found.last_term == 2 && found.snapshot == 6 ? LAB_SAFE : LAB_BROKEN;
}

static void store_odd_entries(struct disk_node *node)
{
    struct raft_append_entries header = { .term = 1, .prev_log_term = 1, .n_entries = 10 };

    for (raft_index last = 1; last < 101; last += header.n_entries) {
        struct raft_message m;

        header.prev_log_index = last;
        m = lab_append_message(2, header, (uint64_t[10]){ 0 }, 1);
        for (unsigned i = 0; i < header.n_entries; i++) {
            m.append_entries.entries[i].buf.len = 5;
        }
        disk_node_receive(node, &m);
        (void)disk_node_run_until(node, has_stored, last + header.n_entries);
    }
}

/* The entries are acknowledged, and then cannot be read. */
enum lab_verdict an_entry_has_an_odd_length(uint32_t rules_off)
{
    struct disk_node_found found;

    if (!disk_node_run(store_odd_entries, rules_off, &found)) {
        return LAB_STOPPED;
    }
    return found.last == 101 ? LAB_SAFE : LAB_BROKEN;
}
