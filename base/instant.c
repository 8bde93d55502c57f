#include "base/instant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool seconds_is_infinite(struct seconds s)
{
    return s.value == SECONDS_INFINITE.value;
}

bool instant_is_never(struct instant t)
{
    return t.ms == INT64_MAX;
}

bool instant_before(struct instant a, struct instant b)
{
    return a.ms < b.ms;
}

bool instant_equal(struct instant a, struct instant b)
{
    return a.ms == b.ms;
}

struct instant instant_max(struct instant a, struct instant b)
{
    return a.ms > b.ms ? a : b;
}

struct instant instant_add_ms(struct instant t, int64_t ms)
{
    int64_t sum = 0;

    if (instant_is_never(t) || __builtin_add_overflow(t.ms, ms, &sum)) {
        return INSTANT_NEVER;
    }
    return (struct instant){ sum };
}

struct instant instant_add_seconds(struct instant t, struct seconds s)
{
    if (seconds_is_infinite(s)) {
        return INSTANT_NEVER;
    }
    return instant_add_ms(t, (int64_t)s.value * 1000);
}

struct seconds instant_seconds_until(struct instant end, struct instant now)
{
    int64_t left = 0;

    if (instant_is_never(end)) {
        return SECONDS_INFINITE;
    }
    if (end.ms <= now.ms || __builtin_sub_overflow(end.ms, now.ms, &left)) {
        return (struct seconds){ 0 };
    }
    left /= 1000;
    return (struct seconds){ left < UINT32_MAX ? (uint32_t)left : UINT32_MAX - 1 };
}

char *instant_format(struct instant t, char *out)
{
    time_t whole = (time_t)(t.ms / 1000);
    struct tm utc;

    if (instant_is_never(t) || t.ms < 0 || gmtime_r(&whole, &utc) == NULL) {
        (void)snprintf(out, INSTANT_TEXT_MAX, "%s", "never");
        return out;
    }

    size_t n = strftime(out, INSTANT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &utc);

    (void)snprintf(out + n, INSTANT_TEXT_MAX - n, ".%03dZ", (int)(t.ms % 1000));
    return out;
}
