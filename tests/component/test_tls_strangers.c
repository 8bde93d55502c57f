#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "server/pki/make.h"
#include "server/pki/pem_file.h"
#include "support/ends.h"
#include "support/files.h"
#include "support/test.h"

/* TLS and those who are no node of ours: other clients, and what is no TLS at all. */

/* An OpenSSL client that is not bound to our rules. */
static SSL *open_client(SSL_CTX *context)
{
    SSL *ssl = SSL_new(context);

    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    return ssl;
}

/* Carries bytes between the client and node 2 until neither has more to say. */
static void carry_client(SSL *ssl)
{
    uint8_t room[65536], plain[4096];
    int n = 1;

    while (n > 0) {
        size_t n_output = 0;
        uint8_t *output;

        (void)SSL_read(ssl, plain, sizeof plain);
        n = BIO_read(SSL_get_wbio(ssl), room, sizeof room);
        if (n > 0) {
            end_hear(&acceptor, bytes_of(room, (size_t)n));
        }
        output = tls_session_take_output(acceptor.session, &n_output);
        if (output != NULL) {
            (void)BIO_write(SSL_get_rbio(ssl), output, (int)n_output);
            free(output);
            n = 1;
        }
    }
}

/* Our CA signs what it should not: a certificate for node 1 of another cluster. */
static SSL_CTX *context_of_another_cluster(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct signer ca = {
        .certificate = pem_read_certificate(file_in(ends_pki, "ca.pem")),
        .key = pem_read_key(file_in(ends_pki, "ca.key")),
    };
    struct instant end = make_end_of(ca.certificate);
    struct life life = { instant_add_ms(end, -200 * 86400000L), end };
    EVP_PKEY *key = make_key();
    X509 *forged = make_certificate(&ca, key, "home", 1, &life);

    require(SSL_CTX_use_certificate(context, forged) == 1);
    require(SSL_CTX_use_PrivateKey(context, key) == 1);
    X509_free(forged);
    EVP_PKEY_free(key);
    X509_free(ca.certificate);
    EVP_PKEY_free(ca.key);
    return context;
}

TEST(a_node_of_another_cluster_under_the_same_ca_is_refused)
{
    SSL_CTX *context = context_of_another_cluster();
    SSL *ssl = open_client(context);

    carry_client(ssl);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "is of cluster 'home', not 'office'");
    SSL_free(ssl);
    SSL_CTX_free(context);
}

TEST(the_ca_itself_is_no_node)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl;

    require(SSL_CTX_use_certificate_chain_file(context, file_in(ends_pki, "ca.pem")) == 1);
    require(
        SSL_CTX_use_PrivateKey_file(context, file_in(ends_pki, "ca.key"), SSL_FILETYPE_PEM) == 1);
    ssl = open_client(context);
    carry_client(ssl);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "");
    SSL_free(ssl);
    SSL_CTX_free(context);
}

TEST(a_client_without_a_certificate_is_refused)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = open_client(context);

    carry_client(ssl);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "it shows no certificate");
    SSL_free(ssl);
    SSL_CTX_free(context);
}

TEST(an_older_tls_is_refused)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl;

    assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION), 1);
    ssl = open_client(context);
    carry_client(ssl);
    end_assert_refused(&acceptor, TLS_GARBAGE, "unsupported protocol");
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/* A client with the certificate of node 1, as a peer that has been taken over would be. */
static SSL_CTX *context_of_node_1(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    require(SSL_CTX_use_certificate_chain_file(context, file_in(ends_pki, "node-1.pem")) == 1);
    require(
        SSL_CTX_use_PrivateKey_file(context, file_in(ends_pki, "node-1.key"), SSL_FILETYPE_PEM) ==
        1);
    return context;
}

TEST(new_keys_in_the_midst_of_a_session_are_taken)
{
    SSL_CTX *context = context_of_node_1();
    SSL *ssl = open_client(context);

    carry_client(ssl);
    assert_true(tls_session_is_ready(acceptor.session));
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_write(ssl, "x", 1), 1);
        carry_client(ssl);
    }
    assert_int_equal(acceptor.outcome, 0);
    assert_int_equal(acceptor.n, 50);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

TEST(a_chain_of_certificates_that_is_too_long_is_refused)
{
    SSL_CTX *context = context_of_node_1();
    X509 *more = SSL_CTX_get0_certificate(context);
    SSL *ssl;

    for (unsigned i = 0; i < 60; i++) {
        assert_int_equal(SSL_CTX_add1_chain_cert(context, more), 1);
    }
    ssl = open_client(context);
    carry_client(ssl);
    end_assert_refused(&acceptor, TLS_GARBAGE, "excessive message size");
    SSL_free(ssl);
    SSL_CTX_free(context);
}

TEST(what_is_no_tls_is_garbage)
{
    end_hear(&acceptor, bytes_of_text("GET / HTTP/1.1\r\n\r\n"));
    end_assert_refused(&acceptor, TLS_GARBAGE, "http request");
}

TEST(a_frame_without_tls_is_garbage)
{
    static const uint8_t frame[] = { 'L', 'H', 1, 1, 0, 0, 0, 4, 1, 2, 3, 4 };

    end_hear(&acceptor, bytes_of(frame, sizeof frame));
    end_assert_refused(&acceptor, TLS_GARBAGE, "");
}

TEST(a_byte_that_was_changed_on_its_way_ends_the_session)
{
    uint8_t *output;
    size_t n = 0;

    ends_shake_hands();
    end_say(&dialler, "ping");
    output = tls_session_take_output(dialler.session, &n);
    output[n - 1] ^= 1;
    end_hear(&acceptor, bytes_of(output, n));
    end_assert_refused(&acceptor, TLS_GARBAGE, "bad record mac");
    free(output);
}

TEST(a_record_that_is_said_again_ends_the_session)
{
    uint8_t *output;
    size_t n = 0;

    ends_shake_hands();
    end_say(&dialler, "ping");
    output = tls_session_take_output(dialler.session, &n);
    end_hear(&acceptor, bytes_of(output, n));
    end_assert_heard(&acceptor, "ping");
    acceptor.n = 0;
    end_hear(&acceptor, bytes_of(output, n));
    end_assert_refused(&acceptor, TLS_GARBAGE, "bad record mac");
    free(output);
}

TEST(a_recorded_connection_cannot_be_played_again)
{
    uint8_t *hello, *rest;
    size_t n_hello = 0, n_rest = 0;

    assert_int_equal(tls_session_begin(dialler.session), 0);
    hello = tls_session_take_output(dialler.session, &n_hello);
    end_hear(&acceptor, bytes_of(hello, n_hello));
    (void)end_carry(&acceptor, &dialler);
    end_say(&dialler, "ping");
    rest = tls_session_take_output(dialler.session, &n_rest);
    end_hear(&acceptor, bytes_of(rest, n_rest));
    end_assert_heard(&acceptor, "ping");

    acceptor.session = tls_session_free(acceptor.session);
    acceptor.n = 0;
    assert_int_equal(tls_session_new(&acceptor.session, acceptor.tls, 0), 0);
    end_hear(&acceptor, bytes_of(hello, n_hello));
    assert_int_equal(acceptor.outcome, 0);
    end_hear(&acceptor, bytes_of(rest, n_rest));
    end_assert_refused(&acceptor, TLS_GARBAGE, "");
    assert_false(tls_session_is_ready(acceptor.session));
    free(hello);
    free(rest);
}

TEST(nothing_of_a_stream_that_ends_within_a_record_is_told)
{
    uint8_t *output;
    size_t n = 0;

    ends_shake_hands();
    end_say(&dialler, "ping");
    output = tls_session_take_output(dialler.session, &n);
    end_hear(&acceptor, bytes_of(output, n - 1));
    assert_int_equal(acceptor.outcome, 0);
    assert_int_equal(acceptor.n, 0);
    free(output);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, ends_fresh, ends_done)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(a_node_of_another_cluster_under_the_same_ca_is_refused),
        CASE(the_ca_itself_is_no_node),
        CASE(a_client_without_a_certificate_is_refused),
        CASE(an_older_tls_is_refused),
        CASE(new_keys_in_the_midst_of_a_session_are_taken),
        CASE(a_chain_of_certificates_that_is_too_long_is_refused),
        CASE(what_is_no_tls_is_garbage),
        CASE(a_frame_without_tls_is_garbage),
        CASE(a_byte_that_was_changed_on_its_way_ends_the_session),
        CASE(a_record_that_is_said_again_ends_the_session),
        CASE(a_recorded_connection_cannot_be_played_again),
        CASE(nothing_of_a_stream_that_ends_within_a_record_is_told),
    };

    return cmocka_run_group_tests_name("tls_strangers", tests, ends_make, ends_remove);
}
