#ifndef SERVER_PKI_H
#define SERVER_PKI_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

/*
 * PKI - a small CA in a folder, for the certificates that nodes show each other
 *
 *   ca.pem, ca.key       the CA of one cluster
 *   crl.pem              what is revoked
 *   node-N.pem, .key     the certificate and key of node N, as they go to the node
 *   issued/SERIAL.pem    every certificate that was ever issued, so that all can be revoked
 *
 * Keys are of P-256, readable by their owner alone; the rest is as umask allows. Each call is one
 * order, carried out wholly or refused with a sentence. The names in certificates are those of
 * replication/peer/node_uri.h.
 */
enum { PKI_REASON_MAX = PATH_MAX + 256 };

enum pki_outcome {
    PKI_REFUSED = 1, /* and the reason says why, with the next step */
};

struct pki_order {
    const char *folder;
    struct instant now, from, until; /* wall time; the life of what is made */
    bool force;                      /* what is there may be replaced */
    /* Out: */
    char reason[PKI_REASON_MAX];
    char cluster[64];
    struct instant ends; /* of what was made: no later than its CA */
    unsigned n_revoked;
};

/* All return 0, ERR_* or PKI_REFUSED. */
int pki_init(struct pki_order *o, const char *cluster);
int pki_issue(struct pki_order *o, uint32_t node); /* a key and a certificate */
int pki_renew(struct pki_order *o, uint32_t node); /* a new certificate for the same key */

/* Revokes every certificate that @node has got, and removes its files. */
int pki_revoke(struct pki_order *o, uint32_t node);

#endif
