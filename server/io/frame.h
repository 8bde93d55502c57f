#ifndef IO_FRAME_H
#define IO_FRAME_H

#include "base/ip4.h"
#include "base/writer.h"

/*
 * Frame - an IPv4 datagram with a UDP message in it, headers and checksums included; pure
 *
 * For replies to clients that have no address yet: no ARP can find them, so the datagram goes
 * out through a packet socket to the hardware address (RFC 2131 4.1).
 */
enum {
    FRAME_IP_HEADER = 20,
    FRAME_UDP_HEADER = 8,
    FRAME_HEADERS = FRAME_IP_HEADER + FRAME_UDP_HEADER,
};

struct frame_ends {
    struct ip4 source, destination;
    uint16_t source_port, destination_port;
};

/* Writes the datagram; who runs out of room sees it in the writer's overrun (RFC 791, RFC 768). */
void frame_build(struct writer *w, const struct frame_ends *ends, struct bytes payload);

/*
 * Reads an IPv4 datagram with a whole UDP message in it; lends the payload. False when it is none.
 * Checksums are not looked at: an interface may have left them to be filled in later.
 */
bool frame_parse(struct bytes datagram, struct frame_ends *ret_ends, struct bytes *ret_payload);

/* The Internet checksum of @b added to @sum, an earlier result not yet folded (RFC 1071). */
uint32_t frame_checksum_add(uint32_t sum, struct bytes b);
uint16_t frame_checksum_fold(uint32_t sum);

#endif
