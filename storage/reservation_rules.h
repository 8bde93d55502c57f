#ifndef STORAGE_RESERVATION_RULES_H
#define STORAGE_RESERVATION_RULES_H

#include "storage/lease/table.h"
#include "storage/network.h"

/*
 * Reservation rules - may this reservation be put beside the settings? Pure.
 *
 * Asked by apply, which has the last word, and by whoever explains its refusal to a person.
 */
enum reservation_fault {
    RESERVATION_FITS = 0,
    RESERVATION_NO_SUBNET,        /* its address, or what it names, is no subnet of the settings */
    RESERVATION_UNSOUND,          /* by itself; `text` says how */
    RESERVATION_TOO_MANY,         /* there are RESERVATIONS_MAX */
    RESERVATION_ADDRESS_RESERVED, /* by `other` */
    RESERVATION_CLIENT_RESERVED,  /* the client has `other` in the subnet */
    RESERVATION_ADDRESS_LEASED,   /* `lease`, of another client, holds the address */
};

struct reservation_verdict {
    enum reservation_fault fault;
    const struct reservation *other;
    uint64_t other_id; /* 0: it is of the settings */
    struct lease lease;
    char text[200];
};

/* @id: what is to be put, which is in nobody's way but its own. @now: cluster time. */
void reservation_judge(
    const struct network_map *map,
    const struct lease_table *leases,
    const struct kept_reservation *row,
    struct instant now,
    struct reservation_verdict *ret_verdict);

/*
 * The first of @kept that does not go with @map, new settings that have nothing beside them yet;
 * NULL when all do. Leases are not looked at.
 */
const struct kept_reservation *reservation_misfit(
    const struct network_map *map,
    const struct reservation_table *kept,
    unsigned *cursor,
    struct reservation_verdict *ret_verdict);

/* What is wrong with @r by itself in subnet @s: false with a sentence in @text, 200 bytes. */
bool reservation_check(const struct subnet *s, const struct reservation *r, char *text);

#endif
