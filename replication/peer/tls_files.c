#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/peer/node_uri.h"
#include "replication/peer/tls_state.h"

/*
 * TLS, files - from four PEM files to what a handshake uses, now and after a change
 */
static const char suites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

static const char next_issue[] = "see `leasehold pki issue --help`";

static int refuse(const char *path, const char *reason, const char *next)
{
    log_error("certificates", "file=%s reason=\"%s\" next=\"%s\"", path, reason, next);
    return TLS_REFUSED;
}

/* The first thing that OpenSSL says of a file it did not take. */
static int refuse_content(const char *path, const char *what)
{
    const char *said = ERR_reason_error_string(ERR_peek_error());
    char reason[TLS_REASON_MAX];

    (void)snprintf(
        reason, sizeof reason, "it holds no usable %s: %s", what, said == NULL ? "unknown" : said);
    return refuse(path, reason, "take the PEM files as `leasehold pki` wrote them");
}

/* ---- Who it is, and whether it may be */

int tls_identity(
    const X509 *certificate, const char *cluster, uint32_t *ret_node, char reason[TLS_REASON_MAX])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    struct bytes its_cluster = { NULL, 0 };
    unsigned n_found = 0;
    uint32_t node = 0;
    int rv = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *uri = name->d.uniformResourceIdentifier;

        if (name->type == GEN_URI &&
            node_uri_parse(
                bytes_of(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri)),
                &its_cluster,
                &node)) {
            n_found++;
        }
    }
    if (n_found != 1 || node == 0) {
        (void)snprintf(reason, TLS_REASON_MAX, "its certificate names no node of a cluster");
        rv = TLS_UNTRUSTED;
    } else if (!bytes_equal(its_cluster, bytes_of_text(cluster))) {
        char text[CLUSTER_NAME_MAX];

        (void)snprintf(
            reason,
            TLS_REASON_MAX,
            "its certificate is of cluster '%s', not '%s'",
            log_text(its_cluster, text, sizeof text),
            cluster);
        rv = TLS_UNTRUSTED;
    }
    GENERAL_NAMES_free(names);
    if (rv == 0) {
        *ret_node = node;
    }
    return rv;
}

int tls_tolerate(int ok, X509_STORE_CTX *x)
{
    int error = X509_STORE_CTX_get_error(x);

    if (!ok && (error == X509_V_ERR_CRL_HAS_EXPIRED || error == X509_V_ERR_CRL_NOT_YET_VALID)) {
        X509_STORE_CTX_set_error(x, X509_V_OK);
        return 1;
    }
    return ok;
}

int tls_verify(SSL_CTX *context, X509 *certificate, STACK_OF(X509) * chain, unsigned long flags)
{
    X509_STORE_CTX *x = X509_STORE_CTX_new();
    int error = X509_V_ERR_OUT_OF_MEM;

    if (x != NULL &&
        X509_STORE_CTX_init(x, SSL_CTX_get_cert_store(context), certificate, chain) == 1) {
        X509_STORE_CTX_set_flags(x, flags);
        X509_STORE_CTX_set_verify_cb(x, tls_tolerate);
        error = X509_verify_cert(x) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(x);
        if (error == X509_V_OK &&
            (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) != 1 ||
             X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1)) {
            error = X509_V_ERR_INVALID_PURPOSE;
        }
    }
    X509_STORE_CTX_free(x);
    return error;
}

/* ---- Reading the files */

/* That it is there and for us, and, of a key, not for everybody. */
static int look_at(const char *path, bool is_secret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = { 0 };
    bool is_known = fd >= 0 && fstat(fd, &st) == 0;
    int error = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    if (!is_known) {
        return refuse(
            path,
            strerror(error),
            error == EACCES ? "let the account that runs the server read it" : next_issue);
    }
    if (is_secret && (st.st_mode & S_IRWXO) != 0) {
        return refuse(path, "everybody may use this key", "take that right away: chmod o= FILE");
    }
    return 0;
}

/* An encrypted key would need a password that nobody is there to type. */
static int no_password(char *buf, int size, int rwflag, void *data)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)data;
    return -1;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_method());

    if (c == NULL || SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(c, suites) != 1 || SSL_CTX_set_num_tickets(c, 0) != 1) {
        SSL_CTX_free(c);
        return NULL;
    }
    (void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    (void)SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    (void)SSL_CTX_set_max_cert_list(c, TLS_CHAIN_MAX);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, tls_on_verify);
    SSL_CTX_set_default_passwd_cb(c, no_password);
    return c;
}

static int read_crl(SSL_CTX *c, const char *path)
{
    X509_STORE *store = SSL_CTX_get_cert_store(c);
    BIO *file = BIO_new_file(path, "r");
    unsigned n = 0;
    bool is_added = true;
    X509_CRL *crl;

    while (is_added && file != NULL && (crl = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL))) {
        is_added = X509_STORE_add_crl(store, crl) == 1;
        X509_CRL_free(crl);
        n++;
    }
    (void)BIO_free(file);
    if (n == 0 || !is_added) {
        return refuse_content(path, "revocation list");
    }
    (void)X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return 0;
}

static int read_files(const struct tls *t, SSL_CTX *c)
{
    const char *key = t->paths[TLS_KEY];

    for (unsigned i = 0; i < TLS_N_FILES; i++) {
        int rv = t->paths[i] == NULL ? 0 : look_at(t->paths[i], i == TLS_KEY);

        if (rv != 0) {
            return rv;
        }
    }
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(c, t->paths[TLS_CA]) != 1) {
        return refuse_content(t->paths[TLS_CA], "certificate of a CA");
    }
    if (SSL_CTX_use_certificate_chain_file(c, t->paths[TLS_CERTIFICATE]) != 1) {
        return refuse_content(t->paths[TLS_CERTIFICATE], "certificate");
    }
    if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1) {
        return ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH
                   ? refuse(
                         key, "the key is not that of the certificate", "take both from one issue")
                   : refuse_content(key, "key without a password");
    }
    return t->paths[TLS_CRL] == NULL ? 0 : read_crl(c, t->paths[TLS_CRL]);
}

/* A certificate that no peer would take is told here, where it can be put right. Its time is
 * another matter: a clock that is wrong today may be right in a minute. */
static int judge_own(const struct tls *t, SSL_CTX *c)
{
    X509 *own = SSL_CTX_get0_certificate(c);
    const char *path = t->paths[TLS_CERTIFICATE];
    STACK_OF(X509) *chain = NULL;
    char reason[TLS_REASON_MAX];
    uint32_t node = 0;
    int error;

    (void)SSL_CTX_get0_chain_certs(c, &chain);
    error = tls_verify(c, own, chain, X509_V_FLAG_NO_CHECK_TIME);
    if (error != X509_V_OK) {
        return refuse(path, X509_verify_cert_error_string(error), next_issue);
    }
    if (tls_identity(own, t->cluster, &node, reason) != 0) {
        return refuse(path, reason, next_issue);
    }
    if (node != t->node) {
        (void)snprintf(reason, sizeof reason, "it is of node %u, not of node %u", node, t->node);
        return refuse(path, reason, "give each node its own");
    }
    return 0;
}

/* ---- In force */

static struct instant end_of(const X509 *certificate)
{
    struct tm end = { 0 };

    (void)ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
    return (struct instant){ (int64_t)timegm(&end) * 1000 };
}

static int64_t clock_ms(clockid_t id)
{
    struct timespec now = { 0 };

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void warn_of_end(struct tls *t)
{
    int64_t left = t->valid_until.ms - clock_ms(CLOCK_REALTIME);
    char until[INSTANT_TEXT_MAX];
    unsigned n_suppressed;

    if (left > TLS_SOON_MS ||
        !log_limit_pass(&t->end_limit, clock_ms(CLOCK_BOOTTIME), &n_suppressed)) {
        return;
    }
    log_event(
        left > 0 ? LOG_WARNING : LOG_ERROR,
        left > 0 ? "certificate-ends-soon" : "certificate-has-ended",
        "file=%s until=%s next=\"renew it: leasehold pki renew %u\"",
        t->paths[TLS_CERTIFICATE],
        instant_format(t->valid_until, until),
        t->node);
}

static void put_in_force(struct tls *t, SSL_CTX *c)
{
    const X509 *own = SSL_CTX_get0_certificate(c);
    char until[INSTANT_TEXT_MAX];

    if (t->context == NULL || X509_cmp(own, SSL_CTX_get0_certificate(t->context)) != 0) {
        t->generation++;
    }
    SSL_CTX_free(t->context);
    t->context = c;
    t->valid_until = end_of(own);
    t->end_limit = (struct log_limit){ .burst = 1, .interval_ms = 86400000 };
    log_info(
        "certificates",
        "file=%s node=%u until=%s crl=%s",
        t->paths[TLS_CERTIFICATE],
        t->node,
        instant_format(t->valid_until, until),
        t->paths[TLS_CRL] == NULL ? "none" : t->paths[TLS_CRL]);
    warn_of_end(t);
}

/* Remembers how the files look. Returns true when one has changed. */
static bool look_for_changes(struct tls *t)
{
    bool has_changed = false;

    for (unsigned i = 0; i < TLS_N_FILES; i++) {
        struct stat st = { 0 };
        struct stat *seen = &t->seen[i];

        if (t->paths[i] != NULL && stat(t->paths[i], &st) == 0) {
            has_changed = has_changed || st.st_ino != seen->st_ino || st.st_size != seen->st_size ||
                          st.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
                          st.st_mtim.tv_nsec != seen->st_mtim.tv_nsec;
            *seen = st;
        }
    }
    return has_changed;
}

int tls_reload(struct tls *t)
{
    SSL_CTX *c = new_context();
    int rv;

    if (c == NULL) {
        return ERR_NOMEM;
    }
    (void)look_for_changes(t);
    rv = read_files(t, c);
    rv = rv == 0 ? judge_own(t, c) : rv;
    if (rv != 0) {
        SSL_CTX_free(c);
        return rv;
    }
    put_in_force(t, c);
    return 0;
}

int tls_refresh(struct tls *t)
{
    if (look_for_changes(t)) {
        return tls_reload(t);
    }
    warn_of_end(t);
    return 0;
}

static bool copy(char **to, const char *text)
{
    *to = text == NULL ? NULL : strdup(text);
    return text == NULL || *to != NULL;
}

int tls_new(struct tls **ret_tls, const struct tls_config *config)
{
    struct tls *t = calloc(1, sizeof *t);
    int rv = ERR_NOMEM;

    if (t != NULL && copy(&t->paths[TLS_CA], config->ca) &&
        copy(&t->paths[TLS_CERTIFICATE], config->certificate) &&
        copy(&t->paths[TLS_KEY], config->key) && copy(&t->paths[TLS_CRL], config->crl) &&
        copy(&t->cluster, config->cluster)) {
        t->node = config->node;
        rv = tls_reload(t);
    }
    if (rv != 0) {
        (void)tls_free(t);
        return rv;
    }
    *ret_tls = t;
    return 0;
}

struct tls *tls_free(struct tls *t)
{
    if (t != NULL) {
        for (unsigned i = 0; i < TLS_N_FILES; i++) {
            free(t->paths[i]);
        }
        free(t->cluster);
        SSL_CTX_free(t->context);
        free(t);
    }
    return NULL;
}

struct instant tls_valid_until(const struct tls *t)
{
    return t->valid_until;
}
