#include "support/cluster.h"
#include "support/test.h"

static struct cluster cluster;

static int fresh(void **state)
{
    (void)state;
    cluster_init(&cluster);
    return 0;
}

static int done(void **state)
{
    (void)state;
    cluster_deinit(&cluster);
    return 0;
}

static int formed(void **state)
{
    (void)fresh(state);
    cluster_form(&cluster);
    return 0;
}

TEST(rule_72_a_node_that_was_away_catches_up_from_the_log_before_it_serves)
{
    unsigned follower = cluster_follower(&cluster), leader = cluster_leader(&cluster);

    cluster_stop(&cluster, follower);
    for (unsigned i = 0; i < 20; i++) {
        struct command c = cluster_bind(i);

        assert_int_equal(cluster_propose(&cluster, leader, &c).outcome, OUTCOME_DONE);
    }
    cluster_start(&cluster, follower);
    assert_false(replica_is_caught_up(cluster.nodes[follower].replica));
    cluster_assert_serving(&cluster);
    cluster_assert_equal(&cluster);
    assert_int_equal(replica_counters(cluster.nodes[follower].replica)->snapshots_restored, 0);
}

TEST(a_cluster_that_was_off_comes_back_with_all_it_had)
{
    struct command c = cluster_bind(9);

    assert_int_equal(cluster_propose(&cluster, 0, &c).outcome, OUTCOME_DONE);
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        cluster_stop(&cluster, i);
    }
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        cluster_start(&cluster, i);
    }
    cluster_assert_serving(&cluster);
    cluster_assert_equal(&cluster);
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        assert_true(cluster_has_lease(&cluster, i, 9));
    }
}

static int formed_with_snapshots(void **state)
{
    (void)fresh(state);
    cluster.config.snapshot_threshold = 16;
    cluster.config.snapshot_trailing = 4;
    cluster_form(&cluster);
    return 0;
}

TEST(rule_74_a_node_that_gets_a_snapshot_serves_when_it_has_it)
{
    unsigned follower = cluster_follower(&cluster), leader = cluster_leader(&cluster);

    cluster_stop(&cluster, follower);
    for (unsigned i = 0; i < 60; i++) {
        struct command c = cluster_bind(i);

        assert_int_equal(cluster_propose(&cluster, leader, &c).outcome, OUTCOME_DONE);
        cluster_run(&cluster, 2);
    }
    assert_true(replica_counters(cluster.nodes[leader].replica)->snapshots_taken > 0);
    cluster_start(&cluster, follower);
    cluster_assert_serving(&cluster);
    cluster_assert_equal(&cluster);
    assert_true(replica_counters(cluster.nodes[follower].replica)->snapshots_restored > 0);
    assert_true(
        cluster_has_lease(&cluster, follower, 0) && cluster_has_lease(&cluster, follower, 59));
    cluster_stop(&cluster, follower);
    cluster_start(&cluster, follower);
    cluster_assert_serving(&cluster);
    cluster_assert_equal(&cluster);
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rule_72_a_node_that_was_away_catches_up_from_the_log_before_it_serves, formed),
        CASE(a_cluster_that_was_off_comes_back_with_all_it_had, formed),
        CASE(rule_74_a_node_that_gets_a_snapshot_serves_when_it_has_it, formed_with_snapshots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
