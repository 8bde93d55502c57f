#ifndef PROTO_COMMAND_H
#define PROTO_COMMAND_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/ip4.h"

/*
 * Command - what may change the replicated state, and its outcome
 *
 * Plain values over borrowed bytes; proto/command_codec.h turns them into log entries and back.
 * Made by server/exchange and replication, read by storage/apply.
 */

enum {
    CLIENT_KEY_MAX = 255,
    HW_ADDRESS_MAX = 16,
    HOSTNAME_MAX = 253,
    AGENT_INFO_MAX = 255,
    CLASS_TEXT_MAX = 255,
    EXPIRE_MAX = 256,           /* addresses in one Expire */
    COMMAND_ENCODED_MAX = 4096, /* of every command but PutSettings */
    BATCH_COMMANDS_MAX = 256,
    BATCH_ENCODED_MAX = 64 * 1024, /* a batch of one PutSettings may be larger: */
    SETTINGS_ENCODED_MAX = 1024 * 1024,
    PUT_SETTINGS_MAX = SETTINGS_ENCODED_MAX - 1024, /* document and source together */
    RESERVATION_ENCODED_MAX = 3072,
    AUTHOR_MAX = 64,
    BLOCK_COMMENT_MAX = 255,
    SETTINGS_COMMENT_MAX = 255,
};

enum command_kind {
    COMMAND_BIND = 1,
    COMMAND_RELEASE,
    COMMAND_DECLINE,
    COMMAND_EXPIRE,
    COMMAND_PUT_SETTINGS,
    COMMAND_PUT_NODE,
    COMMAND_PUT_RESERVATION,
    COMMAND_DELETE_RESERVATION,
    COMMAND_BLOCK,
    COMMAND_UNBLOCK,
    COMMAND_QUARANTINE,
    COMMAND_REVOKE_LEASE,
};

/* Binds @address to a client, or extends its binding. */
struct bind_command {
    struct ip4 address;
    struct bytes client_key; /* 1..CLIENT_KEY_MAX */
    uint8_t hw_type;
    struct bytes hw_address;    /* 0..HW_ADDRESS_MAX */
    struct seconds lease, hold; /* hold >= lease */
    struct ip4 server_id;       /* option 54 of the ACK to come */
    struct ip4 relay;           /* giaddr */
    struct bytes hostname;      /* cleaned, 0..HOSTNAME_MAX */
    struct bytes agent_info;    /* option 82 verbatim */
    struct bytes vendor_class, user_class;
    /* Of the settings by which the origin judged the client's classes. An address of a pool that is
     * not for everyone is bound only while these are in force. */
    uint64_t settings_version;
    struct instant received_at; /* cluster time; 0: not told, as in entries of old */
    bool is_unasked;            /* no REQUEST named the address: rapid commit, BOOTP */
};

/* Ends a binding at the client's wish (RFC 2131 4.3.4). */
struct release_command {
    struct ip4 address;
    struct bytes client_key;
    struct ip4 server_id;       /* as the client named it; 0 when it named none */
    struct instant received_at; /* cluster time */
};

/* The client found @address in use (RFC 2131 4.3.3). */
struct decline_command {
    struct ip4 address;
    struct bytes client_key;
    struct ip4 server_id;
    struct instant received_at;
    bool offered; /* the origin had offered the address to this client */
    uint8_t hw_type;
    struct bytes hw_address;
};

/* A node found @address in use before it offered it to anyone (RFC 2131 2.2). */
struct quarantine_command {
    struct ip4 address;
    struct bytes client_key; /* who uses it, as far as that was seen */
    uint8_t hw_type;
    struct bytes hw_address; /* empty when it was not seen */
};

/* Leases whose hold has ended. Names addresses, so that every node expires the same ones. */
struct expire_command {
    unsigned n;
    const struct ip4 *at; /* 1..EXPIRE_MAX */
};

struct put_settings_command {
    uint64_t version;
    struct bytes document; /* an encoded Settings */
    struct bytes source;
    struct bytes comment; /* 0..SETTINGS_COMMENT_MAX */
    struct bytes author;  /* 0..AUTHOR_MAX */
};

struct put_node_command {
    uint32_t node;
    uint64_t incarnation;
    struct bytes address; /* text */
    uint64_t cluster_id;
};

/* Makes or changes a reservation beside those of the settings. */
struct put_reservation_command {
    uint64_t id;               /* 1..INT64_MAX */
    uint64_t expected_version; /* 0: there must be none */
    struct bytes reservation;  /* reservation_encode(), 1..RESERVATION_ENCODED_MAX */
    struct bytes author;       /* 0..AUTHOR_MAX */
    uint32_t subnet_id;        /* of one without an address; else 0 */
};

struct delete_reservation_command {
    uint64_t id;
    uint64_t expected_version; /* 0: any */
};

enum block_kind {
    BLOCK_CLIENT_ID = 1, /* 1..CLIENT_KEY_MAX octets, the client key */
    BLOCK_HW_ADDRESS,    /* 1..HW_ADDRESS_MAX octets, of whatever hardware type */
    BLOCK_HW_PREFIX,     /* the same; every hardware address that begins so */
    BLOCK_ADDRESS,       /* 4 octets */
};

/* Whom or what a block is about; its value is what there is one block of. */
struct block_subject {
    enum block_kind kind;
    struct bytes value;
};

bool block_subject_is_within_limits(const struct block_subject *s);

/* "client-id", "hw-address", "hw-prefix", "address": in SQL and in the API. Never NULL. */
const char *block_kind_name(enum block_kind kind);

struct block_command {
    struct block_subject subject;
    struct bytes comment; /* 0..BLOCK_COMMENT_MAX */
    struct bytes author;  /* 0..AUTHOR_MAX */
};

struct unblock_command {
    struct block_subject subject;
};

enum revocation {
    REVOCATION_AFTER_HOLD = 1, /* no more renewals; the address is free when its hold ends */
    REVOCATION_AT_ONCE,        /* free at once, at the operator's risk */
    REVOCATION_RELEASE,        /* the same, as if the client had given it back */
};

/* An operator ends the lease of this client. */
struct revoke_lease_command {
    struct ip4 address;
    struct bytes client_key;
    enum revocation how;
};

struct command {
    uint32_t origin; /* these three are filled in by replication/proposer */
    uint64_t boot_id;
    uint64_t sequence;
    enum command_kind kind;

    union {
        struct bind_command bind;
        struct release_command release;
        struct decline_command decline;
        struct expire_command expire;
        struct put_settings_command put_settings;
        struct put_node_command put_node;
        struct quarantine_command quarantine;
        struct put_reservation_command put_reservation;
        struct delete_reservation_command delete_reservation;
        struct block_command block;
        struct unblock_command unblock;
        struct revoke_lease_command revoke_lease;
    };
};

/* True when every field of @c is within the limits above; what is decoded always is. */
bool command_is_within_limits(const struct command *c);

/* One Raft entry. */
struct batch {
    struct instant cluster_time;
    uint64_t digest_index; /* 0: none named */
    uint64_t digest_high, digest_low;
    unsigned n_commands;
    const struct bytes *commands; /* each an encoded Command */
};

/* What became of a command: the third column of the table in docs/PROTOCOL.md. */
#define OUTCOME_MAP(X)                                                              \
    X(DONE, 0, "applied")                                                           \
    X(UNAVAILABLE, 1, "the address is in no pool and not the client's reservation") \
    X(RESERVED, 2, "the address is reserved for another client")                    \
    X(TAKEN, 3, "the address is held for another client")                           \
    X(DECLINED, 4, "the address is in quarantine: somebody uses it")                \
    X(BLOCKED, 5, "the client, or the address, is blocked")                         \
    X(UNKNOWN, 6, "there is no such binding")                                       \
    X(STALE, 7, "the state has moved on since the command was made")                \
    X(INVALID, 8, "the document is invalid")                                        \
    X(REPEATED, 9, "the command was applied before, or is too old to tell")         \
    X(CONFLICT, 10, "another node or entry already has this identity")              \
    X(TIMEOUT, 11, "no result within the deadline; the command may still apply")    \
    X(OVERLOADED, 12, "too many commands are waiting")                              \
    X(LIMITED, 13, "the client has reached its limit")

enum outcome {

#define X(name, number, text) OUTCOME_##name = (number),
    OUTCOME_MAP(X)
#undef X
};

/* Returns the outcome's name in lower case ("taken"), or its sentence. Never NULL. */
const char *outcome_name(enum outcome outcome);
const char *outcome_text(enum outcome outcome);

/* The answer to one command. TIMEOUT and OVERLOADED are local and never in the log. */
struct result {
    enum outcome outcome;
    uint64_t index;            /* of the entry that was applied; 0 when local */
    struct instant at;         /* cluster time of that entry */
    struct instant expires_at; /* Bind DONE: the promise */
    struct instant held_until; /* Bind DONE */
};

#endif
