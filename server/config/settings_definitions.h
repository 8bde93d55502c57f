#ifndef CONFIG_SETTINGS_DEFINITIONS_H
#define CONFIG_SETTINGS_DEFINITIONS_H

#include "proto/dhcp/option.h"
#include "server/config/walk.h"

/*
 * Settings definitions - names and types that the settings give to private options
 *
 * They are needed to read the file alone: what is in the log are the values. Read before the rest
 * of the document, whose readers find them through the walk's context.
 */
enum { DEFINITIONS_MAX = 256 };

struct settings_definition {
    uint8_t container; /* code of the option that it is inside of; 0: none */
    struct option_spec spec;
};

struct settings_definitions {
    unsigned n;
    struct settings_definition *at;
};

/* Reads the key `option-definitions` of @root. */
void settings_read_definitions(
    struct walk *w, yaml_node_t *root, struct settings_definitions *ret_definitions);

extern const struct schema settings_definition_schema; /* the keys of one definition */

/* The reader of the key when its turn comes: it has been read. */
WALK_READER(settings_skip_definitions);

/* The option named so, by its row or by a definition; inside of @container unless that is 0. */
const struct option_spec *settings_find_definition(
    const struct walk *w, uint8_t container, const char *name);

/* Adds the problem that there is no option of this name; inside of @container unless it is 0. */
void settings_no_option(
    struct walk *w, const yaml_node_t *key, uint8_t container, const char *name);

#endif
