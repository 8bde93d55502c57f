#ifndef IO_UDP_STATE_H
#define IO_UDP_STATE_H

#include "base/log.h"
#include "server/io/moderation.h"
#include "server/io/raw.h"
#include "server/io/udp.h"
#include "server/io/udp_socket.h"

/* UDP state - what udp.c, udp_receive.c and udp_send.c share. Private to them. */

/* On the heap by itself, because the loop keeps its handle a while after it is closed. */
struct open_socket {
    uv_poll_t poll;
    int fd;
    struct link *link;
    bool is_timed; /* read by the timer, not when readable */
};

/* When sockets are read. On the heap by itself, like a socket. */
struct udp_reading {
    uv_timer_t timer;
    struct udp *udp;
    struct moderation moderation;
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
    struct udp_reading *reading;
    struct own_addresses own;
    struct udp_counters counters;
    struct log_limit send_limit;
    int64_t wall_offset_ms; /* wall clock less monotonic clock, when last looked at */
    bool is_stopped;
    unsigned n_links;
    struct link *links;
};

/* udp.c */
void udp_close_link(struct link *l, const char *why); /* NULL: no need to say why */

/* udp_receive.c */
struct udp_reading *udp_reading_new(struct udp *u); /* NULL: no memory */
void udp_reading_free(struct udp_reading *r);
void udp_read_when_readable(struct link *l);     /* from now on; its socket is open */
int64_t udp_wall_offset_ms(const struct udp *u); /* wall clock less monotonic clock, now */

#endif
