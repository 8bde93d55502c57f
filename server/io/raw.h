#ifndef IO_RAW_H
#define IO_RAW_H

#include "server/io/frame.h"

/*
 * Raw - frames to hardware addresses, past ARP and routing
 *
 * One packet socket for all links; it is bound to no protocol and so receives nothing.
 */
struct raw {
    int fd; /* -1: closed */
};

enum { RAW_HARDWARE_MAX = 8 }; /* of sockaddr_ll */

/* Needs CAP_NET_RAW. Returns 0 or ERR_IO with errno set. */
int raw_open(struct raw *ret_raw);
void raw_close(struct raw *r);

/* Sends @payload as a UDP datagram to @hardware on interface @index. 0 or the errno. */
int raw_send(
    const struct raw *r,
    unsigned index,
    struct bytes hardware,
    const struct frame_ends *ends,
    struct bytes payload);

#endif
