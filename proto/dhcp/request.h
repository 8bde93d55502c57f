#ifndef PROTO_DHCP_REQUEST_H
#define PROTO_DHCP_REQUEST_H

#include "proto/dhcp/message.h"

/*
 * Request - what a client wants, read from its message (RFC 2131 4.3)
 *
 * Pure classification: no settings, no leases. All bytes are lent from the message, which must
 * stay in place as long as the request is used.
 */
enum request_kind {
    REQUEST_DISCOVER,
    REQUEST_SELECTING,   /* answers an offer: option 54 and option 50 */
    REQUEST_INIT_REBOOT, /* option 50 alone */
    REQUEST_RENEWING,    /* ciaddr, came by unicast and not through a relay */
    REQUEST_REBINDING,   /* ciaddr, came by broadcast or through a relay */
    REQUEST_RELEASE,
    REQUEST_DECLINE,
    REQUEST_INFORM,
    REQUEST_BOOTP,
    REQUEST_KIND_COUNT,
};

/* How the datagram came; the socket knows, the message does not. */
struct request_origin {
    bool was_unicast; /* its IP destination was an address of ours, not a broadcast */
    struct ip4 source;
    uint16_t source_port;
};

struct request {
    const struct message *message;
    enum request_kind kind;
    struct request_origin origin;
    struct bytes client; /* the client key, never empty */

    /*
     * The address this is about: SELECTING, INIT_REBOOT, DECLINE: option 50 (never IP4_ANY);
     * RENEWING, REBINDING, RELEASE: ciaddr (never IP4_ANY); DISCOVER: option 50, a wish, or
     * IP4_ANY; INFORM: ciaddr, else the source address, else (relayed) IP4_ANY; BOOTP: ciaddr.
     */
    struct ip4 address;
    struct ip4 server_id; /* option 54; IP4_ANY when absent, and always in RENEWING, REBINDING */
    struct ip4 server_id_override; /* option 82.11, or IP4_ANY (RFC 5107) */
    struct ip4 link;     /* on the client's link: 82.5 > 118 > giaddr; IP4_ANY: where it arrived */
    struct ip4 relay;    /* giaddr; IP4_ANY when not relayed */
    uint16_t relay_port; /* where the relay wants the reply: 67, or its own (RFC 8357) */
    uint16_t secs;       /* repaired: above 255 with a zero low byte was swapped by the client */
    struct seconds wanted_lease; /* option 51, or 0 */
    bool wants_rapid_commit;     /* option 80 in a DISCOVER */

    struct bytes parameters;   /* option 55 */
    struct bytes host_name;    /* option 12, raw: request_client_name() is what is stored */
    struct bytes fqdn;         /* option 81, raw */
    struct bytes vendor_class; /* option 60 */
    struct bytes user_class;   /* option 77 */
    struct bytes agent_info;   /* option 82, well formed; whoever knows what a relay said before
                                * a unicast renewal may fill it in (rule 15) */
};

/*
 * Writes what the client calls itself into @out, TEXT_HOST_NAME_MAX bytes: the name of option 81,
 * else that of option 12 (RFC 4702 3.1), and of either what is safe. "" when it has no name.
 * Returns @out.
 */
char *request_client_name(const struct request *q, char *out);

/* Why a message asks for nothing that could be answered. All are dropped and counted. */
#define REQUEST_OUTCOME_MAP(X)                                                         \
    X(NOT_A_REQUEST, 1, "not-a-request", "the op field is not BOOTREQUEST")            \
    X(UNKNOWN_TYPE, 2, "unknown-type", "the message type is not one a client sends")   \
    X(NO_CLIENT, 3, "no-client", "neither a client identifier nor a hardware address") \
    X(NO_ADDRESS, 4, "no-address", "the message must name an address and does not")    \
    X(BAD_AGENT_INFO, 5, "bad-agent-info", "the relay agent information is malformed")

enum request_outcome {

#define X(id, number, name, text) REQUEST_##id = (number),
    REQUEST_OUTCOME_MAP(X)
#undef X
};

/* Reads @m, which came as @origin says, into *@ret_request. Returns 0 or a request_outcome. */
int request_of(const struct message *m, struct request_origin origin, struct request *ret_request);

/* "discover", "selecting", ...: for logs and metric labels. */
const char *request_kind_name(enum request_kind kind);

/* "not-a-request", ...: for logs and metric labels. */
const char *request_outcome_name(int outcome);

#endif
