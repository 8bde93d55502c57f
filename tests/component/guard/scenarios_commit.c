#include "guard/scenarios.h"

/*
 * Figure 8 of the Raft paper: an entry of an earlier term reaches a majority by way of a new
 * leader, is counted as committed, and is then overwritten by a node that never had it.
 */
enum lab_verdict an_old_entry_reaches_a_majority(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);

    lab_isolate(lab, 0);
    (void)lab_put(lab, 0, 111); /* on node 0 alone */
    lab_run(lab, 100);
    raft_fixture_kill(&lab->fixture, 0);
    lab_prefer(lab, 2);
    lab_run(lab, 5000);
    if (lab_is_leader(lab, 2)) {
        lab_cut(lab, 2, 1);
        (void)lab_put(lab, 2, 222); /* on node 2 alone, in a later term, at the same index */
    }
    lab_run(lab, 60);
    raft_fixture_kill(&lab->fixture, 2);
    raft_fixture_revive(&lab->fixture, 0);
    lab_join(lab, 0, 1);
    lab_prefer(lab, 0);
    lab_run(lab, 6000); /* 111 reaches node 1 */
    raft_fixture_kill(&lab->fixture, 0);
    raft_fixture_revive(&lab->fixture, 2);
    lab_join(lab, 2, 1);
    lab_prefer(lab, 2);
    lab_run(lab, 8000);
    return lab_is_diverged(lab) || raft_state(lab->nodes[1].raft) == RAFT_UNAVAILABLE ? LAB_BROKEN
                                                                                      : LAB_SAFE;
}

static bool node_1_leads(struct lab *lab)
{
    return lab_is_leader(lab, 1);
}

/*
 * Node 0 has entries that nobody else has. Its new leader puts one entry at the same index and is
 * told by node 0 that "it is stored": the client is answered, and only the leader has the entry.
 */
enum lab_verdict a_follower_has_leftover_entries(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);
    struct lab_put *put;

    for (unsigned i = 0; i < lab->n; i++) {
        raft_set_pre_vote(lab->nodes[i].raft, false); /* or node 0 would get node 1 back */
    }
    lab_isolate(lab, 0);
    lab_put_many(lab, 0, 100, 5);
    lab_run(lab, 100);
    lab_prefer(lab, 1);
    lab_run(lab, 300);
    while (raft_state(lab->nodes[1].raft) != RAFT_LEADER) {
        if (raft_state(lab->nodes[1].raft) == RAFT_CANDIDATE) {
            lab_join(lab, 0, 1); /* so that node 0 hears of the first message */
        }
        (void)raft_fixture_step(&lab->fixture);
    }
    put = lab_put(lab, 1, 777);
    lab_cut(lab, 1, 2);
    lab_run(lab, 70);
    return put->is_done && put->status == 0 && lab_n_stored(lab, put->index, 777) < 2 ? LAB_BROKEN
                                                                                      : LAB_SAFE;
}

/*
 * Node 0 has entries of its own behind the common ones. A shortened append shows it only common
 * ones, together with a commit index that lies beyond them: it takes its own for committed.
 */
enum lab_verdict a_follower_is_shown_less_than_it_has(uint32_t rules_off)
{
    const struct guard_options options = { .rules_off = rules_off, .append_entries_max = 4 };
    struct lab *lab = lab_new(3, &options);

    lab_start(lab);
    raft_fixture_elect(&lab->fixture, 0);
    lab_put_many(lab, 0, 10, 6);
    lab_run(lab, 500);
    lab_isolate(lab, 0);
    lab_put_many(lab, 0, 100, 20);
    raft_fixture_disconnect(&lab->fixture, 1, 0); /* sends fail: the leader begins at index 1 */
    lab_prefer(lab, 1);
    (void)lab_run_until(lab, node_1_leads, 10000);
    lab_put_many(lab, 1, 200, 40);
    lab_run(lab, 1000);
    raft_fixture_reconnect(&lab->fixture, 1, 0);
    lab_rejoin(lab, 0);
    lab_run(lab, 8000);
    return lab_is_diverged(lab) || lab->nodes[0].applied[40] == 0 ? LAB_BROKEN : LAB_SAFE;
}

/* Three leaders speak to node 2 while its disk is busy with what the first one sent. */
static void replace_and_bring_back(struct lab *lab)
{
    static const uint64_t values[] = { 100, 101, 102 };
    const struct raft *r = lab->nodes[2].raft;
    struct raft_append_entries a = { .prev_log_index = raft_last_index(lab->nodes[2].raft),
                                     .prev_log_term = r->current_term };
    raft_term term = r->current_term;
    struct raft_message m;

    a.term = term + 1;
    a.n_entries = 3;
    m = lab_append_message(1, a, values, term + 1);
    lab_deliver(lab, 2, &m);
    a.term = term + 2;
    a.n_entries = 1;
    m = lab_append_message(2, a, values, term + 2);
    lab_deliver(lab, 2, &m);
    a.term = term + 3; /* the first is elected again: its own entries are still the ones it has */
    a.n_entries = 3;
    m = lab_append_message(1, a, values, term + 1);
    lab_deliver(lab, 2, &m);
}

/*
 * The first write of an entry is done after the entry was replaced and has come back. libraft
 * takes it for stored although its second write is not, and counts it again when that is done.
 */
enum lab_verdict an_entry_comes_back_before_its_first_write_is_done(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);
    struct raft *r = lab->nodes[2].raft;

    lab_run(lab, 1000);
    lab_isolate(lab, 2);
    lab_run(lab, 100);
    raft_fixture_set_disk_latency(&lab->fixture, 2, 500);
    replace_and_bring_back(lab);
    lab_run(lab, 600);
    return r->last_stored == raft_last_index(r) ? LAB_SAFE : LAB_BROKEN;
}

/*
 * While entries keep coming, the leader's own disk is always ahead of what a majority has. libraft
 * asks only whether the majority has all of it, and so commits nothing until the load pauses.
 */
enum lab_verdict a_leader_is_under_steady_load(uint32_t rules_off)
{
    enum { N = 100, INTERVAL_MS = 10 };

    struct lab *lab = lab_led_by_0(rules_off);
    const struct raft *leader = lab->nodes[0].raft;
    raft_index first = raft_last_index(lab->nodes[0].raft) + 1;

    for (unsigned i = 0; i < N; i++) {
        (void)lab_put(lab, 0, 100 + i);
        lab_run(lab, INTERVAL_MS);
    }
    return leader->commit_index < first + N / 2 ? LAB_BROKEN : LAB_SAFE;
}

/* A lease is made in a quiet hour. Followers learn only with the next heartbeat that it is
 * committed; the message that tells them takes 15 ms in the fixture. */
enum lab_verdict a_lone_entry_is_committed(uint32_t rules_off)
{
    struct lab *lab = lab_led_by_0(rules_off);
    unsigned n_late = 0;

    lab_run(lab, 1000);
    for (unsigned i = 0; i < 20; i++) {
        struct lab_put *put = lab_put(lab, 0, 300 + i);

        while (!put->is_done) {
            lab_run(lab, 1);
        }
        lab_run(lab, 20);
        n_late += lab->nodes[1].applied[put->index] != 300 + i;
        n_late += lab->nodes[2].applied[put->index] != 300 + i;
        lab_run(lab, 37);
    }
    return n_late == 0 ? LAB_SAFE : LAB_BROKEN;
}
