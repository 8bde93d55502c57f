#ifndef PROTO_DHCP_DOMAIN_H
#define PROTO_DHCP_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/writer.h"

/* Domain - domain names as labels on the wire (RFC 1035 3.1) */

/* Writes @name in full. False when it is not text_is_domain(). */
bool domain_build(const char *name, struct writer *out);

/* As domain_build(), without the root at the end: a name that somebody else may complete. */
bool domain_build_partial(const char *name, struct writer *out);

/*
 * A list of names in which a tail that was written before is replaced by a pointer to it
 * (RFC 1035 4.1.4, RFC 3397). Borrows the writer and every name while it is used.
 */
enum { DOMAIN_TAILS_MAX = 128 }; /* tails remembered; later ones are written in full */

struct domain_list {
    struct writer *out;
    size_t start; /* of the list in the writer: pointers count from here */

    struct {
        const char *text; /* a tail of a name is itself a text that ends where the name ends */
        size_t offset;
    } tails[DOMAIN_TAILS_MAX];

    size_t n_tails;
};

struct domain_list domain_list_of(struct writer *out);

/* Writes the next name. False when it is not text_is_domain(). */
bool domain_list_add(struct domain_list *list, const char *name);

#endif
