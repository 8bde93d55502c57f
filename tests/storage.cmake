unit_test(lease_table LINK lease)
with_failing_heap(test_lease_table)
unit_test(transition LINK lease)
unit_test(lease_rules LINK lease)

unit_test(network LINK lease)
with_failing_heap(test_network)
target_sources(test_network PRIVATE support/sample_settings.c)
unit_test(settings_check LINK lease)
with_failing_heap(test_settings_check)
target_sources(test_settings_check PRIVATE support/sample_settings.c)
fuzz_test(settings LINK lease)

# store_test(<module>): a component test of the store, with a folder and random logs to use.
function(store_test module)
  component_test(${module} LINK store)
  target_sources(component_${module} PRIVATE support/files.c support/folder.c support/script.c)
endfunction()

unit_test(origins LINK store)
store_test(store)
unit_test(allocate LINK lease)
target_sources(test_allocate PRIVATE support/sample_settings.c)
