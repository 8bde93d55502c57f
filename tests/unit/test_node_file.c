#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/node_file.h"
#include "support/test.h"

static struct config_problems problems;

static struct node_file *parse(const char *text)
{
    struct node_file *file = NULL;

    if (node_file_parse(bytes_of_text(text), &problems, &file) != 0) {
        return NULL;
    }
    return file;
}

/* The lines of all problems, as a user would see them. */
static const char *told(void)
{
    static char all[8192];

    all[0] = '\0';
    for (unsigned i = 0; i < problems_kept(&problems); i++) {
        char line[PROBLEM_LINE_MAX];

        (void)strcat(all, problem_format(&problems.list[i], "node.yaml", line));
        (void)strcat(all, "\n");
    }
    return all;
}

#define GOOD_CLUSTER                           \
    "cluster:\n"                               \
    "  name: office\n"                         \
    "  listen: 10.0.0.1:6767\n"                \
    "  tls: {ca: c, certificate: n, key: k}\n" \
    "  members:\n"                             \
    "    - {id: 1, address: 10.0.0.1:6767}\n"  \
    "    - {id: 2, address: 10.0.0.2:6767}\n"  \
    "    - {id: 3, address: 10.0.0.3:6767}\n"

TEST(a_node_file_is_read)
{
    CLEANUP(node_file_freep)
    struct node_file *f = parse("node: 2\n"
                                "data: /var/lib/leasehold\n" GOOD_CLUSTER "links:\n"
                                "  - {interface: eth0, network: lan}\n"
                                "  - {interface: eth1, network: guest}\n");

    assert_non_null(f);
    assert_int_equal(f->value.node, 2);
    assert_string_equal(node_text(f->value.data), "/var/lib/leasehold");
    assert_string_equal(node_text(f->value.cluster), "office");
    assert_string_equal(node_text(f->value.listen), "10.0.0.1:6767");
    assert_int_equal(f->value.n_members, 3);
    assert_int_equal(f->value.members[2].id, 3);
    assert_string_equal(node_text(f->value.members[2].address), "10.0.0.3:6767");
    assert_int_equal(f->value.n_links, 2);
    assert_string_equal(node_text(f->value.links[1].interface), "eth1");
    assert_string_equal(node_text(f->value.links[1].network), "guest");
    assert_string_equal(node_text(f->value.socket), NODE_FILE_SOCKET);
}

TEST(every_mistake_of_a_node_file_is_told_with_its_place)
{
    assert_null(parse("node: none\n"
                      "dta: /var/lib/leasehold\n"
                      "cluster:\n"
                      "  name: Office Two\n"
                      "  listen: 10.0.0.1\n"
                      "  tls: {ca: /etc/ca.pem, certficate: n, key: k}\n"
                      "  members:\n"
                      "    - {id: 1, address: 10.0.0.1:6767}\n"
                      "    - {id: 1, address: 10.0.0.1:6767}\n"
                      "links:\n"
                      "  - {interface: an-interface-name-too-long, network: lan}\n"
                      "  - {interface: eth0, network: lan}\n"));
    assert_string_equal(
        told(),
        "node.yaml:1:1: a node file needs the key \"data\"\n"
        "node.yaml:1:7: node: expected a whole number from 1 to 4294967295\n"
        "node.yaml:2:1: a node file has no key \"dta\"; did you mean \"data\"?\n"
        "node.yaml:4:9: \"Office Two\" is not a name; expected 1 to 63 characters a-z, 0-9, "
        "'-', '_', '.'\n"
        "node.yaml:5:11: \"10.0.0.1\" is not an address with a port; expected an address with a "
        "port, like 10.0.0.1:6767\n"
        "node.yaml:6:8: the tls section needs the key \"certificate\"\n"
        "node.yaml:6:26: the tls section has no key \"certficate\"; did you mean "
        "\"certificate\"?\n"
        "node.yaml:9:7: member 1 stands here twice\n"
        "node.yaml:9:7: members 1 and 1 have one address\n"
        "node.yaml:11:17: interface: the text has 26 octets; expected 1 to 15\n"
        "node.yaml:12:5: network lan is on two interfaces; one link for each network\n");
}

TEST(a_node_must_be_a_member_of_its_cluster)
{
    assert_null(parse("node: 4\ndata: /d\n" GOOD_CLUSTER "links: []\n"));
    assert_string_equal(told(), "node.yaml:8:5: node 4 is not among the members\n");
}

TEST(a_syntax_error_is_told_with_its_place)
{
    assert_null(parse("node: 1\ndata: [\n"));
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(told(), "node.yaml:3:1: this is not valid YAML: "));
}

TEST(aliases_tags_and_second_documents_are_refused)
{
    assert_null(parse("node: &a 1\ndata: *a\ncluster: !!map {}\n--- \nlinks: []\n"));
    assert_string_equal(
        told(),
        "node.yaml:1:7: anchors are not supported; write the value where it is used\n"
        "node.yaml:2:7: aliases are not supported; write the value again\n"
        "node.yaml:3:10: tags are not supported; write the value without one\n"
        "node.yaml:4:1: a second document begins here; expected one\n");
}

TEST(deep_nesting_is_refused)
{
    char text[2001];

    memset(text, '[', 1000);
    memset(text + 1000, ']', 1000);
    text[2000] = '\0';
    assert_null(parse(text));
    assert_string_equal(told(), "node.yaml:1:17: nested deeper than 16 levels\n");
}

TEST(too_many_values_are_refused)
{
    enum { N = 400002 };

    char *text = malloc(2 * N + 2);

    assert_non_null(text);
    for (unsigned i = 0; i < N; i++) {
        text[2 * i] = i == 0 ? '[' : 'a';
        text[2 * i + 1] = i == 0 ? ' ' : ',';
    }
    memcpy(text + 2 * N, "]", 2);
    assert_null(parse(text));
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(told(), "more than 400000 values"));
    free(text);
}

TEST(an_empty_file_is_refused)
{
    assert_null(parse(""));
    assert_string_equal(told(), "node.yaml: the file is empty\n");
}

TEST(nul_bytes_do_not_cut_a_text)
{
    assert_null(parse("node: 1\ndata: \"/var\\0/lib\"\n" GOOD_CLUSTER "links: []\n"));
    assert_string_equal(told(), "node.yaml:2:7: the text holds a NUL byte; expected a text\n");
}

#define CLUSTER_WITH(address, more)                                   \
    "node: 1\ndata: /d\ncluster:\n  name: office\n  listen: " address \
    ":6767\n  members: [{id: 1, address: " address                    \
    ":6767}, {id: 2, address: 127.0.0.2:6767}]\n" more "links: []\n"

TEST(the_files_of_tls_are_read)
{
    CLEANUP(node_file_freep)
    struct node_file *f = parse(CLUSTER_WITH(
        "10.0.0.1",
        "  tls: {ca: /e/ca.pem, certificate: /e/n.pem, key: /e/n.key, crl: /e/crl.pem}\n"));

    assert_non_null(f);
    assert_false(f->value.is_plain);
    assert_string_equal(node_text(f->value.tls.ca), "/e/ca.pem");
    assert_string_equal(node_text(f->value.tls.certificate), "/e/n.pem");
    assert_string_equal(node_text(f->value.tls.key), "/e/n.key");
    assert_string_equal(node_text(f->value.tls.crl), "/e/crl.pem");
}

TEST(a_cluster_without_tls_is_told_how_to_get_it)
{
    assert_null(parse(CLUSTER_WITH("127.0.0.1", "")));
    assert_string_equal(
        told(),
        "node.yaml:4:3: the cluster section needs the key \"tls\", with certificates that "
        "`leasehold pki init` and `leasehold pki issue` make\n");
}

TEST(plain_tcp_is_for_this_machine_alone)
{
    CLEANUP(node_file_freep) struct node_file *f = NULL;

    f = parse(CLUSTER_WITH("127.0.0.1", "  tls: none\n"));
    assert_non_null(f);
    assert_true(f->value.is_plain);
    assert_null(parse(CLUSTER_WITH("10.0.0.1", "  tls: none\n")));
    assert_string_equal(
        told(),
        "node.yaml:7:8: without TLS anybody who reaches the peer port can give addresses away; "
        "make certificates with `leasehold pki init`, or add \"insecure: yes\"\n");
}

TEST(plain_tcp_over_a_network_must_be_called_insecure)
{
    CLEANUP(node_file_freep)
    struct node_file *f = parse(CLUSTER_WITH("10.0.0.1", "  tls: none\n  insecure: yes\n"));

    assert_non_null(f);
    assert_true(f->value.is_plain);
    assert_null(parse(CLUSTER_WITH("10.0.0.1", "  tls: off\n  insecure: yes\n")));
    assert_string_equal(
        told(),
        "node.yaml:7:8: \"off\" is not a tls section; expected ca, certificate and key, or the "
        "word "
        "none\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_file_is_read),
        cmocka_unit_test(every_mistake_of_a_node_file_is_told_with_its_place),
        cmocka_unit_test(a_node_must_be_a_member_of_its_cluster),
        cmocka_unit_test(a_syntax_error_is_told_with_its_place),
        cmocka_unit_test(aliases_tags_and_second_documents_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(nul_bytes_do_not_cut_a_text),
        cmocka_unit_test(the_files_of_tls_are_read),
        cmocka_unit_test(a_cluster_without_tls_is_told_how_to_get_it),
        cmocka_unit_test(plain_tcp_is_for_this_machine_alone),
        cmocka_unit_test(plain_tcp_over_a_network_must_be_called_insecure),
    };

    return cmocka_run_group_tests_name("node_file", tests, NULL, NULL);
}
