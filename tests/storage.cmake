unit_test(lease_table LINK lease)
unit_test(tally LINK lease)
with_failing_heap(test_lease_table)
unit_test(revoke LINK lease)
unit_test(transition LINK lease)
unit_test(lease_rules LINK lease)

unit_test(network LINK lease)
with_failing_heap(test_network)
target_sources(test_network PRIVATE support/sample_settings.c)
unit_test(settings_check LINK lease)
with_failing_heap(test_settings_check)
target_sources(test_settings_check PRIVATE support/sample_settings.c)
unit_test(class_check LINK lease)
target_sources(test_class_check PRIVATE support/sample_settings.c)
fuzz_test(settings LINK policy)

unit_test(allocate LINK lease)
target_sources(test_allocate PRIVATE support/sample_settings.c)

pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)

# store_test(<module>): a component test of the store, with a folder and random logs to use.
function(store_test module)
  component_test(${module} LINK store PkgConfig::SQLITE)
  target_sources(component_${module} PRIVATE
    support/files.c support/folder.c support/script.c support/sql.c)
endfunction()

unit_test(origins LINK store)
store_test(store)
store_test(operator)
store_test(query)
store_test(store_crash)
store_test(store_faults)
with_failing_heap(component_store_faults)
target_sources(component_store_faults PRIVATE support/failing_vfs.c support/sqlite_heap.c)
store_test(store_open)
store_test(store_snapshot)

fuzz_test(snapshot LINK store)
foreach(target replay_snapshot fuzz_snapshot)
  if(TARGET ${target})
    target_sources(${target} PRIVATE support/files.c support/folder.c)
  endif()
endforeach()

# Figures, on demand: store_bench [LEASES [FOLDER]].
add_executable(store_bench bench/store_bench.c support/files.c support/folder.c support/script.c)
target_include_directories(store_bench PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(store_bench PRIVATE flags store)
