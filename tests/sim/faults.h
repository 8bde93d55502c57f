#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "sim/world.h"

/*
 * Faults - what goes wrong, at random moments
 *
 * Kills with loss of volatile state, lost or damaged databases, links cut in one or both
 * directions, cables pulled, bad moments of the network, nodes that are stopped and go on, one
 * wall clock that is wrong, all nodes killed at once. Each one ends after a while.
 */
void faults_begin(struct world *w);

/* No new faults, everything mended, every node up. */
void faults_end(struct world *w);

/* When the last one is over: a node that is stopped goes on by itself. */
int64_t faults_over_at(const struct world *w);

/* How many there were. */
uint64_t faults_count(void);

#endif
