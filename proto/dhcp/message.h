#ifndef PROTO_DHCP_MESSAGE_H
#define PROTO_DHCP_MESSAGE_H

#include "base/bytes.h"
#include "base/instant.h"
#include "base/ip4.h"

/*
 * Message - a DHCP or BOOTP datagram, read (RFC 2131 2, RFC 951)
 *
 * Everything is borrowed from the datagram, which must outlive the message. Options that came
 * in several pieces (RFC 3396) are joined in `scratch`. A message may be copied or moved, but
 * bytes that an accessor lent from it before then belong to the old place.
 */
enum {
    MESSAGE_HEADER_SIZE = 236,   /* up to and without the magic cookie */
    MESSAGE_SIZE_MIN = 300,      /* of what we send; shorter ones are padded (RFC 1542 2.1) */
    MESSAGE_UDP_OVERHEAD = 28,   /* IP and UDP headers: IP datagram size less UDP payload */
    MESSAGE_DATAGRAM_MIN = 576,  /* IP datagram every client can take (RFC 2131 2) */
    MESSAGE_SCRATCH_SIZE = 1472, /* for joined options: all that an Ethernet frame can carry */
    MESSAGE_FLAG_BROADCAST = 0x8000,
    MESSAGE_PORT_SERVER = 67,
    MESSAGE_PORT_CLIENT = 68,
    MESSAGE_SNAME_SIZE = 64,
    MESSAGE_FILE_SIZE = 128,
    HARDWARE_ETHERNET = 1,
    HARDWARE_ADDRESS_MAX = 16,
};

enum message_op {
    MESSAGE_BOOTREQUEST = 1,
    MESSAGE_BOOTREPLY = 2,
};

/* Values of option 53. */
enum message_type {
    MESSAGE_BOOTP = 0, /* the option is absent */
    MESSAGE_DISCOVER = 1,
    MESSAGE_OFFER = 2,
    MESSAGE_REQUEST = 3,
    MESSAGE_DECLINE = 4,
    MESSAGE_ACK = 5,
    MESSAGE_NAK = 6,
    MESSAGE_RELEASE = 7,
    MESSAGE_INFORM = 8,
};

/* htype, chaddr and hlen. `type` and `address` are adjacent: together they are a client key. */
struct hardware {
    uint8_t type;
    uint8_t address[HARDWARE_ADDRESS_MAX]; /* all 16 octets as received */
    uint8_t n;                             /* <= 16 */
};

struct message_header {
    uint8_t op; /* of enum message_op */
    uint8_t hops;
    struct hardware hardware;
    uint32_t xid;
    uint16_t secs; /* as received; request.h repairs it */
    uint16_t flags;
    struct ip4 ciaddr, yiaddr, siaddr, giaddr;
    struct bytes sname, file; /* names up to the first NUL; empty when the field holds options */
};

struct message {
    struct message_header header;
    struct bytes datagram;
    bool has_cookie; /* there is an options field; without it the message is plain BOOTP */

    /* How message_option() finds an option; not for others. */
    uint64_t present[4]; /* a bit per code */
    uint64_t joined[4];  /* a bit per code: it lies in scratch, else in the datagram */

    struct {
        uint16_t from, n;
    } place[256]; /* valid where present */

    uint8_t scratch[MESSAGE_SCRATCH_SIZE];
};

enum message_parse_outcome {
    MESSAGE_SHORT = 1, /* under 236 bytes: not a BOOTP message at all */
    MESSAGE_MALFORMED, /* hlen, op or the options are broken, or larger than scratch when joined */
};

/*
 * Reads @datagram into *@ret_message, requests and replies alike. After a 0:
 *   - op is 1 or 2, hlen <= 16;
 *   - options were read from options, file and sname as option 52 says (RFC 2131 4.1); pieces
 *     of one option are joined in that order (RFC 3396);
 *   - 53 is one byte; 50 and 54 are four;
 *   - 51 and 118 are four bytes, 57 two, 61 from 2 to 255: of another length they were ignored
 *     as if never sent.
 * Cheap: touches only what is there, allocates nothing.
 *
 * Returns 0 or an enum message_parse_outcome; then *@ret_message holds nothing of use.
 */
int message_parse(struct message *ret_message, struct bytes datagram);

bool message_has(const struct message *m, uint8_t code);

/* Lends the value of option @code; {NULL, 0} when absent, `at` not NULL when sent empty. */
struct bytes message_option(const struct message *m, uint8_t code);

/* Option 53, or MESSAGE_BOOTP when absent. Not checked against enum message_type. */
uint8_t message_type(const struct message *m);

/* The address in a four-byte option @code; IP4_ANY when absent, zero or of another length. */
struct ip4 message_address(const struct message *m, uint8_t code);

struct ip4 message_requested_address(const struct message *m); /* 50, or IP4_ANY */
struct ip4 message_server_identifier(const struct message *m); /* 54, or IP4_ANY */
struct seconds message_lease_time(const struct message *m);    /* 51, or 0 */
struct bytes message_parameter_list(const struct message *m);  /* 55, or empty */

/*
 * The largest IP datagram the client takes, in bytes: option 57, at least 576; 576 when absent
 * (RFC 2132 9.10). A DHCP message (UDP payload) is MESSAGE_UDP_OVERHEAD shorter.
 */
uint16_t message_max_datagram(const struct message *m);

/* Lends the octets of chaddr that hlen says are used. */
struct bytes hardware_address(const struct hardware *hardware);

#endif
