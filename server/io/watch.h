#ifndef IO_WATCH_H
#define IO_WATCH_H

#include <uv.h>

#include "proto/dhcp/message.h"
#include "server/io/frame.h"

/*
 * Watch - hears what servers say to clients: DHCP replies that pass any interface of this machine
 *
 * A packet socket with a filter: only UDP to port 67 or 68 whose payload begins as a BOOTREPLY.
 * What this machine sends itself does not come back. One thread; lives as long as the process.
 */
struct watch;

struct watch_port {
    void *data;
    /* @index: the interface it came in on; @from: the sender's hardware. */
    void (*heard)(
        void *data,
        unsigned index,
        const struct hardware *from,
        const struct frame_ends *ends,
        struct bytes reply);
};

/* Copies @port. Returns 0, ERR_NOMEM or ERR_IO (CAP_NET_RAW is missing); the cause is logged. */
int watch_new(struct watch **ret_watch, uv_loop_t *loop, const struct watch_port *port);

#endif
