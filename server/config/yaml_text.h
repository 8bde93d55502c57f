#ifndef CONFIG_YAML_TEXT_H
#define CONFIG_YAML_TEXT_H

#include <yaml.h>

#include "server/config/problems.h"
#include "server/config/read_file.h"

/*
 * Yaml text - a YAML document within limits
 *
 * A first pass over libyaml's events refuses what a hostile or mistaken file may hold (nesting,
 * aliases, tags, several documents, too many values), with the place of each; only then the
 * document is built.
 */
enum {
    YAML_DEPTH_MAX = 16,
    YAML_NODES_MAX = 400000,
};

enum yaml_text_outcome {
    YAML_TEXT_INVALID = 1, /* at least one problem was added */
};

/*
 * Reads @text into *@ret_document, which the caller deletes with yaml_document_delete(). Returns
 * 0, ERR_NOMEM or YAML_TEXT_INVALID.
 */
int yaml_text_load(
    struct bytes text, struct config_problems *problems, yaml_document_t *ret_document);

struct config_place yaml_place(yaml_mark_t mark);

#endif
