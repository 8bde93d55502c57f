#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/instant.h"

/*
 * Event - what an operator wants to be told, once
 *
 * events.def is the one table of the kinds. event_raise() writes the log line, counts, and hands
 * the event to whoever listens. Whatever can come and go again goes through a latch first, so
 * that a fault that flaps is told a few times an hour and not all the time. One thread.
 */
enum event_kind {

#define EVENT(id, name, level, text) EVENT_##id,
#include "base/events.def"
#undef EVENT
    EVENT_COUNT,
};

enum { EVENT_FIELDS_MAX = 512 };

/* "leader-changed", and its sentence. */
const char *event_name(enum event_kind kind);
const char *event_text(enum event_kind kind);

/* @format makes the fields, as log_event() has them: "peer=%u". Longer ones are cut. */
__attribute__((format(printf, 2, 3))) void event_raise(
    enum event_kind kind, const char *format, ...);

/* How often each kind was raised, by its index. */
const uint64_t *event_counts(void);

/* Hears every event after its line is in the log; one at a time, NULL for none. */
typedef void event_listener(void *data, enum event_kind kind, const char *fields);
void event_listen(event_listener *listener, void *data);

/*
 * Latch - a condition that counts once it has lasted, and is over once it has been gone for long
 *
 * Each time that it comes back within EVENT_FLAP_MS of its end, its end has to last twice as long.
 * Zero-initialise but for the two lengths. Times are monotonic.
 */
enum { EVENT_FLAP_MS = 600000, EVENT_FLAPS_MAX = 6 };

struct event_latch {
    unsigned on_ms, off_ms;
    bool is_on;
    bool is_turning; /* the condition is not what is_on says, since `since` */
    struct instant since;
    bool has_ended;
    struct instant ended_at;
    unsigned flaps;
};

/* Notes what the condition is now. True when is_on has changed. */
bool event_latch_note(struct event_latch *l, bool condition, struct instant now);

#endif
