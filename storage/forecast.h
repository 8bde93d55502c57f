#ifndef STORAGE_FORECAST_H
#define STORAGE_FORECAST_H

#include "storage/lease/lease.h"
#include "storage/network.h"

/*
 * Forecast - what new settings would do to the clients that hold addresses
 *
 * Reads a database that a node has open, with a connection of its own, on any thread but the
 * loop's. What a client's class would be is not known from its lease: pools count as if they were
 * for everyone.
 */
enum forecast_fate {
    FORECAST_STAYS,
    FORECAST_MOVES,   /* a reservation elsewhere in its network awaits it */
    FORECAST_REFUSED, /* the address is in no pool, or reserved for another */
    FORECAST_DROPPED, /* the address is in no subnet: the lease runs out unanswered */
    FORECAST_FATES,
};

enum { FORECAST_EXAMPLES_MAX = 10 }; /* of each fate but the first */

struct forecast {
    struct network_map *map;  /* the new settings, with what commands have put beside the old ones
                                 when that goes with them */
    struct network_map *kept; /* what commands have put, until then */
    uint64_t n[FORECAST_FATES];

    struct forecast_example {
        struct ip4 address, to; /* FORECAST_MOVES: where to */
    } examples[FORECAST_FATES][FORECAST_EXAMPLES_MAX];
};

enum forecast_outcome {
    FORECAST_MISFIT = 1, /* a reservation of a command does not go with them: map and kept tell */
};

/*
 * Judges @document, which settings_check() has passed. Returns 0, ERR_*, or FORECAST_MISFIT;
 * @ret_forecast is to be given to forecast_deinit() in every case.
 */
int forecast_run(const char *database, struct bytes document, struct forecast *ret_forecast);
void forecast_deinit(struct forecast *f);

#endif
