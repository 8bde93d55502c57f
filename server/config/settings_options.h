#ifndef CONFIG_SETTINGS_OPTIONS_H
#define CONFIG_SETTINGS_OPTIONS_H

#include "server/config/walk.h"

/*
 * Reads a mapping of option names to values into a struct option_list, sorted by code. A value
 * is a text, a list of texts, or a mapping with `value` and `force`.
 */
WALK_READER(settings_read_options);

/* Returns the value of the option @code in the mapping @node, or NULL. */
yaml_node_t *settings_find_option(const struct walk *w, yaml_node_t *node, uint8_t code);

#endif
