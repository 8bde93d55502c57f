#ifndef STORAGE_DIGEST_H
#define STORAGE_DIGEST_H

#include "base/hash.h"
#include "storage/block_table.h"
#include "storage/lease/lease.h"
#include "storage/origins.h"
#include "storage/reservation_table.h"

/*
 * Digest - the members of the state's digest, and our digest at recent entries; for storage/ alone
 *
 * Under the digest is every row that decides what a later command does: leases, the settings, the
 * reservations and blocks beside them, the nodes, the origins' windows and the cluster id. Each member begins with a byte that says what it
 * is. Not under it: what is this node's own (its id, in `meta`), what follows from the settings
 * (the tables of the views) and the history.
 */
void digest_add_lease(struct digest *d, const struct lease *l);
void digest_subtract_lease(struct digest *d, const struct lease *l);
void digest_add_origin(struct digest *d, const struct origin *o);
void digest_subtract_origin(struct digest *d, const struct origin *o);
void digest_add_node(struct digest *d, uint32_t node, uint64_t incarnation, struct bytes address);
void digest_subtract_node(
    struct digest *d, uint32_t node, uint64_t incarnation, struct bytes address);

/* The settings in force; their two long texts by their hashes alone. */
struct digest_setting {
    uint64_t version, applied_index; /* version 0: none yet, and no member */
    struct instant applied_at;
    struct digest document, source;
};

void digest_add_setting(struct digest *d, const struct digest_setting *s);
void digest_subtract_setting(struct digest *d, const struct digest_setting *s);
/* What commands have put beside the settings; a reservation by the hash of its bytes. */
void digest_add_reservation(struct digest *d, const struct kept_reservation *r);
void digest_subtract_reservation(struct digest *d, const struct kept_reservation *r);
void digest_add_block(struct digest *d, const struct block *b);
void digest_subtract_block(struct digest *d, const struct block *b);

void digest_add_cluster_id(struct digest *d, uint64_t cluster_id);

/* Digest ring - what our digest was after each of the last entries. Starts out zeroed. */
enum { DIGEST_RING = 1024 };

struct digest_ring {
    struct {
        uint64_t index;
        struct digest digest;
    } at[DIGEST_RING];

    unsigned next;
};

void digest_ring_put(struct digest_ring *r, uint64_t index, struct digest digest);
bool digest_ring_find(const struct digest_ring *r, uint64_t index, struct digest *ret_digest);

#endif
