#ifndef STORAGE_LEASE_LEASE_H
#define STORAGE_LEASE_LEASE_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/ip4.h"

/*
 * Lease - one committed row: who holds an address, and until when
 *
 * A plain value; its bytes are borrowed (from the table that holds the row, or from the command
 * that makes it). All instants are cluster time. `expires_at` is the promise: the latest expiry
 * ever told to the client. `held_until` >= `expires_at` is the hold: until then the address is
 * nobody else's. A released or expired row stays as a memory of its last client.
 */
enum lease_state {
    LEASE_BOUND = 1,
    LEASE_RELEASED,
    LEASE_EXPIRED,
    LEASE_DECLINED, /* in quarantine until held_until */
    LEASE_REVOKED,  /* by an operator: the client's until held_until, and not prolonged */
};

struct lease {
    struct ip4 address;
    enum lease_state state;
    uint32_t subnet_id;      /* the subnet's network address */
    struct bytes client_key; /* RFC 2131 4.2: option 61, else hardware type and address */
    uint8_t hw_type;
    struct bytes hw_address;
    struct instant started_at; /* of this tenancy */
    struct instant renewed_at;
    struct instant expires_at;
    struct instant held_until;
    uint32_t node;        /* who answered last */
    struct ip4 server_id; /* option 54 of the last ACK */
    struct ip4 relay;
    struct bytes hostname, agent_info, vendor_class, user_class;
};

/* Lower-case name as stored in SQL: "bound", "released", "expired", "declined", "revoked". */
const char *lease_state_name(enum lease_state state);

/* True for what is only the memory of a last client: released or expired. */
bool lease_state_is_remembered(enum lease_state state);

/* True when @l keeps its address from every other client at @now. */
bool lease_is_held(const struct lease *l, struct instant now);

/*
 * What a relay has said of a client: @agent_info of its message, or for a message that passed no
 * relay (@relay is IP4_ANY) and carried none, what @row, if it is the client's, remembers: a
 * renewal comes by unicast (RFC 3046 2.1; rule 15). @row may be NULL. Lent from either.
 */
struct bytes lease_agent_info(
    const struct lease *row, struct bytes client_key, struct ip4 relay, struct bytes agent_info);

/* Writes every field of @l in a fixed form into @out for the digest. Returns the length. */
enum { LEASE_DIGEST_MAX = 2048 };

size_t lease_digest_form(const struct lease *l, uint8_t *out);

#endif
