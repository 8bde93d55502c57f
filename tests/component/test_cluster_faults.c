#include <stdio.h>

#include "base/check.h"
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

/* ---- The leader goes */

enum { N_BINDS = 60 };

static unsigned n_done, n_fine;

static void count_done(struct proposal *p, const struct result *result)
{
    (void)p;
    n_done++;
    n_fine += result->outcome == OUTCOME_DONE;
}

static bool are_all_done(struct cluster *c, void *data)
{
    (void)c;
    return n_done == *(unsigned *)data;
}

TEST(commands_under_way_when_the_leader_goes_are_applied_once_and_each_is_answered_once)
{
    static struct proposal proposals[N_BINDS];
    unsigned leader = cluster_leader(&cluster), n = N_BINDS;

    n_done = 0;
    n_fine = 0;
    for (unsigned i = 0; i < N_BINDS; i++) {
        struct command c = cluster_bind(i);
        unsigned node = (leader + 1 + i % 2) % CLUSTER_N;

        proposals[i] = (struct proposal){ .done = count_done };
        assert_int_equal(replica_propose(cluster.nodes[node].replica, &proposals[i], &c, 8000), 0);
        if (i == N_BINDS / 2) {
            cluster_run(&cluster, 1);
            cluster_stop(&cluster, leader);
        }
    }
    assert_true(cluster_run_until(&cluster, 9000, are_all_done, &n));
    assert_int_equal(n_fine, N_BINDS);
    cluster_start(&cluster, leader);
    cluster_assert_serving(&cluster);
    cluster_assert_equal(&cluster);
    for (unsigned i = 0; i < N_BINDS; i++) {
        assert_true(cluster_has_lease(&cluster, leader, i));
    }
}

static void keep_outcome(struct proposal *p, const struct result *result)
{
    *(enum outcome *)p->data = result->outcome;
    n_done++;
}

static bool has_version_2(struct cluster *c, void *data)
{
    return network_map_version(store_map(c->nodes[*(unsigned *)data].store)) == 2;
}

/* A second application would be STALE. */
TEST(settings_on_their_way_when_the_leader_goes_take_effect_once)
{
    unsigned leader = cluster_leader(&cluster), follower = cluster_follower(&cluster), one = 1;
    struct command c = cluster_settings_command(2);
    enum outcome outcome = OUTCOME_TIMEOUT;
    struct proposal p = { .done = keep_outcome, .data = &outcome };

    n_done = 0;
    assert_int_equal(replica_propose(cluster.nodes[follower].replica, &p, &c, 8000), 0);
    cluster_run(&cluster, 1);
    cluster_stop(&cluster, leader);
    assert_true(cluster_run_until(&cluster, 9000, are_all_done, &one));
    assert_int_equal(outcome, OUTCOME_DONE);
    assert_true(cluster_run_until(&cluster, 5000, has_version_2, &follower));
}

static bool is_led_by_another(struct cluster *c, void *data)
{
    unsigned before = *(unsigned *)data;

    for (unsigned i = 0; i < CLUSTER_N; i++) {
        if (i != before && replica_is_leader(c->nodes[i].replica)) {
            return !replica_is_leader(c->nodes[before].replica);
        }
    }
    return false;
}

TEST(a_leader_that_steps_down_is_followed_by_another_and_its_commands_go_on)
{
    unsigned leader = cluster_leader(&cluster), one = 1;
    struct command c = cluster_bind(1);
    enum outcome outcome = OUTCOME_TIMEOUT;
    struct proposal p = { .done = keep_outcome, .data = &outcome };

    n_done = 0;
    replica_step_down(cluster.nodes[leader].replica);
    replica_step_down(cluster.nodes[leader].replica); /* asking twice does no harm */
    assert_int_equal(replica_propose(cluster.nodes[leader].replica, &p, &c, 20000), 0);
    assert_true(cluster_run_until(&cluster, 10000, is_led_by_another, &leader));
    assert_true(cluster_run_until(&cluster, 10000, are_all_done, &one));
    assert_int_equal(outcome, OUTCOME_DONE);
}

TEST(without_a_majority_a_proposal_times_out_and_nothing_is_applied)
{
    unsigned leader = cluster_leader(&cluster), one = 1;
    struct command c = cluster_bind(1);
    enum outcome outcome = OUTCOME_DONE;
    struct proposal p = { .done = keep_outcome, .data = &outcome };

    cluster_stop(&cluster, (leader + 1) % CLUSTER_N);
    cluster_stop(&cluster, (leader + 2) % CLUSTER_N);
    n_done = 0;
    assert_int_equal(replica_propose(cluster.nodes[leader].replica, &p, &c, 300), 0);
    assert_true(cluster_run_until(&cluster, 10000, are_all_done, &one));
    assert_int_equal(outcome, OUTCOME_TIMEOUT);
    assert_false(cluster_has_lease(&cluster, leader, 1));
    cluster_run(&cluster, 1000);
    assert_false(replica_has_majority(cluster.nodes[leader].replica));
}

/* ---- Data folders */

static void remove_in(unsigned i, const char *name)
{
    char path[FOLDER_PATH_MAX + 16];

    (void)snprintf(path, sizeof path, "%s/%s", cluster.nodes[i].folder, name);
    folder_remove(path);
}

TEST(rule_73_a_node_whose_log_is_gone_refuses_to_start)
{
    cluster_stop(&cluster, 2);
    remove_in(2, "raft");
    assert_int_equal(cluster_try_start(&cluster, 2, "test"), HOST_REFUSED);
    cluster_run(&cluster, 50);
}

TEST(rule_73_a_node_that_lost_its_folder_is_kept_out_and_ends_and_the_others_go_on)
{
    struct command c = cluster_bind(1);

    assert_true(cluster_run_until(&cluster, 10000, cluster_is_known, NULL));
    cluster_stop(&cluster, 2);
    folder_remove(cluster.nodes[2].folder);
    folder_make(cluster.nodes[2].folder);
    assert_int_equal(cluster_start_apart(&cluster, 2, 5000), CLUSTER_FATAL);
    assert_int_equal(cluster_propose(&cluster, 0, &c).outcome, OUTCOME_DONE);
    assert_true(
        mesh_counters(host_mesh(cluster.nodes[0].host))->refused_hellos +
            mesh_counters(host_mesh(cluster.nodes[1].host))->refused_hellos >
        0);
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(
            commands_under_way_when_the_leader_goes_are_applied_once_and_each_is_answered_once,
            formed),
        CASE(settings_on_their_way_when_the_leader_goes_take_effect_once, formed),
        CASE(a_leader_that_steps_down_is_followed_by_another_and_its_commands_go_on, formed),
        CASE(without_a_majority_a_proposal_times_out_and_nothing_is_applied, formed),
        CASE(rule_73_a_node_whose_log_is_gone_refuses_to_start, formed),
        CASE(rule_73_a_node_that_lost_its_folder_is_kept_out_and_ends_and_the_others_go_on, formed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
