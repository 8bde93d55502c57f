#include "base/check.h"
#include "guard/scenarios.h"

/* Node @i's disk is full for one write, and then has room again. */
static enum lab_verdict fail_one_write(struct lab *lab, unsigned i)
{
    lab_put_many(lab, 0, 100, 3);
    lab_run(lab, 500);
    lab->nodes[i].append_fails = true;
    (void)lab_put(lab, 0, 200);
    lab_run(lab, 500);
    if (!lab_is_leader(lab, 0)) {
        return LAB_BROKEN;
    }
    lab_put_many(lab, 0, 300, 3);
    lab_run(lab, 1000);
    return lab_disk_agrees(lab, i) && !lab_is_diverged(lab) ? LAB_SAFE : LAB_BROKEN;
}

/* libraft goes on, and what it stores next lies at the wrong place for the next start. */
enum lab_verdict a_follower_cannot_write_an_entry(uint32_t rules_off)
{
    return fail_one_write(lab_led_by_0(rules_off), 2);
}

enum lab_verdict a_leader_cannot_write_an_entry(uint32_t rules_off)
{
    return fail_one_write(lab_led_by_0(rules_off), 0);
}

/* Node 0 leads and has a snapshot that node 2 needs. */
static struct lab *lab_with_node_2_behind_a_snapshot(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);

    raft_fixture_kill(&lab->fixture, 2);
    raft_set_snapshot_threshold(lab->nodes[0].raft, 8);
    raft_set_snapshot_trailing(lab->nodes[0].raft, 4);
    for (unsigned i = 0; i < 20; i++) {
        (void)lab_put(lab, 0, 100 + i);
        lab_run(lab, 50);
    }
    lab_run(lab, 1000);
    return lab;
}

static bool node_2_has_tried(struct lab *lab)
{
    return lab->nodes[2].n_snapshot_puts > 0;
}

/* libraft has replaced its log in memory by then; the disk still has the old one. */
enum lab_verdict a_follower_cannot_write_a_snapshot_of_the_leader(uint32_t rules_off)
{
    struct lab *lab = lab_with_node_2_behind_a_snapshot(rules_off);

    lab->nodes[2].snapshot_fails = true;
    raft_fixture_revive(&lab->fixture, 2);
    require(lab_run_until(lab, node_2_has_tried, 5000));
    lab->nodes[2].snapshot_fails = false;
    lab_run(lab, 3000);
    (void)lab_put(lab, 0, 300);
    lab_run(lab, 3000);
    return lab_disk_agrees(lab, 2) ? LAB_SAFE : LAB_BROKEN;
}

/* A snapshot that cannot be written is built and written again for every entry. */
enum lab_verdict a_node_cannot_write_its_own_snapshot(uint32_t rules_off)
{
    enum { N = 40 };

    struct lab *lab = lab_led_by_0(rules_off);

    raft_set_snapshot_threshold(lab->nodes[0].raft, 4);
    lab->nodes[0].snapshot_fails = true;
    for (unsigned i = 0; i < N; i++) {
        (void)lab_put(lab, 0, 100 + i);
        lab_run(lab, 100);
    }
    require(lab->nodes[0].n_snapshot_puts > 0);
    return lab->nodes[0].n_snapshot_puts < N / 8 ? LAB_SAFE : LAB_BROKEN;
}

static void change_done(struct raft_change *req, int status)
{
    (void)req;
    (void)status;
}

static bool only_the_leader_knows_the_commit(struct lab *lab)
{
    raft_index commit = lab->nodes[0].raft->commit_index;

    return commit > 20 && lab->nodes[1].raft->commit_index < commit;
}

/*
 * Node 1 gets a new configuration together with the news that all before it is committed, which
 * makes a snapshot due: the snapshot holds a configuration that the next leader may take back.
 */
enum lab_verdict a_snapshot_is_due_before_a_configuration_is_committed(uint32_t rules_off)
{
    static struct raft_change change;
    struct lab *lab = lab_new(5, &(struct guard_options){ .rules_off = rules_off });

    lab_start(lab);
    raft_fixture_elect(&lab->fixture, 0);
    lab_run(lab, 1000);
    lab_put_many(lab, 0, 100, 20);
    require(lab_run_until(lab, only_the_leader_knows_the_commit, 1000));
    for (unsigned i = 2; i < lab->n; i++) {
        lab_cut(lab, 0, i);
    }
    raft_set_snapshot_threshold(lab->nodes[1].raft, 8);
    require(raft_add(lab->nodes[0].raft, &change, 6, "6", change_done) == 0);
    lab_run(lab, 100);
    require(lab->nodes[1].raft->configuration_uncommitted_index != 0);
    return lab->nodes[1].has_put_uncommitted ? LAB_BROKEN : LAB_SAFE;
}
