#include "support/port.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

enum { FIRST = 12000, END = 32000, TRIES = 1000 };

static bool is_free(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is_bound = bind(fd, (struct sockaddr *)&a, sizeof a) == 0;

    require(close(fd) == 0);
    return is_bound;
}

unsigned port_find(void)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t n;
        unsigned port;

        require(getrandom(&n, sizeof n, 0) == (ssize_t)sizeof n);
        port = FIRST + n % (END - FIRST);
        if (is_free(port)) {
            return port;
        }
    }
    require(false);
    return 0;
}
