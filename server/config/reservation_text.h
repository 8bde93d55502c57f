#ifndef CONFIG_RESERVATION_TEXT_H
#define CONFIG_RESERVATION_TEXT_H

#include "base/arena.h"
#include "server/config/problems.h"
#include "server/config/settings_schema.h"

/*
 * Reservation text - one reservation by itself, in the words of a settings file
 *
 * YAML, and so JSON too: what the API and the command line are given.
 */
enum reservation_text_outcome {
    RESERVATION_TEXT_INVALID = 1, /* see the problems */
};

/* Reads @text; the value lives in @arena. Returns 0, ERR_NOMEM or RESERVATION_TEXT_INVALID. */
int reservation_text_parse(
    struct bytes text,
    struct arena *arena,
    struct config_problems *problems,
    struct single_reservation *ret_reservation);

#endif
