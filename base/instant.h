#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Instant - a point in time, in milliseconds
 *
 * Which clock an instant belongs to is said where it is kept: cluster time (milliseconds
 * since 1970 UTC, the log's clock) for everything stored, the loop's monotonic clock for timers.
 */
struct instant {
    int64_t ms;
};

/* A length of time in whole seconds, as DHCP carries it (RFC 2131 3.3). */
struct seconds {
    uint32_t value;
};

#define INSTANT_NEVER    ((struct instant){ INT64_MAX })
#define SECONDS_INFINITE ((struct seconds){ 0xffffffffu })

enum { INSTANT_TEXT_MAX = 32 };

bool seconds_is_infinite(struct seconds s);
bool instant_is_never(struct instant t);
bool instant_before(struct instant a, struct instant b);
bool instant_equal(struct instant a, struct instant b);
struct instant instant_max(struct instant a, struct instant b);

/* Saturates at INSTANT_NEVER; never plus or minus anything stays never. */
struct instant instant_add_ms(struct instant t, int64_t ms);
struct instant instant_add_seconds(struct instant t, struct seconds s);

/* Whole seconds from @now until @end, rounded down; 0 when past, infinite when never. */
struct seconds instant_seconds_until(struct instant end, struct instant now);

/* Writes "2026-01-02T03:04:05.678Z" or "never" into @out, INSTANT_TEXT_MAX bytes. Returns @out. */
char *instant_format(struct instant t, char *out);

#endif
