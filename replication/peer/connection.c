#include "replication/peer/connection.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "proto/peer_codec.h"
#include "replication/peer/transport.h"

/* A frame on its way out. */
struct outgoing {
    uv_write_t write;
    struct connection *connection;
    struct raft_io_send *request; /* NULL: nobody waits */
    raft_io_send_cb sent;
    size_t n;
    uint8_t bytes[];
};

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    ensure(c->n_queued == 0);
    c->owner->closed(c->owner->data, c);
}

void connection_close(struct connection *c)
{
    if (c->state != CONNECTION_CLOSING) {
        c->state = CONNECTION_CLOSING;
        uv_close((uv_handle_t *)&c->tcp, on_closed);
    }
}

void connection_close_when_sent(struct connection *c)
{
    c->closes_when_sent = true;
    if (c->n_queued == 0) {
        connection_close(c);
    }
}

struct connection *connection_free(struct connection *c)
{
    if (c != NULL) {
        frame_reader_deinit(&c->reader);
        free(c);
    }
    return NULL;
}

/* ---- In */

static void lend_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = handle->data;
    uint8_t *at;
    size_t n;

    (void)suggested;
    if (frame_reader_room(&c->reader, &at, &n) != 0) {
        *buf = uv_buf_init(NULL, 0); /* on_read() is told UV_ENOBUFS */
        return;
    }
    *buf = uv_buf_init((char *)at, (unsigned)n);
}

static void handle_frames(struct connection *c)
{
    struct bytes message;
    int rv = 0;

    while (rv == 0 && c->state != CONNECTION_CLOSING && !c->closes_when_sent) {
        rv = frame_reader_next(&c->reader, &message);
        if (rv == 0) {
            c->heard_at = uv_now(c->tcp.loop);
            c->owner->message(c->owner->data, c, message);
        }
    }
    if (rv == FRAME_GARBAGE) {
        c->owner->garbage(c->owner->data, c);
        connection_close(c);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = stream->data;

    (void)buf;
    if (n < 0) {
        connection_close(c);
    } else if (n > 0) {
        frame_reader_filled(&c->reader, (size_t)n);
        handle_frames(c);
    }
}

/* ---- Out */

static void on_written(uv_write_t *write, int status)
{
    struct outgoing *o = write->data;
    struct connection *c = o->connection;

    c->n_queued -= o->n;
    if (o->request != NULL) {
        o->sent(o->request, status == 0 ? 0 : RAFT_NOCONNECTION);
    }
    free(o);
    if (c->state == CONNECTION_CLOSING) {
        return;
    }
    if (status != 0 || (c->closes_when_sent && c->n_queued == 0)) {
        connection_close(c);
    } else if (c->n_queued < CONNECTION_QUEUE_LOW && c->state == CONNECTION_UP) {
        c->owner->drained(c->owner->data, c);
    }
}

int connection_send(
    struct connection *c,
    const struct peer_message *m,
    struct raft_io_send *request,
    raft_io_send_cb sent)
{
    size_t size = peer_encoded_size(m);
    size_t n = FRAME_HEADER + size;
    struct outgoing *o;

    require(size <= PEER_MESSAGE_MAX);
    if (c->state == CONNECTION_CLOSING || c->state == CONNECTION_DIALLING || c->closes_when_sent ||
        c->n_queued + n > CONNECTION_QUEUE_MAX) {
        return CONNECTION_REFUSED;
    }
    o = malloc(sizeof *o + n);
    if (o == NULL) {
        return ERR_NOMEM;
    }
    *o = (struct outgoing){ .connection = c, .request = request, .sent = sent, .n = n };
    o->write.data = o;
    frame_write_header(o->bytes, size);
    (void)peer_encode(m, o->bytes + FRAME_HEADER);
    if (transport_write(&o->write, &c->tcp, bytes_of(o->bytes, n), on_written) != 0) {
        free(o);
        connection_close(c);
        return CONNECTION_REFUSED;
    }
    c->n_queued += n;
    return 0;
}

/* ---- Beginnings */

/* Makes a connection with an open handle: from here on only its close callback may free it. */
static int open_handle(
    struct connection **ret_connection, uv_loop_t *loop, const struct connection_owner *owner)
{
    struct connection *c = calloc(1, sizeof *c);

    if (c == NULL) {
        return ERR_NOMEM;
    }
    if (uv_tcp_init(loop, &c->tcp) != 0) {
        free(c);
        return ERR_IO;
    }
    c->tcp.data = c;
    c->owner = owner;
    c->opened_at = uv_now(loop);
    c->heard_at = c->opened_at;
    frame_reader_init(&c->reader, FRAME_STRANGER_MAX);
    *ret_connection = c;
    return 0;
}

static void free_unborn(uv_handle_t *handle)
{
    (void)connection_free(handle->data);
}

static int begin_reading(struct connection *c)
{
    c->state = CONNECTION_GREETING;
    return transport_prepare(&c->tcp) == 0 && transport_read(&c->tcp, lend_room, on_read) == 0
               ? 0
               : ERR_IO;
}

int connection_accept(
    struct connection **ret_connection, uv_stream_t *listener, const struct connection_owner *owner)
{
    struct connection *c;
    int rv = open_handle(&c, listener->loop, owner);

    if (rv != 0) {
        return rv;
    }
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 || begin_reading(c) != 0) {
        uv_close((uv_handle_t *)&c->tcp, free_unborn);
        return ERR_IO;
    }
    *ret_connection = c;
    return 0;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct connection *c = request->data;

    if (c->state == CONNECTION_CLOSING) {
        return;
    }
    if (status != 0 || begin_reading(c) != 0) {
        connection_close(c);
        return;
    }
    c->owner->connected(c->owner->data, c);
}

int connection_dial(
    struct connection **ret_connection,
    uv_loop_t *loop,
    const struct sockaddr *address,
    const struct connection_owner *owner)
{
    struct connection *c;
    int rv = open_handle(&c, loop, owner);

    if (rv != 0) {
        return rv;
    }
    c->is_dialler = true;
    c->request.data = c;
    if (uv_tcp_connect(&c->request, &c->tcp, address, on_connected) != 0) {
        uv_close((uv_handle_t *)&c->tcp, free_unborn);
        return ERR_IO;
    }
    *ret_connection = c;
    return 0;
}

void connection_set_up(struct connection *c)
{
    require(c->state == CONNECTION_GREETING);
    c->state = CONNECTION_UP;
    frame_reader_set_max(&c->reader, PEER_MESSAGE_MAX);
}
