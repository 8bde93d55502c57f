#ifndef SERVER_POLICY_OFFERS_H
#define SERVER_POLICY_OFFERS_H

#include "server/policy/client_table.h"

/*
 * Offers - what this node has offered, and to whom (10-lease-protocol: Offers)
 *
 * Soft state: keeps this node from offering one address to two clients, and gives a client that
 * asks again the same address. An offer is over after OFFERS_LIFE_MS, or when it is taken up,
 * or when the client chose another server. Time is monotonic.
 */
struct offers;

enum {
    OFFERS_LIFE_MS = 60000,
    OFFERS_COPY_MS = 250, /* no client repeats itself as soon as this */
};

/* What tells one DISCOVER of a client from another, and from its copies by other relays. */
struct offers_message {
    uint32_t xid;
    struct ip4 relay; /* giaddr */
};

int offers_new(struct offers **ret_offers, unsigned max, uint64_t seed);
struct offers *offers_free(struct offers *o);

/*
 * Records the offer before it is sent; without memory it goes unrecorded. Returns how many times
 * in a row the client has been given an offer: 1 for the first.
 */
unsigned offers_put(
    struct offers *o,
    struct client_place place,
    struct ip4 address,
    struct offers_message message,
    struct instant now);

/*
 * True when @message was answered a moment ago: it has come twice on its way, over two links or
 * two relays with one address (rule 66). Another relay is answered with the same offer.
 */
bool offers_is_copy(
    const struct offers *o,
    struct client_place place,
    struct offers_message message,
    struct instant now);

/* The address on offer to the client, or IP4_ANY. */
struct ip4 offers_of(const struct offers *o, struct client_place place, struct instant now);

/* True when @address is on offer to another client. */
bool offers_is_to_other(
    const struct offers *o, struct client_place place, struct ip4 address, struct instant now);

void offers_remove(struct offers *o, struct client_place place);

/* Forgets what is over. */
void offers_tick(struct offers *o, struct instant now);

unsigned offers_count(const struct offers *o);

DEFINE_FREEP(offers);

#endif
