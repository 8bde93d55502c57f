#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "guard/scenarios.h"

static bool node_2_installs(struct lab *lab)
{
    return lab->nodes[2].raft->snapshot.put.data != NULL;
}

/*
 * Node 2's disk takes long for a snapshot from the leader, which dies meanwhile. When node 2
 * stands for election, libraft's answer goes to whatever lies where a leader's name was.
 */
enum lab_verdict a_snapshot_is_installed_while_the_leader_dies(uint32_t rules_off)
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
    raft_fixture_set_disk_latency(&lab->fixture, 2, 10 * LAB_ELECTION_MS);
    raft_fixture_revive(&lab->fixture, 2);
    require(lab_run_until(lab, node_2_installs, 5000));
    lab_isolate(lab, 2);
    lab_run(lab, 12 * LAB_ELECTION_MS);
    return lab->nodes[2].has_sent_garbage ? LAB_BROKEN : LAB_SAFE;
}

/* Node 2's disk has stopped. It must not become the leader of a cluster that waits for its disk. */
enum lab_verdict a_disk_hangs_while_the_leader_dies(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);

    raft_fixture_set_disk_latency(&lab->fixture, 2, 1000 * LAB_ELECTION_MS);
    (void)lab_put(lab, 0, 100);
    lab_run(lab, 500);
    raft_fixture_kill(&lab->fixture, 0);
    lab_prefer(lab, 2);
    lab_run(lab, 10 * LAB_ELECTION_MS);
    return lab_is_leader(lab, 1) ? LAB_SAFE : LAB_BROKEN;
}

static bool node_0_or_1_leads(struct lab *lab)
{
    return lab_is_leader(lab, 0) || lab_is_leader(lab, 1);
}

/*
 * Node 2 is gone. Node 0 has the better log, node 1 the higher term: neither wins a pre-vote of
 * the other, and neither learns why.
 */
enum lab_verdict the_best_log_has_an_older_term(uint32_t rules_off)
{
    struct lab *lab = lab_new(3, &(struct guard_options){ .rules_off = rules_off });
    struct raft_entry entry = {
        .term = 5, .type = RAFT_COMMAND, .buf = {raft_calloc(1, 8), 8}
    };

    raft_fixture_set_term(&lab->fixture, 0, 5);
    raft_fixture_add_entry(&lab->fixture, 0, &entry);
    raft_fixture_set_term(&lab->fixture, 1, 10);
    raft_fixture_set_term(&lab->fixture, 2, 10);
    lab_start(lab);
    raft_fixture_kill(&lab->fixture, 2);
    return lab_run_until(lab, node_0_or_1_leads, 60 * LAB_ELECTION_MS) ? LAB_SAFE : LAB_BROKEN;
}

/* An append is rejected, but the rejection cannot be sent: libraft frees the entries twice. */
enum lab_verdict a_result_cannot_be_sent(uint32_t rules_off)
{
    const struct raft_append_entries header = {
        .term = 2, .prev_log_index = 50, .prev_log_term = 2, .n_entries = 2
    };
    struct lab *lab = lab_led_by_0(rules_off);
    struct raft_message m = lab_append_message(1, header, (const uint64_t[]){ 1, 2 }, 2);

    lab->nodes[2].result_fails = true;
    lab_deliver(lab, 2, &m);
    return raft_state(lab->nodes[2].raft) == RAFT_FOLLOWER ? LAB_SAFE : LAB_BROKEN;
}

/* A leader contradicts a committed entry: libraft falls silent, for ever and without a word. */
enum lab_verdict the_logs_contradict_each_other(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);
    struct lab_put *put = lab_put(lab, 0, 100);
    struct raft_append_entries header = { .term = 90, .n_entries = 1 };
    struct raft_message m;

    lab_run(lab, 1000);
    header.prev_log_index = put->index - 1;
    header.prev_log_term = lab->nodes[0].raft->current_term;
    m = lab_append_message(1, header, (const uint64_t[]){ 200 }, 90);
    lab_deliver(lab, 2, &m);
    lab_run(lab, 1000);
    return raft_state(lab->nodes[2].raft) == RAFT_UNAVAILABLE ? LAB_BROKEN : LAB_SAFE;
}

static bool node_1_leads(struct lab *lab)
{
    return lab_is_leader(lab, 1);
}

static bool node_2_leads(struct lab *lab)
{
    return lab_is_leader(lab, 2);
}

/*
 * Node 0 has 30 entries where node 2, its leader, has others; libraft steps back over one of them
 * in each heartbeat.
 */
enum lab_verdict a_follower_has_many_wrong_entries(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);
    struct lab_put *put;

    lab_isolate(lab, 0);
    lab_put_many(lab, 0, 100, 30);
    lab_prefer(lab, 1);
    require(lab_run_until(lab, node_1_leads, 10000));
    lab_put_many(lab, 1, 200, 30);
    put = lab_put(lab, 1, 300);
    lab_run(lab, 1000);
    lab_isolate(lab, 1);
    lab_join(lab, 0, 2);
    lab_prefer(lab, 2);
    require(lab_run_until(lab, node_2_leads, 10000));
    lab_run(lab, 15 * LAB_HEARTBEAT_MS);
    return lab_n_stored(lab, put->index, 300) == 3 ? LAB_SAFE : LAB_BROKEN;
}

/* Node 2 comes back far behind. Returns what the leader sent it at most in one message. */
static const struct lab_node *let_node_2_catch_up(struct lab *lab, bool *ret_has_caught_up)
{
    struct lab_put *put;

    lab_start(lab);
    raft_fixture_elect(&lab->fixture, 0);
    raft_fixture_kill(&lab->fixture, 2);
    lab_put_many(lab, 0, 100, 60);
    put = lab_put(lab, 0, 300);
    lab_run(lab, 1000);
    raft_fixture_revive(&lab->fixture, 2);
    lab_run(lab, 3000);
    *ret_has_caught_up = lab_n_stored(lab, put->index, 300) == 3 && !lab_is_diverged(lab) &&
                         lab->nodes[2].applied[put->index] == 300;
    return &lab->nodes[0];
}

enum lab_verdict a_follower_is_far_behind_in_entries(uint32_t rules_off)
{
    const struct guard_options options = { .rules_off = rules_off, .append_entries_max = 7 };
    bool has_caught_up;
    const struct lab_node *leader = let_node_2_catch_up(lab_new(3, &options), &has_caught_up);

    return has_caught_up && leader->most_entries <= options.append_entries_max ? LAB_SAFE
                                                                               : LAB_BROKEN;
}

enum lab_verdict a_follower_is_far_behind_in_bytes(uint32_t rules_off)
{
    const struct guard_options options = { .rules_off = rules_off, .append_bytes_max = 50 };
    bool has_caught_up;
    const struct lab_node *leader = let_node_2_catch_up(lab_new(3, &options), &has_caught_up);

    return has_caught_up && leader->most_bytes <= options.append_bytes_max ? LAB_SAFE : LAB_BROKEN;
}
