#include <stdio.h>
#include <string.h>

#include "replication/status.h"
#include "support/test.h"

static struct status_table table;
static const struct replica_config config = {
    .node = 2,
    .n_members = 3,
    .members = {{ 3, "c:1" }, { 1, "a:1" }, { 2, "b:1" }},
    .peer_timeout_ms = 1500,
};

static int fresh(void **state)
{
    (void)state;
    return status_init(&table, &config) ? 0 : -1;
}

static void hear(unsigned i, int64_t at, bool has_majority, struct network_status *network)
{
    struct status_times now = { { at }, { at + 1000000 } };
    struct peer_status s = {
        .wall = { at + 1000500 },
        .has_majority = has_majority,
        .n_networks = network != NULL ? 1 : 0,
        .networks = network,
    };

    status_heard(&table, i, &s, &now);
}

TEST(members_are_sorted_by_id)
{
    assert_int_equal(table.n, 3);
    assert_int_equal(table.self, 1);
    assert_int_equal(table.members[0].node, 1);
    assert_int_equal(status_index_of(&table, 3), 2);
    assert_int_equal(status_index_of(&table, 9), -1);
}

TEST(a_list_without_this_node_or_with_one_twice_is_refused)
{
    struct replica_config without = config, twice = config;

    without.node = 9;
    twice.members[0].id = 1;
    assert_false(status_init(&table, &without));
    assert_false(status_init(&table, &twice));
}

TEST(a_member_is_fresh_until_the_timeout)
{
    struct instant before = { 1600 }, after = { 1601 };

    assert_false(status_has_majority(&table, before));
    hear(0, 100, true, NULL);
    assert_true(status_is_fresh(&table, 0, before));
    assert_true(status_has_majority(&table, before));
    assert_false(status_is_fresh(&table, 0, after));
    assert_true(status_is_fresh(&table, 1, after));
    assert_false(status_has_majority(&table, after));
}

TEST(wall_clocks_of_fresh_members_move_on)
{
    struct instant at[MEMBERS_MAX];
    struct status_times now = { { 300 }, { 1000300 } };
    struct wall_clocks walls;

    hear(0, 100, true, NULL);
    walls = status_walls(&table, &now, at);
    assert_int_equal(walls.n, 2);
    assert_int_equal(walls.n_members, 3);
    assert_int_equal(at[0].ms, 1000800);
    assert_int_equal(at[1].ms, 1000300);
}

TEST(serving_needs_link_socket_majority_and_freshness)
{
    struct network_status lan = { bytes_of_text("lan"), true, true, false, { 0x0a000001 } };
    struct serving_view view;

    hear(0, 100, true, &lan);
    status_serving(&table, lan.network, (struct instant){ 200 }, &view);
    assert_true(view.nodes[0].is_serving);
    assert_false(view.nodes[1].is_serving);
    status_serving(&table, bytes_of_text("other"), (struct instant){ 200 }, &view);
    assert_false(view.nodes[0].is_serving);
    status_serving(&table, lan.network, (struct instant){ 5000 }, &view);
    assert_false(view.nodes[0].is_serving);
    hear(0, 300, false, &lan);
    status_serving(&table, lan.network, (struct instant){ 300 }, &view);
    assert_false(view.nodes[0].is_serving);
    lan.draining = true;
    hear(0, 300, true, &lan);
    status_serving(&table, lan.network, (struct instant){ 300 }, &view);
    assert_false(view.nodes[0].is_serving);
}

TEST(the_server_id_of_a_network_is_kept_when_it_is_no_longer_served)
{
    struct network_status lan = { bytes_of_text("lan"), true, true, false, { 0x0a000001 } };
    struct serving_view view;

    hear(0, 100, true, &lan);
    hear(0, 200, true, NULL);
    status_serving(&table, lan.network, (struct instant){ 200 }, &view);
    assert_false(view.nodes[0].is_serving);
    assert_int_equal(view.nodes[0].server_id.value, 0x0a000001);
}

TEST(networks_are_bounded_and_names_too_long_are_ignored)
{
    static char longer[NETWORK_NAME_MAX + 1];
    struct network_status network = { .link_up = true, .socket_open = true };
    char name[16];

    memset(longer, 'x', NETWORK_NAME_MAX);
    network.network = bytes_of_text(longer);
    hear(0, 100, true, &network);
    assert_int_equal(table.members[0].n_networks, 0);
    for (unsigned i = 0; i < 3 * NETWORKS_MAX; i++) {
        (void)snprintf(name, sizeof name, "net%u", i);
        network.network = bytes_of_text(name);
        hear(0, 100, true, &network);
    }
    assert_int_equal(table.members[0].n_networks, NETWORKS_MAX);
}

TEST(one_clock_that_is_wrong_is_no_limit_for_cluster_time)
{
    struct status_times now = { { 2000 }, { 1002000 } };

    hear(0, 2000, true, NULL); /* half a second ahead of this node */
    assert_int_equal(status_wall_limit(&table, &now).ms, 1004500); /* node 3 may be ahead */
    hear(2, 2000, true, NULL);
    assert_int_equal(status_wall_limit(&table, &now).ms, 1002500);
    table.members[2].wall.ms += 3600000;
    assert_int_equal(status_wall_limit(&table, &now).ms, 1004500);
    table.members[2].wall.ms -= 7200000; /* repaired, it may be ahead of the others */
    assert_int_equal(status_wall_limit(&table, &now).ms, 1004000);
}

TEST(a_wall_clock_that_was_read_late_is_none)
{
    struct status_times now = { { 2000 }, { 1002000 } };
    struct instant at[MEMBERS_MAX];

    hear(0, 2000, true, NULL);
    assert_int_equal(status_walls(&table, &now, at).n, 2);
    table.members[0].late_ms = 1001;
    assert_int_equal(status_walls(&table, &now, at).n, 1);
}

/* Read at @at what member 0 said when its own monotonic clock was @sent. */
static int64_t late(int64_t sent, int64_t at)
{
    struct status_times now = { { at }, { at } };
    struct peer_status s = { .wall = { 5000 }, .monotonic = { sent } };

    status_heard(&table, 0, &s, &now);
    return table.members[0].late_ms;
}

TEST(what_is_read_late_is_known_by_the_quickest_message)
{
    assert_int_equal(late(70000, 1000), 0);
    assert_int_equal(late(70250, 1230), 0);
    assert_int_equal(late(70500, 1480), 0);
    assert_int_equal(late(70750, 11730), 9999);
    assert_int_equal(late(81000, 11981), 0);
    assert_int_equal(table.members[0].skew_ms, 5000 - 11981);
    status_connected(&table, 0); /* its machine has started anew */
    assert_int_equal(late(20, 20000), 0);
    assert_int_equal(late(0, 30000), 0); /* not told */
}

TEST(what_a_clock_said_last_is_moved_on)
{
    struct status_times now = { { 62000 }, { 1062000 } };

    hear(0, 2000, true, NULL);
    hear(2, 2000, true, NULL);
    assert_int_equal(status_wall_limit(&table, &now).ms, 1062500);
    table.members[0].late_ms = 1000;
    assert_int_equal(status_wall_limit(&table, &now).ms, 1063500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(members_are_sorted_by_id, fresh),
        cmocka_unit_test_setup(a_list_without_this_node_or_with_one_twice_is_refused, fresh),
        cmocka_unit_test_setup(a_member_is_fresh_until_the_timeout, fresh),
        cmocka_unit_test_setup(wall_clocks_of_fresh_members_move_on, fresh),
        cmocka_unit_test_setup(serving_needs_link_socket_majority_and_freshness, fresh),
        cmocka_unit_test_setup(
            the_server_id_of_a_network_is_kept_when_it_is_no_longer_served, fresh),
        cmocka_unit_test_setup(networks_are_bounded_and_names_too_long_are_ignored, fresh),
        cmocka_unit_test_setup(one_clock_that_is_wrong_is_no_limit_for_cluster_time, fresh),
        cmocka_unit_test_setup(what_is_read_late_is_known_by_the_quickest_message, fresh),
        cmocka_unit_test_setup(a_wall_clock_that_was_read_late_is_none, fresh),
        cmocka_unit_test_setup(what_a_clock_said_last_is_moved_on, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
