#ifndef ADMIN_H
#define ADMIN_H

#include <uv.h>

#include "replication/peer/mesh.h"
#include "replication/replica.h"
#include "server/config/node_file.h"
#include "server/exchange.h"
#include "server/io/udp.h"

/*
 * Admin - the HTTP API on a unix socket (docs/API.md)
 *
 * libmicrohttpd runs on threads of its own. What needs the state of the node is asked of the loop
 * thread through a queue; SQL runs on the asking thread with a connection of its own. The socket
 * is 0660, in the group `leasehold` where there is one: who may open it may do everything.
 */
struct admin;

/* What the API shows and changes; borrowed, and touched on the loop thread only. */
struct admin_sources {
    const struct node_config *config;
    const char *database; /* path, for SQL */
    struct store *store;
    struct replica *replica;
    const struct mesh *mesh;
    struct udp *udp;
    struct exchanges *exchanges;
};

enum admin_outcome {
    ADMIN_NO_SOCKET = 1, /* the socket cannot be made; the cause is logged */
};

/* Begins to serve. Returns 0, ERR_NOMEM or ADMIN_NO_SOCKET. */
int admin_new(struct admin **ret_admin, uv_loop_t *loop, const struct admin_sources *sources);

/* Answers what waits with "stopping", ends the threads and removes the socket. Takes NULL. */
struct admin *admin_free(struct admin *a);

#endif
