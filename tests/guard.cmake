add_library(test_peer_messages STATIC support/peer_messages.c)
target_include_directories(test_peer_messages PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_peer_messages PUBLIC base PRIVATE flags)

unit_test(peer_codec LINK codec test_peer_messages)
fuzz_test(peer_message LINK codec)

pkg_check_modules(RAFT REQUIRED IMPORTED_TARGET raft)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
component_test(rpc_codec LINK replication PkgConfig::RAFT)
component_test(snapshot_transfer LINK replication PkgConfig::RAFT)

add_library(test_guard_lab STATIC
  component/guard/disk_node.c
  component/guard/lab.c
  component/guard/scenarios_commit.c
  component/guard/scenarios_disk.c
  component/guard/scenarios_fault.c
  component/guard/scenarios_random.c
  component/guard/scenarios_role.c)
target_include_directories(test_guard_lab PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/component)
target_link_libraries(test_guard_lab PUBLIC replication PkgConfig::RAFT PkgConfig::UV PRIVATE flags)
component_test(guard LINK test_guard_lab)
