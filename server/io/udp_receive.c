#include <stdlib.h>
#include <string.h>

#include "server/io/udp_state.h"

/*
 * UDP, receiving - a socket is read when it is readable, and while datagrams come fast every
 * MODERATION_READ_MS
 */
enum {
    READS_PER_TURN = 8, /* batches of one socket before others get their turn */
    AGE_MAX_MS = 3600 * 1000,
};

/*
 * When the kernel got a datagram, by our monotonic clock. Its stamp is of the wall clock, which
 * may have been set in between: then the earlier of both readings counts, for a message that
 * seems older than it is can only be ignored too often (10-lease-protocol: STALE).
 */
static struct instant received_at(
    const struct udp *u, struct instant stamp, struct instant now, int64_t offset_ms)
{
    int64_t larger = offset_ms > u->wall_offset_ms ? offset_ms : u->wall_offset_ms;
    int64_t at = stamp.ms - larger;

    if (stamp.ms == 0 || at > now.ms) {
        at = now.ms;
    }
    return (struct instant){ at < now.ms - AGE_MAX_MS ? now.ms - AGE_MAX_MS : at };
}

int64_t udp_wall_offset_ms(const struct udp *u)
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

static void take_datagram(
    struct link *l, const struct udp_datagram *d, struct instant now, int64_t offset_ms)
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
        .received = received_at(u, d->wall, now, offset_ms),
    };

    u->port.receive(u->port.data, &arrival, d->bytes);
}

/* Reads what is there of the socket of @l, which may be closed in here. Returns how many. */
static unsigned read_link(struct link *l)
{
    struct udp *u = l->udp;
    int64_t offset_ms = udp_wall_offset_ms(u);
    struct instant now;
    unsigned n = UDP_BATCH;
    unsigned total = 0;

    for (unsigned i = 0; i < READS_PER_TURN && n == UDP_BATCH; i++) {
        const struct udp_datagram *datagrams = NULL;
        int error = udp_socket_receive(l->socket->fd, u->batch, &datagrams, &n);

        if (error != 0) {
            udp_close_link(l, strerror(error));
            return total;
        }
        now = u->port.monotonic(u->port.data);
        for (unsigned j = 0; j < n && !u->is_stopped; j++) {
            take_datagram(l, &datagrams[j], now, offset_ms);
        }
        total += n;
    }
    u->wall_offset_ms = offset_ms;
    return total;
}

/* --- when --- */

static void on_time(uv_timer_t *timer)
{
    struct udp_reading *r = timer->data;
    struct udp *u = r->udp;
    unsigned n = 0;

    for (unsigned i = 0; i < u->n_links; i++) {
        struct link *l = &u->links[i];

        n += l->socket != NULL && l->socket->is_timed ? read_link(l) : 0;
    }
    if (moderation_note(&r->moderation, u->port.monotonic(u->port.data), n)) {
        return;
    }
    (void)uv_timer_stop(timer);
    for (unsigned i = 0; i < u->n_links; i++) {
        if (u->links[i].socket != NULL && u->links[i].socket->is_timed) {
            udp_read_when_readable(&u->links[i]);
        }
    }
}

static void read_in_time(struct link *l)
{
    struct udp_reading *r = l->udp->reading;

    l->socket->is_timed = true;
    (void)uv_poll_stop(&l->socket->poll);
    if (!uv_is_active((uv_handle_t *)&r->timer)) {
        (void)uv_timer_start(&r->timer, on_time, MODERATION_READ_MS, MODERATION_READ_MS);
    }
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct link *l = ((struct open_socket *)handle->data)->link;
    struct udp *u = l->udp;
    unsigned n = 0;

    (void)events;
    if (status < 0) {
        udp_close_link(l, uv_strerror(status));
        return;
    }
    n = read_link(l);
    if (moderation_note(&u->reading->moderation, u->port.monotonic(u->port.data), n) &&
        l->socket != NULL && !u->is_stopped) {
        read_in_time(l);
    }
}

void udp_read_when_readable(struct link *l)
{
    l->socket->is_timed = false;
    if (!l->udp->is_stopped) {
        (void)uv_poll_start(&l->socket->poll, UV_READABLE, on_readable);
    }
}

struct udp_reading *udp_reading_new(struct udp *u)
{
    struct udp_reading *r = calloc(1, sizeof *r);

    if (r != NULL) {
        r->udp = u;
        r->timer.data = r;
        (void)uv_timer_init(u->loop, &r->timer);
    }
    return r;
}

static void on_reading_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void udp_reading_free(struct udp_reading *r)
{
    if (r != NULL) {
        uv_close((uv_handle_t *)&r->timer, on_reading_closed);
    }
}
