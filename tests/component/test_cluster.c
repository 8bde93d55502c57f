#include <time.h>

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

TEST(three_nodes_form_a_cluster_and_make_themselves_known)
{
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        cluster_start(&cluster, i);
    }
    cluster_assert_serving(&cluster);
    assert_true(cluster_run_until(&cluster, 10000, cluster_is_known, NULL));
    cluster_assert_equal(&cluster);
    assert_true(store_cluster_id(cluster.nodes[0].store) != 0);
    for (unsigned i = 1; i < CLUSTER_N; i++) {
        assert_true(
            store_cluster_id(cluster.nodes[i].store) == store_cluster_id(cluster.nodes[0].store));
    }
}

TEST(two_nodes_of_three_are_enough_and_one_is_not)
{
    cluster_start(&cluster, 0);
    cluster_run(&cluster, 1000);
    assert_false(replica_has_majority(cluster.nodes[0].replica));
    cluster_start(&cluster, 1);
    cluster_assert_serving(&cluster);
}

TEST(a_cluster_of_one_serves)
{
    struct command c = cluster_bind(1);

    cluster.config.n_members = 1;
    cluster_start(&cluster, 0);
    cluster_assert_serving(&cluster);
    assert_int_equal(cluster_put_settings(&cluster, 0, 1).outcome, OUTCOME_DONE);
    assert_int_equal(cluster_propose(&cluster, 0, &c).outcome, OUTCOME_DONE);
    cluster_stop(&cluster, 0);
    cluster_start(&cluster, 0);
    cluster_assert_serving(&cluster);
    assert_true(cluster_has_lease(&cluster, 0, 1));
}

TEST(every_node_sees_who_serves_a_network)
{
    struct serving_view view;

    for (unsigned i = 0; i < CLUSTER_N; i++) {
        replica_serving(cluster.nodes[i].replica, bytes_of_text("lan"), &view);
        assert_int_equal(view.self, i + 1);
        assert_true(view.has_majority);
        assert_int_equal(view.n, CLUSTER_N);
        for (unsigned k = 0; k < CLUSTER_N; k++) {
            assert_true(view.nodes[k].is_serving);
            assert_int_equal(view.nodes[k].server_id.value, 0x0a000001);
        }
    }
}

TEST(a_proposal_of_any_node_is_applied_on_every_node)
{
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        struct command c = cluster_bind(i);
        struct result r = cluster_propose(&cluster, i, &c);

        assert_int_equal(r.outcome, OUTCOME_DONE);
        assert_true(r.held_until.ms == r.at.ms + 900 * 1000);
    }
    cluster_assert_equal(&cluster);
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        assert_true(
            cluster_has_lease(&cluster, i, 0) && cluster_has_lease(&cluster, i, 1) &&
            cluster_has_lease(&cluster, i, 2));
    }
}

TEST(the_second_client_for_an_address_is_refused_whichever_node_it_asks)
{
    struct command first = cluster_bind(5), second = cluster_bind(6);

    second.bind.address = first.bind.address;
    assert_int_equal(cluster_propose(&cluster, 0, &first).outcome, OUTCOME_DONE);
    for (unsigned i = 0; i < CLUSTER_N; i++) {
        assert_int_equal(cluster_propose(&cluster, i, &second).outcome, OUTCOME_TAKEN);
    }
}

TEST(an_idle_cluster_s_time_follows_the_wall_clock)
{
    struct instant wall = { (int64_t)time(NULL) * 1000 };

    for (unsigned i = 0; i < CLUSTER_N; i++) {
        int64_t off = replica_cluster_time(cluster.nodes[i].replica).ms - wall.ms;

        assert_in_range((off < 0 ? -off : off), 0, 3000);
    }
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(three_nodes_form_a_cluster_and_make_themselves_known, fresh),
        CASE(two_nodes_of_three_are_enough_and_one_is_not, fresh),
        CASE(a_cluster_of_one_serves, fresh),
        CASE(every_node_sees_who_serves_a_network, formed),
        CASE(a_proposal_of_any_node_is_applied_on_every_node, formed),
        CASE(the_second_client_for_an_address_is_refused_whichever_node_it_asks, formed),
        CASE(an_idle_cluster_s_time_follows_the_wall_clock, formed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
