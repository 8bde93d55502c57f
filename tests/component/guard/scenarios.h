#ifndef GUARD_SCENARIOS_H
#define GUARD_SCENARIOS_H

#include "guard/lab.h"

/* Each provokes one defect of libraft 0.15.0; see the table in test_guard.c. */

/* scenarios_commit.c: who may say that an entry is committed */
lab_scenario an_old_entry_reaches_a_majority;
lab_scenario a_follower_has_leftover_entries;
lab_scenario a_follower_is_shown_less_than_it_has;
lab_scenario an_entry_comes_back_before_its_first_write_is_done;
lab_scenario a_leader_is_under_steady_load;
lab_scenario a_lone_entry_is_committed;

/* scenarios_role.c: elections, roles and results */
lab_scenario a_snapshot_is_installed_while_the_leader_dies;
lab_scenario a_disk_hangs_while_the_leader_dies;
lab_scenario the_best_log_has_an_older_term;
lab_scenario a_result_cannot_be_sent;
lab_scenario the_logs_contradict_each_other;
lab_scenario a_follower_has_many_wrong_entries;
lab_scenario a_follower_is_far_behind_in_entries;
lab_scenario a_follower_is_far_behind_in_bytes;

/* scenarios_fault.c: faults of the disk, and snapshots */
lab_scenario a_follower_cannot_write_an_entry;
lab_scenario a_leader_cannot_write_an_entry;
lab_scenario a_follower_cannot_write_a_snapshot_of_the_leader;
lab_scenario a_node_cannot_write_its_own_snapshot;
lab_scenario a_snapshot_is_due_before_a_configuration_is_committed;

/* scenarios_disk.c: one node on raft_uv, in a folder of its own */
lab_scenario a_truncation_meets_a_snapshot;
lab_scenario an_entry_has_an_odd_length;

/* scenarios_random.c: the same node, with many leaders at odd moments */
lab_scenario logs_are_replaced_at_random;

#endif
