#ifndef SERVER_POLICY_STANDING_H
#define SERVER_POLICY_STANDING_H

#include "server/policy/decide.h"

/* Standing - what settings and leases say of an address that a client asks for; for decide.c */
struct standing {
    struct ip4 address;
    const struct subnet *subnet; /* NULL: not of the client's network */
    const struct pool *pool;     /* NULL: in none */
    bool has_row, is_held;
    bool is_clients; /* the row is of this client */
    bool is_reserved_for_client, is_reserved_for_other;
    struct lease row;
};

struct standing standing_of(const struct decide_facts *f, struct ip4 address);

/* The client's reservation in @subnet, if it could have that address now; or NULL. */
const struct reservation *standing_reservation(
    const struct decide_facts *f, const struct subnet *subnet);

/* True when there is evidence that the client must not have the address; then *@ret_reason. */
bool standing_is_refused(
    const struct decide_facts *f, const struct standing *s, enum reason *ret_reason);

/* True when the cluster knows of the client at this address. */
bool standing_has_claim(const struct standing *s);

#endif
