#include "replication/raft_disk.h"

#include <dirent.h>
#include <errno.h>
#include <raft/uv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "replication/peer/rpc_codec.h"

enum {
    SETTLE_MS = 2, /* between raft_uv's first word that it is closed and our belief */
};

struct raft_disk {
    struct raft_io io; /* first: io pointers are ours */
    struct raft_uv_transport transport;
    struct raft_disk_options options;
    bool is_pristine;
    int (*uv_start)(struct raft_io *io, unsigned ms, raft_io_tick_cb tick, raft_io_recv_cb receive);
    void (*uv_close)(struct raft_io *io, raft_io_close_cb closed);
    raft_io_recv_cb receive; /* NULL: not started, or closing */
    raft_io_close_cb closed;
    uv_timer_t settling;
    bool is_settling;
};

/* ---- A transport that connects to nobody */

static int nobody_init(struct raft_uv_transport *t, raft_id id, const char *address)
{
    (void)t;
    (void)id;
    (void)address;
    return 0;
}

static int nobody_listen(struct raft_uv_transport *t, raft_uv_accept_cb accepted)
{
    (void)t;
    (void)accepted;
    return 0;
}

static int nobody_connect(
    struct raft_uv_transport *t,
    struct raft_uv_connect *request,
    raft_id id,
    const char *address,
    raft_uv_connect_cb connected)
{
    (void)t;
    (void)request;
    (void)id;
    (void)address;
    (void)connected;
    return RAFT_NOCONNECTION;
}

static void nobody_close(struct raft_uv_transport *t, raft_uv_transport_close_cb closed)
{
    closed(t);
}

/* ---- What is ours of struct raft_io */

static struct raft_disk *disk_of(struct raft_io *io)
{
    return (struct raft_disk *)(void *)io;
}

static int disk_start(
    struct raft_io *io, unsigned ms, raft_io_tick_cb tick, raft_io_recv_cb receive)
{
    struct raft_disk *d = disk_of(io);

    d->receive = receive;
    return d->uv_start(io, ms, tick, receive);
}

static int disk_send(
    struct raft_io *io,
    struct raft_io_send *request,
    const struct raft_message *message,
    raft_io_send_cb sent)
{
    struct raft_disk *d = disk_of(io);

    request->cb = sent;
    return d->options.send(d->options.data, request, message, sent);
}

static void on_settled_closed(uv_handle_t *handle)
{
    struct raft_disk *d = handle->data;

    d->closed(&d->io);
}

static void on_settled(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_settled_closed);
}

/* raft_uv says so once more for every segment that it still closes: once is what libraft expects,
 * and only after the last. */
static void on_uv_closed(struct raft_io *io)
{
    struct raft_disk *d = disk_of(io);

    if (!d->is_settling) {
        d->is_settling = true;
        (void)uv_timer_init(d->options.loop, &d->settling);
        d->settling.data = d;
    }
    (void)uv_timer_start(&d->settling, on_settled, SETTLE_MS, 0);
}

static void disk_close(struct raft_io *io, raft_io_close_cb closed)
{
    struct raft_disk *d = disk_of(io);

    d->receive = NULL;
    d->closed = closed;
    d->uv_close(io, on_uv_closed);
}

void raft_disk_receive(struct raft_disk *d, struct raft_message *message)
{
    if (d->receive != NULL) {
        d->receive(&d->io, message);
    } else {
        rpc_codec_discard(message);
    }
}

struct raft_io *raft_disk_io(struct raft_disk *d)
{
    return &d->io;
}

bool raft_disk_is_pristine(const struct raft_disk *d)
{
    return d->is_pristine;
}

/* ---- The folder */

struct contents {
    bool has_metadata, has_log;
};

static int not_writable(const char *folder)
{
    log_error(
        "data-folder",
        "path=%s reason=\"%s\" next=\"the user that runs this server must own it\"",
        folder,
        strerror(errno));
    return RAFT_DISK_NOT_WRITABLE;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int look_into(const char *folder, struct contents *ret_contents)
{
    DIR *dir = opendir(folder);
    struct contents found = { .has_log = false };

    if (dir == NULL) {
        return not_writable(folder);
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        bool is_segment = e->d_name[0] >= '0' && e->d_name[0] <= '9';

        found.has_metadata = found.has_metadata || starts_with(e->d_name, "metadata");
        found.has_log = found.has_log || is_segment || starts_with(e->d_name, "open-") ||
                        starts_with(e->d_name, "snapshot-");
    }
    (void)closedir(dir);
    *ret_contents = found;
    return 0;
}

static int prepare_folder(struct raft_disk *d)
{
    const char *folder = d->options.folder;
    struct contents contents;
    int rv;

    if (mkdir(folder, 0750) != 0 && errno != EEXIST) {
        return not_writable(folder);
    }
    rv = look_into(folder, &contents);
    if (rv != 0) {
        return rv;
    }
    if (access(folder, R_OK | W_OK | X_OK) != 0) {
        return not_writable(folder);
    }
    if (contents.has_log && !contents.has_metadata) {
        log_error(
            "log-damaged",
            "path=%s reason=\"it holds a log but no metadata\" next=\"bring the file metadata1 or "
            "metadata2 back, or come back with an empty data folder and a node id of its own\"",
            folder);
        return RAFT_DISK_DAMAGED;
    }
    d->is_pristine = !contents.has_metadata;
    return 0;
}

/* ---- Life */

static int init_uv(struct raft_disk *d)
{
    int rv = raft_uv_init(&d->io, d->options.loop, d->options.folder, &d->transport);

    if (rv != 0) {
        log_error("raft", "step=disk path=%s reason=\"%s\"", d->options.folder, d->io.errmsg);
        return rv == RAFT_NOMEM ? ERR_NOMEM : ERR_IO;
    }
    d->io.version = 2; /* it has async_work, which raft_init() would not believe otherwise */
    raft_uv_set_segment_size(&d->io, d->options.segment);
    raft_uv_set_auto_recovery(&d->io, false);              /* it forgets acknowledged entries */
    (void)raft_uv_set_snapshot_compression(&d->io, false); /* the image is compressed already */
    d->uv_start = d->io.start;
    d->uv_close = d->io.close;
    d->io.start = disk_start;
    d->io.close = disk_close;
    d->io.send = disk_send;
    return 0;
}

int raft_disk_new(struct raft_disk **ret_disk, const struct raft_disk_options *options)
{
    struct raft_disk *d = calloc(1, sizeof *d);
    int rv;

    if (d == NULL) {
        return ERR_NOMEM;
    }
    d->options = *options;
    d->options.segment = options->segment != 0 ? options->segment : RAFT_DISK_SEGMENT;
    d->transport = (struct raft_uv_transport){
        .init = nobody_init,
        .listen = nobody_listen,
        .connect = nobody_connect,
        .close = nobody_close,
    };
    rv = prepare_folder(d);
    rv = rv == 0 ? init_uv(d) : rv;
    if (rv != 0) {
        free(d);
        return rv;
    }
    *ret_disk = d;
    return 0;
}

struct raft_disk *raft_disk_free(struct raft_disk *d)
{
    if (d != NULL) {
        raft_uv_close(&d->io);
        free(d);
    }
    return NULL;
}
