#ifndef IO_MODERATION_H
#define IO_MODERATION_H

#include <stdbool.h>

#include "base/instant.h"

/*
 * Moderation - whether datagrams come so fast that they are better read in batches; pure
 *
 * Every time the loop wakes it costs as much as a few messages, here and, by what it then sends
 * and writes, on every other node. When many come, they are read once in MODERATION_READ_MS and
 * share the wake-up, the log entry and the peer messages. When few come, each is read at once.
 */
enum {
    MODERATION_READ_MS = 1,
    MODERATION_WINDOW_MS = 16, /* over which the rate is taken */
    MODERATION_DATAGRAMS = 64, /* in a window: from 4000 a second on */
};

/* All zero: nothing came yet. */
struct moderation {
    struct instant since; /* of the window */
    unsigned n;           /* that came in it */
    bool is_fast;
};

/* Notes @n datagrams read at @now, monotonic. True: the next are read in MODERATION_READ_MS. */
bool moderation_note(struct moderation *m, struct instant now, unsigned n);

#endif
