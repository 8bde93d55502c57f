#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "replication/replica.h"
#include "server/policy/arrival.h"
#include "sim/disk.h"
#include "sim/world.h"

/*
 * Node - one server: the real store, replica and exchanges over simulated I/O
 *
 * A kill loses everything but the disk and the database file.
 */
struct node;

struct node *node_new(struct world *w, unsigned number);
struct node *node_free(struct node *n);

void node_start(struct node *n);
void node_kill(struct node *n);
bool node_is_alive(const struct node *n);

/* What the wall clock of node @number says. */
struct instant node_wall_of(struct world *w, unsigned number);

/* Counts the starts; an event of an earlier life is dropped. */
uint64_t node_life(const struct node *n);

/* What the database file suffers while the node is down. */
enum node_damage { NODE_DATABASE_LOST, NODE_DATABASE_DAMAGED };

void node_damage_database(struct node *n, enum node_damage damage);

/* A DHCP datagram or a peer's message has come. Nothing happens when the node is down. */
void node_datagram(
    struct world *w, unsigned number, const struct arrival *arrival, struct bytes datagram);
void node_message(struct world *w, unsigned number, unsigned from, struct bytes message);

/* Does @fire as this node: its memory, then the end of its loop turn, then the checks. */
void node_run(struct node *n, void (*fire)(void *data), void *data);

/* Proposes @c from this node; the result is ignored. */
void node_propose(struct node *n, const struct command *c);

const struct store *node_store(const struct node *n);     /* NULL when down */
const struct replica *node_replica(const struct node *n); /* NULL when down */
const struct disk *node_disk(const struct node *n);

#endif
