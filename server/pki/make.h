#ifndef SERVER_PKI_MAKE_H
#define SERVER_PKI_MAKE_H

#include <openssl/x509.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/instant.h"

/* Make - keys, certificates and revocation lists in memory; RFC 5280. NULL: out of memory. */

/* Who signs. The CA's own certificate is NULL while it is made. */
struct signer {
    X509 *certificate;
    EVP_PKEY *key;
};

struct life {
    struct instant from, until;
};

EVP_PKEY *make_key(void);

/* A certificate of @cluster for @key: of its CA when @node is 0, else of that node. */
X509 *make_certificate(
    const struct signer *by,
    EVP_PKEY *key,
    const char *cluster,
    uint32_t node,
    const struct life *life);

/* A list that holds what @old (may be NULL) holds, to be added to and then signed. */
X509_CRL *make_crl(const struct signer *by, const X509_CRL *old, struct instant now);
bool make_crl_entry(X509_CRL *crl, const X509 *certificate, struct instant now);
bool make_crl_signature(X509_CRL *crl, const struct signer *by);

/* Whom a certificate names: its node, or 0 for a CA. @cluster has room for CLUSTER_NAME_MAX. */
bool make_read_names(const X509 *certificate, char *cluster, uint32_t *ret_node);

struct instant make_end_of(const X509 *certificate);

#endif
