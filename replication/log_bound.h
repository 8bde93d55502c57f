#ifndef REPLICATION_LOG_BOUND_H
#define REPLICATION_LOG_BOUND_H

#include <stddef.h>
#include <stdint.h>

/*
 * Log bound - when to take a snapshot, so that libraft's log in memory stays small
 *
 * libraft keeps the entries since the last snapshot and `trailing` ones before it in memory, and
 * counts entries, not bytes. Entries here are 100 bytes to 64 KB, so threshold and trailing
 * follow their mean size: two thirds of LOG_BYTES_MAX for what comes after a snapshot, one third
 * for what trails it. Pure.
 */
enum {
    LOG_BYTES_MAX = 48 * 1024 * 1024,
    LOG_ENTRY_OVERHEAD = 160, /* libraft's own memory for an entry */
    LOG_THRESHOLD_MIN = 32,
};

struct log_bound {
    unsigned threshold_max, trailing_max; /* as configured */
    uint64_t n, n_bytes;                  /* of the entries seen lately */
};

struct log_limits {
    unsigned threshold, trailing;
};

/* Counts an entry of @size bytes. Returns the limits from now on. */
struct log_limits log_bound_add(struct log_bound *b, size_t size);

#endif
