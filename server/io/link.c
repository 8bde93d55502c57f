#include "server/io/link.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

static struct ip4 ip4_of_sockaddr(const struct sockaddr *sa)
{
    struct sockaddr_in in = { .sin_family = AF_UNSPEC };

    if (sa == NULL || sa->sa_family != AF_INET) {
        return IP4_ANY;
    }
    memcpy(&in, sa, sizeof in);
    return ip4_of(ntohl(in.sin_addr.s_addr));
}

/* Asks for index, flags and MTU; an interface that is not there leaves @ret_link zero. */
static void read_interface(int fd, const char *name, struct link_state *ret_link)
{
    struct ifreq request = { .ifr_ifindex = 0 };

    memset(ret_link, 0, sizeof *ret_link);
    memcpy(request.ifr_name, name, IFNAMSIZ);
    if (ioctl(fd, SIOCGIFINDEX, &request) != 0) {
        return;
    }
    ret_link->index = (unsigned)request.ifr_ifindex;
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        const unsigned wanted = IFF_UP | IFF_RUNNING;

        ret_link->is_up = ((unsigned)(unsigned short)request.ifr_flags & wanted) == wanted;
    }
    ret_link->mtu = ioctl(fd, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0
                        ? (unsigned)request.ifr_mtu
                        : LINK_MTU_DEFAULT;
    if (ioctl(fd, SIOCGIFHWADDR, &request) == 0) {
        ret_link->is_ethernet = request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
        memcpy(ret_link->mac, request.ifr_hwaddr.sa_data, sizeof ret_link->mac);
    }
}

static void add_own(struct own_addresses *own, struct ip4 address)
{
    if (own->n < OWN_ADDRESSES_MAX) {
        own->list[own->n++] = address;
    }
}

static void add_address(struct link_state *link, const struct ifaddrs *a)
{
    struct ip4 broadcast =
        (a->ifa_flags & IFF_BROADCAST) == 0 ? IP4_BROADCAST : ip4_of_sockaddr(a->ifa_broadaddr);

    if (link->index != 0 && link->n_addresses < LINK_ADDRESSES_MAX) {
        link->addresses[link->n_addresses++] = (struct link_address){
            .address = ip4_of_sockaddr(a->ifa_addr),
            .broadcast = ip4_is_any(broadcast) ? IP4_BROADCAST : broadcast,
        };
    }
}

/* An address may carry a label ("eth0:1"); it belongs to the interface before the colon. */
static bool is_of_interface(const char *label, const char *name)
{
    size_t n = strcspn(label, ":");

    return strlen(name) == n && strncmp(label, name, n) == 0;
}

int link_read(
    const char (*names)[IFNAMSIZ],
    unsigned n,
    struct link_state *ret_links,
    struct own_addresses *ret_own)
{
    struct ifaddrs *all = NULL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || getifaddrs(&all) != 0) {
        (void)close(fd);
        return ERR_IO;
    }
    for (unsigned i = 0; i < n; i++) {
        read_interface(fd, names[i], &ret_links[i]);
    }
    ret_own->n = 0;
    for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
        if (ip4_is_any(ip4_of_sockaddr(a->ifa_addr))) {
            continue;
        }
        add_own(ret_own, ip4_of_sockaddr(a->ifa_addr));
        for (unsigned i = 0; i < n; i++) {
            if (is_of_interface(a->ifa_name, names[i])) {
                add_address(&ret_links[i], a);
            }
        }
    }
    freeifaddrs(all);
    (void)close(fd);
    return 0;
}

bool own_addresses_contain(const struct own_addresses *own, struct ip4 address)
{
    for (unsigned i = 0; i < own->n; i++) {
        if (ip4_equal(own->list[i], address)) {
            return true;
        }
    }
    return false;
}
