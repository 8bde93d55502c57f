#include "storage/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

static int failed(const char *path, const char *doing)
{
    char text[LOG_TEXT_MAX];

    log_error(
        "set-aside-failed",
        "doing=%s path=%s error=\"%s\"",
        doing,
        log_text(bytes_of_text(path), text, sizeof text),
        strerror(errno));
    return ERR_IO;
}

/* "@path@suffix" in @out. False when it is too long. */
static bool with_suffix(const char *path, const char *suffix, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s%s", path, suffix);

    return n > 0 && n < PATH_MAX;
}

static const char mark_suffix[] = ".set-aside";

int aside_mark(const char *path, const char *why)
{
    char mark[PATH_MAX];
    int fd = -1;

    if (!with_suffix(path, mark_suffix, mark)) {
        return ERR_IO;
    }
    fd = open(mark, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) {
        return failed(mark, "open");
    }

    bool written = write(fd, why, strlen(why)) == (ssize_t)strlen(why) && fsync(fd) == 0;

    (void)close(fd);
    return written ? 0 : failed(mark, "write");
}

bool aside_is_marked(const char *path)
{
    char mark[PATH_MAX];

    return with_suffix(path, mark_suffix, mark) && access(mark, F_OK) == 0;
}

/* Renames @path@suffix to @to@suffix when it is there. */
static int move(const char *path, const char *to, const char *suffix)
{
    char from_file[PATH_MAX];
    char to_file[PATH_MAX];

    if (!with_suffix(path, suffix, from_file) || !with_suffix(to, suffix, to_file)) {
        return ERR_IO;
    }
    if (rename(from_file, to_file) != 0 && errno != ENOENT) {
        return failed(from_file, "rename");
    }
    return 0;
}

int aside_move(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char stamp[sizeof ".damaged-20260102T030405.123456789Z"];
    char to[PATH_MAX];
    char text[LOG_TEXT_MAX];
    struct timespec now = { 0 };
    struct tm utc = { 0 };
    size_t n = 0;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    n = strftime(stamp, sizeof stamp, ".damaged-%Y%m%dT%H%M%S", &utc);
    (void)snprintf(stamp + n, sizeof stamp - n, ".%09ldZ", now.tv_nsec);
    if (!with_suffix(path, stamp, to)) {
        return ERR_IO;
    }
    for (unsigned i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        int r = move(path, to, suffixes[i]);

        if (r != 0) {
            return r;
        }
    }
    log_error("database-set-aside", "kept=%s", log_text(bytes_of_text(to), text, sizeof text));
    if (with_suffix(path, mark_suffix, to) && unlink(to) != 0 && errno != ENOENT) {
        return failed(to, "unlink");
    }
    return 0;
}
