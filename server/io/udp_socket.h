#ifndef IO_UDP_SOCKET_H
#define IO_UDP_SOCKET_H

#include <net/if.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/ip4.h"

/*
 * UDP socket - one port on one interface, with the facts DHCP needs of each datagram
 *
 * Bound to the device, so that a broadcast tells on which link it came; without SO_REUSEADDR, so
 * that a second server on the same interface fails at once instead of taking half the datagrams.
 */
enum {
    UDP_BATCH = 32,          /* datagrams read by one system call */
    UDP_DATAGRAM_MAX = 4096, /* longer ones are no DHCP messages and are dropped */
    UDP_CONTROL_MAX = 128,   /* room for the control messages of one datagram */
    UDP_RECEIVE_BUFFER = 4 << 20,
};

struct udp_datagram {
    struct bytes bytes; /* lent by the batch */
    struct ip4 source, destination;
    uint16_t source_port;
    bool is_cut;         /* longer than UDP_DATAGRAM_MAX */
    struct instant wall; /* when the kernel got it, by the wall clock */
};

/* The memory of one read; large, so one is shared by all sockets of a thread. */
struct udp_batch;

struct udp_batch *udp_batch_new(void);
struct udp_batch *udp_batch_free(struct udp_batch *b);

/* Opens a socket on @interface. Returns 0 or the errno. */
int udp_socket_open(const char *interface, uint16_t port, int *ret_fd);

/*
 * Reads up to UDP_BATCH datagrams without waiting; those of another protocol family are left
 * out. Returns 0 and their number, 0 when none is there; or the errno.
 */
int udp_socket_receive(
    int fd, struct udp_batch *batch, const struct udp_datagram **ret_datagrams, unsigned *ret_n);

struct udp_target {
    unsigned index;    /* interface it leaves by */
    struct ip4 source; /* must be ours */
    struct ip4 address;
    uint16_t port;
};

/* Sends one datagram without waiting. Returns 0 or the errno. */
int udp_socket_send(int fd, const struct udp_target *to, struct bytes payload);

#endif
