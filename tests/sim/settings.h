#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include "sim/world.h"

/* The settings of the simulated cluster: one network, one small pool, one reservation, short
 * leases. Proposed again and again from a random node until they are in force. */
void sim_settings_propose(struct world *w);

#endif
