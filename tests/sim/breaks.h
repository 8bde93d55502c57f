#ifndef SIM_BREAKS_H
#define SIM_BREAKS_H

#include "sim/world.h"

/*
 * Breaks - rules that are broken on purpose: a checker that cannot fail is no checker
 *
 * breaks.def is the table. Some are broken in the simulated world (disk, proposals); the others
 * by standing in for functions of the server, through the linker (--wrap), so that the server
 * has no switch for it.
 */
enum sim_break {
    BREAK_NOTHING,

#define BREAK(id, name, text) BREAK_##id,
#include "sim/breaks.def"
#undef BREAK
    BREAK_COUNT,
};

bool is_broken(enum sim_break rule);

/* Whose clocks a broken rule may look at. */
void breaks_begin(struct world *w);

/* False when there is no rule of this name. */
bool break_rule(const char *name);

/* "disk-lies", "a write is reported ..." */
const char *break_name(enum sim_break rule);
const char *break_text(enum sim_break rule);

#endif
