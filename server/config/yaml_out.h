#ifndef CONFIG_YAML_OUT_H
#define CONFIG_YAML_OUT_H

#include <stdbool.h>

/*
 * YAML out - writes a YAML document into memory
 *
 * Everything is a text; texts that a reader could take for something else are quoted. Failures
 * (no memory) are latched and told at the end.
 */
struct yaml_out;

enum yaml_out_style {
    YAML_OUT_BLOCK, /* an element on each line */
    YAML_OUT_FLOW,  /* {a: 1, b: 2} on one line */
};

struct yaml_out *yaml_out_new(void); /* NULL when out of memory */
struct yaml_out *yaml_out_free(struct yaml_out *y);

void yaml_out_map(struct yaml_out *y, enum yaml_out_style style);
void yaml_out_map_end(struct yaml_out *y);
void yaml_out_list(struct yaml_out *y, enum yaml_out_style style);
void yaml_out_list_end(struct yaml_out *y);
void yaml_out_text(struct yaml_out *y, const char *text); /* well-formed UTF-8 */

/* A key and its text; nothing when @text is NULL. */
void yaml_out_pair(struct yaml_out *y, const char *key, const char *text);

/* Ends the document. Returns a malloc()ed text, or NULL when anything failed. */
char *yaml_out_end(struct yaml_out *y);

#endif
