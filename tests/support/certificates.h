#ifndef TESTS_SUPPORT_CERTIFICATES_H
#define TESTS_SUPPORT_CERTIFICATES_H

#include "replication/peer/tls.h"

/* Certificates - a CA of a test's own in a folder, made as `leasehold pki` makes them */

/* Makes a CA of @cluster in @folder, which is made too. */
void certificates_make(const char *folder, const char *cluster);

/* Gives @node a key and a certificate that is valid from @from to @until, in days from now. */
void certificates_issue(const char *folder, uint32_t node, int from, int until);
void certificates_renew(const char *folder, uint32_t node);
void certificates_revoke(const char *folder, uint32_t node);

/* The files of @node in @folder as the configuration of node @as; lent until the second next call. */
struct tls_config certificates_of(
    const char *folder, const char *cluster, uint32_t node, uint32_t as);

#endif
