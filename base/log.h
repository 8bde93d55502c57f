#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * Log - one line per event to standard error, as key=value fields
 *
 * `log_info("peer-connected", "peer=%u address=%s", id, address)` prints
 * `2026-01-02T03:04:05.678Z info event=peer-connected peer=2 address=10.0.0.2:6767`.
 * Text that came from outside goes through log_text() first. error = act now,
 * warning = will hurt, info = a lease or a role changed, debug = every packet.
 */
enum log_level {
    LOG_ERROR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG,
};

enum { LOG_TEXT_MAX = 512 }; /* a size that holds any escaped field we print */

void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);

__attribute__((format(printf, 3, 4))) void log_event(
    enum log_level level, const char *event, const char *format, ...);

#define log_error(...)   log_event(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_event(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_event(LOG_DEBUG, __VA_ARGS__)

/*
 * Writes untrusted @b as printable ASCII into @out, at least 8 bytes: control bytes, spaces,
 * quotes, backslashes, '=' and everything above 126 become \xNN; too long a text ends in "...".
 * Returns @out.
 */
char *log_text(struct bytes b, char *out, size_t size);

/* As log_text(), but keeps spaces: for a field that stands between quotes. */
char *log_sentence(struct bytes b, char *out, size_t size);

/*
 * Rate limit for what a client can cause: at most @burst lines, refilled at one per
 * @interval_ms. Zero-initialise but for those two. log_limit_pass() is true when the line may
 * be written and then sets *@ret_suppressed to how many were held back since the last one.
 */
struct log_limit {
    unsigned burst;
    unsigned interval_ms;
    int64_t refilled_ms;
    unsigned used;
    unsigned suppressed;
};

bool log_limit_pass(struct log_limit *limit, int64_t now_ms, unsigned *ret_suppressed);

#endif
