unit_test(settings_codec LINK codec)
