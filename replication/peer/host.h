#ifndef REPLICATION_PEER_HOST_H
#define REPLICATION_PEER_HOST_H

#include <uv.h>

#include "replication/peer/mesh.h"
#include "replication/peer/tls.h"
#include "replication/replica.h"

/*
 * Host - a replica on a libuv loop: what the simulator replaces
 *
 * Joins the data folder's identity, the certificates, raft's disk, the mesh and the replica; calls replica_turn()
 * before the loop blocks and replica_tick() every HOST_TICK_MS; watches disk space; runs WAL
 * checkpoints on a worker.
 */
struct host;

enum {
    HOST_TICK_MS = 50,
    HOST_SPACE_MS = 1000,
    HOST_CHECKPOINT_MS = 1000,
    HOST_WORKERS = 8, /* libuv's pool: raft's slow writes, snapshots, checkpoints */
};

struct host_config {
    uv_loop_t *loop;
    const char *folder; /* the data folder; must exist */
    const char *listen; /* NULL: this node's member address */
    /* Certificates; cluster and node are filled in. NULL: plain TCP, for tests and `tls: none`. */
    const struct tls_config *tls;
    size_t segment;     /* of raft's log; 0: RAFT_DISK_SEGMENT */
    uint64_t space_min; /* bytes of free disk below which leases are refused; 0: a default */
    /* incarnation and boot_id are filled in from the folder's identity */
    struct replica_config replica;
};

struct host_port {
    void *data;
    unsigned (*own_networks)(void *data, struct network_status networks[NETWORKS_MAX]);
    void (*fatal)(void *data, const char *reason) __attribute__((__noreturn__));
};

enum host_outcome {
    HOST_REFUSED = 1, /* the data folder or a certificate cannot be used so; logged with the next
                         step */
};

/*
 * Opens the folder, forms the cluster when the folder is new, starts raft and listens. @store is
 * borrowed. After a refusal nothing is left behind; after an error the process ends.
 * Returns 0, ERR_* (logged), or HOST_REFUSED.
 */
int host_open(
    struct host **ret_host,
    const struct host_config *config,
    const struct host_port *port,
    struct store *store);

/* Reads the certificates again, at once; they are looked at every minute anyway. */
void host_reload(struct host *h);

struct replica *host_replica(struct host *h);
const struct mesh *host_mesh(const struct host *h);

/*
 * For tests; a server just exits, since nothing needs to be flushed. @closed is called from the
 * loop when nothing is in flight; host_free() after that, not in it.
 */
void host_close(struct host *h, void (*closed)(void *data), void *data);
struct host *host_free(struct host *h);

#endif
