#ifndef PACKET_H
#define PACKET_H

#include "base/writer.h"
#include "proto/dhcp/message.h"

/*
 * Packet - a client's message being written for a test
 *
 * packet_start(), any number of message_build_*(&p.w, ...), packet_end().
 */
struct packet {
    uint8_t bytes[2048];
    struct writer w;
};

/* A BOOTREQUEST of the Ethernet client 02:00:00:00:00:01, everything else zero but the xid. */
struct message_header packet_header(void);

/* Writes @header, and option 53 unless @type is MESSAGE_BOOTP. */
void packet_start(struct packet *p, const struct message_header *header, enum message_type type);

/* Writes END and the padding; lends the whole message. */
struct bytes packet_end(struct packet *p);

/*
 * Writes the codes in the options field of @message up to END as decimal text with spaces,
 * "53 54 51", into @out, PACKET_CODES_MAX bytes. Returns @out.
 */
enum { PACKET_CODES_MAX = 1024 };

char *packet_codes(struct bytes message, char *out);

#endif
