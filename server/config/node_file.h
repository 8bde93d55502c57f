#ifndef CONFIG_NODE_FILE_H
#define CONFIG_NODE_FILE_H

#include "base/arena.h"
#include "base/own.h"
#include "proto/peer.h"
#include "server/config/problems.h"
#include "server/config/walk.h"

/* Node file - node.yaml: what belongs to this node alone, read once at the start */

enum {
    LINKS_MAX = NETWORKS_MAX,
    SOCKET_PATH_MAX = 107, /* of sockaddr_un, without the NUL */
    DATA_PATH_MAX = 1024,
    TLS_FILE_MAX = 1024,
};

#define NODE_FILE_SOCKET "/run/leasehold/api.sock" /* where the API listens unless told */

/* All texts have a NUL after them. */
struct node_member {
    uint32_t id;
    struct bytes address; /* "10.0.0.1:6767" */
};

/* One interface of this machine and the network that is on it. */
struct node_link {
    struct bytes interface;
    struct bytes network;
};

/* Paths of PEM files. */
struct node_tls {
    struct bytes ca, certificate, key;
    struct bytes crl; /* empty: nothing is revoked */
};

struct node_config {
    uint32_t node;
    struct bytes data; /* folder */
    struct bytes cluster;
    struct bytes listen; /* of the peer port */
    unsigned n_members;
    const struct node_member *members; /* this node is one of them */
    bool is_plain;                     /* `tls: none`: plain TCP between nodes */
    bool is_insecure;                  /* and that not on this machine alone */
    struct node_tls tls;               /* unless it is plain */
    unsigned n_links;
    const struct node_link *links;
    struct bytes socket; /* path of the API socket */
};

struct node_file {
    struct node_config value; /* borrows from the arena */
    struct arena arena;
};

enum node_file_outcome {
    NODE_FILE_INVALID = 1, /* see the problems */
};

/* Reads @text. Returns 0, ERR_NOMEM or NODE_FILE_INVALID with @problems sorted by place. */
int node_file_parse(
    struct bytes text, struct config_problems *problems, struct node_file **ret_file);
struct node_file *node_file_free(struct node_file *f);

DEFINE_FREEP(node_file);

extern const struct schema node_schema; /* the keys of node.yaml */

WALK_READER(node_read_tls); /* `off`, or a mapping; struct schema */

/* A text of the config as a C string. */
const char *node_text(struct bytes text);

#endif
