#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H

#include <stddef.h>

#include "base/arena.h"
#include "base/own.h"
#include "server/config/yaml_text.h"

/*
 * Walk - from a YAML document to structs, as tables say
 *
 * A schema says which keys a mapping may have and how each value is read into a member of a
 * record. A mistake is added to the problems with its place and leaves the member as it was; the
 * walk goes on. Texts and lists live in the arena.
 */
struct walk {
    yaml_document_t *document;
    struct arena *arena;
    struct config_problems *problems;
    void *context; /* what the readers of one file share; of who calls walk_document() */
};

enum walk_outcome {
    WALK_INVALID = 1, /* at least one problem was added */
};

/*
 * Reads @text as one document, lets @read walk it, and sorts the problems, which it empties first.
 * @read returns 0 or ERR_NOMEM. Returns 0, ERR_NOMEM or WALK_INVALID.
 */
struct walk_reader {
    int (*read)(struct walk *w, yaml_node_t *root, void *data);
    void *data;
};

int walk_document(
    struct bytes text,
    struct arena *arena,
    struct config_problems *problems,
    const struct walk_reader *reader);

struct field {
    const char *name;
    /* Reads @value into @record, which is of the schema's type. NULL: the key is known but
     * cannot be used, and `detail` is the sentence that says why. */
    void (*read)(struct walk *w, yaml_node_t *value, const struct field *f, void *record);
    size_t offset;      /* of the member */
    size_t count;       /* of the member that counts a list's items */
    const void *detail; /* struct schema, struct word[], struct number_range, sentence */
    bool is_required;
};

struct schema {
    const char *what; /* what one such mapping is: "a subnet" */
    const struct field *fields;
    unsigned n_fields;
    size_t size;          /* of the record */
    unsigned n_max;       /* how many of them a list may have */
    const void *defaults; /* a record to begin with; NULL for zeroes */
    /* Checks what takes more than one field; may be NULL. */
    void (*finish)(struct walk *w, yaml_node_t *node, void *record);
};

/* A table of words ends with a NULL name. */
struct word {
    const char *name;
    int value;
};

struct number_range {
    uint32_t min, max;
};

#define SCHEMA_FIELDS(table) .fields = (table), .n_fields = ARRAY_LENGTH(table)

__attribute__((format(printf, 3, 4))) void walk_problem(
    struct walk *w, const yaml_node_t *node, const char *format, ...);

/* Adds `"<text of the node>" is not <what>; expected <expected>`. */
void walk_not(struct walk *w, const yaml_node_t *node, const char *what, const char *expected);

/* The member of @record at @offset. */
void *walk_member(void *record, size_t offset);

/* Returns node @index of the document; indices come from the document itself. */
yaml_node_t *walk_node(const struct walk *w, int index);

/* Returns the value of @key in the mapping @node, or NULL. */
yaml_node_t *walk_find(const struct walk *w, yaml_node_t *node, const char *key);

/* Returns item @i of the list @node, or NULL. */
yaml_node_t *walk_item(const struct walk *w, yaml_node_t *node, int i);

/*
 * Lends the text of a scalar without NULs; NULL when @node is no scalar, empty or holds a NUL
 * byte, which is then a problem (`expected`: what it should have been).
 */
const char *walk_text(struct walk *w, const yaml_node_t *node, const char *expected);

/* True when @node is a mapping or a list as asked; else it is a problem. */
bool walk_is_mapping(struct walk *w, const yaml_node_t *node, const char *what);
bool walk_is_list(struct walk *w, const yaml_node_t *node, const char *what);

/* Reads a mapping into @record, which gets the schema's defaults first. */
void walk_mapping(struct walk *w, yaml_node_t *node, const struct schema *s, void *record);

/* Field readers. The comment says the type of the member and what `detail` is. */
#define WALK_READER(name) \
    void name(struct walk *w, yaml_node_t *value, const struct field *f, void *record)

WALK_READER(walk_read_mapping); /* the record of a struct schema, at the member */
WALK_READER(walk_read_list);    /* pointer to an array, and an unsigned at `count`; schema */
WALK_READER(walk_read_string);  /* struct bytes, with a NUL after it; struct number_range */
WALK_READER(walk_read_address); /* struct ip4 */
WALK_READER(walk_read_number);  /* uint32_t; struct number_range */
WALK_READER(walk_read_bool);    /* bool */
WALK_READER(walk_read_word);    /* int or an enum; struct word[] */
WALK_READER(walk_read_ms);      /* uint32_t, of a duration or `none` */
WALK_READER(walk_read_seconds); /* struct seconds, of a duration or `infinite` */
WALK_READER(walk_read_name);    /* struct bytes; a name of values_is_name() */

#endif
