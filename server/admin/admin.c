#include "server/admin/admin.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "server/admin/http.h"

enum { BACKLOG = 64, SOCKET_MODE = 0660 };

struct admin {
    struct calls *calls;
    struct http *http;
    struct sockaddr_un address;
};

/* Removes a socket that an earlier run left; refuses one that somebody listens on. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    int fd = -1;
    bool is_alive = false;

    if (lstat(address->sun_path, &st) != 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISSOCK(st.st_mode)) {
        return EEXIST;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    is_alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    (void)close(fd);
    if (is_alive) {
        return EADDRINUSE;
    }
    return unlink(address->sun_path) == 0 ? 0 : errno;
}

/* Gives the socket to the group that may use it; without that group only its owner may. */
static void give_to_group(const char *path)
{
    struct group record;
    struct group *found = NULL;
    char buffer[4096];

    if (getgrnam_r("leasehold", &record, buffer, sizeof buffer, &found) == 0 && found != NULL &&
        chown(path, (uid_t)-1, found->gr_gid) != 0) {
        log_warning("socket-group", "path=%s reason=\"%s\"", path, strerror(errno));
    }
}

/* Returns 0 or an errno. */
static int listen_on(const struct sockaddr_un *address, int *ret_fd)
{
    int error = remove_stale(address);
    int fd = error != 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return error != 0 ? error : errno;
    }

    /* Nobody gets in between bind() and chmod(). */
    mode_t before = umask(0177);
    bool is_bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    error = errno;
    (void)umask(before);
    if (!is_bound || listen(fd, BACKLOG) != 0) {
        error = is_bound ? errno : error;
        (void)close(fd);
        return error;
    }
    give_to_group(address->sun_path);
    if (chmod(address->sun_path, SOCKET_MODE) != 0) {
        error = errno;
        (void)close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

/* Makes the socket and the threads. Returns 0 or an errno. */
static int serve(struct admin *a, const struct admin_sources *sources)
{
    int fd = -1;

    a->address.sun_family = AF_UNIX;
    (void)snprintf(
        a->address.sun_path, sizeof a->address.sun_path, "%s", node_text(sources->config->socket));

    int error = listen_on(&a->address, &fd);

    if (error == 0 && http_new(&a->http, fd, a->calls, sources->database) != 0) {
        error = EIO;
    }
    return error;
}

int admin_new(struct admin **ret_admin, uv_loop_t *loop, const struct admin_sources *sources)
{
    struct admin *a = calloc(1, sizeof *a);
    int error = 0;

    if (a == NULL || calls_new(&a->calls, loop, sources) != 0) {
        free(a);
        return ERR_NOMEM;
    }
    error = serve(a, sources);
    if (error != 0) {
        log_error("no-api", "socket=%s reason=\"%s\"", a->address.sun_path, strerror(error));
        (void)admin_free(a);
        return ADMIN_NO_SOCKET;
    }
    *ret_admin = a;
    return 0;
}

struct admin *admin_free(struct admin *a)
{
    if (a == NULL) {
        return NULL;
    }
    calls_stop(a->calls);
    if (a->http != NULL) {
        a->http = http_free(a->http);
        (void)unlink(a->address.sun_path);
    }
    a->calls = calls_free(a->calls);
    free(a);
    return NULL;
}
