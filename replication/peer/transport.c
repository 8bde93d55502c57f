#include "replication/peer/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/err.h"

enum {
    USER_TIMEOUT_MS = 5000, /* data that nobody acknowledges ends the connection */
};

int transport_prepare(uv_tcp_t *tcp)
{
    unsigned timeout = USER_TIMEOUT_MS;
    uv_os_fd_t fd;

    if (uv_tcp_nodelay(tcp, 1) != 0 || uv_fileno((uv_handle_t *)tcp, &fd) != 0) {
        return ERR_IO;
    }
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout) == 0 ? 0
                                                                                        : ERR_IO;
}

int transport_read(uv_tcp_t *tcp, uv_alloc_cb room, uv_read_cb read)
{
    return uv_read_start((uv_stream_t *)tcp, room, read) == 0 ? 0 : ERR_IO;
}

int transport_write(uv_write_t *request, uv_tcp_t *tcp, struct bytes b, uv_write_cb written)
{
    uv_buf_t buf = { .base = (char *)(uintptr_t)b.at, .len = b.n };

    return uv_write(request, (uv_stream_t *)tcp, &buf, 1, written) == 0 ? 0 : ERR_IO;
}
