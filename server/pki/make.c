#include "server/pki/make.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "replication/peer/node_uri.h"

enum { SERIAL_BITS = 127 }; /* RFC 5280 4.1.2.2: at most 20 octets, and nobody can guess it */

EVP_PKEY *make_key(void)
{
    return EVP_EC_gen("P-256");
}

static bool set_time(ASN1_TIME *to, struct instant at)
{
    return ASN1_TIME_set(to, (time_t)(at.ms / 1000)) != NULL;
}

static bool set_serial(X509 *x)
{
    BIGNUM *n = BN_new();
    bool is_done = n != NULL && BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                   BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

    BN_free(n);
    return is_done;
}

static bool add_name(X509_NAME *name, const char *what, const char *text)
{
    return X509_NAME_add_entry_by_txt(
               name, what, MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool set_subject(X509 *x, const char *cluster, uint32_t node)
{
    char text[32] = "leasehold CA";
    X509_NAME *name = X509_get_subject_name(x);

    if (node != 0) {
        (void)snprintf(text, sizeof text, "node %u", node);
    }
    return add_name(name, "O", cluster) && add_name(name, "CN", text);
}

static bool extend(X509 *x, const X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *e;
    bool is_done;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, (X509 *)(uintptr_t)issuer, x, NULL, NULL, 0);
    e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    is_done = e != NULL && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return is_done;
}

static bool extend_all(X509 *x, const X509 *issuer, const char *cluster, uint32_t node)
{
    char uri[NODE_URI_MAX], name[NODE_URI_MAX + 4];
    bool is_ca = node == 0;

    (void)snprintf(name, sizeof name, "URI:%s", node_uri_format(cluster, node, uri));
    return extend(
               x,
               issuer,
               NID_basic_constraints,
               is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
           extend(
               x,
               issuer,
               NID_key_usage,
               is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
           (is_ca || extend(x, issuer, NID_ext_key_usage, "serverAuth,clientAuth")) &&
           extend(x, issuer, NID_subject_key_identifier, "hash") &&
           extend(x, issuer, NID_authority_key_identifier, "keyid") &&
           extend(x, issuer, NID_subject_alt_name, name);
}

X509 *make_certificate(
    const struct signer *by,
    EVP_PKEY *key,
    const char *cluster,
    uint32_t node,
    const struct life *life)
{
    X509 *x = X509_new();
    const X509 *issuer = by->certificate == NULL ? x : by->certificate;

    if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
        set_time(X509_getm_notBefore(x), life->from) &&
        set_time(X509_getm_notAfter(x), life->until) && X509_set_pubkey(x, key) == 1 &&
        set_subject(x, cluster, node) &&
        X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
        extend_all(x, issuer, cluster, node) && X509_sign(x, by->key, EVP_sha256()) > 0) {
        return x;
    }
    X509_free(x);
    return NULL;
}

/* ---- Revocation */

/* The number of the next list, RFC 5280 5.2.3. */
static bool set_number(X509_CRL *crl, const X509_CRL *old)
{
    ASN1_INTEGER *n = old == NULL ? NULL : X509_CRL_get_ext_d2i(old, NID_crl_number, NULL, NULL);
    int64_t number = 0;
    bool is_done;

    if (n != NULL) {
        (void)ASN1_INTEGER_get_int64(&number, n);
    } else {
        n = ASN1_INTEGER_new();
    }
    is_done = n != NULL && ASN1_INTEGER_set_int64(n, number + 1) == 1 &&
              X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1;
    ASN1_INTEGER_free(n);
    return is_done;
}

static bool set_authority(X509_CRL *crl, const X509 *issuer)
{
    X509V3_CTX context;
    X509_EXTENSION *e;
    bool is_done;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, (X509 *)(uintptr_t)issuer, NULL, NULL, crl, 0);
    e = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid");
    is_done = e != NULL && X509_CRL_add_ext(crl, e, -1) == 1;
    X509_EXTENSION_free(e);
    return is_done;
}

static bool copy_entries(X509_CRL *crl, const X509_CRL *old)
{
    STACK_OF(X509_REVOKED) *entries =
        old == NULL ? NULL : X509_CRL_get_REVOKED((X509_CRL *)(uintptr_t)old);
    bool is_done = true;

    for (int i = 0; i < sk_X509_REVOKED_num(entries) && is_done; i++) {
        X509_REVOKED *entry = X509_REVOKED_dup(sk_X509_REVOKED_value(entries, i));

        is_done = entry != NULL && X509_CRL_add0_revoked(crl, entry) == 1;
        if (!is_done) {
            X509_REVOKED_free(entry);
        }
    }
    return is_done;
}

/* It is good until its CA ends: a node takes a list for what it says, not for its age. */
X509_CRL *make_crl(const struct signer *by, const X509_CRL *old, struct instant now)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_new();
    bool is_done =
        crl != NULL && time != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->certificate)) == 1 &&
        set_time(time, now) && X509_CRL_set1_lastUpdate(crl, time) == 1 &&
        X509_CRL_set1_nextUpdate(crl, X509_get0_notAfter(by->certificate)) == 1 &&
        set_authority(crl, by->certificate) && set_number(crl, old) && copy_entries(crl, old);

    ASN1_TIME_free(time);
    if (!is_done) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    return crl;
}

bool make_crl_entry(X509_CRL *crl, const X509 *certificate, struct instant now)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_new();
    bool is_done =
        entry != NULL && time != NULL && set_time(time, now) &&
        X509_REVOKED_set_revocationDate(entry, time) == 1 &&
        X509_REVOKED_set_serialNumber(
            entry, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(certificate)) == 1 &&
        X509_CRL_add0_revoked(crl, entry) == 1;

    ASN1_TIME_free(time);
    if (!is_done) {
        X509_REVOKED_free(entry);
    }
    return is_done;
}

bool make_crl_signature(X509_CRL *crl, const struct signer *by)
{
    return X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, by->key, EVP_sha256()) > 0;
}

/* ---- Reading */

bool make_read_names(const X509 *certificate, char *cluster, uint32_t *ret_node)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool is_found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !is_found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *uri = name->d.uniformResourceIdentifier;
        struct bytes found;

        is_found = name->type == GEN_URI &&
                   node_uri_parse(
                       bytes_of(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri)),
                       &found,
                       ret_node);
        if (is_found) {
            memcpy(cluster, found.at, found.n);
            cluster[found.n] = '\0';
        }
    }
    GENERAL_NAMES_free(names);
    return is_found;
}

struct instant make_end_of(const X509 *certificate)
{
    struct tm end = { 0 };

    (void)ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
    return (struct instant){ (int64_t)timegm(&end) * 1000 };
}
