unit_test(settings_codec LINK codec)
unit_test(command_codec LINK codec)
fuzz_test(command LINK codec)
