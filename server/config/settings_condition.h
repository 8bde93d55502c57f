#ifndef CONFIG_SETTINGS_CONDITION_H
#define CONFIG_SETTINGS_CONDITION_H

#include "server/config/walk.h"

/*
 * Settings condition - the `match` of a class, from a tree in YAML to terms in postfix order
 *
 * A mapping is true when each of its keys is, a list of values when one of them is. Keys: `all`,
 * `any` and `not` hold conditions; the others look at the client.
 */
enum {
    CONDITION_DEPTH_MAX = 8, /* of conditions in conditions */
};

/* Reads a condition into the terms of a struct client_class. */
WALK_READER(settings_read_condition);

/* The keys that a condition may have, by number from 0; NULL after the last. */
const char *settings_condition_key(unsigned i);

/* Reads the name of a class, or a list of names, into a struct class_set. */
WALK_READER(settings_read_class_names);

#endif
