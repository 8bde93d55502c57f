#ifndef PROTO_SETTINGS_H
#define PROTO_SETTINGS_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/ip4.h"
#include "proto/class_set.h"
#include "proto/dhcp/option.h"

/*
 * Settings - the cluster's replicated settings as plain, immutable values
 *
 * Built by server/config from network.yaml, encoded by proto/settings_codec.h into a PutSettings
 * command, decoded on every node, checked and indexed by storage/network. Inheritance
 * (global < network < subnet) of times is resolved by whoever builds the value; options are
 * kept per scope, and merged with those of the client's classes when it is answered.
 */

enum {
    SUBNETS_MAX = 4096,
    POOLS_MAX = 64,     /* of one subnet */
    EXCLUDES_MAX = 256, /* of one pool */
    RESERVATIONS_MAX = 200000,
    CLASS_NAME_MAX = 64,       /* with a NUL after it */
    CLASS_TERMS_MAX = 64,      /* of one class */
    CLASS_VALUE_MAX = 255,     /* octets that a term compares with */
    SETTINGS_TERMS_MAX = 4096, /* of all classes: what one message may cost */
    COMMENT_MAX = 255,
    TAGS_MAX = 255,
    POOL_ADDRESSES_MAX = 1u << 24,     /* of all pools of a subnet */
    SETTINGS_ADDRESSES_MAX = 1u << 26, /* of all pools: 8 MiB of bits on every node */
};

/* An option as it goes on the wire; sorted by code within a list, each code once. */
struct option_value {
    uint8_t code;
    bool forced; /* sent also when the client did not ask for it */
    struct bytes value;
};

struct option_list {
    unsigned n;
    const struct option_value *at;
};

struct boot_settings { /* siaddr, sname, file (RFC 2131 figure 1); empty means not set */
    struct ip4 next_server;
    struct bytes server_name; /* < 64 octets */
    struct bytes file;        /* < 128 octets */
};

struct pool {
    struct ip4_range range;
    unsigned n_excludes;
    const struct ip4_range *excludes;
    struct class_set classes; /* for clients in one of them alone; empty: for every client */
    struct option_list options;
};

/*
 * An address and options bound to a client by an operator. The client is who has every mark that
 * is given here (n > 0); storage/client_identity.h has their order.
 */
struct reservation {
    uint8_t hw_type; /* of hw_address; 0 without */
    struct bytes hw_address;
    struct bytes client_id;  /* option 61, byte for byte */
    struct bytes duid;       /* of an option 61 in the form of RFC 4361 */
    struct bytes circuit_id; /* option 82.1 */
    struct bytes remote_id;  /* option 82.2 */
    struct ip4 address;      /* IP4_ANY: the client is given its name and options alone */
    struct bytes hostname;
    struct option_list options;
    struct bytes comment; /* printable text of a person, at most COMMENT_MAX octets */
    struct bytes tags;    /* names with one space between, at most TAGS_MAX octets */
};

/* A moment of a lease: a time after its beginning, or a part of it. Both 0: not set. */
struct lease_moment {
    struct seconds time;
    uint32_t permille; /* when time is 0 */
};

enum {
    LEASE_RENEW_PERMILLE = 500, /* T1 and T2 that are not set (RFC 2131 4.4.5) */
    LEASE_REBIND_PERMILLE = 875,
};

struct lease_times {
    struct seconds min, default_, max; /* min <= default_ <= max; max may be infinite */
    struct seconds headroom;           /* hold = lease + headroom (RFC 2131 3.3) */
    struct lease_moment renew, rebind; /* T1 and T2 (RFC 2131 4.4.5); not set: 1/2 and 7/8 */
};

/* What a scope does not say, in a class alone; no duration has this value. */
#define TIMES_UNSET_S 0xfffffffeu

/*
 * The condition of a class: terms in postfix order, each of which leaves true or false. ALL and
 * ANY take the last `number` results, NOT takes the last one; what is left at the end decides.
 */
enum term_kind {
    TERM_ALL = 0,
    TERM_ANY,
    TERM_NOT,
    TERM_CLASS,        /* is in class `number`, an earlier one */
    TERM_OPTION,       /* option `number`, compared with `value` */
    TERM_AGENT_INFO,   /* sub-option `number` of option 82, compared with `value` */
    TERM_USER_CLASS,   /* one of the user classes (option 77), compared with `value` */
    TERM_ARCHITECTURE, /* `number` is in option 93 */
    TERM_HARDWARE,     /* the hardware address begins with the first `number` bits of `value` */
    TERM_LOCAL,        /* an Ethernet address with the locally administered bit */
    TERM_RELAY,        /* the relay is in the prefix of `value`, 4 octets, and length `number` */
    TERM_KNOWN,        /* has a reservation in the network */
    TERM_NETWORK,      /* is in the network named `value` */
};

enum comparison {
    COMPARISON_PRESENT = 0, /* whatever the value */
    COMPARISON_EQUALS,
    COMPARISON_STARTS_WITH,
    COMPARISON_CONTAINS,
};

struct class_term {
    enum term_kind kind;
    enum comparison comparison;
    uint32_t number;
    struct bytes value;
};

/* Clients that something in their messages has in common. A client may be in several. */
struct client_class {
    struct bytes name; /* unique; as that of a network */
    unsigned n_terms;
    const struct class_term *terms;
    bool is_blocked; /* its clients get no answer */
    struct option_list options;
    struct boot_settings boot;
    struct lease_times times; /* TIMES_UNSET_S: as without the class */
};

/* How an address is looked for on the network before it is offered to somebody new. */
enum conflict_detection {
    CONFLICT_DETECTION_NO = 0,
    CONFLICT_DETECTION_ARP,  /* ARP for clients on the link, nothing for relayed ones */
    CONFLICT_DETECTION_ICMP, /* ICMP echo for all */
    CONFLICT_DETECTION_YES,  /* ARP for clients on the link, ICMP echo for relayed ones */
};

struct subnet {
    struct ip4_prefix prefix; /* prefix.network.value is the subnet's id */
    struct lease_times times;
    enum conflict_detection conflict_detection;
    struct option_list options;
    struct boot_settings boot;
    unsigned n_pools;
    const struct pool *pools;
    unsigned n_reservations;
    const struct reservation *reservations;
};

struct threshold {
    uint32_t node;
    uint32_t ms; /* `none` is 0 */
};

enum delay_source {
    DELAY_SOURCE_BOTH = 0, /* max(secs, observed) */
    DELAY_SOURCE_OBSERVED,
    DELAY_SOURCE_SECS,
};

enum authoritative {
    AUTHORITATIVE_NO = 0,
    AUTHORITATIVE_YES, /* at once */
    AUTHORITATIVE_AFTER_2S,
    AUTHORITATIVE_AFTER_10S,
};

enum server_id_mode {
    SERVER_ID_OWN = 0, /* the node's own address on the link */
    SERVER_ID_FIXED,   /* the given address on every node */
};

/*
 * What strangers may take of a network; 0 is no limit. A client is known when it was the last one to
 * have the address, or has it reserved.
 */
struct network_limits {
    uint32_t leases_per_hardware;  /* bound at a time, in all networks */
    uint32_t leases_per_circuit;   /* of a relay (option 82.1): the same */
    uint32_t declines;             /* addresses in quarantine because of one client */
    uint32_t new_clients;          /* that one node offers an address in a second */
    uint32_t new_clients_when_low; /* the same, of a subnet whose pools run low */
    uint32_t low_percent;          /* free addresses, of all of a subnet's pools: fewer are low */
};

/* Which clients without DHCP are served (RFC 1534). */
enum bootp_mode {
    BOOTP_STATIC = 0, /* those with a reservation */
    BOOTP_NONE,
    BOOTP_DYNAMIC, /* all, from the pools too */
};

/* What a renewal gets when an operator has given the client another address, or taken this one
 * out of the pools (rule 54). */
enum on_move {
    ON_MOVE_NAK = 0,
    ON_MOVE_SHRINK, /* what is left of the promise, and no more */
    ON_MOVE_KEEP,   /* as before, unless the address is reserved for another client: then SHRINK */
};

/* A broadcast domain the nodes serve. */
struct network {
    struct bytes name; /* unique; 1..NETWORK_NAME_MAX - 1 characters a-z 0-9 - _ . */
    unsigned n_thresholds;
    const struct threshold *thresholds; /* nodes not listed have threshold 0 */
    bool collapse;                      /* effective thresholds (20-answering: default yes) */
    uint32_t retry_step_ms;
    enum delay_source delay_source;
    enum authoritative authoritative;
    enum server_id_mode server_id_mode;
    struct ip4 server_id;     /* SERVER_ID_FIXED */
    struct seconds probation; /* of a declined address */
    bool echo_client_id;      /* RFC 6842; default yes */
    bool ignores_client_id;   /* the key of a client is its hardware address (rule 61) */
    bool always_broadcast;    /* to clients without an address, whatever they ask for */
    bool rapid_commit;        /* RFC 4039 */
    enum bootp_mode bootp;
    struct seconds bootp_lease; /* of BOOTP clients; 0: as of DHCP clients */
    enum on_move on_move;
    struct network_limits limits;
    struct option_list options;
    struct boot_settings boot;
    unsigned n_subnets;
    const struct subnet *subnets;
};

struct settings {
    struct option_list options; /* global */
    unsigned n_networks;
    const struct network *networks;
    unsigned n_classes; /* at most CLASSES_MAX */
    const struct client_class *classes;
};

#endif
