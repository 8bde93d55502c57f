#include "server/io/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum { RAW_DATAGRAM_MAX = 4096 };

int raw_open(struct raw *ret_raw)
{
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return ERR_IO;
    }
    ret_raw->fd = fd;
    return 0;
}

void raw_close(struct raw *r)
{
    if (r->fd >= 0) {
        (void)close(r->fd);
        r->fd = -1;
    }
}

int raw_send(
    const struct raw *r,
    unsigned index,
    struct bytes hardware,
    const struct frame_ends *ends,
    struct bytes payload)
{
    uint8_t datagram[RAW_DATAGRAM_MAX];
    struct writer w = writer_of(datagram, sizeof datagram);
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERTYPE_IP),
        .sll_ifindex = (int)index,
    };

    frame_build(&w, ends, payload);
    if (w.overrun || hardware.n > sizeof to.sll_addr) {
        return EMSGSIZE;
    }
    to.sll_halen = (unsigned char)hardware.n;
    memcpy(to.sll_addr, hardware.at, hardware.n);
    if (sendto(r->fd, datagram, w.n, 0, (const struct sockaddr *)&to, sizeof to) < 0) {
        return errno;
    }
    return 0;
}
