#ifndef SERVER_POLICY_CLIENT_TABLE_H
#define SERVER_POLICY_CLIENT_TABLE_H

#include "base/bytes.h"
#include "base/instant.h"
#include "base/ip4.h"
#include "base/own.h"

/*
 * Client table - bounded soft state about clients: one note per client and network
 *
 * Found by client or by address at constant cost, and kept in order of the last touch, so that
 * the oldest give way when the table is full and are forgotten in time. Takes memory only for
 * the notes that are there. Times are of the caller's choice; the table orders by touch.
 */
struct client_table;

/* Who a note is about: the client key, and the name of the network as a hash. */
struct client_place {
    struct bytes client; /* 1..CLIENT_KEY_MAX bytes */
    uint64_t network;
};

struct client_place client_place_of(struct bytes client, struct bytes network_name);

struct client_note {
    struct instant since;         /* when the note was begun, monotonic */
    struct instant since_cluster; /* the same moment in cluster time */
    struct instant touched;       /* monotonic */
    unsigned count;               /* of whatever the owner counts */
    uint64_t mark;                /* of whatever the owner tells apart */
    struct ip4 address;           /* by client_table_set_address() only */
};

/* @seed keeps strangers from choosing keys that fall into one bucket. Returns 0 or ERR_NOMEM. */
int client_table_new(struct client_table **ret_table, unsigned max, uint64_t seed);
struct client_table *client_table_free(struct client_table *t);

/* Lends the note of @place, or NULL. */
struct client_note *client_table_find(const struct client_table *t, struct client_place place);

/*
 * Finds or begins the note of @place (then all zero but `touched`) and makes it the youngest;
 * the oldest gives way when there are `max`. NULL when there is no memory.
 */
struct client_note *client_table_touch(
    struct client_table *t, struct client_place place, struct instant now);

/* Gives @note, which the table lent, an address; a note that had it before is removed. */
void client_table_set_address(struct client_table *t, struct client_note *note, struct ip4 address);

/* Lends the note with this address, or NULL. */
struct client_note *client_table_find_address(const struct client_table *t, struct ip4 address);

bool client_note_is_of(const struct client_note *note, struct client_place place);

void client_table_remove(struct client_table *t, struct client_place place);

/* Removes the notes last touched before @limit. */
void client_table_forget(struct client_table *t, struct instant limit);

unsigned client_table_count(const struct client_table *t);

DEFINE_FREEP(client_table);

#endif
