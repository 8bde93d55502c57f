#ifndef PROTO_DHCP_FQDN_H
#define PROTO_DHCP_FQDN_H

#include "base/bytes.h"
#include "base/writer.h"
#include "proto/dhcp/text.h"

/*
 * FQDN - option 81: the client's domain name, and who tells the DNS of it (RFC 4702)
 *
 * Option: flags, two octets without a meaning today, the name. The name is in labels or, by older
 * clients, in ASCII; it is complete when it ends with the root.
 */
enum fqdn_flag {
    FQDN_SERVER_UPDATES = 1, /* S: the server is to update the name's A record, or does */
    FQDN_OVERRIDDEN = 2,     /* O: in a reply: S is not as the client wanted it */
    FQDN_IN_LABELS = 4,      /* E: the name is in labels (RFC 1035 3.1) */
    FQDN_NO_UPDATES = 8,     /* N: the server is to make no updates at all, or makes none */
};

struct fqdn {
    uint8_t flags; /* of enum fqdn_flag; N is not set beside S */
    bool is_complete;
    char name[TEXT_HOST_NAME_MAX]; /* what is safe of it, as text_host_name(); "" asks for one */
};

enum fqdn_outcome {
    FQDN_MALFORMED = 1, /* too short, a label beyond the end, a pointer, or too long a name */
};

/* Reads the value of option 81. Returns 0 or FQDN_MALFORMED. */
int fqdn_parse(struct bytes option, struct fqdn *ret_fqdn);

/*
 * Writes the answer to @client of a server that makes no DNS updates: N set, S clear, O when the
 * client wanted S, the name in the encoding that the client used. @given, unless it is empty, is
 * the name instead of the client's own.
 */
void fqdn_answer(const struct fqdn *client, struct bytes given, struct writer *out);

/* What fqdn_answer() writes at most: flags, octets and the longest name. */
enum { FQDN_ANSWER_MAX = 3 + TEXT_HOST_NAME_MAX + 1 };

#endif
