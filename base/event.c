#include "base/event.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/log.h"

struct event_spec {
    const char *name;
    enum log_level level;
    const char *text;
};

static const struct event_spec specs[EVENT_COUNT] = {
#define EVENT(id, name, level, text) { name, LOG_##level, text },
#include "base/events.def"
#undef EVENT
};

static uint64_t counts[EVENT_COUNT];
static event_listener *listening;
static void *listening_data;

const char *event_name(enum event_kind kind)
{
    require(kind < EVENT_COUNT);
    return specs[kind].name;
}

const char *event_text(enum event_kind kind)
{
    require(kind < EVENT_COUNT);
    return specs[kind].text;
}

void event_raise(enum event_kind kind, const char *format, ...)
{
    char fields[EVENT_FIELDS_MAX];
    va_list args;

    require(kind < EVENT_COUNT);
    va_start(args, format);
    (void)vsnprintf(fields, sizeof fields, format, args);
    va_end(args);
    counts[kind]++;
    log_event(specs[kind].level, specs[kind].name, "%s", fields);
    if (listening != NULL) {
        listening(listening_data, kind, fields);
    }
}

const uint64_t *event_counts(void)
{
    return counts;
}

void event_listen(event_listener *listener, void *data)
{
    listening = listener;
    listening_data = data;
}

static void turn(struct event_latch *l, struct instant now)
{
    l->is_on = !l->is_on;
    l->is_turning = false;
    if (!l->is_on) {
        l->has_ended = true;
        l->ended_at = now;
        return;
    }
    if (!l->has_ended || now.ms - l->ended_at.ms > EVENT_FLAP_MS) {
        l->flaps = 0;
    } else if (l->flaps < EVENT_FLAPS_MAX) {
        l->flaps++;
    }
}

bool event_latch_note(struct event_latch *l, bool condition, struct instant now)
{
    int64_t wanted = l->is_on ? (int64_t)l->off_ms << l->flaps : l->on_ms;

    if (condition == l->is_on) {
        l->is_turning = false;
        return false;
    }
    if (!l->is_turning) {
        l->is_turning = true;
        l->since = now;
    }
    if (now.ms - l->since.ms < wanted) {
        return false;
    }
    turn(l, now);
    return true;
}
