#ifndef PROTO_DHCP_AGENT_INFO_H
#define PROTO_DHCP_AGENT_INFO_H

#include "base/bytes.h"

/* Agent info - the sub-options of option 82, the relay agent information (RFC 3046) */
enum agent_info_code {
    AGENT_INFO_CIRCUIT_ID = 1,
    AGENT_INFO_REMOTE_ID = 2,
    AGENT_INFO_LINK_SELECTION = 5,      /* RFC 3527: the subnet the client is on */
    AGENT_INFO_SUBSCRIBER_ID = 6,       /* RFC 3993 */
    AGENT_INFO_SERVER_ID_OVERRIDE = 11, /* RFC 5107: what option 54 of the reply must be */
    AGENT_INFO_RELAY_ID = 12,           /* RFC 6925 */
    AGENT_INFO_RELAY_PORT = 19,         /* RFC 8357: reply to the port the relay sent from */
};

struct agent_info_item {
    uint8_t code;
    struct bytes value;
};

enum agent_info_outcome {
    AGENT_INFO_ABSENT = 1,    /* no (more) such sub-option */
    AGENT_INFO_MALFORMED = 2, /* a length points past the end */
};

/*
 * Takes the next sub-option off the front of *@rest. There is no pad and no end marker.
 * Returns 0, AGENT_INFO_ABSENT when nothing is left, or AGENT_INFO_MALFORMED.
 */
int agent_info_next(struct bytes *rest, struct agent_info_item *ret_item);

/* Lends the first sub-option @code of @option. Returns 0 or an enum agent_info_outcome. */
int agent_info_find(struct bytes option, uint8_t code, struct bytes *ret_value);

#endif
