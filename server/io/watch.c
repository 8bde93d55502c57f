#include "server/io/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"

enum {
    READS_PER_TURN = 64,
    PACKET_MAX = 2048,
    HARDWARE_ETHERNET_TYPE = 1,
};

struct watch {
    int fd;
    uv_poll_t poll;
    struct watch_port port;
};

static void take_packet(struct watch *w, const struct sockaddr_ll *from, struct bytes packet)
{
    struct hardware hardware = { .type = HARDWARE_ETHERNET_TYPE };
    struct frame_ends ends;
    struct bytes payload;

    if (from->sll_pkttype == PACKET_OUTGOING || !frame_parse(packet, &ends, &payload)) {
        return;
    }
    hardware.n = from->sll_halen < sizeof from->sll_addr ? from->sll_halen : sizeof from->sll_addr;
    memcpy(hardware.address, from->sll_addr, hardware.n);
    w->port.heard(w->port.data, (unsigned)from->sll_ifindex, &hardware, &ends, payload);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct watch *w = handle->data;
    uint8_t packet[PACKET_MAX];

    (void)status;
    (void)events;
    for (unsigned i = 0; i < READS_PER_TURN; i++) {
        struct sockaddr_ll from = { .sll_family = AF_PACKET };
        socklen_t n_from = sizeof from;
        ssize_t n =
            recvfrom(w->fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &n_from);

        if (n < 0) {
            return;
        }
        take_packet(w, &from, bytes_of(packet, (size_t)n));
    }
}

/* UDP, not a later fragment, to port 67 or 68, op BOOTREPLY. Offsets count from the IP header. */
static bool filter_replies(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 9),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 7, 0),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* X: length of the IP header */
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MESSAGE_PORT_CLIENT, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MESSAGE_PORT_SERVER, 0, 3),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, FRAME_UDP_HEADER),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MESSAGE_BOOTREPLY, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = { ARRAY_LENGTH(code), code };

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/* The filter stands before the socket hears anything: it is bound to IP last. */
static bool open_socket(int *ret_fd)
{
    const struct sockaddr_ll any = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_IP) };

    *ret_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *ret_fd >= 0 && filter_replies(*ret_fd) &&
           bind(*ret_fd, (const struct sockaddr *)&any, sizeof any) == 0;
}

int watch_new(struct watch **ret_watch, uv_loop_t *loop, const struct watch_port *port)
{
    struct watch *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return ERR_NOMEM;
    }
    w->port = *port;
    w->poll.data = w;
    if (!open_socket(&w->fd) || uv_poll_init(loop, &w->poll, w->fd) != 0) {
        log_error(
            "no-watch-socket", "reason=\"%s\" next=\"needs root or CAP_NET_RAW\"", strerror(errno));
        (void)close(w->fd);
        free(w);
        return ERR_IO;
    }
    (void)uv_poll_start(&w->poll, UV_READABLE, on_readable);
    *ret_watch = w;
    return 0;
}
