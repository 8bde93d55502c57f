#ifndef PROTO_DHCP_REPLY_H
#define PROTO_DHCP_REPLY_H

#include "proto/dhcp/message.h"

/*
 * Reply - the answer to a message, built from what was decided (RFC 2131 Table 3)
 *
 * Copies from the request what must be copied (xid, flags, giaddr, hardware; ciaddr in ACK and
 * BOOTREPLY; options 61, 82 and 118), writes 53, 54, 51, 58, 59, 81 from the fields below, then
 * those of `options` that the client asked for in its order (a subnet mask before routers) and
 * last the forced ones. A NAK carries 53, 54, 56, 61 and 82 only. Option 82 is the last.
 */
struct reply_option {
    uint8_t code;
    bool is_forced; /* sent even when not asked for, unless the option is OPTION_ASKED */
    struct bytes value;
};

struct reply {
    const struct message *request;
    enum message_type type;   /* OFFER, ACK, NAK, or BOOTP for a BOOTREPLY */
    struct ip4 yiaddr;        /* ignored in a NAK */
    struct ip4 siaddr;        /* next server; ignored in a NAK */
    struct ip4 server_id;     /* option 54 */
    struct seconds lease;     /* 51, 58 and 59: 0 = not sent (INFORM); ignored in NAK and BOOTP */
    struct seconds t1, t2;    /* 0 = not sent; not sent either when the lease is infinite */
    struct bytes file, sname; /* boot file, server name; empty, over 127 or 63 octets: not sent */
    struct bytes message;     /* option 56 of a NAK; empty = none */
    struct bytes fqdn;    /* option 81, to who sent it; empty = none; ignored in a NAK and BOOTP */
    bool omit_client_id;  /* switches off the echo of option 61 (RFC 6842) */
    bool is_rapid_commit; /* an ACK to a DISCOVER: carries option 80 (RFC 4039) */
    uint16_t mtu;         /* of the interface: the largest IP datagram in bytes; 0 = 1500 */
    /*
     * Candidates, the more specific first: of several with one code the first counts. Codes
     * that are OPTION_OWN are skipped. Values are borrowed.
     */
    const struct reply_option *options;
    size_t n_options;
};

enum reply_outcome {
    REPLY_NO_ROOM = 1, /* not even the options it must carry and option 82 fit */
};

/*
 * Writes the reply into @buffer, @size bytes, and sets *@ret_n to its length (>= 300).
 * The length never exceeds min(@size, min(client's option 57 or 576, mtu) - 28); for BOOTP
 * without option 57 it is 300 (64 octets of vendor area, RFC 1542) and option 82, which the
 * relay takes out. Options that do not fit go into the file and sname fields when these hold no
 * name and the client speaks DHCP (option 52), else they are left out whole, vital ones last.
 *
 * Returns 0 or REPLY_NO_ROOM.
 */
int reply_build(const struct reply *reply, uint8_t *buffer, size_t size, size_t *ret_n);

#endif
