#ifndef CONFIG_PROBLEMS_H
#define CONFIG_PROBLEMS_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * Problems - every mistake of one configuration file, with its place
 *
 * Filled while a file is read; the reader goes on after a mistake, so that one run shows all.
 */
enum {
    PROBLEMS_MAX = 100, /* kept; more are counted */
    PROBLEM_TEXT_MAX = 320,
    PROBLEM_LINE_MAX = PROBLEM_TEXT_MAX + 300,
};

/* Lines and columns count from 1, as editors do; 0 when the file as a whole is meant. */
struct config_place {
    unsigned line, column;
};

struct config_problem {
    struct config_place at;
    char text[PROBLEM_TEXT_MAX]; /* what is wrong and what was expected */
};

struct config_problems {
    unsigned n; /* all of them; min(n, PROBLEMS_MAX) are kept */
    struct config_problem list[PROBLEMS_MAX];
};

__attribute__((format(printf, 3, 4))) void problems_add(
    struct config_problems *problems, struct config_place at, const char *format, ...);

unsigned problems_kept(const struct config_problems *problems);

/* Orders them by place. */
void problems_sort(struct config_problems *problems);

/* Writes "file:line:column: text" into @out, PROBLEM_LINE_MAX bytes. Returns @out. */
char *problem_format(const struct config_problem *problem, const char *file, char *out);

/*
 * Nearest - the known name that an unknown one was probably meant to be
 *
 * Offer each known name with nearest_try(); `best` is then the closest, or NULL when none is
 * close enough to be worth a question.
 */
struct nearest {
    const char *wanted;
    const char *best;
    unsigned distance;
};

struct nearest nearest_of(const char *wanted);
void nearest_try(struct nearest *n, const char *known);

/* Edits (insert, delete, replace, swap of neighbours) that make @a of @b; saturates at 32. */
unsigned edit_distance(const char *a, const char *b);

#endif
