#ifndef SERVER_POLICY_CHOOSE_H
#define SERVER_POLICY_CHOOSE_H

#include "proto/dhcp/reply.h"
#include "proto/dhcp/request.h"
#include "storage/network.h"

/*
 * Choose - which options and boot fields a client may get
 *
 * The more specific scope goes first: reservation, classes (in the order of the document), pool,
 * subnet, network, global. Which of them are sent is for the reply to say: what the client asks
 * for or what is forced, as far as there is room. Pure: settings, request and address alone decide,
 * so that every node gives the same (rule 75).
 */
enum {
    CHOICE_OPTIONS_MAX = 254, /* each code once */
};

struct choose_facts {
    const struct network_map *map;
    const struct request *request;
    const struct network *network;
    const struct subnet *subnet;
    const struct reservation *reservation; /* of the client in the subnet, or NULL */
    const struct class_set *classes;       /* of the client */
    struct ip4 address;                    /* the client's; its pool may have options */
};

/* Borrows from the map, from the request and from itself. */
struct choice {
    size_t n;
    struct reply_option options[CHOICE_OPTIONS_MAX];
    struct boot_settings boot;
    uint8_t mask[4], broadcast[4];
};

void choose(const struct choose_facts *facts, struct choice *ret_choice);

#endif
