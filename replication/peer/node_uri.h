#ifndef REPLICATION_PEER_NODE_URI_H
#define REPLICATION_PEER_NODE_URI_H

#include "proto/peer.h"

/*
 * Node URI - who a certificate speaks for: "leasehold://CLUSTER/node/NUMBER"
 *
 * A node's certificate has exactly one such subjectAltName URI; the CA of a cluster has
 * "leasehold://CLUSTER", so that it cannot be mistaken for another one's. Pure.
 */
enum { NODE_URI_MAX = 12 + CLUSTER_NAME_MAX + 6 + 10 }; /* with a NUL */

/* Writes the URI of @node, or of the cluster itself when @node is 0. Returns @out. */
char *node_uri_format(const char *cluster, uint32_t node, char out[NODE_URI_MAX]);

/*
 * True when @uri is, byte for byte, one that node_uri_format() writes; the cluster's has node 0.
 * @ret_cluster is lent by @uri.
 */
bool node_uri_parse(struct bytes uri, struct bytes *ret_cluster, uint32_t *ret_node);

#endif
