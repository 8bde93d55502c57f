#ifndef STORAGE_APPLY_OPERATOR_H
#define STORAGE_APPLY_OPERATOR_H

#include "storage/state.h"

/* Apply operator - the commands of operators, for apply.c alone */

/* One command being applied. */
struct application {
    struct store *s;
    const struct command *c;
    uint64_t index;
    struct instant now;
};

/* Applies a reservation's or a block's command. Returns 0 or ERR_*. */
int apply_operator(const struct application *a, struct result *result);

/* Some reservation that a command has made does not go with @fresh, new settings. */
bool apply_has_misfit(const struct application *a, const struct network_map *fresh);

/* The state is as an operator's command would leave it: told of one that was applied before. */
bool apply_is_in_force(const struct application *a);

#endif
