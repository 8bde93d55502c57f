#include "server/pki/pki.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "proto/peer.h"
#include "server/pki/make.h"
#include "server/pki/pem_file.h"

_Static_assert(sizeof((struct pki_order){ 0 }.cluster) == CLUSTER_NAME_MAX, "a name fits");

/* Writes the sentence of a refusal; its value is the outcome. */
#define REFUSE(o, ...) \
    ((void)snprintf((o)->reason, sizeof(o)->reason, __VA_ARGS__), (int)PKI_REFUSED)

/* ---- Paths */

struct path {
    char at[PATH_MAX];
};

/* "<folder>/<name>"; one that is too long is empty, and no file has that name. */
static struct path path_of(const struct pki_order *o, const char *name)
{
    struct path p;
    int n = snprintf(p.at, sizeof p.at, "%s/%s", o->folder, name);

    if (n < 0 || n >= (int)sizeof p.at) {
        p.at[0] = '\0';
    }
    return p;
}

static struct path path_of_node(const struct pki_order *o, uint32_t node, const char *ending)
{
    char name[32];

    (void)snprintf(name, sizeof name, "node-%u.%s", node, ending);
    return path_of(o, name);
}

static struct path path_of_issued(const struct pki_order *o, const X509 *certificate)
{
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = serial == NULL ? NULL : BN_bn2hex(serial);
    char name[80] = "";

    if (hex != NULL) {
        (void)snprintf(name, sizeof name, "issued/%s.pem", hex);
    }
    OPENSSL_free(hex);
    BN_free(serial);
    return path_of(o, name);
}

static bool exists(struct path p)
{
    struct stat st;

    return lstat(p.at, &st) == 0;
}

static int written(struct pki_order *o, struct path p, int error)
{
    return error == 0 ? 0 : REFUSE(o, "%s: cannot be written: %s", p.at, strerror(error));
}

static int make_folder(struct pki_order *o, const char *path)
{
    return mkdir(path, S_IRWXU) == 0 || errno == EEXIST
               ? 0
               : REFUSE(o, "%s: the folder cannot be made: %s", path, strerror(errno));
}

/* Why a reader of pem_file.h gave nothing. */
static const char *why_unread(void)
{
    return errno == EINVAL ? "it is damaged: bring it back from a copy" : strerror(errno);
}

/* ---- The CA */

static void close_signer(struct signer *s)
{
    X509_free(s->certificate);
    EVP_PKEY_free(s->key);
    *s = (struct signer){ NULL, NULL };
}

static int check_signer(struct pki_order *o, const struct signer *s)
{
    uint32_t node = 0;

    if (X509_check_private_key(s->certificate, s->key) != 1) {
        return REFUSE(o, "%s: ca.key is not the key of ca.pem", o->folder);
    }
    if (!make_read_names(s->certificate, o->cluster, &node) || node != 0) {
        return REFUSE(o, "%s: ca.pem is no CA that `leasehold pki init` has made", o->folder);
    }
    return 0;
}

static int open_signer(struct pki_order *o, struct signer *s)
{
    struct path certificate = path_of(o, "ca.pem"), key = path_of(o, "ca.key");
    const char *failed = certificate.at;

    *s = (struct signer){ .certificate = pem_read_certificate(certificate.at) };
    if (s->certificate != NULL) {
        failed = key.at;
        s->key = pem_read_key(key.at);
    }
    if (s->key != NULL) {
        return check_signer(o, s);
    }
    return errno == ENOENT
               ? REFUSE(o, "%s: there is no CA here: make one with `leasehold pki init`", failed)
               : REFUSE(o, "%s: %s", failed, why_unread());
}

static int write_crl(struct pki_order *o, const struct signer *by, X509_CRL *crl)
{
    struct path path = path_of(o, "crl.pem");

    return make_crl_signature(crl, by) ? written(o, path, pem_write_crl(path.at, crl)) : ERR_NOMEM;
}

static int write_ca(struct pki_order *o, const struct signer *ca)
{
    struct path key = path_of(o, "ca.key"), certificate = path_of(o, "ca.pem");
    X509_CRL *crl = make_crl(ca, NULL, o->now);
    int rv = crl == NULL ? ERR_NOMEM : written(o, key, pem_write_key(key.at, ca->key));

    rv = rv == 0 ? written(o, certificate, pem_write_certificate(certificate.at, ca->certificate))
                 : rv;
    rv = rv == 0 ? write_crl(o, ca, crl) : rv;
    X509_CRL_free(crl);
    return rv;
}

int pki_init(struct pki_order *o, const char *cluster)
{
    struct signer ca = { NULL, NULL };
    struct life life = { o->from, o->until };
    int rv;

    if (!o->force && (exists(path_of(o, "ca.key")) || exists(path_of(o, "ca.pem")))) {
        return REFUSE(
            o,
            "%s: there is a CA already; --force replaces it, and then every node needs a new "
            "certificate",
            o->folder);
    }
    rv = make_folder(o, o->folder);
    rv = rv == 0 ? make_folder(o, path_of(o, "issued").at) : rv;
    if (rv != 0) {
        return rv;
    }
    ca.key = make_key();
    if (ca.key != NULL) {
        ca.certificate = make_certificate(&ca, ca.key, cluster, 0, &life);
    }
    rv = ca.certificate != NULL ? write_ca(o, &ca) : ERR_NOMEM;
    (void)snprintf(o->cluster, sizeof o->cluster, "%s", cluster);
    o->ends = o->until;
    close_signer(&ca);
    return rv;
}

/* ---- Nodes */

/* The copy comes first: what is not among the issued ones could not be revoked. */
static int write_certificate(struct pki_order *o, uint32_t node, const X509 *certificate)
{
    struct path copy = path_of_issued(o, certificate), path = path_of_node(o, node, "pem");
    int rv = written(o, copy, pem_write_certificate(copy.at, certificate));

    return rv == 0 ? written(o, path, pem_write_certificate(path.at, certificate)) : rv;
}

static int certify(struct pki_order *o, const struct signer *ca, EVP_PKEY *key, uint32_t node)
{
    struct instant ca_ends = make_end_of(ca->certificate);
    struct life life = { o->from, o->until };
    X509 *certificate;
    int rv;

    if (o->now.ms >= ca_ends.ms) {
        return REFUSE(o, "%s: the CA has ended: make another with pki init --force", o->folder);
    }
    if (life.until.ms > ca_ends.ms) {
        life.until = ca_ends;
    }
    certificate = make_certificate(ca, key, o->cluster, node, &life);
    rv = certificate == NULL ? ERR_NOMEM : write_certificate(o, node, certificate);
    o->ends = life.until;
    X509_free(certificate);
    return rv;
}

int pki_issue(struct pki_order *o, uint32_t node)
{
    struct path path = path_of_node(o, node, "key");
    struct signer ca;
    EVP_PKEY *key = NULL;
    int rv = open_signer(o, &ca);

    if (rv == 0 && !o->force && (exists(path) || exists(path_of_node(o, node, "pem")))) {
        rv = REFUSE(
            o,
            "%s: node %u has a key already; `leasehold pki renew %u` gives it another certificate, "
            "--force another key",
            path.at,
            node,
            node);
    }
    if (rv == 0) {
        key = make_key();
        rv = key == NULL ? ERR_NOMEM : written(o, path, pem_write_key(path.at, key));
    }
    rv = rv == 0 ? certify(o, &ca, key, node) : rv;
    EVP_PKEY_free(key);
    close_signer(&ca);
    return rv;
}

int pki_renew(struct pki_order *o, uint32_t node)
{
    struct path path = path_of_node(o, node, "key");
    struct signer ca;
    EVP_PKEY *key = NULL;
    int rv = open_signer(o, &ca);

    if (rv == 0) {
        key = pem_read_key(path.at);
    }
    if (rv == 0 && key == NULL) {
        rv = REFUSE(
            o,
            "%s: %s; `leasehold pki issue %u` makes a key and a certificate",
            path.at,
            strerror(errno),
            node);
    }
    rv = rv == 0 ? certify(o, &ca, key, node) : rv;
    EVP_PKEY_free(key);
    close_signer(&ca);
    return rv;
}

/* ---- Revocation */

/* Adds one issued certificate when it is of @node and not on the list. */
static int revoke_one(
    struct pki_order *o, X509_CRL *crl, uint32_t node, const char *name, bool *ret_is_of_node)
{
    char file[NAME_MAX + 16], cluster[CLUSTER_NAME_MAX];
    X509_REVOKED *entry = NULL;
    uint32_t its_node = 0;
    X509 *certificate;
    bool is_added = true;

    (void)snprintf(file, sizeof file, "issued/%s", name);
    certificate = pem_read_certificate(path_of(o, file).at);
    if (certificate != NULL && make_read_names(certificate, cluster, &its_node) &&
        its_node == node) {
        *ret_is_of_node = true;
        if (X509_CRL_get0_by_cert(crl, &entry, certificate) != 1) {
            is_added = make_crl_entry(crl, certificate, o->now);
            o->n_revoked++;
        }
    }
    X509_free(certificate);
    return is_added ? 0 : ERR_NOMEM;
}

static int revoke_all(struct pki_order *o, X509_CRL *crl, uint32_t node)
{
    struct path folder = path_of(o, "issued");
    DIR *d = opendir(folder.at);
    bool is_of_node = false;
    const struct dirent *e;
    int rv = 0;

    if (d == NULL) {
        return REFUSE(o, "%s: cannot be read: %s", folder.at, strerror(errno));
    }
    while (rv == 0 && (e = readdir(d)) != NULL) {
        rv = e->d_name[0] == '.' ? 0 : revoke_one(o, crl, node, e->d_name, &is_of_node);
    }
    (void)closedir(d);
    if (rv == 0 && !is_of_node) {
        rv = REFUSE(o, "%s: node %u has no certificate of this CA", folder.at, node);
    }
    return rv;
}

int pki_revoke(struct pki_order *o, uint32_t node)
{
    struct path path = path_of(o, "crl.pem");
    struct signer ca;
    X509_CRL *old = NULL, *crl = NULL;
    int rv = open_signer(o, &ca);

    if (rv == 0) {
        old = pem_read_crl(path.at);
        rv = old != NULL ? 0
                         : REFUSE(
                               o,
                               "%s: %s: bring it back, it holds what was revoked before",
                               path.at,
                               strerror(errno));
    }
    if (rv == 0) {
        crl = make_crl(&ca, old, o->now);
        rv = crl == NULL ? ERR_NOMEM : revoke_all(o, crl, node);
    }
    rv = rv == 0 ? write_crl(o, &ca, crl) : rv;
    if (rv == 0) { /* its key is no good any more, and renewing it would be a mistake */
        (void)unlink(path_of_node(o, node, "key").at);
        (void)unlink(path_of_node(o, node, "pem").at);
    }
    X509_CRL_free(old);
    X509_CRL_free(crl);
    close_signer(&ca);
    return rv;
}
