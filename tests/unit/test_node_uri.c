#include <string.h>

#include "base/own.h"
#include "replication/peer/node_uri.h"
#include "support/test.h"

static bool parses(const char *text, const char *cluster, uint32_t node)
{
    struct bytes found = { NULL, 0 };
    uint32_t its_node = 0;

    return node_uri_parse(bytes_of_text(text), &found, &its_node) &&
           bytes_equal(found, bytes_of_text(cluster)) && its_node == node;
}

static bool is_refused(struct bytes uri)
{
    struct bytes cluster;
    uint32_t node;

    return !node_uri_parse(uri, &cluster, &node);
}

TEST(what_is_written_is_read_again)
{
    char uri[NODE_URI_MAX], name[CLUSTER_NAME_MAX];

    assert_string_equal(node_uri_format("office", 3, uri), "leasehold://office/node/3");
    assert_true(parses(uri, "office", 3));
    assert_string_equal(node_uri_format("office", 0, uri), "leasehold://office");
    assert_true(parses(uri, "office", 0));
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_true(parses(node_uri_format(name, UINT32_MAX, uri), name, UINT32_MAX));
}

TEST(a_uri_is_read_byte_for_byte)
{
    static const char *const wrong[] = {
        "",
        "leasehold:",
        "leasehold://",
        "leasehold:///node/1",
        "Leasehold://office/node/1",
        "https://office/node/1",
        "leasehold://office/",
        "leasehold://office/node",
        "leasehold://office/node/",
        "leasehold://office/node/0",
        "leasehold://office/node/01",
        "leasehold://office/node/+1",
        "leasehold://office/node/1 ",
        "leasehold://office/node/1/",
        "leasehold://office/node/4294967296",
        "leasehold://office/node/18446744073709551617",
        "leasehold://office/Node/1",
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++) {
        print_message("%s\n", wrong[i]);
        assert_true(is_refused(bytes_of_text(wrong[i])));
    }
}

TEST(a_nul_byte_does_not_end_a_name)
{
    static const char number[] = "leasehold://office/node/1\0";
    static const char cluster[] = "leasehold://off\0ice/node/1";

    assert_true(is_refused(bytes_of(number, sizeof number - 1)));
    assert_true(is_refused(bytes_of(cluster, sizeof cluster - 1)));
}

TEST(a_cluster_name_that_is_too_long_is_refused)
{
    char uri[NODE_URI_MAX + 1] = "leasehold://";

    memset(uri + 12, 'x', CLUSTER_NAME_MAX);
    uri[12 + CLUSTER_NAME_MAX] = '\0';
    assert_true(is_refused(bytes_of_text(uri)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_uri_is_read_byte_for_byte),
        cmocka_unit_test(a_nul_byte_does_not_end_a_name),
        cmocka_unit_test(a_cluster_name_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests_name("node_uri", tests, NULL, NULL);
}
