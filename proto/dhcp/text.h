#ifndef PROTO_DHCP_TEXT_H
#define PROTO_DHCP_TEXT_H

#include "base/bytes.h"
#include "base/writer.h"

/* Text - names and hex, from clients and from settings */
enum {
    TEXT_HOST_NAME_MAX = 254, /* 253 characters and a NUL */
    TEXT_LABEL_MAX = 63,
};

/*
 * Writes what is safe of a client's host name @raw into @out, TEXT_HOST_NAME_MAX bytes: letters,
 * digits, '-', '_' and '.' up to the first NUL, without empty labels, labels cut at 63. Empty
 * when nothing is left. Returns @out.
 */
char *text_host_name(struct bytes raw, char *out);

/* True when @name is a domain name: labels of 1 to 63 letters, digits, '-', '_', 253 in all. */
bool text_is_domain(const char *name);

/*
 * Writes the bytes that @text says in hex: two digits each, with one ':' or '-' between bytes
 * or nothing. False, with the writer in no useful state, when it is not that or does not fit.
 */
bool text_parse_hex(const char *text, struct writer *out);

#endif
