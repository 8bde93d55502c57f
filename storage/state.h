#ifndef STORAGE_STATE_H
#define STORAGE_STATE_H

#include "proto/command_codec.h"
#include "proto/peer.h"
#include "storage/db.h"
#include "storage/digest.h"
#include "storage/settings_store.h"
#include "storage/store.h"

/*
 * State - the replicated state in memory, and the one way to change it; for storage/ alone
 *
 * Every change goes through a state_put_*() function, which keeps four things in step: memory,
 * the row in the open transaction, the digest and the history. A failure leaves them out of step
 * and is final: the transaction is never committed.
 */
struct meta {
    char cluster[CLUSTER_NAME_MAX];
    uint32_t node;
    uint64_t cluster_id;
    uint64_t applied_index, term;
    struct instant cluster_time;
    struct digest digest;
};

struct node_row {
    uint32_t node;
    uint64_t incarnation;
    unsigned n_address;
    uint8_t address[MEMBER_ADDRESS_MAX];
};

enum { NODES_MAX = 4096 }; /* that ever joined */

struct store {
    struct db *db;
    char *path;
    bool is_volatile;
    bool in_transaction;
    struct meta meta;
    struct lease_table *leases;
    struct network_map *map;
    struct digest_setting setting;
    unsigned n_nodes, nodes_capacity;
    struct node_row *nodes;
    struct origins origins;
    struct digest_ring ring;
    bool has_diverged;
    struct command_decoder *decoder;
    uint64_t expire_cursor;
};

/* Makes an empty state for the database at @path, which is not opened. 0 or ERR_NOMEM. */
int state_new(struct store **ret_state, const char *path, bool is_volatile);

/* Begins a transaction when none is open. Returns 0 or ERR_*. */
int state_begin(struct store *s);

/* Replaces the row of @new->address at @now; @old is it, NULL when there is none. 0 or ERR_*. */
int state_put_lease(
    struct store *s, const struct lease *old, const struct lease *new, struct instant now);

enum state_put_node_outcome {
    STATE_NODES_FULL = 1,
};

/* Records a node, or its new address. Returns 0, ERR_*, or STATE_NODES_FULL. */
int state_put_node(struct store *s, uint32_t node, uint64_t incarnation, struct bytes address);
const struct node_row *state_node(const struct store *s, uint32_t node); /* or NULL */

/* Sets the cluster id, which has to be unset. */
void state_put_cluster_id(struct store *s, uint64_t cluster_id);

/* Puts settings in force; what commands have put beside the old ones, which must go with the new
 * ones (reservation_misfit()), stays. Takes the map, also when it fails. Returns 0 or ERR_*. */
int state_put_setting(struct store *s, const struct setting_row *row, struct network_map *map_take);

/* Reservations and blocks beside the settings; what is deleted must be there. 0 or ERR_*. */
int state_put_reservation(struct store *s, const struct kept_reservation *row);
int state_delete_reservation(struct store *s, uint64_t id);
int state_put_block(struct store *s, const struct block *b);
int state_delete_block(struct store *s, const struct block_subject *subject);

/*
 * Notes a command: *@ret_first is true when it has not been applied before. state_close_entry()
 * puts the origins that were touched back under the digest. Returns 0, ERR_NOMEM or ORIGINS_FULL.
 */
int state_admit(struct store *s, const struct command *c, bool *ret_first);
void state_close_entry(struct store *s);

/* Writes what has gathered (origins, meta) and commits. Returns 0 or ERR_*. */
int state_commit(struct store *s);
int state_put_meta(struct store *s);

/* The same in memory and digest alone, for what is in the database already. */
int state_remember_node(struct store *s, uint32_t node, uint64_t incarnation, struct bytes address);
void state_remember_setting(
    struct store *s, const struct setting_row *row, struct network_map *map_take);

int state_remember_reservation(struct store *s, const struct kept_reservation *row);
int state_remember_block(struct store *s, const struct block *b);

/* Marks the database to be set aside when @r failed because it is damaged. Returns @r. */
int state_settle(struct store *s, int r);

/* Empties the memory; meta keeps whose database this is. Returns 0 or ERR_NOMEM. */
int state_clear(struct store *s);

/* Lets the lease table count what the settings in force have limits for. 0 or ERR_NOMEM. */
int state_follow_limits(struct store *s);

enum state_load_outcome {
    STATE_DAMAGED = 1,   /* a row that cannot be, or another digest than the stored one */
    STATE_UNCLAIMED = 2, /* there is no meta row yet */
};

/* Reads everything from the database into the empty memory. Returns 0, ERR_*, or an outcome. */
int state_load(struct store *s);

/* The same but for the leases; *@ret_stored is the digest that all rows must have. */
int state_load_head(struct store *s, struct digest *ret_stored);

#endif
