#ifndef CLIENT_H
#define CLIENT_H

#include "support/one_node.h"
#include "support/packet.h"

/*
 * Client - what a DHCP client says to one node, and how it reads the answer
 *
 * Clients are numbered; number 0xaa has the hardware address of lan.h's reservation.
 */
struct client_says {
    enum message_type type;
    uint8_t client;
    struct ip4 ciaddr, giaddr, wanted, server_id;
    uint32_t lease; /* option 51 */
    uint32_t xid;   /* 0: another each time */
    uint16_t secs, flags;
    bool is_unicast;
    bool wants_rapid_commit;
    struct bytes parameters; /* option 55 */
    struct bytes client_id;  /* option 61 */
    struct bytes host_name;
    struct bytes fqdn; /* option 81 */
    struct bytes agent_info;
};

/* Sends the message to @o and returns how many replies came at once. */
unsigned client_say(struct one_node *o, struct client_says says);

/* The last reply, read; valid until the next reply. */
const struct message *client_heard(const struct one_node *o);

struct client_says client_selecting(uint8_t client, struct ip4 address, struct ip4 server_id);
struct client_says client_renewing(uint8_t client, struct ip4 address);

/* The test fails unless the last reply was this. */
void client_assert_heard(const struct one_node *o, enum message_type type, struct ip4 yiaddr);

/* Lets the client have an OFFER, or a lease committed; the test fails if it does not get it. */
struct ip4 client_get_offer(struct one_node *o, uint8_t client);
struct ip4 client_get_lease(struct one_node *o, uint8_t client);

#endif
