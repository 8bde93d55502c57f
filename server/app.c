#include "server/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "server/app_state.h"
#include "server/config/read_file.h"

enum {
    TICK_MS = LINK_REFRESH_MS,
    EXCHANGE_TICKS = 4, /* of TICK_MS, between two calls of exchanges_tick() */
    STOP_MIN_MS = 300,  /* the peers hear that we are draining */
    STOP_MAX_MS = 1500,
};

/* --- clocks --- */

static struct instant read_clock(clockid_t id)
{
    struct timespec t = { 0 };

    (void)clock_gettime(id, &t);
    return (struct instant){ (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

struct instant app_monotonic(void *data)
{
    (void)data;
    return read_clock(CLOCK_BOOTTIME);
}

static struct instant wall(void *data)
{
    (void)data;
    return read_clock(CLOCK_REALTIME);
}

/* --- between the parts --- */

static void fatal(void *data, const char *reason) __attribute__((__noreturn__));

static void fatal(void *data, const char *reason)
{
    (void)data;
    (void)reason; /* it is in the log */
    _exit(APP_INTERNAL);
}

static void receive(void *data, const struct arrival *arrival, struct bytes datagram)
{
    exchanges_receive(((struct app *)data)->exchanges, arrival, datagram);
}

static void reply(
    void *data, const struct arrival *arrival, const struct route *route, struct bytes bytes)
{
    udp_send(((struct app *)data)->udp, arrival, route, bytes);
}

static bool ask(void *data, const struct arrival *arrival, struct probe *p)
{
    const struct app *a = data;
    const struct neighbour_place place = {
        .link = udp_link_state(a->udp, arrival->link),
        .own = udp_own_addresses(a->udp),
    };

    return neighbours_ask(a->neighbours, &place, p);
}

static void withdraw(void *data, struct probe *p)
{
    neighbours_withdraw(((struct app *)data)->neighbours, p);
}

/* What passes another interface than those of node.yaml is none of our business. */
static void overhear(
    void *data,
    unsigned index,
    const struct hardware *from,
    const struct frame_ends *ends,
    struct bytes datagram)
{
    const struct app *a = data;
    const struct node_config *c = &a->file->value;

    for (unsigned i = 0; i < c->n_links; i++) {
        const struct arrival arrival = {
            .link = i,
            .network = c->links[i].network,
            .local = udp_link_status(a->udp, i).local,
            .source = ends->source,
            .source_port = ends->source_port,
            .destination = ends->destination,
        };

        if (udp_link_state(a->udp, i)->index == index) {
            exchanges_overhear(a->exchanges, &arrival, from, datagram);
        }
    }
}

static bool is_of_network(void *data, struct bytes network, struct ip4 address)
{
    const struct network *n = network_map_by_name(store_map(((struct app *)data)->store), network);

    for (unsigned i = 0; n != NULL && i < n->n_subnets; i++) {
        if (ip4_prefix_contains(n->subnets[i].prefix, address)) {
            return true;
        }
    }
    return false;
}

static unsigned own_networks(void *data, struct network_status networks[NETWORKS_MAX])
{
    const struct app *a = data;
    const struct node_config *c = &a->file->value;

    for (unsigned i = 0; i < c->n_links; i++) {
        struct udp_link_status link = udp_link_status(a->udp, i);

        networks[i] = (struct network_status){
            .network = c->links[i].network,
            .link_up = link.is_up,
            .socket_open = link.is_open,
            .draining = a->is_stopping,
            .server_id = link.local,
        };
    }
    return c->n_links;
}

/* --- the end --- */

static void finish(struct app *a) __attribute__((__noreturn__));

/* Nothing needs to be flushed but the open transaction: the log has everything. */
static void finish(struct app *a)
{
    int rv = 0;

    a->admin = admin_free(a->admin);
    rv = store_is_dirty(a->store) ? store_commit(a->store) : 0;
    log_info(
        "stopped",
        "node=%u index=%llu",
        a->file->value.node,
        (unsigned long long)store_applied_index(a->store));
    _exit(rv == 0 ? APP_STOPPED : APP_INTERNAL);
}

static void stop_tick(struct app *a)
{
    int64_t passed = app_monotonic(NULL).ms - a->stop_began.ms;
    bool has_heir = a->file->value.n_members > 1;
    bool is_done = passed >= STOP_MIN_MS && exchanges_is_quiet(a->exchanges) &&
                   !(has_heir && replica_is_leader(host_replica(a->host)));

    if (is_done || passed >= STOP_MAX_MS) {
        finish(a);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct app *a = handle->data;

    if (a->is_stopping) {
        finish(a); /* asked twice */
    }
    log_info("stopping", "signal=%d", number);
    a->is_stopping = true;
    a->stop_began = app_monotonic(NULL);
    udp_stop(a->udp);
    replica_step_down(host_replica(a->host));
    (void)uv_timer_set_repeat(&a->tick, TICK_MS / 5);
    (void)uv_timer_again(&a->tick);
}

/* What may change without a new start: the certificates. */
static void on_hangup(uv_signal_t *handle, int number)
{
    struct app *a = handle->data;

    (void)number;
    host_reload(a->host);
}

static void on_tick(uv_timer_t *timer)
{
    struct app *a = timer->data;

    if (a->is_stopping) {
        stop_tick(a);
        return;
    }
    udp_refresh(a->udp);
    app_settings_tick(a);
    if (a->n_ticks++ % EXCHANGE_TICKS == 0) {
        exchanges_tick(a->exchanges);
    }
}

/* --- building, in order --- */

/* Reads node.yaml. Returns 0 or an app_exit; the mistakes are printed. */
static int read_config(struct app *a)
{
    struct config_problems *problems = calloc(1, sizeof *problems);
    uint8_t *text = NULL;
    size_t n = 0;
    int rv =
        problems == NULL ? ERR_NOMEM : config_read_file(a->config_path, CONFIG_TEXT_MAX, &text, &n);

    if (rv > 0) {
        (void)fprintf(stderr, "leasehold: %s: %s\n", a->config_path, strerror(rv));
    } else if (rv == 0) {
        rv = node_file_parse(bytes_of(text, n), problems, &a->file);
    }
    for (unsigned i = 0; problems != NULL && i < problems_kept(problems); i++) {
        char line[PROBLEM_LINE_MAX];

        (void)fprintf(stderr, "%s\n", problem_format(&problems->list[i], a->config_path, line));
    }
    free(text);
    free(problems);
    return rv == 0 ? 0 : rv < 0 ? APP_INTERNAL : APP_REFUSED;
}

static int refuse_store(const char *path, int outcome)
{
    const char *reason = err_str(outcome);

    switch ((enum store_open_outcome)outcome) {
    case STORE_NEWER_VERSION:
        reason = "the database was written by a newer leasehold; install that version again";
        break;
    case STORE_OTHER_CLUSTER:
        reason = "the database belongs to another cluster or another node; check `node`, `data` "
                 "and the cluster's `name` in node.yaml";
        break;
    case STORE_NOT_A_DATABASE:
        reason = "the file is no leasehold database; move it away";
        break;
    case STORE_READ_ONLY:
        reason = "the folder or the file cannot be written; check owner and free space";
        break;
    }
    log_error("database", "path=%s reason=\"%s\"", path, reason);
    return outcome > 0 ? APP_REFUSED : APP_INTERNAL;
}

static int open_store(struct app *a)
{
    const struct node_config *c = &a->file->value;
    const struct store_options options = {
        .path = a->database,
        .cluster = node_text(c->cluster),
        .node = c->node,
    };
    bool is_rebuilt = false;

    if (mkdir(node_text(c->data), 0750) != 0 && errno != EEXIST) {
        log_error("data-folder", "path=%s reason=\"%s\"", node_text(c->data), strerror(errno));
        return APP_REFUSED;
    }
    (void)snprintf(a->database, sizeof a->database, "%s/leases.db", node_text(c->data));

    int rv = store_open(&a->store, &options, &is_rebuilt);

    if (rv != 0) {
        return refuse_store(a->database, rv);
    }
    a->settings_version = network_map_version(store_map(a->store));
    return 0;
}

static int open_udp(struct app *a)
{
    const struct node_config *c = &a->file->value;
    struct udp_link links[NETWORKS_MAX] = { 0 };
    const struct udp_port port = {
        .data = a,
        .receive = receive,
        .monotonic = app_monotonic,
        .wall = wall,
        .is_of_network = is_of_network,
    };

    for (unsigned i = 0; i < c->n_links; i++) {
        memcpy(links[i].interface, c->links[i].interface.at, c->links[i].interface.n);
        links[i].network = c->links[i].network;
    }

    int rv = udp_new(&a->udp, &a->loop, links, c->n_links, &port);

    return rv == 0 ? 0 : rv == ERR_IO ? APP_REFUSED : APP_INTERNAL;
}

static int open_neighbours(struct app *a)
{
    int rv = neighbours_new(&a->neighbours, &a->loop);

    return rv == 0 ? 0 : rv == ERR_IO ? APP_REFUSED : APP_INTERNAL;
}

static int open_host(struct app *a)
{
    const struct node_config *c = &a->file->value;
    struct host_config config = {
        .loop = &a->loop,
        .folder = node_text(c->data),
        .listen = node_text(c->listen),
        .replica = {.node = c->node, .n_members = c->n_members},
    };
    const struct tls_config tls = {
        .ca = node_text(c->tls.ca),
        .certificate = node_text(c->tls.certificate),
        .key = node_text(c->tls.key),
        .crl = c->tls.crl.n == 0 ? NULL : node_text(c->tls.crl),
    };
    const struct host_port port = { .data = a, .own_networks = own_networks, .fatal = fatal };

    config.tls = c->is_plain ? NULL : &tls;

    (void)snprintf(
        config.replica.cluster, sizeof config.replica.cluster, "%s", node_text(c->cluster));
    for (unsigned i = 0; i < c->n_members; i++) {
        struct replica_member *m = &config.replica.members[i];

        m->id = c->members[i].id;
        (void)snprintf(m->address, sizeof m->address, "%s", node_text(c->members[i].address));
    }

    int rv = host_open(&a->host, &config, &port, a->store);

    return rv == 0 ? 0 : rv == HOST_REFUSED || rv == ERR_CONFIG ? APP_REFUSED : APP_INTERNAL;
}

static int open_exchanges(struct app *a)
{
    const struct proposer_port proposer = proposer_port_of(host_replica(a->host));
    const struct exchange_port port = {
        .data = a,
        .send = reply,
        .monotonic = app_monotonic,
        .probe = ask,
        .cancel_probe = withdraw,
    };

    return exchanges_new(&a->exchanges, a->store, &proposer, &port) == 0 ? 0 : APP_INTERNAL;
}

static int open_watch(struct app *a)
{
    const struct watch_port port = { .data = a, .heard = overhear };
    int rv = watch_new(&a->watch, &a->loop, &port);

    return rv == 0 ? 0 : rv == ERR_IO ? APP_REFUSED : APP_INTERNAL;
}

static int open_admin(struct app *a)
{
    const struct admin_sources sources = {
        .config = &a->file->value,
        .database = a->database,
        .store = a->store,
        .replica = host_replica(a->host),
        .mesh = host_mesh(a->host),
        .udp = a->udp,
        .exchanges = a->exchanges,
    };
    int rv = admin_new(&a->admin, &a->loop, &sources);

    return rv == 0 ? 0 : rv == ADMIN_NO_SOCKET ? APP_REFUSED : APP_INTERNAL;
}

/* The signals come last: until then they end the process, and nothing is lost. */
static int start_loop(struct app *a)
{
    a->terminate.data = a;
    a->interrupt.data = a;
    a->hangup.data = a;
    a->tick.data = a;
    if (uv_signal_init(&a->loop, &a->terminate) != 0 ||
        uv_signal_init(&a->loop, &a->interrupt) != 0 || uv_signal_init(&a->loop, &a->hangup) != 0 ||
        uv_timer_init(&a->loop, &a->tick) != 0 ||
        uv_signal_start(&a->terminate, on_signal, SIGTERM) != 0 ||
        uv_signal_start(&a->interrupt, on_signal, SIGINT) != 0 ||
        uv_signal_start(&a->hangup, on_hangup, SIGHUP) != 0 ||
        uv_timer_start(&a->tick, on_tick, 0, TICK_MS) != 0) {
        log_error("no-loop", "reason=\"%s\"", strerror(errno));
        return APP_INTERNAL;
    }
    return 0;
}

/* One after the other; the first that fails says why and ends it. */
static int build(struct app *a)
{
    int (*const steps[])(struct app *) = {
        open_store,     open_udp,   open_neighbours, open_host,
        open_exchanges, open_watch, open_admin,      start_loop,
    };
    int exit = uv_loop_init(&a->loop) == 0 ? 0 : APP_INTERNAL;

    for (unsigned i = 0; i < ARRAY_LENGTH(steps) && exit == 0; i++) {
        exit = steps[i](a);
    }
    return exit;
}

int app_serve(const char *config_path)
{
    static struct app a; /* lives as long as the process; nothing of it is taken apart */

    a.config_path = config_path;
    (void)umask(027);
    (void)signal(SIGPIPE, SIG_IGN);

    int exit = read_config(&a);

    exit = exit == 0 ? build(&a) : exit;
    if (exit != 0) {
        return exit;
    }
    log_info(
        "started",
        "node=%u cluster=%s index=%llu settings=%llu socket=%s",
        a.file->value.node,
        node_text(a.file->value.cluster),
        (unsigned long long)store_applied_index(a.store),
        (unsigned long long)a.settings_version,
        node_text(a.file->value.socket));
    (void)uv_run(&a.loop, UV_RUN_DEFAULT);
    return APP_INTERNAL; /* the loop ends by a signal, in finish() */
}
