#ifndef STORAGE_ORIGINS_H
#define STORAGE_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Origins - which commands were applied, so that a retried one is applied once
 *
 * Per node that proposes: its newest boot id, the highest sequence number of that boot, and a
 * bit for each of the ORIGIN_WINDOW numbers up to it. A command of an older boot, or one from
 * below the window, cannot be told from a repeated one and counts as such. Part of the replicated
 * state: every node decides alike. Pure.
 */
enum {
    ORIGIN_WINDOW = 4096, /* more than one node can have on their way: PROPOSALS_MAX */
    ORIGINS_MAX = 4096,
};

struct origin {
    uint32_t node;
    uint64_t boot_id, max_sequence;
    uint8_t seen[ORIGIN_WINDOW / 8]; /* the bit of a number is at number % ORIGIN_WINDOW */
    bool is_open;                    /* taken out of the digest for the entry being applied */
    bool is_dirty;                   /* not in SQL yet */
};

/* Notes the command. True when it is the first time. */
bool origin_admit(struct origin *o, uint64_t boot_id, uint64_t sequence);

struct origins {
    unsigned n;
    unsigned capacity;
    struct origin *at;
};

void origins_deinit(struct origins *o);

enum origins_outcome {
    ORIGINS_FULL = 1,
};

/*
 * Lends the origin of @node, a new one (boot id 0) when there is none; valid until the next
 * call. Returns 0, ERR_NOMEM or ORIGINS_FULL.
 */
int origins_get(struct origins *o, uint32_t node, struct origin **ret_origin);

#endif
