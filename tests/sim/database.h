#ifndef SIM_DATABASE_H
#define SIM_DATABASE_H

#include "sim/random.h"

/* Database - what the database file of a node that is down suffers. */

void database_remove(const char *path);

/* Writes random bytes over some of it; there may be no file. */
void database_damage(const char *path, struct random *random);

#endif
