#include "server/io/neighbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "server/io/probe_packet.h"

enum {
    READS_PER_TURN = 64,
    PACKET_MAX = 256,
};

struct question {
    struct probe *probe; /* NULL: free */
    uv_timer_t timer;
    struct neighbours *all;
    unsigned index; /* of the interface */
    uint8_t mac[PROBE_MAC_SIZE];
    bool is_own;         /* the address is this machine's */
    bool was_sent_again; /* the timer runs for the second half */
};

struct neighbours {
    int arp, icmp; /* descriptors */
    uv_poll_t arp_poll, icmp_poll;
    uint16_t echo_id, echo_sequence;
    struct question questions[PROBES_MAX];
};

/* --- sending; what is lost is like an answer that does not come --- */

static void send_arp(const struct neighbours *n, const struct question *q)
{
    uint8_t packet[PROBE_ARP_SIZE];
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERTYPE_ARP),
        .sll_ifindex = (int)q->index,
        .sll_halen = PROBE_MAC_SIZE,
    };

    memset(to.sll_addr, 0xff, PROBE_MAC_SIZE);
    probe_arp_build(packet, q->mac, q->probe->address);
    (void)sendto(n->arp, packet, sizeof packet, 0, (const struct sockaddr *)&to, sizeof to);
}

static void send_echo(struct neighbours *n, const struct question *q)
{
    uint8_t packet[PROBE_ECHO_SIZE];
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(q->probe->address.value),
    };

    probe_echo_build(packet, n->echo_id, n->echo_sequence++);
    (void)sendto(n->icmp, packet, sizeof packet, 0, (const struct sockaddr *)&to, sizeof to);
}

static void send_question(const struct question *q)
{
    if (q->probe->kind == PROBE_ARP) {
        send_arp(q->all, q);
    } else {
        send_echo(q->all, q);
    }
}

/* --- answers --- */

static void finish(struct question *q, const struct probe_result *result)
{
    struct probe *p = q->probe;

    (void)uv_timer_stop(&q->timer);
    q->probe = NULL;
    p->done(p, result);
}

static struct hardware hardware_of(const struct question *q)
{
    struct hardware h = { .type = 1, .n = PROBE_MAC_SIZE };

    memcpy(h.address, q->mac, sizeof q->mac);
    return h;
}

static void on_timer(uv_timer_t *timer)
{
    struct question *q = timer->data;
    struct probe_result result = { .is_in_use = q->is_own };

    if (!q->was_sent_again && !q->is_own) {
        q->was_sent_again = true;
        send_question(q);
        (void)uv_timer_start(timer, on_timer, (q->probe->wait_ms + 1) / 2, 0);
        return;
    }
    if (q->is_own) {
        result.hardware = hardware_of(q);
    }
    finish(q, &result);
}

/* Someone has @address: the answer to every question about it. @index 0: by whatever link. */
static void heard(
    struct neighbours *n, unsigned index, struct ip4 address, const struct hardware *hardware)
{
    struct probe_result result = { .is_in_use = true, .hardware = *hardware };

    for (unsigned i = 0; i < PROBES_MAX; i++) {
        struct question *q = &n->questions[i];
        bool is_meant = q->probe != NULL && ip4_equal(q->probe->address, address) &&
                        (q->probe->kind == PROBE_ICMP ? index == 0 : index == q->index);
        bool is_ours =
            hardware->n == PROBE_MAC_SIZE && memcmp(hardware->address, q->mac, PROBE_MAC_SIZE) == 0;

        if (is_meant && !is_ours) {
            finish(q, &result);
        }
    }
}

static void on_arp(uv_poll_t *handle, int status, int events)
{
    struct neighbours *n = handle->data;
    uint8_t packet[PACKET_MAX];

    (void)status;
    (void)events;
    for (unsigned i = 0; i < READS_PER_TURN; i++) {
        struct sockaddr_ll from = { .sll_family = AF_PACKET };
        socklen_t n_from = sizeof from;
        ssize_t size = recvfrom(
            n->arp, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &n_from);
        struct hardware hardware;
        struct ip4 address;

        if (size < 0) {
            return;
        }
        if (from.sll_pkttype != PACKET_OUTGOING &&
            probe_arp_parse(bytes_of(packet, (size_t)size), &hardware, &address)) {
            heard(n, (unsigned)from.sll_ifindex, address, &hardware);
        }
    }
}

static void on_icmp(uv_poll_t *handle, int status, int events)
{
    struct neighbours *n = handle->data;
    const struct hardware unseen = { .n = 0 };
    uint8_t packet[PACKET_MAX];

    (void)status;
    (void)events;
    for (unsigned i = 0; i < READS_PER_TURN; i++) {
        ssize_t size = recv(n->icmp, packet, sizeof packet, MSG_DONTWAIT);
        struct ip4 source;

        if (size < 0) {
            return;
        }
        if (probe_echo_parse(bytes_of(packet, (size_t)size), n->echo_id, &source)) {
            heard(n, 0, source, &unseen);
        }
    }
}

/* --- asking --- */

static struct question *free_question(struct neighbours *n)
{
    for (unsigned i = 0; i < PROBES_MAX; i++) {
        if (n->questions[i].probe == NULL) {
            return &n->questions[i];
        }
    }
    return NULL;
}

bool neighbours_ask(struct neighbours *n, const struct neighbour_place *place, struct probe *p)
{
    struct question *q = free_question(n);
    const struct link_state *link = place->link;

    if (q == NULL || (p->kind == PROBE_ARP && (!link->is_up || !link->is_ethernet))) {
        return false;
    }
    q->probe = p;
    q->index = link->index;
    memcpy(q->mac, link->mac, sizeof q->mac);
    q->is_own = own_addresses_contain(place->own, p->address);
    q->was_sent_again = false;
    if (!q->is_own) {
        send_question(q);
    }
    (void)uv_timer_start(&q->timer, on_timer, q->is_own ? 0 : p->wait_ms / 2, 0);
    return true;
}

void neighbours_withdraw(struct neighbours *n, const struct probe *p)
{
    for (unsigned i = 0; i < PROBES_MAX; i++) {
        if (n->questions[i].probe == p) {
            (void)uv_timer_stop(&n->questions[i].timer);
            n->questions[i].probe = NULL;
        }
    }
}

/* --- opening --- */

/* Only ARP replies wake us: requests and announcements are most of what a LAN says. */
static bool filter_replies(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, PROBE_ARP_OPERATION),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROBE_ARP_REPLY, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = { ARRAY_LENGTH(code), code };

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/* The filter stands before the socket hears anything: it is bound to ARP last. */
static bool open_arp(int *ret_fd)
{
    const struct sockaddr_ll any = { .sll_family = AF_PACKET,
                                     .sll_protocol = htons(ETHERTYPE_ARP) };

    *ret_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *ret_fd >= 0 && filter_replies(*ret_fd) &&
           bind(*ret_fd, (const struct sockaddr *)&any, sizeof any) == 0;
}

static bool open_icmp(int *ret_fd)
{
    const struct icmp_filter replies = { .data = ~(1u << ICMP_ECHOREPLY) };

    *ret_fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    return *ret_fd >= 0 && setsockopt(*ret_fd, SOL_RAW, ICMP_FILTER, &replies, sizeof replies) == 0;
}

static bool start(struct neighbours *n, uv_loop_t *loop)
{
    n->arp_poll.data = n;
    n->icmp_poll.data = n;
    for (unsigned i = 0; i < PROBES_MAX; i++) {
        n->questions[i].all = n;
        n->questions[i].timer.data = &n->questions[i];
        if (uv_timer_init(loop, &n->questions[i].timer) != 0) {
            return false;
        }
    }
    return uv_poll_init(loop, &n->arp_poll, n->arp) == 0 &&
           uv_poll_init(loop, &n->icmp_poll, n->icmp) == 0 &&
           uv_poll_start(&n->arp_poll, UV_READABLE, on_arp) == 0 &&
           uv_poll_start(&n->icmp_poll, UV_READABLE, on_icmp) == 0;
}

int neighbours_new(struct neighbours **ret_neighbours, uv_loop_t *loop)
{
    struct neighbours *n = calloc(1, sizeof *n);

    if (n == NULL) {
        return ERR_NOMEM;
    }
    *ret_neighbours = n;
    n->arp = -1;
    n->icmp = -1;
    if (!open_arp(&n->arp) || !open_icmp(&n->icmp) ||
        getrandom(&n->echo_id, sizeof n->echo_id, 0) != (ssize_t)sizeof n->echo_id ||
        !start(n, loop)) {
        log_error(
            "no-probe-socket", "reason=\"%s\" next=\"needs root or CAP_NET_RAW\"", strerror(errno));
        return ERR_IO;
    }
    return 0;
}
