#ifndef IO_UDP_STATE_H
#define IO_UDP_STATE_H

#include "base/log.h"
#include "server/io/raw.h"
#include "server/io/udp.h"
#include "server/io/udp_socket.h"

/* UDP state - what udp.c and udp_send.c share. Private to them. */

/* On the heap by itself, because the loop keeps its handle a while after it is closed. */
struct open_socket {
    uv_poll_t poll;
    int fd;
    struct link *link;
};

struct link {
    struct udp *udp;
    unsigned number;
    struct udp_link config;
    struct link_state state;
    struct link_address local;  /* the address replies come from */
    struct open_socket *socket; /* NULL: closed */
    int last_error;             /* of opening; told once */
};

struct udp {
    uv_loop_t *loop;
    struct udp_port port;
    struct raw raw;
    struct udp_batch *batch;
    struct own_addresses own;
    struct udp_counters counters;
    struct log_limit send_limit;
    int64_t wall_offset_ms; /* wall clock less monotonic clock, when last looked at */
    bool is_stopped;
    unsigned n_links;
    struct link *links;
};

#endif
