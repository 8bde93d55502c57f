#include "server/io/udp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "proto/dhcp/message.h"
#include "server/io/udp_state.h"

enum {
    READS_PER_TURN = 8, /* batches of one socket before others get their turn */
    AGE_MAX_MS = 3600 * 1000,
    WALL_DRIFT_MS = 50, /* between two refreshes: more is a clock that was set */
};

/* --- receiving --- */

/*
 * When the kernel got a datagram, by our monotonic clock. Its stamp is of the wall clock, which
 * may have been set in between: then the earlier of both readings counts, for a message that
 * seems older than it is can only be ignored too often (10-lease-protocol: STALE).
 */
static struct instant received_at(const struct udp *u, struct instant stamp, int64_t offset_ms)
{
    struct instant now = u->port.monotonic(u->port.data);
    int64_t larger = offset_ms > u->wall_offset_ms ? offset_ms : u->wall_offset_ms;
    int64_t at = stamp.ms - larger;

    if (stamp.ms == 0 || at > now.ms) {
        at = now.ms;
    }
    return (struct instant){ at < now.ms - AGE_MAX_MS ? now.ms - AGE_MAX_MS : at };
}

static int64_t wall_offset_ms(const struct udp *u)
{
    return u->port.wall(u->port.data).ms - u->port.monotonic(u->port.data).ms;
}

static bool is_broadcast(const struct link *l, struct ip4 destination)
{
    if (ip4_equal(destination, IP4_BROADCAST)) {
        return true;
    }
    for (unsigned i = 0; i < l->state.n_addresses; i++) {
        if (ip4_equal(destination, l->state.addresses[i].broadcast)) {
            return true;
        }
    }
    return false;
}

static void take_datagram(struct link *l, const struct udp_datagram *d, int64_t offset_ms)
{
    struct udp *u = l->udp;

    u->counters.received++;
    if (d->is_cut) {
        u->counters.dropped_long++;
        return;
    }

    const struct arrival arrival = {
        .link = l->number,
        .network = l->config.network,
        .local = l->local.address,
        .source = d->source,
        .source_port = d->source_port,
        .destination = d->destination,
        .was_broadcast = is_broadcast(l, d->destination),
        .mtu = l->state.mtu,
        .received = received_at(u, d->wall, offset_ms),
    };

    u->port.receive(u->port.data, &arrival, d->bytes);
}

static void close_link(struct link *l, const char *why);

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct open_socket *s = handle->data;
    struct link *l = s->link;
    struct udp *u = l->udp;
    int64_t offset_ms = wall_offset_ms(u);
    unsigned n = UDP_BATCH;

    (void)events;
    if (status < 0) {
        close_link(l, uv_strerror(status));
        return;
    }
    for (unsigned i = 0; i < READS_PER_TURN && n == UDP_BATCH; i++) {
        const struct udp_datagram *datagrams = NULL;
        int error = udp_socket_receive(s->fd, u->batch, &datagrams, &n);

        if (error != 0) {
            close_link(l, strerror(error));
            return;
        }
        for (unsigned j = 0; j < n && !u->is_stopped; j++) {
            take_datagram(l, &datagrams[j], offset_ms);
        }
    }
    u->wall_offset_ms = offset_ms;
}

/* --- links that come and go --- */

static void on_socket_closed(uv_handle_t *handle)
{
    struct open_socket *s = handle->data;

    (void)close(s->fd);
    free(s);
}

static void close_link(struct link *l, const char *why)
{
    if (l->socket == NULL) {
        return;
    }
    if (why != NULL) {
        log_warning("link-closed", "interface=%s reason=\"%s\"", l->config.interface, why);
    }
    (void)uv_poll_stop(&l->socket->poll);
    uv_close((uv_handle_t *)&l->socket->poll, on_socket_closed);
    l->socket = NULL;
}

/* Returns 0, a positive errno or ERR_NOMEM. */
static int open_socket(struct link *l)
{
    struct open_socket *s = calloc(1, sizeof *s);
    int error =
        s == NULL ? ERR_NOMEM : udp_socket_open(l->config.interface, MESSAGE_PORT_SERVER, &s->fd);

    if (error != 0) {
        free(s);
        return error;
    }
    s->link = l;
    s->poll.data = s;
    if (uv_poll_init(l->udp->loop, &s->poll, s->fd) != 0) {
        (void)close(s->fd);
        free(s);
        return ERR_NOMEM;
    }
    if (!l->udp->is_stopped) {
        (void)uv_poll_start(&s->poll, UV_READABLE, on_readable);
    }
    l->socket = s;
    return 0;
}

static void open_link(struct link *l)
{
    char address[IP4_TEXT_MAX];
    int error = open_socket(l);

    if (error == 0) {
        l->udp->counters.opened++;
        log_info(
            "link-open",
            "interface=%s network=%s address=%s",
            l->config.interface,
            (const char *)l->config.network.at,
            ip4_format(l->local.address, address));
    } else if (error != l->last_error) {
        log_warning(
            "link-not-open",
            "interface=%s reason=\"%s\"",
            l->config.interface,
            error < 0 ? err_str(error) : strerror(error));
    }
    l->last_error = error;
}

/* The address clients of the network can reach, else the first. */
static void choose_local(struct link *l)
{
    const struct udp_port *port = &l->udp->port;

    for (unsigned i = 0; i < l->state.n_addresses; i++) {
        if (port->is_of_network(port->data, l->config.network, l->state.addresses[i].address)) {
            l->local = l->state.addresses[i];
            return;
        }
    }
    if (l->state.n_addresses > 0) {
        l->local = l->state.addresses[0];
    }
}

static void refresh_link(struct link *l, const struct link_state *state)
{
    if (l->socket != NULL && state->index != l->state.index) {
        close_link(l, state->index == 0 ? "the interface is gone" : "the interface was replaced");
    } else if (l->socket != NULL && state->n_addresses == 0) {
        close_link(l, "the interface has no IPv4 address");
    }
    if (state->is_up != l->state.is_up) {
        log_info(state->is_up ? "link-up" : "link-down", "interface=%s", l->config.interface);
    }
    l->state = *state;
    choose_local(l);
    if (l->socket == NULL && state->n_addresses > 0) {
        open_link(l);
    }
}

/* Follows a clock that drifts. One that was set keeps its old offset until the datagrams that
 * came before it was set are read. */
static void follow_wall_clock(struct udp *u)
{
    int64_t offset_ms = wall_offset_ms(u);

    if (llabs(offset_ms - u->wall_offset_ms) <= WALL_DRIFT_MS) {
        u->wall_offset_ms = offset_ms;
    }
}

void udp_refresh(struct udp *u)
{
    struct link_state states[NETWORKS_MAX];
    char names[NETWORKS_MAX][IFNAMSIZ];

    follow_wall_clock(u);
    for (unsigned i = 0; i < u->n_links; i++) {
        memcpy(names[i], u->links[i].config.interface, IFNAMSIZ);
    }
    if (link_read((const char(*)[IFNAMSIZ])names, u->n_links, states, &u->own) != 0) {
        return; /* what was known stays; the next refresh tries again */
    }
    for (unsigned i = 0; i < u->n_links; i++) {
        refresh_link(&u->links[i], &states[i]);
    }
}

/* --- from the first to the last --- */

int udp_new(
    struct udp **ret_udp,
    uv_loop_t *loop,
    const struct udp_link *links,
    unsigned n,
    const struct udp_port *port)
{
    struct udp *u = calloc(1, sizeof *u);
    int rv = ERR_NOMEM;

    require(n <= NETWORKS_MAX);
    if (u == NULL) {
        return ERR_NOMEM;
    }
    u->raw.fd = -1;
    u->loop = loop;
    u->port = *port;
    u->send_limit = (struct log_limit){ .burst = 5, .interval_ms = 10000 };
    u->batch = udp_batch_new();
    u->links = calloc(n == 0 ? 1 : n, sizeof *u->links);
    if (u->batch == NULL || u->links == NULL) {
        goto fail;
    }
    rv = raw_open(&u->raw);
    if (rv != 0) {
        log_error("no-packet-socket", "reason=\"needs root or CAP_NET_RAW\"");
        goto fail;
    }
    for (unsigned i = 0; i < n; i++) {
        u->links[i] = (struct link){ .udp = u, .number = i, .config = links[i] };
    }
    u->n_links = n;
    u->wall_offset_ms = wall_offset_ms(u);
    udp_refresh(u);
    *ret_udp = u;
    return 0;

fail:
    (void)udp_free(u);
    return rv;
}

void udp_stop(struct udp *u)
{
    u->is_stopped = true;
    for (unsigned i = 0; i < u->n_links; i++) {
        if (u->links[i].socket != NULL) {
            (void)uv_poll_stop(&u->links[i].socket->poll);
        }
    }
}

struct udp *udp_free(struct udp *u)
{
    if (u == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < u->n_links; i++) {
        close_link(&u->links[i], NULL);
    }
    raw_close(&u->raw);
    u->batch = udp_batch_free(u->batch);
    free(u->links);
    free(u);
    return NULL;
}

struct udp_link_status udp_link_status(const struct udp *u, unsigned link)
{
    require(link < u->n_links);

    const struct link *l = &u->links[link];

    return (struct udp_link_status){
        .is_up = l->state.is_up,
        .is_open = l->socket != NULL,
        .local = l->local.address,
    };
}

const struct link_state *udp_link_state(const struct udp *u, unsigned link)
{
    require(link < u->n_links);
    return &u->links[link].state;
}

const struct own_addresses *udp_own_addresses(const struct udp *u)
{
    return &u->own;
}

const struct udp_counters *udp_counters(const struct udp *u)
{
    return &u->counters;
}
