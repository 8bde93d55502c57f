#include "server/io/udp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

struct udp_batch {
    struct mmsghdr messages[UDP_BATCH];
    struct iovec vectors[UDP_BATCH];
    struct sockaddr_in sources[UDP_BATCH];
    struct udp_datagram datagrams[UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[UDP_BATCH][UDP_CONTROL_MAX];
    uint8_t buffers[UDP_BATCH][UDP_DATAGRAM_MAX];
};

struct udp_batch *udp_batch_new(void)
{
    return calloc(1, sizeof(struct udp_batch));
}

struct udp_batch *udp_batch_free(struct udp_batch *b)
{
    free(b);
    return NULL;
}

static bool set_flag(int fd, int level, int option)
{
    const int on = 1;

    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

static bool set_options(int fd, const char *interface)
{
    const int buffer = UDP_RECEIVE_BUFFER;

    /* A smaller buffer than wished is no reason to serve nobody. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    }
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) ==
               0 &&
           set_flag(fd, SOL_SOCKET, SO_BROADCAST) && set_flag(fd, SOL_SOCKET, SO_TIMESTAMPNS) &&
           set_flag(fd, IPPROTO_IP, IP_PKTINFO);
}

int udp_socket_open(const char *interface, uint16_t port, int *ret_fd)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return errno;
    }
    if (!set_options(fd, interface) || bind(fd, (const struct sockaddr *)&any, sizeof any) != 0) {
        int error = errno;

        (void)close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

static void prepare(struct udp_batch *b)
{
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        b->vectors[i] = (struct iovec){ b->buffers[i], UDP_DATAGRAM_MAX };
        b->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &b->sources[i],
            .msg_namelen = sizeof b->sources[i],
            .msg_iov = &b->vectors[i],
            .msg_iovlen = 1,
            .msg_control = b->controls[i],
            .msg_controllen = UDP_CONTROL_MAX,
        };
    }
}

/* Takes the destination and the receive time from the control messages. */
static void read_controls(struct msghdr *header, struct udp_datagram *d)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof info);
            d->destination = ip4_of(ntohl(info.ipi_addr.s_addr));
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;

            memcpy(&t, CMSG_DATA(c), sizeof t);
            d->wall = (struct instant){ (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
        }
    }
}

static void read_datagram(struct udp_batch *b, unsigned i)
{
    struct msghdr *header = &b->messages[i].msg_hdr;
    const struct sockaddr_in *source = &b->sources[i];

    b->datagrams[i] = (struct udp_datagram){
        .bytes = {b->buffers[i], b->messages[i].msg_len},
        .source = ip4_of(ntohl(source->sin_addr.s_addr)),
        .source_port = ntohs(source->sin_port),
        .is_cut = (header->msg_flags & MSG_TRUNC) != 0,
    };
    read_controls(header, &b->datagrams[i]);
}

int udp_socket_receive(
    int fd, struct udp_batch *batch, const struct udp_datagram **ret_datagrams, unsigned *ret_n)
{
    prepare(batch);

    int n = recvmmsg(fd, batch->messages, UDP_BATCH, MSG_DONTWAIT, NULL);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        return errno;
    }
    for (int i = 0; i < n; i++) {
        read_datagram(batch, (unsigned)i);
    }
    *ret_datagrams = batch->datagrams;
    *ret_n = n < 0 ? 0 : (unsigned)n;
    return 0;
}

int udp_socket_send(int fd, const struct udp_target *to, struct bytes payload)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(to->port),
        .sin_addr.s_addr = htonl(to->address.value),
    };
    struct in_pktinfo info = {
        .ipi_ifindex = (int)to->index,
        .ipi_spec_dst.s_addr = htonl(to->source.value),
    };
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof info)] = { 0 };
    struct iovec vector = { .iov_len = payload.n };
    struct msghdr header = {
        .msg_name = &address,
        .msg_namelen = sizeof address,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);

    /* sendmsg() only reads, but struct iovec cannot say so. */
    memcpy(&vector.iov_base, &payload.at, sizeof vector.iov_base);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
    return sendmsg(fd, &header, MSG_DONTWAIT) < 0 ? errno : 0;
}
