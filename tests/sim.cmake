add_executable(leasehold-sim
  sim/breaks.c sim/check.c sim/client.c sim/database.c sim/disk.c sim/event.c sim/faults.c sim/heap.c sim/io.c sim/main.c
  sim/node.c sim/outgoing.c sim/random.c sim/settings.c sim/world.c)
target_include_directories(leasehold-sim PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(leasehold-sim PRIVATE flags exchange replication store PkgConfig::RAFT)
# tests/sim/breaks.c stands in for these.
foreach(function clock_behind clock_stamp headroom_is_sure headroom_room lease_is_held subnet_pool_of
    transition_release)
  target_link_options(leasehold-sim PRIVATE LINKER:--wrap=${function})
endforeach()

sim_test(leasehold-sim cluster SEEDS 1 50)
# Seeds that have found a defect; 7 did too.
sim_test(leasehold-sim cluster SEEDS 236 236)
# Two that found one in the simulator: its disk, and an ACK that nobody waits for.
sim_test(leasehold-sim cluster SEEDS 582 582)
sim_test(leasehold-sim cluster SEEDS 779 779)
# A broken rule is noticed, and for the right reason: a crash or a usage error is no catch.
function(caught rule seeds text)
  string(REPLACE - _ name ${rule})
  sim_test(leasehold-sim caught.${name} ARGS --break ${rule} --seeds ${seeds})
  set_tests_properties(sim.caught.${name} PROPERTIES PASS_REGULAR_EXPRESSION "${text}")
endfunction()
caught(disk-lies 20 "which no majority has stored")
caught(ack-early 20 "which no majority has stored")
caught(fastest-clock 20 "address [0-9.]+ twice")
caught(local-clock 20 "has other rows than another node|differs from the leader.s")
caught(promise-alone 20 "address [0-9.]+ twice")
caught(beyond-hold 20 "which no majority has stored")
caught(lag-forgotten 20 "address [0-9.]+ twice")
caught(local-settings 20 "has other rows than another node|differs from the leader's")
