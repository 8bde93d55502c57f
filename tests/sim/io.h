#ifndef SIM_IO_H
#define SIM_IO_H

#include <raft.h>

#include "sim/disk.h"
#include "sim/world.h"

/*
 * Io - libraft's I/O port over the simulated disk and network
 *
 * Log operations (append, truncate, snapshot install) are done one at a time in their order;
 * a local snapshot is written beside them. Nothing calls back in the call that started it.
 */
struct io_op;

struct sim_io {
    struct raft_io raft;
    struct world *world;
    unsigned node;
    struct disk *disk;
    void (*transmit)(void *node, const struct raft_message *message);
    void *transmit_data;
    raft_io_tick_cb tick;
    raft_io_recv_cb recv;
    unsigned tick_ms;
    struct io_op *head, *tail; /* log operations, the head is being done */
    bool is_putting;           /* a local snapshot is being written */
};

void sim_io_init(struct sim_io *io, struct world *w, unsigned node, struct disk *disk);

/* The node is killed: of the append that is being written some entries may have become durable. */
void sim_io_kill(struct sim_io *io);

/* Hands a message to libraft, which takes what it points to. */
void sim_io_receive(struct sim_io *io, struct raft_message *message);

#endif
