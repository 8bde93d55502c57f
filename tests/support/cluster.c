#include "support/cluster.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "support/port.h"

enum {
    SEGMENT = 1024 * 1024,
    STEP_MS = 5,
    PATIENCE_MS = 5000,
};

void cluster_init(struct cluster *c)
{
    *c = (struct cluster){
        .space_min = 1,
        .config = {.cluster = "test",
                   .election_ms = 200,
                   .heartbeat_ms = 40,
                   .status_ms = 100,
                   .peer_timeout_ms = 1000,
                   .n_members = CLUSTER_N},
    };
    require(uv_loop_init(&c->loop) == 0);
    require(uv_timer_init(&c->loop, &c->stopper) == 0);
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        struct replica_member *m = &c->config.members[i];

        folder_make(c->nodes[i].folder);
        m->id = i + 1;
        (void)snprintf(m->address, sizeof m->address, "127.0.0.1:%u", port_find());
    }
}

void cluster_deinit(struct cluster *c)
{
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        if (c->nodes[i].store != NULL) {
            cluster_stop(c, i);
        }
        folder_remove(c->nodes[i].folder);
    }
    uv_close((uv_handle_t *)&c->stopper, NULL);
    (void)uv_run(&c->loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&c->loop) == 0);
}

/* ---- Nodes */

static unsigned own_networks(void *data, struct network_status networks[NETWORKS_MAX])
{
    (void)data;
    networks[0] = (struct network_status){ .network = bytes_of_text("lan"),
                                           .link_up = true,
                                           .socket_open = true,
                                           .server_id = { 0x0a000001 } };
    return 1;
}

static void fatal(void *data, const char *reason) __attribute__((__noreturn__));

static void fatal(void *data, const char *reason)
{
    (void)data;
    (void)fprintf(stderr, "fatal: %s\n", reason);
    _exit(CLUSTER_FATAL);
}

int cluster_try_start(struct cluster *c, unsigned i, const char *name)
{
    struct cluster_node *n = &c->nodes[i];
    struct host_config config = {
        .loop = &c->loop,
        .folder = n->folder,
        .segment = SEGMENT,
        .space_min = c->space_min,
        .replica = c->config,
    };
    struct host_port port = { .data = n, .own_networks = own_networks, .fatal = fatal };
    struct store_options options = { .cluster = name, .node = i + 1 };
    char path[FOLDER_PATH_MAX + 16];
    bool is_rebuilt;
    int rv;

    (void)snprintf(path, sizeof path, "%s/leases.db", n->folder);
    options.path = path;
    config.replica.node = i + 1;
    (void)snprintf(config.replica.cluster, CLUSTER_NAME_MAX, "%s", name);
    require(store_open(&n->store, &options, &is_rebuilt) == 0);
    rv = host_open(&n->host, &config, &port, n->store);
    if (rv != 0) {
        n->store = store_free(n->store);
        return rv;
    }
    n->replica = host_replica(n->host);
    n->is_closed = false;
    return 0;
}

void cluster_start(struct cluster *c, unsigned i)
{
    require(cluster_try_start(c, i, c->config.cluster) == 0);
}

static void on_closed(void *data)
{
    ((struct cluster_node *)data)->is_closed = true;
}

static bool is_closed(struct cluster *c, void *data)
{
    (void)c;
    return ((struct cluster_node *)data)->is_closed;
}

void cluster_stop(struct cluster *c, unsigned i)
{
    struct cluster_node *n = &c->nodes[i];

    host_close(n->host, on_closed, n);
    require(cluster_run_until(c, PATIENCE_MS, is_closed, n));
    n->host = host_free(n->host);
    n->store = store_free(n->store);
    n->replica = NULL;
}

/* ---- Time */

static void on_stop(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

void cluster_run(struct cluster *c, unsigned ms)
{
    (void)uv_timer_start(&c->stopper, on_stop, ms, 0);
    (void)uv_run(&c->loop, UV_RUN_DEFAULT);
}

bool cluster_run_until(
    struct cluster *c, unsigned ms, bool (*is_so)(struct cluster *c, void *data), void *data)
{
    for (unsigned passed = 0; passed < ms && !is_so(c, data); passed += STEP_MS) {
        cluster_run(c, STEP_MS);
    }
    return is_so(c, data);
}

struct process {
    pid_t pid;
    int status;
};

static bool has_ended(struct cluster *c, void *data)
{
    struct process *p = data;

    (void)c;
    if (p->pid != 0 && waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
        p->pid = 0;
    }
    return p->pid == 0;
}

/* The child's own loop: the parent's, and the nodes on it, are none of its business. */
static void live_apart(const struct cluster *c, unsigned i, unsigned ms)
{
    static struct cluster own;

    own = *c;
    require(uv_loop_init(&own.loop) == 0);
    require(uv_timer_init(&own.loop, &own.stopper) == 0);
    cluster_start(&own, i);
    cluster_run(&own, ms);
    _exit(0);
}

int cluster_start_apart(struct cluster *c, unsigned i, unsigned ms)
{
    struct process p = { .pid = fork() };

    require(p.pid >= 0);
    if (p.pid == 0) {
        live_apart(c, i, 2 * ms);
    }
    if (!cluster_run_until(c, ms, has_ended, &p)) {
        require(kill(p.pid, SIGKILL) == 0);
        require(waitpid(p.pid, &p.status, 0) == p.pid);
        return -1;
    }
    return WIFEXITED(p.status) ? WEXITSTATUS(p.status) : -1;
}

/* ---- What is so */

bool cluster_is_serving(struct cluster *c, void *data)
{
    (void)data;
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        const struct cluster_node *n = &c->nodes[i];

        if (n->store != NULL &&
            !(replica_has_majority(n->replica) && replica_is_caught_up(n->replica))) {
            return false;
        }
    }
    return true;
}

bool cluster_is_equal(struct cluster *c, void *data)
{
    const struct cluster_node *first = NULL;

    (void)data;
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        const struct cluster_node *n = &c->nodes[i];

        if (n->store == NULL) {
            continue;
        }
        first = first != NULL ? first : n;
        if (store_applied_index(n->store) != store_applied_index(first->store) ||
            !digest_equal(store_digest(n->store), store_digest(first->store))) {
            return false;
        }
    }
    return true;
}

bool cluster_is_known(struct cluster *c, void *data)
{
    (void)data;
    for (unsigned i = 0; i < CLUSTER_N * CLUSTER_N; i++) {
        if (store_incarnation(c->nodes[i / CLUSTER_N].store, i % CLUSTER_N + 1) == 0) {
            return false;
        }
    }
    return true;
}

bool cluster_has_lease(const struct cluster *c, unsigned i, unsigned client)
{
    struct lease l;

    return lease_table_find(
        store_leases(c->nodes[i].store), (struct ip4){ 0x0a000002 + client }, &l);
}

void cluster_assert_serving(struct cluster *c)
{
    require(cluster_run_until(c, PATIENCE_MS, cluster_is_serving, NULL));
}

void cluster_assert_equal(struct cluster *c)
{
    require(cluster_run_until(c, PATIENCE_MS, cluster_is_equal, NULL));
}

void cluster_form(struct cluster *c)
{
    for (unsigned i = 0; i < c->config.n_members; i++) {
        cluster_start(c, i);
    }
    cluster_assert_serving(c);
    require(cluster_put_settings(c, 0, 1).outcome == OUTCOME_DONE);
}

unsigned cluster_leader(struct cluster *c)
{
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        if (c->nodes[i].store != NULL && replica_is_leader(c->nodes[i].replica)) {
            return i;
        }
    }
    require(false);
    return 0;
}

unsigned cluster_follower(struct cluster *c)
{
    unsigned i = (cluster_leader(c) + 1) % CLUSTER_N;

    require(c->nodes[i].store != NULL);
    return i;
}

/* ---- Commands */

struct waiting {
    bool is_done;
    struct result result;
};

static void on_done(struct proposal *p, const struct result *result)
{
    struct waiting *w = p->data;

    require(!w->is_done);
    w->is_done = true;
    w->result = *result;
}

static bool is_done(struct cluster *c, void *data)
{
    (void)c;
    return ((struct waiting *)data)->is_done;
}

struct result cluster_propose(struct cluster *c, unsigned i, const struct command *command)
{
    struct waiting w = { .is_done = false };
    struct proposal p = { .done = on_done, .data = &w };

    require(replica_propose(c->nodes[i].replica, &p, command, PATIENCE_MS) == 0);
    require(cluster_run_until(c, 2 * PATIENCE_MS, is_done, &w));
    return w.result;
}

struct command cluster_settings_command(uint64_t version)
{
    static const struct pool pool = {
        .range = {{ 0x0a000002 }, { 0x0a00fffe }}
    };
    static const struct subnet subnet = {
        .prefix = {{ 0x0a000000 },   16                 },
        .times = { .min = { 60 }, .default_ = { 600 }, .max = { 3600 }, .headroom = { 300 } },
        .n_pools = 1,
        .pools = &pool,
    };
    static const struct network network = {
        .name = {(const uint8_t *)"lan", 3 },
        .collapse = true,
        .retry_step_ms = 1000,
        .probation = { 60                    },
        .n_subnets = 1,
        .subnets = &subnet,
    };
    static const struct settings settings = { .n_networks = 1, .networks = &network };
    static uint8_t *document; /* kept for all tests */
    static size_t n;

    require(document != NULL || settings_encode(&settings, &document, &n) == 0);
    return (struct command){
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {.version = version,
                         .document = bytes_of(document, n),
                         .source = bytes_of_text("networks: [lan]")},
    };
}

struct result cluster_put_settings(struct cluster *c, unsigned i, uint64_t version)
{
    struct command command = cluster_settings_command(version);

    return cluster_propose(c, i, &command);
}

struct command cluster_bind(unsigned client)
{
    static uint8_t keys[64][8];
    uint8_t *key = keys[client % 64];

    memcpy(key, (uint8_t[]){ 1, 2, 0, 0, 0, 0, 0, 0 }, 8);
    key[6] = (uint8_t)(client >> 8);
    key[7] = (uint8_t)client;
    return (struct command){
        .kind = COMMAND_BIND,
        .bind = {.address = { 0x0a000002 + client },
                 .client_key = bytes_of(key, 8),
                 .hw_type = 1,
                 .hw_address = bytes_of(key + 1, 6),
                 .lease = { 600 },
                 .hold = { 900 },
                 .server_id = { 0x0a000001 }},
    };
}
