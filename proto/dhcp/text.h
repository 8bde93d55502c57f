#ifndef PROTO_DHCP_TEXT_H
#define PROTO_DHCP_TEXT_H

#include "base/bytes.h"
#include "base/instant.h"
#include "base/writer.h"

/* Text - names, hex and durations, from clients and from settings */
enum {
    TEXT_HOST_NAME_MAX = 254, /* 253 characters and a NUL */
    TEXT_LABEL_MAX = 63,
};

/*
 * Writes what is safe of a client's host name @raw into @out, TEXT_HOST_NAME_MAX bytes: letters,
 * digits, '-', '_' and '.' up to the first NUL, labels cut at 63 and neither empty nor with a
 * '-' in front. Empty when nothing is left. Returns @out.
 */
char *text_host_name(struct bytes raw, char *out);

/* True when @name is a domain name: 253 octets of labels as text_host_name() makes them. */
bool text_is_domain(const char *name);

/*
 * Writes the bytes that @text says in hex: two digits each, with one ':' or '-' between bytes
 * or nothing. False, with the writer in no useful state, when it is not that or does not fit.
 */
bool text_parse_hex(const char *text, struct writer *out);

/* Reads an IPv6 address in hex groups, "::" for some that are zero (RFC 4291 2.2, 1 and 2). */
enum { TEXT_IP6_SIZE = 16 };

bool text_parse_ip6(const char *text, uint8_t ret_octets[TEXT_IP6_SIZE]);

/*
 * Reads "600", "10m", "1h30m" or "1w2d3h4m5s" (units once each, in this order), or "infinite".
 * False when @text is none of these or more than 2^32 - 2 seconds.
 */
bool text_parse_seconds(const char *text, struct seconds *ret_seconds);

#endif
