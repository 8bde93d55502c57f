# The server room: configuration, sockets, API and command line.
unit_test(config_values LINK config base)
unit_test(node_file LINK config base)
unit_test(lease_filter LINK admin config base)
unit_test(table LINK ctl base)
unit_test(frame LINK io base)
component_test(link LINK io base)
unit_test(settings_file LINK config codec base)
fuzz_test(settings_file LINK config codec base)
