#include <string.h>

#include "replication/peer/handshake.h"
#include "support/test.h"

static struct handshake_self self;
static struct handshake_known known;
static struct peer_hello hello;

/* A Hello of node 2 to node 1 that everyone agrees with. */
static int fresh(void **state)
{
    (void)state;
    self = (struct handshake_self){ bytes_of_text("office"), 77, 1 };
    known = (struct handshake_known){ .is_member = true, .incarnation = 22 };
    hello = (struct peer_hello){
        .protocol = PEER_PROTOCOL,
        .cluster = bytes_of_text("office"),
        .cluster_id = 77,
        .node = 2,
        .incarnation = 22,
        .boot_id = 5,
        .to_node = 1,
    };
    return 0;
}

static void assert_accepted(void)
{
    char refusal[PEER_REFUSAL_MAX] = "";

    assert_int_equal(handshake_judge(&self, &known, &hello, refusal), 0);
}

static void assert_refused(const char *because)
{
    char refusal[PEER_REFUSAL_MAX] = "";

    assert_int_equal(handshake_judge(&self, &known, &hello, refusal), HANDSHAKE_REFUSED);
    print_message("%s\n", refusal);
    assert_non_null(strstr(refusal, because));
}

TEST(a_member_of_the_cluster_is_accepted)
{
    assert_accepted();
}

TEST(a_node_that_knows_no_cluster_id_yet_is_accepted)
{
    hello.cluster_id = 0;
    assert_accepted();
    hello.cluster_id = 77;
    self.cluster_id = 0;
    assert_accepted();
}

TEST(another_cluster_name_is_refused)
{
    hello.cluster = bytes_of_text("home");
    assert_refused("cluster 'office', not 'home'");
}

TEST(another_cluster_of_the_same_name_is_refused)
{
    hello.cluster_id = 78;
    assert_refused("another cluster of the same name");
}

TEST(a_node_with_the_certificate_of_another_is_refused)
{
    known.certified = 2;
    assert_accepted();
    known.certified = 3;
    assert_refused("node 2 shows the certificate of node 3");
}

TEST(another_protocol_is_refused)
{
    hello.protocol = PEER_PROTOCOL + 1;
    assert_refused("protocol");
}

TEST(a_call_for_another_node_is_refused)
{
    hello.to_node = 3;
    assert_refused("this is node 1, not node 3");
}

TEST(my_own_id_is_refused)
{
    hello.node = 1;
    assert_refused("used twice");
}

TEST(a_node_outside_the_members_is_refused)
{
    known.is_member = false;
    assert_refused("not in my list of members");
}

TEST(another_node_than_the_one_dialled_is_refused)
{
    known.expected = 3;
    assert_refused("node 2 answers where node 3 should");
}

TEST(another_data_folder_than_the_one_in_the_log_is_refused)
{
    hello.incarnation = 23;
    assert_refused("another data folder");
}

TEST(a_second_folder_under_a_connected_id_is_refused)
{
    known.incarnation = 0;
    known.is_connected = true;
    known.live_incarnation = 21;
    known.live_boot_id = 4;
    assert_refused("used twice");
}

TEST(a_later_start_of_the_same_folder_replaces_the_connection)
{
    known.is_connected = true;
    known.live_incarnation = 22;
    known.live_boot_id = 4;
    assert_accepted();
    known.live_boot_id = 5;
    assert_accepted();
}

TEST(an_earlier_start_of_a_connected_folder_is_refused)
{
    known.is_connected = true;
    known.live_incarnation = 22;
    known.live_boot_id = 6;
    assert_refused("used twice");
}

TEST(a_hostile_name_stays_printable_and_within_bounds)
{
    static uint8_t name[CLUSTER_NAME_MAX - 1];

    memset(name, 0x1b, sizeof name);
    hello.cluster = bytes_of(name, sizeof name);
    assert_refused("\\x1b");
}

#define CASE(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_member_of_the_cluster_is_accepted),
        CASE(a_node_that_knows_no_cluster_id_yet_is_accepted),
        CASE(another_cluster_name_is_refused),
        CASE(another_cluster_of_the_same_name_is_refused),
        CASE(a_node_with_the_certificate_of_another_is_refused),
        CASE(another_protocol_is_refused),
        CASE(a_call_for_another_node_is_refused),
        CASE(my_own_id_is_refused),
        CASE(a_node_outside_the_members_is_refused),
        CASE(another_node_than_the_one_dialled_is_refused),
        CASE(another_data_folder_than_the_one_in_the_log_is_refused),
        CASE(a_second_folder_under_a_connected_id_is_refused),
        CASE(a_later_start_of_the_same_folder_replaces_the_connection),
        CASE(an_earlier_start_of_a_connected_folder_is_refused),
        CASE(a_hostile_name_stays_printable_and_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
