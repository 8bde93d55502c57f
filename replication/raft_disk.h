#ifndef REPLICATION_RAFT_DISK_H
#define REPLICATION_RAFT_DISK_H

#include <raft.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Raft disk - the struct raft_io of production: raft_uv's log, snapshots and timer, our network
 *
 * raft_uv keeps its disk part and gets a transport that connects to nobody. io.send goes to
 * @send; what arrives is given to raft_disk_receive(), which knows libraft's receive callback
 * from io.start.
 */
struct uv_loop_s;
struct raft_disk;

enum raft_disk_outcome {
    RAFT_DISK_NOT_WRITABLE = 1, /* the folder cannot be made or written; logged with why */
    RAFT_DISK_DAMAGED = 2,      /* it holds a log but not its metadata; logged with the next step */
};

enum { RAFT_DISK_SEGMENT = 64 * 1024 * 1024 }; /* three of them are allocated at a time */

struct raft_disk_options {
    struct uv_loop_s *loop;
    const char *folder; /* made when missing; its parent must exist */
    size_t segment;     /* bytes; 0: RAFT_DISK_SEGMENT */
    void *data;         /* of @send, which must keep to what peer/mesh.h says of io.send */
    int (*send)(
        void *data,
        struct raft_io_send *request,
        const struct raft_message *message,
        raft_io_send_cb sent);
};

/* Returns 0, ERR_NOMEM, ERR_IO (logged), or an outcome. */
int raft_disk_new(struct raft_disk **ret_disk, const struct raft_disk_options *options);
struct raft_disk *raft_disk_free(struct raft_disk *d); /* never started, or raft is closed */

struct raft_io *raft_disk_io(struct raft_disk *d);

/* True when the folder has never held a log: the cluster is to be formed. */
bool raft_disk_is_pristine(const struct raft_disk *d);

/* Gives @message to libraft, which then owns what it owns. */
void raft_disk_receive(struct raft_disk *d, struct raft_message *message);

#endif
