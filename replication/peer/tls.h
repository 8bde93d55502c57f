#ifndef REPLICATION_PEER_TLS_H
#define REPLICATION_PEER_TLS_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/instant.h"

/*
 * TLS - mutual TLS 1.3 between nodes, on memory alone: bytes in, bytes out, no socket
 *
 * Both sides show a certificate that a CA of `ca` has signed, that is within its time and not in
 * `crl`, and that is of this cluster and of the node it should be (node_uri.h). There are no
 * tickets and no early data, so nothing recorded can be said again. tls.c and tls_files.c are
 * the only files of a running node that know OpenSSL.
 */
struct tls;
struct tls_session;

enum {
    TLS_PATH_MAX = 1024,
    TLS_ROOM = 64 * 1024,        /* of encrypted bytes, for one read */
    TLS_CHAIN_MAX = 16 * 1024,   /* bytes of certificates that a stranger may send */
    TLS_SOON_MS = 14 * 86400000, /* before the end of a certificate this is warned of */
    TLS_REASON_MAX = 160,
};

enum tls_outcome {
    TLS_REFUSED = 1, /* the files cannot be used; logged with the next step */
    TLS_ENDED,       /* the other side has closed */
    TLS_GARBAGE,     /* what arrived is no TLS, or was changed on its way */
    TLS_UNTRUSTED,   /* its certificate will not do */
    TLS_ALERTED,     /* the other side refuses us, or has met an error */
};

struct tls_config {
    const char *ca, *certificate, *key; /* paths of PEM files; copied */
    const char *crl;                    /* NULL: nothing is revoked */
    const char *cluster;
    uint32_t node;
};

/* Reads the files. Returns 0, ERR_NOMEM or TLS_REFUSED. */
int tls_new(struct tls **ret_tls, const struct tls_config *config);
struct tls *tls_free(struct tls *t); /* no session is left */

/*
 * Reads the files again. When they will not do, what was in force stays so. Returns 0, ERR_NOMEM
 * or TLS_REFUSED.
 */
int tls_reload(struct tls *t);

/* The same when one of the files has changed since; also warns of an end that is near. */
int tls_refresh(struct tls *t);

/* Lends a room for encrypted bytes, which lasts until it is asked for again. */
uint8_t *tls_room(struct tls *t);

struct instant tls_valid_until(const struct tls *t); /* wall time */

/*
 * A session with @node that this one begins, or, with 0, one that anybody begins. Returns 0 or
 * ERR_NOMEM.
 */
int tls_session_new(struct tls_session **ret_session, struct tls *t, uint32_t node);
struct tls_session *tls_session_free(struct tls_session *s);

/* Begins the handshake of a session that dials. Returns 0 or ERR_NOMEM. */
int tls_session_begin(struct tls_session *s);

/*
 * Takes encrypted bytes off @sealed and writes what they say to @at; @ret_n is 0 when that needs
 * more of them, and then @sealed is empty. Call it until it is so, then send the output, also
 * after an outcome. Returns 0, ERR_NOMEM or a tls_outcome.
 */
int tls_session_read(
    struct tls_session *s, struct bytes *sealed, uint8_t *at, size_t n, size_t *ret_n);

/* Adds @plain to the output. Only when ready. Returns 0 or ERR_NOMEM. */
int tls_session_write(struct tls_session *s, struct bytes plain);

bool tls_session_has_output(const struct tls_session *s);

/* Hands over what must be sent, which the caller free()s; NULL when there is nothing. */
uint8_t *tls_session_take_output(struct tls_session *s, size_t *ret_n);

bool tls_session_is_ready(const struct tls_session *s);
uint32_t tls_session_node(const struct tls_session *s); /* of its certificate; 0: not known yet */
const char *tls_session_reason(const struct tls_session *s); /* a sentence for an outcome */

/* Whether the other side's certificate would still do, by the files and the time of now. */
int tls_session_check(struct tls_session *s);
/* True when this node's certificate is another one now. */
bool tls_session_is_outdated(const struct tls_session *s);

#endif
