#include "server/config/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

/* Reads until the end of @fd or until @size bytes are there. */
static int read_all(int fd, uint8_t *to, size_t size, size_t *ret_n)
{
    size_t n = 0;
    ssize_t got = 1;

    while (got > 0 && n < size) {
        got = read(fd, to + n, size - n);
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        n += got > 0 ? (size_t)got : 0;
        got = got < 0 ? 1 : got;
    }
    *ret_n = n;
    return 0;
}

int config_read_file(const char *path, size_t max, uint8_t **ret_text, size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;

    if (fd < 0) {
        return errno;
    }

    uint8_t *text = malloc(max + 1);
    int rv = text == NULL ? ERR_NOMEM : read_all(fd, text, max + 1, &n);

    (void)close(fd);
    if (rv == 0 && n > max) {
        rv = EFBIG;
    }
    if (rv != 0) {
        free(text);
        return rv;
    }
    *ret_text = text;
    *ret_n = n;
    return 0;
}
