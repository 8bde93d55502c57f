#ifndef REPLICATION_PEER_TLS_STATE_H
#define REPLICATION_PEER_TLS_STATE_H

#include <openssl/ssl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "replication/peer/tls.h"

/* TLS state - what tls.c and tls_files.c share. Private to them. */

enum tls_file { TLS_CA, TLS_CERTIFICATE, TLS_KEY, TLS_CRL, TLS_N_FILES };

struct tls {
    char *paths[TLS_N_FILES]; /* that of the CRL may be NULL */
    struct stat seen[TLS_N_FILES];
    char *cluster;
    uint32_t node;
    SSL_CTX *context;
    unsigned generation; /* of the certificate: a new one counts it up */
    struct instant valid_until;
    struct log_limit end_limit;
    uint8_t room[TLS_ROOM];
};

/*
 * Whom @certificate speaks for, in @cluster. Returns 0 or TLS_UNTRUSTED with a sentence in @reason.
 */
int tls_identity(
    const X509 *certificate, const char *cluster, uint32_t *ret_node, char reason[TLS_REASON_MAX]);

/* Checks a chain by what @context trusts, with the @flags of X509_VERIFY_PARAM. Returns an
 * X509_V_*; X509_V_OK is 0. */
int tls_verify(SSL_CTX *context, X509 *certificate, STACK_OF(X509) * chain, unsigned long flags);

/* Part of every verification: a CRL that should have been renewed, or is of tomorrow by a clock that
 * is behind, still says who is revoked. */
int tls_tolerate(int ok, X509_STORE_CTX *x);

/* tls.c; sees every certificate of a handshake. */
int tls_on_verify(int ok, X509_STORE_CTX *x);

#endif
