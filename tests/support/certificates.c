#include "support/certificates.h"

#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "server/pki/pki.h"
#include "support/files.h"

static struct pki_order order(const char *folder, int from, int until)
{
    static const int64_t day = 86400000;
    struct instant now = { (int64_t)time(NULL) * 1000 };

    return (struct pki_order){
        .folder = folder,
        .now = now,
        .from = instant_add_ms(now, from * day),
        .until = instant_add_ms(now, until * day),
        .force = true,
    };
}

void certificates_make(const char *folder, const char *cluster)
{
    struct pki_order o = order(folder, -100, 100);

    require(pki_init(&o, cluster) == 0);
}

void certificates_issue(const char *folder, uint32_t node, int from, int until)
{
    struct pki_order o = order(folder, from, until);

    require(pki_issue(&o, node) == 0);
}

void certificates_renew(const char *folder, uint32_t node)
{
    struct pki_order o = order(folder, -1, 60);

    require(pki_renew(&o, node) == 0);
}

void certificates_revoke(const char *folder, uint32_t node)
{
    struct pki_order o = order(folder, -1, 60);

    require(pki_revoke(&o, node) == 0);
}

struct tls_config certificates_of(
    const char *folder, const char *cluster, uint32_t node, uint32_t as)
{
    char certificate[32], key[32];

    (void)snprintf(certificate, sizeof certificate, "node-%u.pem", node);
    (void)snprintf(key, sizeof key, "node-%u.key", node);
    return (struct tls_config){
        .ca = file_in(folder, "ca.pem"),
        .certificate = file_in(folder, certificate),
        .key = file_in(folder, key),
        .crl = file_in(folder, "crl.pem"),
        .cluster = cluster,
        .node = as,
    };
}
