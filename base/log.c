#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/instant.h"

static enum log_level threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_is_on(enum log_level level)
{
    return level <= threshold;
}

static struct instant wall_clock(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (struct instant){ (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    char line[2048];
    char stamp[INSTANT_TEXT_MAX];
    va_list args;

    if (!log_is_on(level)) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    (void)fprintf(
        stderr,
        "%s %s event=%s%s%s\n",
        instant_format(wall_clock(), stamp),
        names[level],
        event,
        line[0] == '\0' ? "" : " ",
        line);
}

static bool is_plain(uint8_t c, bool keeps_spaces)
{
    if (c == ' ') {
        return keeps_spaces;
    }
    return c > ' ' && c < 127 && c != '"' && c != '\'' && c != '\\' && c != '=' && c != '`';
}

static char *escape(struct bytes b, bool keeps_spaces, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    size_t cut = 0; /* the last place with room for "..." and the NUL */

    require(size >= 8);
    for (size_t i = 0; i < b.n; i++) {
        size_t need = is_plain(b.at[i], keeps_spaces) ? 1 : 4;

        cut = at + 4 <= size ? at : cut;
        if (at + need >= size) {
            memcpy(out + cut, "...", 3);
            at = cut + 3;
            break;
        }
        if (need == 1) {
            out[at++] = (char)b.at[i];
        } else {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = digits[b.at[i] >> 4];
            out[at++] = digits[b.at[i] & 15];
        }
    }
    out[at] = '\0';
    return out;
}

char *log_text(struct bytes b, char *out, size_t size)
{
    return escape(b, false, out, size);
}

char *log_sentence(struct bytes b, char *out, size_t size)
{
    return escape(b, true, out, size);
}

bool log_limit_pass(struct log_limit *limit, int64_t now_ms, unsigned *ret_suppressed)
{
    require(limit->burst > 0 && limit->interval_ms > 0);

    int64_t refill = (now_ms - limit->refilled_ms) / limit->interval_ms;

    if (refill > 0) {
        limit->used = refill >= limit->used ? 0 : limit->used - (unsigned)refill;
        limit->refilled_ms = now_ms;
    }
    if (limit->used >= limit->burst) {
        limit->suppressed++;
        return false;
    }
    limit->used++;
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
