#include "replication/peer/transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/err.h"

enum {
    USER_TIMEOUT_MS = 5000, /* data that nobody acknowledges ends the connection */
    /* What waits for the socket beyond the caller's own limit: the peer makes us say more than it
     * reads. */
    UNSENT_MAX = 16 * 1024 * 1024,
};

int transport_init(
    struct transport *t,
    uv_loop_t *loop,
    struct tls *tls,
    uint32_t node,
    const struct transport_owner *owner)
{
    *t = (struct transport){ .owner = *owner };
    if (tls != NULL && tls_session_new(&t->session, tls, node) != 0) {
        return ERR_NOMEM;
    }
    t->tls = tls;
    if (uv_tcp_init(loop, &t->tcp) != 0) {
        t->session = tls_session_free(t->session);
        return ERR_IO;
    }
    t->tcp.data = t;
    return 0;
}

static int prepare(uv_tcp_t *tcp)
{
    unsigned timeout = USER_TIMEOUT_MS;
    uv_os_fd_t fd;

    if (uv_tcp_nodelay(tcp, 1) != 0 || uv_fileno((uv_handle_t *)tcp, &fd) != 0) {
        return ERR_IO;
    }
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout) == 0 ? 0
                                                                                        : ERR_IO;
}

/* ---- Out */

static void on_written(uv_write_t *request, int status)
{
    struct transport_write *w = request->data;

    free(w->sealed);
    w->sealed = NULL;
    w->written(w, status);
}

static int write_bytes(struct transport *t, struct transport_write *w, struct bytes b)
{
    uv_buf_t buf = { .base = (char *)(uintptr_t)b.at, .len = b.n };

    w->request.data = w;
    return uv_write(&w->request, (uv_stream_t *)&t->tcp, &buf, 1, on_written) == 0 ? 0 : ERR_IO;
}

/* Writes what the session has to say. */
static int write_output(struct transport *t, struct transport_write *w)
{
    size_t n = 0;
    int rv;

    w->sealed = tls_session_take_output(t->session, &n);
    rv = write_bytes(t, w, bytes_of(w->sealed, n));
    if (rv != 0) {
        free(w->sealed);
        w->sealed = NULL;
    }
    return rv;
}

int transport_write(struct transport *t, struct transport_write *w, struct bytes b)
{
    require(t->is_ready && b.n > 0);
    if (t->session == NULL) {
        return write_bytes(t, w, b);
    }

    int rv = tls_session_write(t->session, b);

    return rv == 0 ? write_output(t, w) : rv;
}

static void free_write(struct transport_write *w, int status)
{
    (void)status; /* the read ends as well */
    free(w);
}

/* What a handshake answers, an alert, a change of keys: nobody waits for it. */
static int write_own_output(struct transport *t)
{
    struct transport_write *w;
    int rv;

    if (!tls_session_has_output(t->session)) {
        return 0;
    }
    if (uv_stream_get_write_queue_size((uv_stream_t *)&t->tcp) > UNSENT_MAX) {
        return ERR_LIMIT;
    }
    w = malloc(sizeof *w);
    if (w == NULL) {
        return ERR_NOMEM;
    }
    *w = (struct transport_write){ .written = free_write };
    rv = write_output(t, w);
    if (rv != 0) {
        free(w);
    }
    return rv;
}

/* ---- In */

static void lend_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct transport *t = handle->data;
    uint8_t *at = NULL;
    size_t n = 0;

    (void)suggested;
    if (t->session != NULL) {
        *buf = uv_buf_init((char *)tls_room(t->tls), TLS_ROOM);
    } else if (t->owner.room(t->owner.data, &at, &n) == 0) {
        *buf = uv_buf_init((char *)at, (unsigned)n);
    } else {
        *buf = uv_buf_init(NULL, 0); /* on_read() is told UV_ENOBUFS */
    }
}

/* Both ends have shown who they are. */
static void become_ready(struct transport *t)
{
    t->is_ready = true;
    if (t->is_dialler) {
        t->owner.ready(t->owner.data);
    }
}

/* Opens one run of plain bytes. Returns 0 and how many, or why there will be no more. */
static int open_some(struct transport *t, struct bytes *sealed, size_t *ret_n)
{
    uint8_t *at = NULL;
    size_t room = 0;
    int rv = t->owner.room(t->owner.data, &at, &room);

    rv = rv == 0 ? tls_session_read(t->session, sealed, at, room, ret_n) : rv;
    if (rv == 0 && !t->is_ready && tls_session_is_ready(t->session)) {
        become_ready(t);
    }
    return rv;
}

static void receive_sealed(struct transport *t, struct bytes sealed)
{
    size_t n = 1;
    int rv = 0;

    while (rv == 0 && n > 0 && !t->is_closing) {
        n = 0;
        rv = open_some(t, &sealed, &n);
        if (rv == 0 && n > 0 && !t->is_closing) {
            t->owner.arrived(t->owner.data, n);
        }
    }
    if (t->is_closing) {
        return;
    }
    if (write_own_output(t) != 0 || rv < 0) {
        rv = TLS_ENDED;
    }
    if (rv != 0) {
        t->owner.ended(t->owner.data, rv);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct transport *t = stream->data;

    if (n < 0) {
        t->owner.ended(t->owner.data, 0);
    } else if (n > 0 && t->session != NULL) {
        receive_sealed(t, bytes_of(buf->base, (size_t)n));
    } else if (n > 0) {
        t->owner.arrived(t->owner.data, (size_t)n);
    }
}

int transport_begin(struct transport *t, bool is_dialler)
{
    t->is_dialler = is_dialler;
    if (prepare(&t->tcp) != 0 || uv_read_start((uv_stream_t *)&t->tcp, lend_room, on_read) != 0) {
        return ERR_IO;
    }
    if (t->session == NULL) {
        become_ready(t);
        return 0;
    }
    if (!is_dialler) {
        return 0;
    }
    return tls_session_begin(t->session) == 0 && write_own_output(t) == 0 ? 0 : ERR_IO;
}

/* ---- What it is */

bool transport_is_ready(const struct transport *t)
{
    return t->is_ready;
}

uint32_t transport_node(const struct transport *t)
{
    return t->session == NULL ? 0 : tls_session_node(t->session);
}

const char *transport_reason(const struct transport *t)
{
    return t->session == NULL ? "" : tls_session_reason(t->session);
}

int transport_check(struct transport *t)
{
    return t->session == NULL ? 0 : tls_session_check(t->session);
}

bool transport_is_outdated(const struct transport *t)
{
    return t->session != NULL && tls_session_is_outdated(t->session);
}

char *transport_peer_address(const struct transport *t, char *out, size_t size)
{
    struct sockaddr_in a = { 0 };
    int n = sizeof a;
    char host[INET_ADDRSTRLEN] = "?";

    if (uv_tcp_getpeername(&t->tcp, (struct sockaddr *)&a, &n) == 0) {
        (void)inet_ntop(AF_INET, &a.sin_addr, host, sizeof host);
    }
    (void)snprintf(out, size, "%s:%u", host, ntohs(a.sin_port));
    return out;
}

/* ---- The end */

static void on_closed(uv_handle_t *handle)
{
    struct transport *t = handle->data;

    t->closed(t->owner.data);
}

void transport_close(struct transport *t, void (*closed)(void *data))
{
    require(!t->is_closing);
    t->is_closing = true;
    t->closed = closed;
    uv_close((uv_handle_t *)&t->tcp, on_closed);
}

void transport_deinit(struct transport *t)
{
    t->session = tls_session_free(t->session);
}
