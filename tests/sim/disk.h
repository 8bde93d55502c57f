#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <raft.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Disk - what a node finds again after it was killed
 *
 * Term and vote are durable at once, as raft_uv's are. Entries are durable when they are added
 * here; an append that has not called back is not, or only in part. `durable_at` lies in the
 * future only when the simulation is told to break that promise (--break disk-lies).
 */
struct disk_entry {
    uint64_t term;
    unsigned short type;
    uint8_t *data;
    size_t n;
    int64_t durable_at;
};

struct disk_snapshot {
    uint64_t index, term, configuration_index;
    struct raft_configuration configuration;
    uint8_t *data;
    size_t n;
};

struct disk {
    uint64_t term, vote;
    bool has_snapshot;
    struct disk_snapshot snapshot;
    uint64_t first; /* index of entries[0]; 1 on a new disk */
    uint64_t n;
    struct disk_entry *entries;
    uint64_t size;
};

void disk_init(struct disk *d);
void disk_deinit(struct disk *d);

void disk_append(struct disk *d, const struct raft_entry *e, int64_t durable_at);

/* Removes the entries from @index on. */
void disk_truncate(struct disk *d, uint64_t index);

/* Stores a snapshot and removes the entries before its index minus @trailing; with @trailing 0
 * (a snapshot that was installed) removes all entries. */
void disk_put_snapshot(struct disk *d, const struct raft_snapshot *s, unsigned trailing);

/* Copies into memory of whoever owns the heap at present. */
void disk_copy_configuration(
    const struct raft_configuration *from, struct raft_configuration *ret_to);

/* What a kill at @now leaves: entries that are not durable are gone. */
void disk_lose(struct disk *d, int64_t now);

/* The entry at @index, or NULL when it is in the snapshot or beyond the end. */
const struct disk_entry *disk_entry(const struct disk *d, uint64_t index);

#endif
