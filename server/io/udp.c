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

enum { WALL_DRIFT_MS = 50 }; /* between two refreshes: more is a clock that was set */

/* --- links that come and go --- */

static void on_socket_closed(uv_handle_t *handle)
{
    struct open_socket *s = handle->data;

    (void)close(s->fd);
    free(s);
}

void udp_close_link(struct link *l, const char *why)
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
    l->socket = s;
    udp_read_when_readable(l);
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
        udp_close_link(
            l, state->index == 0 ? "the interface is gone" : "the interface was replaced");
    } else if (l->socket != NULL && state->n_addresses == 0) {
        udp_close_link(l, "the interface has no IPv4 address");
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
    int64_t offset_ms = udp_wall_offset_ms(u);

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
    u->reading = udp_reading_new(u);
    if (u->reading == NULL) {
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
    u->wall_offset_ms = udp_wall_offset_ms(u);
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
    (void)uv_timer_stop(&u->reading->timer);
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
        udp_close_link(&u->links[i], NULL);
    }
    udp_reading_free(u->reading);
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
