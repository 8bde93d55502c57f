#ifndef CONFIG_CONDITION_PARTS_H
#define CONFIG_CONDITION_PARTS_H

#include "proto/settings.h"
#include "server/config/walk.h"

/* Condition parts - what the files of the condition reader share, and nobody else */

/* The condition being written. */
struct condition {
    struct walk *w;
    struct class_term terms[CLASS_TERMS_MAX];
    unsigned n;
    unsigned depth;
    bool is_full; /* said once */
};

/* A key of a condition. */
struct condition_key {
    const char *name;
    /* Writes what is true when the client is as @value says. */
    void (*read)(struct condition *c, const struct condition_key *key, yaml_node_t *value);
    enum term_kind kind;
    uint32_t number;
};

/* Writes what is true when the client is as one @value says; @like has the kind and the number. */
typedef void condition_item_reader(
    struct condition *c, const struct class_term *like, yaml_node_t *value);

/* settings_condition.c */

/* Adds a term; once too many is a problem. */
void condition_put(struct condition *c, const yaml_node_t *at, struct class_term term);

/* Makes one result of the last @n, by TERM_ALL or TERM_ANY. */
void condition_join(struct condition *c, const yaml_node_t *at, enum term_kind kind, uint32_t n);

/* Reads the items of a list, of which one must be true, or the only one. */
void condition_read_any(
    struct condition *c,
    const struct class_term *like,
    yaml_node_t *value,
    condition_item_reader *read);

/* condition_compare.c: readers of keys */
void condition_read_text(struct condition *c, const struct condition_key *key, yaml_node_t *value);
void condition_read_named(struct condition *c, const struct condition_key *key, yaml_node_t *value);

#endif
