#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "server/pki/pki.h"
#include "support/certificates.h"
#include "support/ends.h"
#include "support/files.h"
#include "support/test.h"

/* Two nodes over TLS in memory: who may, who may not, and what the files must be. */

/* ---- Those who may */

TEST(two_nodes_of_a_cluster_talk_and_know_each_other)
{
    ends_shake_hands();
    assert_true(tls_session_is_ready(dialler.session));
    assert_true(tls_session_is_ready(acceptor.session));
    assert_int_equal(tls_session_node(dialler.session), 2);
    assert_int_equal(tls_session_node(acceptor.session), 1);
    end_say(&dialler, "ping");
    end_say(&acceptor, "pong");
    ends_carry_all();
    end_assert_heard(&acceptor, "ping");
    end_assert_heard(&dialler, "pong");
}

TEST(what_is_written_at_once_is_one_record_while_it_fits)
{
    enum { N = 16000, OVERHEAD = 5 + 1 + 16 }; /* RFC 8446 5.2: header, type, tag */

    static uint8_t plain[N];
    uint8_t *output;
    size_t n = 0;

    ends_shake_hands();
    assert_int_equal(tls_session_write(dialler.session, bytes_of(plain, N)), 0);
    output = tls_session_take_output(dialler.session, &n);
    assert_int_equal(n, N + OVERHEAD);
    assert_int_equal(output[0], 23);
    free(output);
}

TEST(a_megabyte_arrives_whole_in_pieces_of_any_size)
{
    enum { N = 1 << 20 };

    uint8_t *plain = malloc(N), *output;
    size_t n = 0;

    for (unsigned i = 0; i < N; i++) {
        plain[i] = (uint8_t)(i * 7 + i / 251);
    }
    ends_shake_hands();
    assert_int_equal(tls_session_write(dialler.session, bytes_of(plain, N)), 0);
    output = tls_session_take_output(dialler.session, &n);
    for (size_t at = 0, step = 1; at < n; at += step, step = step * 3 % 70001 + 1) {
        end_hear(&acceptor, bytes_slice(bytes_of(output, n), at, step));
    }
    assert_int_equal(acceptor.outcome, 0);
    assert_int_equal(acceptor.n, N);
    assert_memory_equal(acceptor.plain, plain, N);
    free(output);
    free(plain);
}

/* ---- Those who may not */

static void issue_and_come(int from, int until)
{
    struct tls_config config = certificates_of(ends_pki, "office", 9, 9);

    certificates_issue(ends_pki, 9, from, until);
    ends_come_with(&config);
}

static void append(const char *from, const char *to)
{
    static char text[8192];
    FILE *in = fopen(from, "r"), *out = fopen(to, "a");
    size_t n;

    require(in != NULL && out != NULL);
    n = fread(text, 1, sizeof text, in);
    require(fwrite(text, 1, n, out) == n);
    (void)fclose(in);
    require(fclose(out) == 0);
}

TEST(a_stranger_under_a_ca_of_the_same_name_is_refused_and_told)
{
    struct tls_config config = certificates_of(ends_other_pki, "office", 1, 1);

    ends_come_with(&config);
    end_assert_refused(&dialler, TLS_UNTRUSTED, "no CA that we trust");
    end_assert_refused(&acceptor, TLS_ALERTED, "");
}

TEST(a_stranger_who_believes_us_is_not_believed)
{
    struct tls_config config = certificates_of(ends_other_pki, "office", 1, 1);
    const char *both = file_in(ends_folder, "both.pem");

    append(file_in(ends_pki, "ca.pem"), both);
    append(file_in(ends_other_pki, "ca.pem"), both);
    config.ca = both;
    config.crl = NULL;
    ends_come_with(&config);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "no CA that we trust");
    end_assert_refused(&dialler, TLS_ALERTED, "");
}

TEST(an_expired_certificate_is_refused_and_told)
{
    issue_and_come(-10, -1);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "certificate has expired");
    end_assert_refused(&dialler, TLS_ALERTED, "certificate expired");
}

TEST(a_certificate_of_tomorrow_is_refused_with_a_word_about_clocks)
{
    issue_and_come(1, 10);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "look at the clocks");
}

TEST(a_revoked_certificate_is_refused_and_told)
{
    struct tls_config config = certificates_of(ends_folder, "office", 9, 9);

    certificates_issue(ends_pki, 9, -1, 10);
    file_copy(file_in(ends_pki, "node-9.pem"), config.certificate);
    file_copy(file_in(ends_pki, "node-9.key"), config.key);
    assert_int_equal(chmod(config.key, 0600), 0);
    certificates_revoke(ends_pki, 9);
    config.ca = file_in(ends_pki, "ca.pem");
    config.crl = NULL; /* it has not heard of it */
    acceptor.session = tls_session_free(acceptor.session);
    assert_int_equal(tls_refresh(acceptor.tls), 0);
    assert_int_equal(tls_session_new(&acceptor.session, acceptor.tls, 0), 0);
    ends_come_with(&config);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "certificate revoked");
    end_assert_refused(&dialler, TLS_ALERTED, "certificate revoked");
}

/* By a clock that is an hour behind, a list is of the future when it comes. */
TEST(a_revocation_list_counts_whatever_its_time)
{
    static const int64_t hour = 3600000;
    struct instant now = { (int64_t)time(NULL) * 1000 };

    for (int64_t shift = -48 * hour; shift <= 48 * hour; shift += 96 * hour) {
        struct pki_order o = { .folder = ends_pki, .now = instant_add_ms(now, shift) };

        certificates_issue(ends_pki, 9, -1, 10);
        assert_int_equal(pki_revoke(&o, 9), 0);
        ends_done(NULL);
        ends_fresh(NULL);
        ends_shake_hands();
        assert_int_equal(tls_session_node(acceptor.session), 1);
        assert_int_equal(tls_session_check(acceptor.session), 0);
    }
}

TEST(another_node_than_the_one_that_was_dialled_is_refused)
{
    struct tls_config config = certificates_of(ends_pki, "office", 3, 3);

    end_close(&acceptor);
    end_open(&acceptor, &config, 0);
    ends_shake_hands();
    end_assert_refused(&dialler, TLS_UNTRUSTED, "of node 3, not of node 2");
    end_assert_refused(&acceptor, TLS_ALERTED, "bad certificate");
}

/* ---- The files */

static void assert_files_refused(const struct tls_config *config)
{
    struct tls *t = NULL;

    assert_int_equal(tls_new(&t, config), TLS_REFUSED);
    assert_null(t);
}

TEST(files_that_will_not_do_are_refused)
{
    struct tls_config good = certificates_of(ends_pki, "office", 1, 1), bad = good;

    bad.ca = "/nowhere/ca.pem";
    assert_files_refused(&bad);
    bad = good;
    bad.key = file_in(ends_pki, "node-2.key");
    assert_files_refused(&bad);
    bad = good;
    bad.node = 2;
    assert_files_refused(&bad);
    bad = good;
    bad.crl = bad.ca;
    assert_files_refused(&bad);
    bad = good;
    bad.ca = file_in(ends_other_pki, "ca.pem");
    assert_files_refused(&bad);
    bad = good;
    bad.certificate = file_in(ends_pki, "ca.pem");
    bad.key = file_in(ends_pki, "ca.key");
    assert_files_refused(&bad);
}

TEST(a_key_that_everybody_may_read_is_refused)
{
    struct tls_config config = certificates_of(ends_pki, "office", 1, 1);

    assert_int_equal(chmod(config.key, 0644), 0);
    assert_files_refused(&config);
    assert_int_equal(chmod(config.key, 0640), 0);
    end_close(&dialler);
    end_open(&dialler, &config, 2);
}

TEST(a_reload_that_fails_leaves_what_was_in_force)
{
    struct tls_config config = certificates_of(ends_pki, "office", 9, 9);

    certificates_issue(ends_pki, 9, -1, 30);
    end_close(&dialler);
    end_open(&dialler, &config, 2);
    assert_int_equal(truncate(file_in(ends_pki, "node-9.pem"), 100), 0);
    assert_int_equal(tls_refresh(dialler.tls), TLS_REFUSED);
    ends_shake_hands();
    assert_int_equal(tls_session_node(acceptor.session), 9);
    assert_false(tls_session_is_outdated(dialler.session));
    certificates_renew(ends_pki, 9);
    assert_int_equal(tls_refresh(dialler.tls), 0);
    assert_true(tls_session_is_outdated(dialler.session));
    assert_false(tls_session_is_outdated(acceptor.session));
}

TEST(a_session_whose_other_side_is_revoked_will_not_do_any_more)
{
    struct tls_config config = certificates_of(ends_pki, "office", 9, 9);

    certificates_issue(ends_pki, 9, -1, 30);
    ends_come_with(&config);
    assert_int_equal(tls_session_check(acceptor.session), 0);
    certificates_revoke(ends_pki, 9);
    assert_int_equal(tls_refresh(acceptor.tls), 0);
    assert_int_equal(tls_session_check(acceptor.session), TLS_UNTRUSTED);
    assert_int_equal(tls_session_check(dialler.session), 0);
}

TEST(a_node_starts_with_a_certificate_that_has_ended_and_nobody_takes_it)
{
    issue_and_come(-20, -10);
    end_assert_refused(&acceptor, TLS_UNTRUSTED, "expired");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, ends_fresh, ends_done)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(two_nodes_of_a_cluster_talk_and_know_each_other),
        CASE(what_is_written_at_once_is_one_record_while_it_fits),
        CASE(a_megabyte_arrives_whole_in_pieces_of_any_size),
        CASE(a_stranger_under_a_ca_of_the_same_name_is_refused_and_told),
        CASE(a_stranger_who_believes_us_is_not_believed),
        CASE(an_expired_certificate_is_refused_and_told),
        CASE(a_certificate_of_tomorrow_is_refused_with_a_word_about_clocks),
        CASE(a_revoked_certificate_is_refused_and_told),
        CASE(a_revocation_list_counts_whatever_its_time),
        CASE(another_node_than_the_one_that_was_dialled_is_refused),
        CASE(files_that_will_not_do_are_refused),
        CASE(a_key_that_everybody_may_read_is_refused),
        CASE(a_reload_that_fails_leaves_what_was_in_force),
        CASE(a_session_whose_other_side_is_revoked_will_not_do_any_more),
        CASE(a_node_starts_with_a_certificate_that_has_ended_and_nobody_takes_it),
    };

    return cmocka_run_group_tests_name("tls", tests, ends_make, ends_remove);
}
