#ifndef CONFIG_SETTINGS_OPTIONS_H
#define CONFIG_SETTINGS_OPTIONS_H

#include "proto/dhcp/option.h"
#include "server/config/walk.h"

/*
 * Reads a mapping of option names to values into a struct option_list, sorted by code. A value
 * is a text, a list of texts, or a mapping with `value` and `force`.
 */
WALK_READER(settings_read_options);

/* The option that @key names; NULL and a problem when there is none. */
const struct option_spec *settings_option_of(struct walk *w, const yaml_node_t *key);

/* Returns the value of the option @code in the mapping @node, or NULL. */
yaml_node_t *settings_find_option(const struct walk *w, yaml_node_t *node, uint8_t code);

#endif
