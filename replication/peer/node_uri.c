#include "replication/peer/node_uri.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

static const char scheme[] = "leasehold://";
static const char middle[] = "/node/";

char *node_uri_format(const char *cluster, uint32_t node, char out[NODE_URI_MAX])
{
    int n = node == 0 ? snprintf(out, NODE_URI_MAX, "%s%s", scheme, cluster)
                      : snprintf(out, NODE_URI_MAX, "%s%s%s%u", scheme, cluster, middle, node);

    ensure(n > 0 && n < NODE_URI_MAX);
    return out;
}

/* Reads a number from 1 on as it would be written. */
static bool parse_node(struct bytes text, uint32_t *ret_node)
{
    uint64_t node = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || node > UINT32_MAX) {
            return false;
        }
        node = node * 10 + (unsigned)(text.at[i] - '0');
    }
    *ret_node = (uint32_t)node;
    return text.n > 0 && text.at[0] != '0' && node <= UINT32_MAX;
}

bool node_uri_parse(struct bytes uri, struct bytes *ret_cluster, uint32_t *ret_node)
{
    size_t n_scheme = sizeof scheme - 1;
    size_t n_middle = sizeof middle - 1;
    struct bytes rest = bytes_slice(uri, n_scheme, uri.n);
    const uint8_t *slash = rest.n > 0 ? memchr(rest.at, '/', rest.n) : NULL;
    struct bytes cluster = slash == NULL ? rest : bytes_of(rest.at, (size_t)(slash - rest.at));
    struct bytes tail = bytes_slice(rest, cluster.n, rest.n);
    uint32_t node = 0;

    if (uri.n < n_scheme || memcmp(uri.at, scheme, n_scheme) != 0 || cluster.n == 0 ||
        cluster.n >= CLUSTER_NAME_MAX || memchr(cluster.at, '\0', cluster.n) != NULL) {
        return false;
    }
    if (tail.n > 0 && (!bytes_equal(bytes_slice(tail, 0, n_middle), bytes_of_text(middle)) ||
                       !parse_node(bytes_slice(tail, n_middle, tail.n), &node))) {
        return false;
    }
    *ret_cluster = cluster;
    *ret_node = node;
    return true;
}
