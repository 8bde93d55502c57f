#ifndef REPLICATION_PEER_MESH_H
#define REPLICATION_PEER_MESH_H

#include <raft.h>
#include <uv.h>

#include "replication/replica.h"

/*
 * Mesh - this node's connections to its peers, one to each
 *
 * The node with the lower id dials. A connection carries Raft's messages, forwarded commands with
 * their results, and status, with TLS unless mesh_config has none. Strangers cost little: at most MESH_STRANGERS_MAX connections that have
 * not said who they are, a few KB each, for MESH_HELLO_MS; one more takes the place of the oldest.
 * One loop, one thread.
 */
enum {
    MESH_STRANGERS_MAX = 64,
    MESH_HELLO_MS = 2000,   /* until a connection must have said who it is */
    MESH_SILENCE_MS = 5000, /* a peer that says nothing for so long is gone */
    MESH_RETRY_MS = 150,
    MESH_REFUSED_RETRY_MS = 1000, /* after the peer has told us why not */
    MESH_TICK_MS = 50,
    MESH_CERTIFICATES_MS = 60000, /* between two looks at the files and the peers' certificates */
    MESH_REMAKE_MS = 1000,        /* between two connections that are made anew */
};

struct mesh;

struct mesh_config {
    uv_loop_t *loop;
    struct tls *tls; /* borrowed; NULL: plain TCP */
    uint32_t node;
    char cluster[CLUSTER_NAME_MAX];
    uint64_t incarnation, boot_id;
    char listen[MEMBER_ADDRESS_MAX]; /* "10.0.0.1:6767"; empty: this node's member address */
    unsigned n_members;
    struct replica_member members[MEMBERS_MAX];
};

/* Whom the mesh tells, and asks. */
struct mesh_port {
    void *data;
    uint64_t (*cluster_id)(void *data);                 /* 0: not known yet */
    uint64_t (*incarnation)(void *data, uint32_t node); /* as the log has it; 0: none */
    void (*receive)(void *data, uint32_t node, const struct peer_message *m);
    void (*receive_raft)(void *data, struct raft_message *m); /* owns what @m owns */
    void (*peer_changed)(void *data, uint32_t node, bool is_up);
    /* Member @node will not have us, and says why. */
    void (*refused)(void *data, uint32_t node, struct bytes reason);
};

/* Returns 0, ERR_NOMEM or ERR_CONFIG (an address that is not IPv4:port; logged). */
int mesh_new(
    struct mesh **ret_mesh, const struct mesh_config *config, const struct mesh_port *port);
struct mesh *mesh_free(struct mesh *m); /* never opened, or closed */

/* Listens, and begins to dial. Returns 0 or ERR_IO (logged, with the next step). */
int mesh_open(struct mesh *m);

/* Ends every connection and calls every callback that is due; @closed comes from the loop. */
void mesh_close(struct mesh *m, void (*closed)(void *data), void *data);

/* Sends @message to @node, or drops it when there is no connection or its queue is full. */
void mesh_send(struct mesh *m, uint32_t node, const struct peer_message *message);

/*
 * What raft_io->send does: always 0, and @sent is called once, from the loop, never from in here;
 * libraft 0.15 uses its request after an error and after a callback that came too early. A
 * snapshot goes out in pieces, as the queue drains.
 */
int mesh_send_raft(
    struct mesh *m,
    struct raft_io_send *request,
    const struct raft_message *message,
    raft_io_send_cb sent);

/* Reads the certificates again, and ends the connections of peers that will not do any more. */
void mesh_reload(struct mesh *m);

/* When this node's certificate ends, in wall time; 0: it has none. */
struct instant mesh_certificate_until(const struct mesh *m);

bool mesh_is_up(const struct mesh *m, uint32_t node);

#define MESH_COUNTERS(X)                                      \
    X(accepted)                                               \
    X(connected)                                              \
    X(refused_strangers) /* too many at a time */             \
    X(refused_hellos)                                         \
    X(refused_garbage)                                        \
    X(refused_certificates)                                   \
    X(refused_by_peers) /* they say so in TLS */              \
    X(refused_silent)   /* no Hello in time, or gone quiet */ \
    X(dropped_messages)

struct mesh_counters {
#define X(name) uint64_t name;
    MESH_COUNTERS(X)
#undef X
};

const struct mesh_counters *mesh_counters(const struct mesh *m);

#endif
