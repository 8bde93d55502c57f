#include "replication/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"

const char *identity_outcome_text(int outcome)
{
    switch (outcome) {
    case IDENTITY_OTHER_CLUSTER:
        return "the data folder belongs to another cluster: give this one a folder of its own";
    case IDENTITY_OTHER_NODE:
        return "the data folder belongs to another node of this cluster: give each node its own";
    case IDENTITY_NEWER_FORMAT:
        return "the data folder was written by a newer version: install that version again";
    case IDENTITY_UNREADABLE:
        return "the file `identity` in the data folder is damaged: bring it back from a copy, or "
               "bring this node back with an empty folder and a node id of its own";
    case IDENTITY_IN_USE:
        return "another process uses the data folder: stop that one first";
    case IDENTITY_NOT_WRITABLE:
        return "the data folder cannot be written: the user that runs this server must own it";
    default:
        return "unknown";
    }
}

/* ---- Text */

size_t identity_format(const struct identity *id, char out[IDENTITY_TEXT_MAX])
{
    int n = snprintf(
        out,
        IDENTITY_TEXT_MAX,
        "format=%d\ncluster=%s\nnode=%u\nincarnation=%016lx\nboot=%lu\nformed=%d\n",
        IDENTITY_FORMAT,
        id->cluster,
        id->node,
        id->incarnation,
        id->boot_id,
        id->is_formed);

    ensure(n > 0 && n < IDENTITY_TEXT_MAX);
    return (size_t)n;
}

/* Takes "key=value\n" off @rest. */
static bool take_line(struct bytes *rest, const char *key, char *value, size_t size)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->at, '\n', rest->n) : NULL;
    size_t n_line = end != NULL ? (size_t)(end - rest->at) : 0;
    size_t n_key = strlen(key);

    if (end == NULL || n_line < n_key + 1 || memcmp(rest->at, key, n_key) != 0 ||
        rest->at[n_key] != '=' || n_line - n_key - 1 >= size) {
        return false;
    }
    memcpy(value, rest->at + n_key + 1, n_line - n_key - 1);
    value[n_line - n_key - 1] = '\0';
    *rest = bytes_slice(*rest, n_line + 1, rest->n);
    return strlen(value) == n_line - n_key - 1;
}

static bool take_number(
    struct bytes *rest, const char *key, int base, uint64_t max, uint64_t *ret_value)
{
    char text[32];
    char *end;
    unsigned long long value;

    if (!take_line(rest, key, text, sizeof text) || text[0] == '\0' || text[0] == '-') {
        return false;
    }
    errno = 0;
    value = strtoull(text, &end, base);
    if (errno != 0 || *end != '\0' || value > max) {
        return false;
    }
    *ret_value = value;
    return true;
}

int identity_parse(struct bytes text, struct identity *ret_identity)
{
    struct identity id = { .lock = -1 };
    uint64_t format, node, formed;

    if (!take_number(&text, "format", 10, UINT64_MAX, &format)) {
        return IDENTITY_UNREADABLE;
    }
    if (format != IDENTITY_FORMAT) {
        return format > IDENTITY_FORMAT ? IDENTITY_NEWER_FORMAT : IDENTITY_UNREADABLE;
    }
    if (!take_line(&text, "cluster", id.cluster, sizeof id.cluster) ||
        !take_number(&text, "node", 10, UINT32_MAX, &node) ||
        !take_number(&text, "incarnation", 16, UINT64_MAX, &id.incarnation) ||
        !take_number(&text, "boot", 10, UINT64_MAX - 1, &id.boot_id) ||
        !take_number(&text, "formed", 10, 1, &formed) || text.n != 0 || node == 0 ||
        id.incarnation == 0) {
        return IDENTITY_UNREADABLE;
    }
    id.node = (uint32_t)node;
    id.is_formed = formed == 1;
    *ret_identity = id;
    return 0;
}

/* ---- File */

static bool path_of(const char *folder, const char *name, char path[PATH_MAX])
{
    int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);

    return n > 0 && n < PATH_MAX;
}

static int outcome_of_errno(void)
{
    return errno == EACCES || errno == EROFS || errno == EPERM ? IDENTITY_NOT_WRITABLE : ERR_IO;
}

/* Locks the folder by a file of its own, since `identity` is replaced. */
static int lock_folder(const char *folder, int *ret_lock)
{
    char path[PATH_MAX];
    int fd;

    if (!path_of(folder, "lock", path)) {
        return ERR_LIMIT;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        return outcome_of_errno();
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        return IDENTITY_IN_USE;
    }
    *ret_lock = fd;
    return 0;
}

static int read_file(const char *folder, struct identity *ret_identity, bool *ret_found)
{
    char path[PATH_MAX], text[IDENTITY_TEXT_MAX];
    size_t n;
    FILE *f;

    if (!path_of(folder, "identity", path)) {
        return ERR_LIMIT;
    }
    f = fopen(path, "re");
    if (f == NULL) {
        *ret_found = false;
        return errno == ENOENT ? 0 : outcome_of_errno();
    }
    n = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    *ret_found = true;
    return identity_parse(bytes_of(text, n), ret_identity);
}

static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rv = fd >= 0 && fsync(fd) == 0 ? 0 : ERR_IO;

    if (fd >= 0) {
        (void)close(fd);
    }
    return rv;
}

static int write_synced(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool is_written;

    if (fd < 0) {
        return outcome_of_errno();
    }
    is_written = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    return close(fd) == 0 && is_written ? 0 : ERR_IO;
}

static int write_file(const char *folder, const struct identity *id)
{
    char path[PATH_MAX], temporary[PATH_MAX], text[IDENTITY_TEXT_MAX];
    size_t n = identity_format(id, text);
    int rv;

    if (!path_of(folder, "identity", path) || !path_of(folder, "identity.new", temporary)) {
        return ERR_LIMIT;
    }
    rv = write_synced(temporary, text, n);
    if (rv != 0) {
        return rv;
    }
    return rename(temporary, path) == 0 ? sync_folder(folder) : outcome_of_errno();
}

static int make(const struct identity_options *o, struct identity *ret_identity)
{
    struct identity id = { .node = o->node, .is_new = true, .lock = -1 };
    ssize_t n = getrandom(&id.incarnation, sizeof id.incarnation, 0);

    require(strlen(o->cluster) < sizeof id.cluster);
    if (n != (ssize_t)sizeof id.incarnation) {
        return ERR_IO;
    }
    id.incarnation |= 1;
    memcpy(id.cluster, o->cluster, strlen(o->cluster) + 1);
    *ret_identity = id;
    return 0;
}

static int check(const struct identity *id, const struct identity_options *o)
{
    if (strcmp(id->cluster, o->cluster) != 0) {
        return IDENTITY_OTHER_CLUSTER;
    }
    return id->node == o->node ? 0 : IDENTITY_OTHER_NODE;
}

static int open_locked(struct identity *id, const struct identity_options *o)
{
    uint64_t wall = o->wall.ms > 0 ? (uint64_t)o->wall.ms : 0;
    bool found = false;
    int rv = read_file(o->folder, id, &found);

    if (rv == 0) {
        rv = found ? check(id, o) : make(o, id);
    }
    if (rv != 0) {
        return rv;
    }
    id->boot_id = id->boot_id + 1 > wall ? id->boot_id + 1 : wall;
    return write_file(o->folder, id);
}

int identity_open(struct identity *ret_identity, const struct identity_options *options)
{
    struct identity id = { .lock = -1 };
    int lock;
    int rv = lock_folder(options->folder, &lock);

    if (rv != 0) {
        return rv;
    }
    rv = open_locked(&id, options);
    if (rv != 0) {
        (void)close(lock);
        return rv;
    }
    id.lock = lock;
    *ret_identity = id;
    return 0;
}

void identity_close(struct identity *id)
{
    if (id->lock >= 0) {
        (void)close(id->lock);
        id->lock = -1;
    }
}

int identity_set_formed(struct identity *id, const char *folder)
{
    id->is_formed = true;
    return write_file(folder, id) == 0 ? 0 : ERR_IO;
}
