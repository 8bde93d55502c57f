#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "server/pki/make.h"
#include "server/pki/pem_file.h"
#include "server/pki/pki.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/test.h"

/* The small CA: what it writes, what it never overwrites, and that revoking leaves nothing out. */
static char folder[FOLDER_PATH_MAX];
static const struct instant now = { 1800000000000 };

static int fresh(void **state)
{
    struct pki_order o = { .folder = folder, .now = now, .from = now };

    (void)state;
    folder_make(folder);
    o.until = instant_add_ms(now, 1000 * 86400000L);
    (void)umask(027);
    assert_int_equal(pki_init(&o, "office"), 0);
    return 0;
}

static int done(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static struct pki_order order(void)
{
    return (struct pki_order){
        .folder = folder,
        .now = now,
        .from = now,
        .until = instant_add_ms(now, 100 * 86400000L),
    };
}

static void issue(uint32_t node)
{
    struct pki_order o = order();

    assert_int_equal(pki_issue(&o, node), 0);
    assert_string_equal(o.cluster, "office");
}

static mode_t mode_of(const char *name)
{
    struct stat st;

    assert_int_equal(stat(file_in(folder, name), &st), 0);
    return st.st_mode & 07777;
}

TEST(keys_are_for_their_owner_and_the_rest_for_the_group)
{
    issue(1);
    assert_int_equal(mode_of("ca.key"), 0600);
    assert_int_equal(mode_of("node-1.key"), 0600);
    assert_int_equal(mode_of("ca.pem"), 0640);
    assert_int_equal(mode_of("node-1.pem"), 0640);
    assert_int_equal(mode_of("crl.pem"), 0640);
    assert_int_equal(file_count(folder, "node-1."), 2); /* and no temporary file */
}

TEST(a_certificate_names_its_node_and_its_cluster_and_ends_as_ordered)
{
    char cluster[64] = "";
    uint32_t node = 0;
    X509 *x;

    issue(7);
    x = pem_read_certificate(file_in(folder, "node-7.pem"));
    assert_non_null(x);
    assert_true(make_read_names(x, cluster, &node));
    assert_string_equal(cluster, "office");
    assert_int_equal(node, 7);
    assert_int_equal(make_end_of(x).ms, now.ms + 100 * 86400000L);
    X509_free(x);
}

TEST(a_certificate_does_not_outlive_its_ca)
{
    struct pki_order o = order();

    o.until = instant_add_ms(now, 9999 * 86400000L);
    assert_int_equal(pki_issue(&o, 1), 0);
    assert_int_equal(o.ends.ms, now.ms + 1000 * 86400000L);
}

static void assert_refused(const struct pki_order *o, int rv, const char *because)
{
    assert_int_equal(rv, PKI_REFUSED);
    print_message("%s\n", o->reason);
    assert_non_null(strstr(o->reason, because));
}

static bool is_same_key(EVP_PKEY *before)
{
    EVP_PKEY *after = pem_read_key(file_in(folder, "node-1.key"));
    bool is_same = after != NULL && EVP_PKEY_eq(before, after) == 1;

    EVP_PKEY_free(after);
    return is_same;
}

TEST(a_key_is_replaced_by_force_alone_and_kept_when_renewed)
{
    struct pki_order o = order();
    EVP_PKEY *before;

    issue(1);
    before = pem_read_key(file_in(folder, "node-1.key"));
    assert_non_null(before);
    assert_refused(&o, pki_issue(&o, 1), "--force");
    assert_true(is_same_key(before));
    assert_int_equal(pki_renew(&o, 1), 0);
    assert_true(is_same_key(before));
    o.force = true;
    assert_int_equal(pki_issue(&o, 1), 0);
    assert_false(is_same_key(before));
    EVP_PKEY_free(before);
}

TEST(a_ca_is_replaced_by_force_alone)
{
    struct pki_order o = order();

    assert_refused(&o, pki_init(&o, "home"), "--force");
    issue(1);
    o.force = true;
    assert_int_equal(pki_init(&o, "home"), 0);
    o = order();
    assert_int_equal(pki_issue(&o, 2), 0);
    assert_string_equal(o.cluster, "home");
}

static int count_revoked(void)
{
    X509_CRL *crl = pem_read_crl(file_in(folder, "crl.pem"));
    int n;

    assert_non_null(crl);
    n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
    X509_CRL_free(crl);
    return n < 0 ? 0 : n;
}

TEST(revoking_takes_every_certificate_a_node_ever_got_and_leaves_the_others)
{
    struct pki_order o = order();

    issue(1);
    issue(2);
    assert_int_equal(pki_renew(&o, 1), 0);
    o.force = true;
    assert_int_equal(pki_issue(&o, 1), 0);
    assert_int_equal(count_revoked(), 0);
    o = order();
    assert_int_equal(pki_revoke(&o, 1), 0);
    assert_int_equal(o.n_revoked, 3);
    assert_int_equal(count_revoked(), 3);
    assert_int_equal(file_count(folder, "node-1."), 0);
    assert_int_equal(file_count(folder, "node-2."), 2);
    o = order();
    assert_refused(&o, pki_renew(&o, 1), "pki issue 1");
    assert_int_equal(pki_revoke(&o, 1), 0);
    assert_int_equal(o.n_revoked, 0);
    assert_int_equal(pki_revoke(&o, 2), 0);
    assert_int_equal(count_revoked(), 4);
    issue(1);
    assert_int_equal(count_revoked(), 4);
}

TEST(what_cannot_be_done_says_what_to_do)
{
    struct pki_order o = order();

    assert_refused(&o, pki_renew(&o, 5), "pki issue 5");
    assert_refused(&o, pki_revoke(&o, 5), "no certificate of this CA");
    o.now = instant_add_ms(now, 2000 * 86400000L);
    assert_refused(&o, pki_issue(&o, 5), "the CA has ended");
    o = order();
    assert_int_equal(unlink(file_in(folder, "crl.pem")), 0);
    assert_refused(&o, pki_revoke(&o, 5), "bring it back");
    o.folder = "/nowhere/pki";
    assert_refused(&o, pki_issue(&o, 1), "pki init");
    assert_refused(&o, pki_init(&o, "office"), "cannot be made");
}

TEST(a_damaged_file_is_refused_by_name)
{
    struct pki_order o = order();

    assert_int_equal(truncate(file_in(folder, "ca.key"), 30), 0);
    assert_refused(&o, pki_issue(&o, 1), "ca.key: it is damaged");
    assert_int_equal(truncate(file_in(folder, "ca.pem"), 0), 0);
    assert_refused(&o, pki_issue(&o, 1), "ca.pem: it is damaged");
    assert_int_equal(file_count(folder, "node-1."), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(keys_are_for_their_owner_and_the_rest_for_the_group),
        CASE(a_certificate_names_its_node_and_its_cluster_and_ends_as_ordered),
        CASE(a_certificate_does_not_outlive_its_ca),
        CASE(a_key_is_replaced_by_force_alone_and_kept_when_renewed),
        CASE(a_ca_is_replaced_by_force_alone),
        CASE(revoking_takes_every_certificate_a_node_ever_got_and_leaves_the_others),
        CASE(what_cannot_be_done_says_what_to_do),
        CASE(a_damaged_file_is_refused_by_name),
    };

    return cmocka_run_group_tests_name("pki", tests, NULL, NULL);
}
