#ifndef REPLICATION_PEER_MESH_STATE_H
#define REPLICATION_PEER_MESH_STATE_H

#include "base/log.h"
#include "proto/peer_codec.h"
#include "replication/peer/connection.h"
#include "replication/peer/mesh.h"
#include "replication/peer/snapshot_receiver.h"
#include "replication/peer/snapshot_sender.h"

/* Mesh state - what mesh.c, mesh_greet.c and mesh_raft.c share. Private to them. */

/* A send request that is to be told, from the loop, that it came to nothing. */
struct failed_send {
    struct failed_send *next;
    struct raft_io_send *request;
    raft_io_send_cb sent;
};

/* A peer. */
struct link {
    uint32_t node;
    char address[MEMBER_ADDRESS_MAX];
    struct sockaddr_storage socket_address;
    struct connection *current;  /* UP, or NULL */
    struct connection *dialling; /* DIALLING or GREETING, or NULL */
    uint64_t dial_at;            /* uv_now(); not earlier */
    struct snapshot_sender sender;
    struct raft_io_send *snapshot_request; /* NULL: no snapshot on its way */
    raft_io_send_cb snapshot_sent;
    struct snapshot_receiver receiver;
    struct log_limit log_limit;
};

struct mesh {
    struct mesh_config config;
    struct mesh_port port;
    struct connection_owner owner;
    struct connection_config connecting; /* what every connection is made of */
    struct mesh_counters counters;
    struct peer_decoder *decoder;
    unsigned n_links;
    struct link links[MEMBERS_MAX];
    struct connection_list connections;
    unsigned n_strangers;
    uv_tcp_t listener;
    uv_timer_t tick, later;
    uv_prepare_t flush;
    unsigned n_handles; /* of those four, open */
    struct failed_send *failed;
    struct log_limit log_limit;          /* for strangers */
    uint64_t certificates_at, remake_at; /* uv_now(); not earlier */
    bool is_open, is_closing;
    void (*closed)(void *data);
    void *closed_data;
};

struct link *mesh_link(struct mesh *m, uint32_t node); /* NULL: not a peer */
void mesh_set_stranger(struct mesh *m, struct connection *c, bool is_stranger);

/* mesh_greet.c: from a connection to a peer */
void mesh_greet(void *data, struct connection *c); /* it was dialled and is there: say Hello */
/* The peer of @l has said why it will not have us. */
void mesh_refused(struct mesh *m, struct link *l, const struct connection *c, struct bytes reason);

void mesh_greeting(struct mesh *m, struct connection *c, const struct peer_message *message);
void mesh_link_down(struct mesh *m, struct link *l);
/* Says once a minute, for @l or, with NULL, for all strangers, why there is no connection. */
void mesh_log_refusal(
    struct mesh *m,
    struct link *l,
    const char *event,
    const struct connection *c,
    struct bytes why);

/* mesh_trust.c: certificates, of those who come and of those who are there */
void mesh_distrust(void *data, struct connection *c, int outcome);
void mesh_trust_tick(struct mesh *m);

/* mesh_raft.c: Raft's messages */
int mesh_receive_raft(struct mesh *m, struct link *l, const struct peer_message *message);
void mesh_continue_snapshot(struct mesh *m, struct link *l);
void mesh_fail_snapshot(struct mesh *m, struct link *l);
void mesh_run_failed(struct mesh *m);

#endif
