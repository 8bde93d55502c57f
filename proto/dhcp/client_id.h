#ifndef PROTO_DHCP_CLIENT_ID_H
#define PROTO_DHCP_CLIENT_ID_H

#include "base/bytes.h"
#include "proto/dhcp/message.h"

/*
 * Client id - the key a client is known by (RFC 2131 4.2, RFC 4361)
 *
 * Option 61 byte for byte if the client sent a valid one (2 to 255 bytes), else the hardware
 * type octet and the chaddr octets.
 */
enum {
    CLIENT_ID_MIN = 2, /* RFC 2132 9.14 */
    CLIENT_ID_MAX = 255,
    CLIENT_DUID_MIN = 3, /* its type, and one octet more */
    CLIENT_DUID_MAX = CLIENT_ID_MAX - 5,
    CLIENT_ID_TEXT_MAX = CLIENT_ID_MAX * 3, /* "01:aa:bb" and a NUL */
};

enum client_id_outcome {
    CLIENT_ID_NONE = 1, /* neither option 61 nor a hardware address */
};

/* Lends the key of @m from @m: it lives as long as the message and its datagram stay in place. */
int client_id_of(const struct message *m, struct bytes *ret_key);

/* Lends the key that hardware alone makes (htype, chaddr); empty when hlen is 0. */
struct bytes client_id_of_hardware(const struct hardware *hardware);

/*
 * Lends the DUID in @key, a client identifier of RFC 4361 section 6.1: type 255, an IAID of four
 * octets, and a DUID of CLIENT_DUID_MIN octets or more. Empty when @key has another form.
 */
struct bytes client_id_duid(struct bytes key);

/* Writes @key as "01:aa:bb:..." into @out, CLIENT_ID_TEXT_MAX bytes. Returns @out. */
char *client_id_format(struct bytes key, char *out);

#endif
