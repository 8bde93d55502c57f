#ifndef REPLICATION_PEER_TRANSPORT_H
#define REPLICATION_PEER_TRANSPORT_H

#include <uv.h>

#include "base/bytes.h"
#include "replication/peer/tls.h"

/*
 * Transport - a TCP socket to another node, with TLS on it unless there is none
 *
 * Whoever embeds it sees plain bytes alone. With TLS they wait for the handshake: `ready` comes
 * when the other side has shown a certificate of its own, and nothing arrives before. One write is
 * one run of TLS records, so callers gather what belongs together.
 */
struct transport;

struct transport_owner {
    void *data;
    /* Bytes can be sent. Not called on what was accepted: there the peer speaks first. */
    void (*ready)(void *data);
    /* Lends room for bytes that arrive. Returns 0 or ERR_NOMEM. */
    int (*room)(void *data, uint8_t **ret_at, size_t *ret_n);
    /* @n bytes are in the room; it is lent anew before the next. */
    void (*arrived)(void *data, size_t n);
    /* The other side is gone (0), or will not do: a tls_outcome, and transport_reason() says why.
     * It closes the transport. */
    void (*ended)(void *data, int outcome);
};

struct transport {
    uv_tcp_t tcp;
    struct transport_owner owner;
    struct tls *tls; /* NULL: plain, and so is the session */
    struct tls_session *session;
    bool is_dialler, is_ready, is_closing;
    void (*closed)(void *data);
};

/* One write on its way. The caller keeps it, and the bytes, until `written`. */
struct transport_write {
    uv_write_t request;
    uint8_t *sealed; /* what TLS made of the bytes */
    void (*written)(struct transport_write *w, int status);
};

/*
 * Makes it with an open handle, which transport_close() alone ends. @tls is NULL for plain TCP;
 * @node is whom it will dial, 0 for what is accepted. Returns 0, ERR_NOMEM or ERR_IO.
 */
int transport_init(
    struct transport *t,
    uv_loop_t *loop,
    struct tls *tls,
    uint32_t node,
    const struct transport_owner *owner);

/*
 * The socket is connected: sets what every peer socket needs, reads, and begins the handshake as
 * @is_dialler. Returns 0 or ERR_IO.
 */
int transport_begin(struct transport *t, bool is_dialler);

/* Writes @b, with `written` from the loop. Returns 0, ERR_NOMEM or ERR_IO; then it never comes. */
int transport_write(struct transport *t, struct transport_write *w, struct bytes b);

bool transport_is_ready(const struct transport *t);
uint32_t transport_node(const struct transport *t); /* of its certificate; 0: it showed none */
const char *transport_reason(const struct transport *t);

/* Whether the certificates at both ends would still do today. Returns 0 or a tls_outcome. */
int transport_check(struct transport *t);
/* True when this node has another certificate now than the one that it was begun with. */
bool transport_is_outdated(const struct transport *t);

/* Writes the address of the other side into @out. Returns @out. */
char *transport_peer_address(const struct transport *t, char *out, size_t size);

/* @closed comes from the loop; then transport_deinit(). */
void transport_close(struct transport *t, void (*closed)(void *data));
void transport_deinit(struct transport *t);

#endif
