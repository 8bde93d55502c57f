#ifndef PROTO_DHCP_MESSAGE_BUILD_H
#define PROTO_DHCP_MESSAGE_BUILD_H

#include "base/writer.h"
#include "proto/dhcp/message.h"

/*
 * Message build - a message written field by field
 *
 * header, options, end, in this order. Who runs out of room sees it in the writer's overrun.
 */

/* Writes the 236 octets of the header and the magic cookie. Too long names are cut at NUL - 1. */
void message_build_header(struct writer *w, const struct message_header *header);

/* Bytes that an option with a value of @n bytes takes on the wire, all its pieces together. */
size_t message_option_size(size_t n);

/* Writes option @code, in pieces of at most 255 bytes (RFC 3396). */
void message_build_option(struct writer *w, uint8_t code, struct bytes value);

void message_build_u8(struct writer *w, uint8_t code, uint8_t value);
void message_build_u16(struct writer *w, uint8_t code, uint16_t value);
void message_build_u32(struct writer *w, uint8_t code, uint32_t value);
void message_build_address(struct writer *w, uint8_t code, struct ip4 address);

/* Writes END and pads the message to MESSAGE_SIZE_MIN. */
void message_build_end(struct writer *w);

#endif
