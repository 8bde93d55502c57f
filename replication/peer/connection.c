#include "replication/peer/connection.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "proto/peer_codec.h"

/* Whom to tell that a frame is with the kernel. */
struct waiter {
    STAILQ_ENTRY(waiter) link;
    struct raft_io_send *request;
    raft_io_send_cb sent;
};

STAILQ_HEAD(waiter_list, waiter);

/* Frames that go out together. */
struct bundle {
    struct transport_write write;
    struct connection *connection;
    struct waiter_list waiters;
    size_t n, size;
    uint8_t *bytes;
};

enum { BUNDLE_MIN = 1024 };

/* Ends a bundle: tells those who wait, and frees it. */
static void end_bundle(struct bundle *b, int status)
{
    struct waiter *w;

    b->connection->n_queued -= b->n;
    while ((w = STAILQ_FIRST(&b->waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&b->waiters, link);
        w->sent(w->request, status);
        free(w);
    }
    free(b->bytes);
    free(b);
}

static void on_closed(void *data)
{
    struct connection *c = data;

    if (c->bundle != NULL) {
        end_bundle(c->bundle, RAFT_NOCONNECTION);
        c->bundle = NULL;
    }
    ensure(c->n_queued == 0);
    c->owner->closed(c->owner->data, c);
}

void connection_close(struct connection *c)
{
    if (c->state != CONNECTION_CLOSING) {
        c->state = CONNECTION_CLOSING;
        transport_close(&c->transport, on_closed);
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
        transport_deinit(&c->transport);
        frame_reader_deinit(&c->reader);
        free(c);
    }
    return NULL;
}

/* ---- In */

static int lend_room(void *data, uint8_t **ret_at, size_t *ret_n)
{
    return frame_reader_room(&((struct connection *)data)->reader, ret_at, ret_n);
}

static void refuse(struct connection *c, int outcome)
{
    c->owner->refused(c->owner->data, c, outcome);
    connection_close(c);
}

static void on_arrived(void *data, size_t n)
{
    struct connection *c = data;
    struct bytes message;
    int rv = 0;

    frame_reader_filled(&c->reader, n);
    while (rv == 0 && c->state != CONNECTION_CLOSING && !c->closes_when_sent) {
        rv = frame_reader_next(&c->reader, &message);
        if (rv == 0) {
            c->heard_at = uv_now(c->transport.tcp.loop);
            c->owner->message(c->owner->data, c, message);
        }
    }
    if (rv == FRAME_GARBAGE) {
        refuse(c, TLS_GARBAGE);
    }
}

static void on_ended(void *data, int outcome)
{
    struct connection *c = data;

    if (c->state == CONNECTION_CLOSING) {
        return;
    }
    if (outcome == 0 || outcome == TLS_ENDED) {
        connection_close(c);
    } else {
        refuse(c, outcome);
    }
}

/* ---- Out */

static void on_written(struct transport_write *write, int status)
{
    struct bundle *b = (struct bundle *)write; /* its first member */
    struct connection *c = b->connection;

    end_bundle(b, status == 0 ? 0 : RAFT_NOCONNECTION);
    if (c->state == CONNECTION_CLOSING) {
        return;
    }
    if (status != 0 || (c->closes_when_sent && c->n_queued == 0)) {
        connection_close(c);
    } else if (c->n_queued < CONNECTION_QUEUE_LOW && c->state == CONNECTION_UP) {
        c->owner->drained(c->owner->data, c);
    }
}

void connection_flush(struct connection *c)
{
    struct bundle *b = c->bundle;

    if (b == NULL || b->n == 0 || c->state == CONNECTION_CLOSING) {
        return;
    }
    if (transport_write(&c->transport, &b->write, bytes_of(b->bytes, b->n)) == 0) {
        c->bundle = NULL;
    } else {
        connection_close(c); /* and those who wait hear of it from the loop */
    }
}

static int open_bundle(struct connection *c)
{
    struct bundle *b;

    if (c->bundle != NULL) {
        return 0;
    }
    b = calloc(1, sizeof *b);
    if (b == NULL) {
        return ERR_NOMEM;
    }
    b->connection = c;
    b->write.written = on_written;
    STAILQ_INIT(&b->waiters);
    c->bundle = b;
    return 0;
}

/* Room for @n more bytes. */
static int extend_bundle(struct bundle *b, size_t n)
{
    size_t size = b->size == 0 ? BUNDLE_MIN : b->size;
    uint8_t *bytes;

    while (size - b->n < n) {
        size *= 2;
    }
    if (size == b->size) {
        return 0;
    }
    bytes = realloc(b->bytes, size);
    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    b->bytes = bytes;
    b->size = size;
    return 0;
}

static int add_waiter(struct bundle *b, struct raft_io_send *request, raft_io_send_cb sent)
{
    struct waiter *w;

    if (request == NULL) {
        return 0;
    }
    w = malloc(sizeof *w);
    if (w == NULL) {
        return ERR_NOMEM;
    }
    *w = (struct waiter){ .request = request, .sent = sent };
    STAILQ_INSERT_TAIL(&b->waiters, w, link);
    return 0;
}

static bool takes(const struct connection *c, size_t n)
{
    return c->state != CONNECTION_CLOSING && transport_is_ready(&c->transport) &&
           !c->closes_when_sent && c->n_queued + n <= CONNECTION_QUEUE_MAX;
}

int connection_send(
    struct connection *c,
    const struct peer_message *m,
    struct raft_io_send *request,
    raft_io_send_cb sent)
{
    size_t size = peer_encoded_size(m);
    size_t n = FRAME_HEADER + size;
    struct bundle *b;
    int rv;

    require(size <= PEER_MESSAGE_MAX);
    if (!takes(c, n)) {
        return CONNECTION_REFUSED;
    }
    rv = open_bundle(c);
    rv = rv == 0 ? extend_bundle(c->bundle, n) : rv;
    rv = rv == 0 ? add_waiter(c->bundle, request, sent) : rv;
    if (rv != 0) {
        return rv;
    }
    b = c->bundle;
    frame_write_header(b->bytes + b->n, size);
    (void)peer_encode(m, b->bytes + b->n + FRAME_HEADER);
    b->n += n;
    c->n_queued += n;
    if (b->n >= CONNECTION_BUNDLE_MAX) {
        connection_flush(c);
    }
    return 0;
}

/* ---- Beginnings */

static void on_ready(void *data)
{
    struct connection *c = data;

    c->owner->connected(c->owner->data, c);
}

/* Makes a connection with an open handle: from here on only its close callback may free it. */
static int open_handle(
    struct connection **ret_connection, const struct connection_config *config, uint32_t node)
{
    struct connection *c = calloc(1, sizeof *c);
    struct transport_owner owner = {
        .data = c,
        .ready = on_ready,
        .room = lend_room,
        .arrived = on_arrived,
        .ended = on_ended,
    };
    int rv = c == NULL ? ERR_NOMEM
                       : transport_init(&c->transport, config->loop, config->tls, node, &owner);

    if (rv != 0) {
        free(c);
        return rv;
    }
    c->owner = config->owner;
    c->node = node;
    c->is_dialler = node != 0;
    c->opened_at = uv_now(config->loop);
    c->heard_at = c->opened_at;
    frame_reader_init(&c->reader, FRAME_STRANGER_MAX);
    *ret_connection = c;
    return 0;
}

static void free_unborn(void *data)
{
    (void)connection_free(data);
}

static int begin(struct connection *c)
{
    c->state = CONNECTION_GREETING;
    return transport_begin(&c->transport, c->is_dialler);
}

int connection_accept(
    struct connection **ret_connection,
    const struct connection_config *config,
    uv_stream_t *listener)
{
    struct connection *c;
    int rv = open_handle(&c, config, 0);

    if (rv != 0) {
        return rv;
    }
    if (uv_accept(listener, (uv_stream_t *)&c->transport.tcp) != 0 || begin(c) != 0) {
        transport_close(&c->transport, free_unborn);
        return ERR_IO;
    }
    *ret_connection = c;
    return 0;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct connection *c = request->data;

    if (c->state != CONNECTION_CLOSING && (status != 0 || begin(c) != 0)) {
        connection_close(c);
    }
}

int connection_dial(
    struct connection **ret_connection,
    const struct connection_config *config,
    uint32_t node,
    const struct sockaddr *address)
{
    struct connection *c;
    int rv = open_handle(&c, config, node);

    if (rv != 0) {
        return rv;
    }
    c->request.data = c;
    if (uv_tcp_connect(&c->request, &c->transport.tcp, address, on_connected) != 0) {
        transport_close(&c->transport, free_unborn);
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
