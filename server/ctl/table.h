#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Table - rows for a person, or as CSV or JSON
 *
 * On a terminal a table fits its width: the widest columns give way, and what is cut ends in
 * "...". Into a pipe nothing is cut. Every text is printed escaped: what clients sent cannot
 * move the cursor.
 */
enum table_format {
    TABLE_HUMAN,
    TABLE_JSON,
    TABLE_CSV,
};

struct table;

/* @names are borrowed. Returns NULL when out of memory. */
struct table *table_new(const char *const *names, unsigned n_columns);
struct table *table_free(struct table *t);

/* Adds a row of JSON values (text, number, boolean, null). False when out of memory. */
bool table_add(struct table *t, json_t *const *values);

/* Prints the table; 0 as @width: into a pipe. */
void table_print(const struct table *t, FILE *to, unsigned width);
void table_print_csv(const struct table *t, FILE *to);

/* Width of the terminal behind @to, 0 when there is none. */
unsigned table_terminal_width(FILE *to);

/* True when colours may be used on @to: a terminal, and NO_COLOR not set. */
bool table_has_colour(FILE *to);

/* @text printable; the caller frees it. NULL when out of memory. */
char *table_text(const char *text);

/* Reads --format and --json. False, after a complaint, for an unknown one. */
struct ctl_line;
bool table_format_of(const struct ctl_line *line, enum table_format *ret_format);

#endif
