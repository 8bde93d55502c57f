#ifndef SIM_OUTGOING_H
#define SIM_OUTGOING_H

#include "base/bytes.h"
#include "base/ip4.h"
#include "proto/dhcp/message.h"

/* Outgoing - what a client sends; its hardware address is made from its number. */
struct outgoing {
    enum message_type type;
    struct ip4 ciaddr, wanted, server_id;
    struct ip4 to; /* IP4_BROADCAST or a node's address */
    /* The client's, the same for all it sends in an exchange. */
    unsigned client;
    uint32_t xid, lease; /* lease: option 51; 0: none */
    uint16_t secs;
    struct bytes client_id;  /* option 61; n = 0: none */
    bool wants_rapid_commit; /* option 80 */
};

enum { OUTGOING_MAX = 600 };

/* Writes the message into @out, OUTGOING_MAX bytes. Returns its length. */
size_t outgoing_build(const struct outgoing *o, uint8_t *out);

#endif
