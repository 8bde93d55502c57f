#ifndef PROTO_PEER_H
#define PROTO_PEER_H

#include "proto/command.h"

/*
 * Peer messages - what nodes say to each other (peer.proto), as plain values
 *
 * Raft's own messages are values too, so that this layer does not know libraft; replication/peer
 * turns them into struct raft_message and back.
 */

enum {
    CLUSTER_NAME_MAX = 64,   /* the three text lengths are with a NUL */
    MEMBER_ADDRESS_MAX = 64, /* "10.0.0.1:6767", with room */
    MEMBERS_MAX = 9,
    NETWORKS_MAX = 64,
    NETWORK_NAME_MAX = 64,
    PEER_MESSAGE_MAX = 2 * 1024 * 1024, /* an encoded message; longer frames end the connection */
    PEER_APPEND_ENTRIES_MAX = 512,
    PEER_APPEND_BYTES_MAX =
        1024 * 1024, /* entries' data in one append; one larger entry alone is allowed */
    PEER_CHUNK_MAX = 256 * 1024,
    PEER_COMMANDS_MAX = 2048, /* in one forward; results in one answer */
    PEER_REFUSAL_MAX = 256,
    PEER_PROTOCOL = 1,
};

enum peer_message_kind {
    PEER_HELLO = 1,
    PEER_REFUSAL,
    PEER_STATUS,
    PEER_FORWARD,
    PEER_RESULTS,
    PEER_VOTE,
    PEER_VOTE_RESULT,
    PEER_APPEND,
    PEER_APPEND_RESULT,
    PEER_SNAPSHOT_CHUNK,
    PEER_TIMEOUT_NOW,
};

struct peer_hello {
    uint32_t protocol;
    struct bytes cluster;
    uint64_t cluster_id;
    uint32_t node;
    uint64_t incarnation;
    uint64_t boot_id;
    uint32_t to_node;
};

struct network_status {
    struct bytes network; /* its name */
    bool link_up, socket_open, draining;
    struct ip4 server_id;
};

struct peer_status {
    struct instant wall;
    uint64_t applied_index;
    uint64_t term;
    uint32_t leader;
    bool has_majority;
    struct instant cluster_time;
    unsigned n_networks;
    const struct network_status *networks;
    uint64_t digest_high, digest_low;
    struct instant monotonic; /* the sender's, to see how late it is read; 0: not told */
};

struct peer_forward {
    unsigned n;
    const struct bytes *commands;
};

struct sequenced_result {
    uint64_t sequence;
    struct result result;
};

struct peer_results {
    uint64_t boot_id;
    unsigned n;
    const struct sequenced_result *results;
    bool not_leader;
};

struct peer_vote {
    uint64_t term, candidate, last_index, last_term;
    bool disrupt_leader, pre_vote;
};

struct peer_vote_result {
    uint64_t term;
    bool granted;
    uint32_t pre_vote;
};

struct peer_entry {
    uint64_t term;
    uint32_t type;
    struct bytes data;
};

struct peer_append {
    uint64_t term, prev_index, prev_term, leader_commit;
    unsigned n;
    const struct peer_entry *entries;
};

struct peer_append_result {
    uint64_t term, rejected, last_index;
};

struct peer_server {
    uint64_t id;
    struct bytes address;
    uint32_t role;
};

struct peer_snapshot_chunk {
    uint64_t term, last_index, last_term, configuration_index;
    unsigned n_servers;
    const struct peer_server *servers;
    uint64_t total, offset;
    struct bytes data;
};

struct peer_timeout_now {
    uint64_t term, last_index, last_term;
};

struct peer_message {
    enum peer_message_kind kind;

    union {
        struct peer_hello hello;
        struct bytes refusal; /* a sentence */
        struct peer_status status;
        struct peer_forward forward;
        struct peer_results results;
        struct peer_vote vote;
        struct peer_vote_result vote_result;
        struct peer_append append;
        struct peer_append_result append_result;
        struct peer_snapshot_chunk snapshot_chunk;
        struct peer_timeout_now timeout_now;
    };
};

#endif
