#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "base/bytes.h"
#include "base/ip4.h"
#include "proto/dhcp/message.h"
#include "sim/world.h"

/*
 * Lan - the broadcast domain of the nodes and their clients
 *
 * Clients follow RFC 2131 4.4 (figure 5): they discover, request, renew, rebind, release,
 * decline and reboot. There are more of them than addresses. What a client believes is checked:
 * no two believe in one address at one time.
 */
enum { LAN_CLIENTS_MAX = 256 };

struct lan_counts {
    uint64_t acks, naks, offers, bound, rapid, renewed, released, declined, rebooted, expired,
        squatted;
};

struct lan;

struct lan *lan_new(struct world *w, unsigned n_clients);
struct lan *lan_free(struct lan *l);

/* The own address of node @node on the LAN. */
struct ip4 lan_node_address(unsigned node);

/* A node sends @reply to the client whose hardware address it names. */
void lan_deliver(struct world *w, unsigned node, struct bytes reply);

/*
 * Does the LAN answer node @node when it asks for @address? A client does for the address it
 * believes in, and so does the squatter, a host with an address of the pool that it was never
 * given. Draws whether the question or the answer is lost.
 */
bool lan_answers(struct world *w, unsigned node, struct ip4 address, struct hardware *ret_hardware);

/* From now on clients do not release, decline or power off. */
void lan_calm(struct lan *l);

/* From now on clients send nothing at all. */
void lan_hush(struct lan *l);

/* How many clients have been asking for an address since @since or before, in vain. */
unsigned lan_count_waiting(const struct lan *l, int64_t since);

const struct lan_counts *lan_counts(const struct lan *l);

/* Visits the clients that believe to have an address. */
struct belief {
    unsigned client;
    struct ip4 address;
    int64_t until;
    struct bytes client_key;
};

bool lan_next_belief(const struct lan *l, unsigned *cursor, struct belief *ret_belief);

#endif
