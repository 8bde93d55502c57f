#include "replication/peer/host.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "replication/identity.h"
#include "replication/raft_disk.h"

enum {
    SPACE_SEGMENTS = 4,
    SPACE_SNAPSHOTS = 64 * 1024 * 1024,
};

struct host {
    struct host_config config;
    struct host_port port;
    struct store *store;
    struct identity identity;
    struct raft_disk *disk;
    struct tls *tls; /* NULL: plain TCP */
    struct mesh *mesh;
    struct replica *replica;
    struct store_checkpointer *checkpointer;
    uv_prepare_t turn;
    uv_timer_t tick, slow;
    uv_work_t warming, checkpoint;
    bool is_warming, is_checkpointing;
    int checkpoint_result;
    bool has_space;
    unsigned n_handles;
    bool is_closing, is_replica_closed, is_told, is_abandoned;
    void (*closed)(void *data);
    void *closed_data;
};

struct replica *host_replica(struct host *h)
{
    return h->replica;
}

void host_reload(struct host *h)
{
    mesh_reload(h->mesh);
}

const struct mesh *host_mesh(const struct host *h)
{
    return h->mesh;
}

/* ---- The replica's port */

static struct instant read_clock(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (struct instant){ (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

static struct instant monotonic(void *data)
{
    (void)data;
    return read_clock(CLOCK_BOOTTIME);
}

static struct instant wall(void *data)
{
    (void)data;
    return read_clock(CLOCK_REALTIME);
}

static void send_message(void *data, uint32_t node, const struct peer_message *message)
{
    struct host *h = data;

    mesh_send(h->mesh, node, message);
}

static unsigned own_networks(void *data, struct network_status networks[NETWORKS_MAX])
{
    struct host *h = data;

    return h->port.own_networks(h->port.data, networks);
}

static void host_fatal(void *data, const char *reason) __attribute__((__noreturn__));

static void host_fatal(void *data, const char *reason)
{
    struct host *h = data;

    h->port.fatal(h->port.data, reason);
}

static bool has_space(void *data)
{
    return ((struct host *)data)->has_space;
}

/* ---- The mesh's port, and raft's way to the mesh */

static uint64_t cluster_id(void *data)
{
    return store_cluster_id(((struct host *)data)->store);
}

static uint64_t incarnation(void *data, uint32_t node)
{
    return store_incarnation(((struct host *)data)->store, node);
}

static void receive(void *data, uint32_t node, const struct peer_message *m)
{
    replica_receive(((struct host *)data)->replica, node, m);
}

static void receive_raft(void *data, struct raft_message *m)
{
    raft_disk_receive(((struct host *)data)->disk, m);
}

static void peer_changed(void *data, uint32_t node, bool is_up)
{
    replica_peer_changed(((struct host *)data)->replica, node, is_up);
}

/* A node that never was in the cluster ends, so that whoever started it learns why; one that was
 * goes on, for it may be the peer that is wrong. */
static void refused(void *data, uint32_t node, struct bytes reason)
{
    struct host *h = data;
    char text[LOG_TEXT_MAX];

    if (store_cluster_id(h->store) != 0) {
        return;
    }
    log_error(
        "not-admitted",
        "peer=%u reason=\"%s\" next=\"check node, data and the cluster's name in node.yaml\"",
        node,
        log_sentence(reason, text, sizeof text));
    h->port.fatal(h->port.data, "a member of the cluster refuses this node");
}

static int send_raft(
    void *data,
    struct raft_io_send *request,
    const struct raft_message *message,
    raft_io_send_cb sent)
{
    return mesh_send_raft(((struct host *)data)->mesh, request, message, sent);
}

/* ---- Time */

static void on_turn(uv_prepare_t *handle)
{
    replica_turn(((struct host *)handle->data)->replica);
}

static void on_tick(uv_timer_t *timer)
{
    replica_tick(((struct host *)timer->data)->replica);
}

static void look_at_space(struct host *h)
{
    uint64_t min = h->config.space_min;
    bool had_space = h->has_space;
    struct statvfs fs;

    if (statvfs(h->config.folder, &fs) == 0) {
        h->has_space = (uint64_t)fs.f_bavail * fs.f_frsize >= min;
    }
    if (h->has_space != had_space) {
        log_warning(
            h->has_space ? "disk-space-back" : "disk-nearly-full",
            "path=%s min_bytes=%lu next=\"%s\"",
            h->config.folder,
            min,
            h->has_space ? "leases are given again" : "free some space: no new leases until then");
    }
}

static void maybe_closed(struct host *h);

/* Runs on a worker. */
static void run_checkpoint(uv_work_t *work)
{
    struct host *h = work->data;

    h->checkpoint_result = store_checkpointer_run(h->checkpointer);
}

static void after_checkpoint(uv_work_t *work, int status)
{
    struct host *h = work->data;

    h->is_checkpointing = false;
    if (status == 0 && h->checkpoint_result != 0) {
        log_error("checkpoint", "reason=\"%s\"", err_str(h->checkpoint_result));
        host_fatal(h, "the database's write-ahead log cannot be written back");
    }
    maybe_closed(h);
}

static void on_slow(uv_timer_t *timer)
{
    struct host *h = timer->data;

    look_at_space(h);
    if (!h->is_checkpointing) {
        h->is_checkpointing =
            uv_queue_work(h->config.loop, &h->checkpoint, run_checkpoint, after_checkpoint) == 0;
    }
}

/* ---- Opening */

static void warm(uv_work_t *work)
{
    (void)work;
}

static void after_warming(uv_work_t *work, int status)
{
    struct host *h = work->data;

    (void)status;
    h->is_warming = false;
    if (h->is_abandoned) {
        free(h);
    } else {
        maybe_closed(h);
    }
}

/*
 * Starts libuv's workers with all signals blocked: libraft takes an interrupted
 * posix_fallocate() for a disk error.
 */
static void start_workers(struct host *h)
{
    char n[8];
    sigset_t all, before;

    (void)snprintf(n, sizeof n, "%d", HOST_WORKERS);
    (void)setenv("UV_THREADPOOL_SIZE", n, 0);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    h->warming.data = h;
    h->is_warming = uv_queue_work(h->config.loop, &h->warming, warm, after_warming) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int refuse(const struct host *h, const char *reason)
{
    log_error("data-folder", "path=%s reason=\"%s\"", h->config.folder, reason);
    return HOST_REFUSED;
}

static int open_identity(struct host *h)
{
    struct identity_options options = {
        .folder = h->config.folder,
        .cluster = h->config.replica.cluster,
        .node = h->config.replica.node,
        .wall = wall(NULL),
    };
    int rv = identity_open(&h->identity, &options);

    if (rv > 0) {
        return refuse(h, identity_outcome_text(rv));
    }
    if (rv < 0) {
        log_error("data-folder", "path=%s reason=\"%s\"", h->config.folder, err_str(rv));
        return rv;
    }
    h->config.replica.incarnation = h->identity.incarnation;
    h->config.replica.boot_id = h->identity.boot_id;
    return 0;
}

static int open_disk(struct host *h)
{
    char folder[PATH_MAX];
    struct raft_disk_options options = {
        .loop = h->config.loop,
        .folder = folder,
        .segment = h->config.segment,
        .data = h,
        .send = send_raft,
    };
    int rv = snprintf(folder, sizeof folder, "%s/raft", h->config.folder);

    if (rv >= (int)sizeof folder) {
        return refuse(h, "its path is too long");
    }
    rv = raft_disk_new(&h->disk, &options);
    if (rv != 0) {
        return rv > 0 ? HOST_REFUSED : rv;
    }
    if (h->identity.is_formed && raft_disk_is_pristine(h->disk)) {
        return refuse(
            h,
            "its log is gone: bring the folder `raft` back, or bring this node back with an empty "
            "data folder and a node id of its own");
    }
    if (h->identity.is_new && !raft_disk_is_pristine(h->disk)) {
        return refuse(h, "it holds a log but no file `identity`: bring that file back");
    }
    return 0;
}

static int open_tls(struct host *h)
{
    struct tls_config config;
    int rv;

    if (h->config.tls == NULL) {
        log_warning(
            "no-tls",
            "next=\"whoever reaches the peer port can give addresses away: leasehold pki init\"");
        return 0;
    }
    config = *h->config.tls;
    config.cluster = h->config.replica.cluster;
    config.node = h->config.replica.node;
    rv = tls_new(&h->tls, &config);
    return rv > 0 ? HOST_REFUSED : rv;
}

static int open_mesh(struct host *h)
{
    struct mesh_config config = {
        .loop = h->config.loop,
        .tls = h->tls,
        .node = h->config.replica.node,
        .incarnation = h->identity.incarnation,
        .boot_id = h->identity.boot_id,
        .n_members = h->config.replica.n_members,
    };
    struct mesh_port port = {
        .data = h,
        .cluster_id = cluster_id,
        .incarnation = incarnation,
        .receive = receive,
        .receive_raft = receive_raft,
        .peer_changed = peer_changed,
        .refused = refused,
    };

    memcpy(config.cluster, h->config.replica.cluster, sizeof config.cluster);
    memcpy(config.members, h->config.replica.members, sizeof config.members);
    if (h->config.listen != NULL) {
        (void)snprintf(config.listen, sizeof config.listen, "%s", h->config.listen);
    }
    return mesh_new(&h->mesh, &config, &port);
}

static int open_replica(struct host *h)
{
    struct replica_port port = {
        .data = h,
        .monotonic = monotonic,
        .wall = wall,
        .send = send_message,
        .own_networks = own_networks,
        .fatal = host_fatal,
        .has_space = has_space,
    };

    return replica_new(&h->replica, &h->config.replica, raft_disk_io(h->disk), h->store, &port);
}

static int start(struct host *h)
{
    bool is_pristine = raft_disk_is_pristine(h->disk);
    int rv = replica_start(h->replica, is_pristine);

    if (rv == 0 && !h->identity.is_formed) {
        rv = identity_set_formed(&h->identity, h->config.folder);
    }
    return rv == 0 ? mesh_open(h->mesh) : rv;
}

static void start_time(struct host *h)
{
    (void)uv_prepare_init(h->config.loop, &h->turn);
    (void)uv_timer_init(h->config.loop, &h->tick);
    (void)uv_timer_init(h->config.loop, &h->slow);
    h->n_handles = 3;
    h->turn.data = h;
    h->tick.data = h;
    h->slow.data = h;
    h->checkpoint.data = h;
    (void)uv_prepare_start(&h->turn, on_turn);
    (void)uv_timer_start(&h->tick, on_tick, 0, HOST_TICK_MS);
    (void)uv_timer_start(&h->slow, on_slow, HOST_CHECKPOINT_MS, HOST_CHECKPOINT_MS);
}

/* A refusal leaves nothing behind; what fails once raft has begun ends the process. */
static void abandon(struct host *h)
{
    h->mesh = mesh_free(h->mesh);
    h->tls = tls_free(h->tls);
    h->disk = raft_disk_free(h->disk);
    identity_close(&h->identity);
    h->is_abandoned = true;
    if (!h->is_warming) {
        free(h);
    }
}

int host_open(
    struct host **ret_host,
    const struct host_config *config,
    const struct host_port *port,
    struct store *store)
{
    struct host *h = calloc(1, sizeof *h);
    int rv;

    if (h == NULL) {
        return ERR_NOMEM;
    }
    h->config = *config;
    h->port = *port;
    h->store = store;
    if (h->config.space_min == 0) {
        uint64_t segment = config->segment != 0 ? config->segment : RAFT_DISK_SEGMENT;

        h->config.space_min = SPACE_SEGMENTS * segment + SPACE_SNAPSHOTS;
    }
    h->identity.lock = -1;
    h->has_space = true;
    look_at_space(h);
    start_workers(h);
    rv = open_identity(h);
    rv = rv == 0 ? open_tls(h) : rv;
    rv = rv == 0 ? open_disk(h) : rv;
    rv = rv == 0 ? open_mesh(h) : rv;
    if (rv != 0) {
        abandon(h);
        return rv;
    }
    rv = open_replica(h);
    rv = rv == 0 ? store_checkpointer_new(store, &h->checkpointer) : rv;
    rv = rv == 0 ? start(h) : rv;
    if (rv != 0) {
        return rv;
    }
    start_time(h);
    *ret_host = h;
    return 0;
}

/* ---- Closing, in tests: the mesh first, so that no send outlives its raft */

static void on_replica_closed(void *data)
{
    struct host *h = data;

    h->is_replica_closed = true;
    maybe_closed(h);
}

static void on_mesh_closed(void *data)
{
    struct host *h = data;

    replica_close(h->replica, on_replica_closed, h);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct host *h = handle->data;

    h->n_handles--;
    maybe_closed(h);
}

static void maybe_closed(struct host *h)
{
    if (h->is_replica_closed && h->n_handles == 0 && !h->is_warming && !h->is_checkpointing &&
        !h->is_told) {
        h->is_told = true;
        h->closed(h->closed_data);
    }
}

void host_close(struct host *h, void (*closed)(void *data), void *data)
{
    require(!h->is_closing);
    h->is_closing = true;
    h->closed = closed;
    h->closed_data = data;
    uv_close((uv_handle_t *)&h->turn, on_handle_closed);
    uv_close((uv_handle_t *)&h->tick, on_handle_closed);
    uv_close((uv_handle_t *)&h->slow, on_handle_closed);
    mesh_close(h->mesh, on_mesh_closed, h);
}

struct host *host_free(struct host *h)
{
    if (h != NULL) {
        require(h->is_told);
        h->replica = replica_free(h->replica);
        h->mesh = mesh_free(h->mesh);
        h->tls = tls_free(h->tls);
        h->disk = raft_disk_free(h->disk);
        h->checkpointer = store_checkpointer_free(h->checkpointer);
        identity_close(&h->identity);
        free(h);
    }
    return NULL;
}
