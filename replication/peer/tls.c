#include "replication/peer/tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/peer/tls_state.h"

/*
 * TLS, sessions - OpenSSL reads from a lent run of bytes and writes into a buffer that grows
 */
enum { OUTPUT_MIN = 4096 };

struct tls_session {
    struct tls *tls;
    SSL *ssl;
    uint32_t expected;   /* whom it dials; 0: anybody */
    uint32_t node;       /* that the certificate names */
    unsigned generation; /* of our own certificate */
    bool is_ready;       /* both have shown that their certificate is theirs */
    bool is_untrusted;   /* the reason says why */
    bool is_out_of_memory;
    struct bytes *sealed; /* what SSL_read() may take */
    uint8_t *output;
    size_t n_output, size;
    char reason[TLS_REASON_MAX];
};

/* ---- Memory in, memory out */

static int take_sealed(BIO *bio, char *to, int n)
{
    struct tls_session *s = BIO_get_data(bio);
    size_t n_taken = s->sealed == NULL || n < 0 ? 0 : (size_t)n;

    BIO_clear_retry_flags(bio);
    n_taken = s->sealed != NULL && s->sealed->n < n_taken ? s->sealed->n : n_taken;
    if (n_taken == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(to, s->sealed->at, n_taken);
    *s->sealed = bytes_slice(*s->sealed, n_taken, s->sealed->n);
    return (int)n_taken;
}

static bool make_room(struct tls_session *s, size_t n)
{
    size_t size = s->size == 0 ? OUTPUT_MIN : s->size;
    uint8_t *output;

    while (size - s->n_output < n) {
        size *= 2;
    }
    if (size == s->size) {
        return true;
    }
    output = realloc(s->output, size);
    if (output == NULL) {
        s->is_out_of_memory = true;
        return false;
    }
    s->output = output;
    s->size = size;
    return true;
}

static int put_output(BIO *bio, const char *from, int n)
{
    struct tls_session *s = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (n < 0 || !make_room(s, (size_t)n)) {
        return -1;
    }
    memcpy(s->output + s->n_output, from, (size_t)n);
    s->n_output += (size_t)n;
    return n;
}

static long control(BIO *bio, int what, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

/* Made once, kept as long as the process. */
static const BIO_METHOD *memory_method(void)
{
    static BIO_METHOD *method;

    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "session memory");
        if (method != NULL) {
            (void)BIO_meth_set_read(method, take_sealed);
            (void)BIO_meth_set_write(method, put_output);
            (void)BIO_meth_set_ctrl(method, control);
        }
    }
    return method;
}

/* ---- Whom to trust */

static bool is_expected(struct tls_session *s, const X509 *certificate)
{
    uint32_t node = 0;

    if (tls_identity(certificate, s->tls->cluster, &node, s->reason) != 0) {
        return false;
    }
    if (s->expected != 0 && node != s->expected) {
        (void)snprintf(
            s->reason,
            sizeof s->reason,
            "its certificate is of node %u, not of node %u",
            node,
            s->expected);
        return false;
    }
    s->node = node;
    return true;
}

/* What an operator can do something about is said in our words. */
static const char *text_of(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "no CA that we trust has signed it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "it is not yet valid; look at the clocks of both machines";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return "the file crl has no list of its CA";
    default:
        return X509_verify_cert_error_string(error);
    }
}

static void distrust(struct tls_session *s, int error)
{
    s->is_untrusted = true;
    (void)snprintf(s->reason, sizeof s->reason, "its certificate will not do: %s", text_of(error));
}

int tls_on_verify(int ok, X509_STORE_CTX *x)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *s = SSL_get_app_data(ssl);

    if (tls_tolerate(ok, x) == 0) {
        distrust(s, X509_STORE_CTX_get_error(x));
        return 0;
    }
    if (X509_STORE_CTX_get_error_depth(x) == 0 &&
        !is_expected(s, X509_STORE_CTX_get_current_cert(x))) {
        s->is_untrusted = true;
        X509_STORE_CTX_set_error(x, X509_V_ERR_HOSTNAME_MISMATCH); /* alert: bad certificate */
        return 0;
    }
    return 1;
}

int tls_session_check(struct tls_session *s)
{
    X509 *peer = SSL_get0_peer_certificate(s->ssl);
    int error = peer == NULL
                    ? X509_V_ERR_INVALID_CALL
                    : tls_verify(s->tls->context, peer, SSL_get_peer_cert_chain(s->ssl), 0);

    if (error == X509_V_ERR_OUT_OF_MEM) {
        return ERR_NOMEM;
    }
    if (error != X509_V_OK) {
        distrust(s, error);
        return TLS_UNTRUSTED;
    }
    return 0;
}

bool tls_session_is_outdated(const struct tls_session *s)
{
    return s->generation != s->tls->generation;
}

/* ---- Life */

int tls_session_new(struct tls_session **ret_session, struct tls *t, uint32_t node)
{
    const BIO_METHOD *method = memory_method();
    struct tls_session *s = calloc(1, sizeof *s);
    BIO *bio = method == NULL ? NULL : BIO_new(method);

    if (s != NULL) {
        *s = (struct tls_session){ .tls = t, .expected = node, .generation = t->generation };
        s->ssl = SSL_new(t->context);
    }
    if (s == NULL || s->ssl == NULL || bio == NULL) {
        (void)BIO_free(bio);
        (void)tls_session_free(s);
        return ERR_NOMEM;
    }
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    (void)SSL_set_app_data(s->ssl, s);
    if (node == 0) {
        SSL_set_accept_state(s->ssl);
    } else {
        SSL_set_connect_state(s->ssl);
    }
    *ret_session = s;
    return 0;
}

struct tls_session *tls_session_free(struct tls_session *s)
{
    if (s != NULL) {
        SSL_free(s->ssl);
        free(s->output);
        free(s);
    }
    return NULL;
}

/* ---- Bytes */

static int explain(struct tls_session *s, int outcome, const char *before, const char *what)
{
    (void)snprintf(s->reason, sizeof s->reason, "%s%s", before, what == NULL ? "unknown" : what);
    return outcome;
}

static int outcome_of_error(struct tls_session *s, int ssl_error)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);

    if (s->is_out_of_memory || reason == ERR_R_MALLOC_FAILURE) {
        return ERR_NOMEM;
    }
    if (ssl_error == SSL_ERROR_ZERO_RETURN) {
        return explain(s, TLS_ENDED, "", "it has closed the connection");
    }
    if (s->is_untrusted) {
        return TLS_UNTRUSTED;
    }
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        return explain(s, TLS_UNTRUSTED, "", "it shows no certificate");
    }
    if (reason >= SSL_AD_REASON_OFFSET) {
        const char *alert = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);

        return explain(s, TLS_ALERTED, "it says: ", alert);
    }
    return explain(s, TLS_GARBAGE, "no TLS of ours: ", ERR_reason_error_string(error));
}

int tls_session_begin(struct tls_session *s)
{
    ERR_clear_error();

    int rv = SSL_do_handshake(s->ssl);

    return SSL_get_error(s->ssl, rv) == SSL_ERROR_WANT_READ ? 0 : ERR_NOMEM;
}

int tls_session_read(
    struct tls_session *s, struct bytes *sealed, uint8_t *at, size_t n, size_t *ret_n)
{
    size_t n_read = 0;

    ERR_clear_error();
    s->sealed = sealed;

    int rv = SSL_read_ex(s->ssl, at, n, &n_read);
    int error = rv == 1 ? SSL_ERROR_NONE : SSL_get_error(s->ssl, rv);

    s->sealed = NULL;
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
        return outcome_of_error(s, error);
    }
    ensure(n_read > 0 || sealed->n == 0);
    s->is_ready = s->is_ready || SSL_is_init_finished(s->ssl) == 1;
    *ret_n = n_read;
    return 0;
}

int tls_session_write(struct tls_session *s, struct bytes plain)
{
    size_t n = 0;

    require(tls_session_is_ready(s));
    ERR_clear_error();
    if (plain.n == 0 || SSL_write_ex(s->ssl, plain.at, plain.n, &n) == 1) {
        return 0;
    }
    return ERR_NOMEM; /* or the other side is in the midst of what no peer of ours begins */
}

bool tls_session_has_output(const struct tls_session *s)
{
    return s->n_output > 0;
}

uint8_t *tls_session_take_output(struct tls_session *s, size_t *ret_n)
{
    uint8_t *output = s->n_output > 0 ? s->output : NULL;

    if (output != NULL) {
        *ret_n = s->n_output;
        s->output = NULL;
        s->n_output = 0;
        s->size = 0;
    }
    return output;
}

bool tls_session_is_ready(const struct tls_session *s)
{
    return s->is_ready;
}

uint32_t tls_session_node(const struct tls_session *s)
{
    return s->is_ready ? s->node : 0;
}

const char *tls_session_reason(const struct tls_session *s)
{
    return s->reason;
}

uint8_t *tls_room(struct tls *t)
{
    return t->room;
}
