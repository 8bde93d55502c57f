add_executable(leasehold-sim
  sim/check.c sim/client.c sim/disk.c sim/event.c sim/faults.c sim/heap.c sim/io.c sim/main.c
  sim/node.c sim/random.c sim/settings.c sim/world.c)
target_include_directories(leasehold-sim PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(leasehold-sim PRIVATE flags exchange replication store PkgConfig::RAFT)

sim_test(leasehold-sim cluster SEEDS 1 50)
sim_test(leasehold-sim caught.disk_lies ARGS --break disk-lies --seeds 20)
sim_test(leasehold-sim caught.ack_early ARGS --break ack-early --seeds 20)
# Caught for the right reason: a crash or a usage error is no catch.
set_tests_properties(sim.caught.disk_lies sim.caught.ack_early PROPERTIES
  PASS_REGULAR_EXPRESSION "which no majority has stored")
