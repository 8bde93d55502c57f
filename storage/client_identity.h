#ifndef STORAGE_CLIENT_IDENTITY_H
#define STORAGE_CLIENT_IDENTITY_H

#include "proto/settings.h"

/*
 * Client identity - everything a reservation can know a client by
 *
 * Borrowed values; empty where the client has no such mark. A reservation names one or more of
 * them, and matches a client that has them all. Weaker marks come first: of several reservations
 * that match, the one with the strongest mark counts, and of those with the same strongest mark
 * the one with more of them (rule 62).
 */
enum client_mark {
    CLIENT_MARK_HARDWARE,   /* hardware type and address */
    CLIENT_MARK_REMOTE_ID,  /* option 82.2 */
    CLIENT_MARK_CIRCUIT_ID, /* option 82.1 */
    CLIENT_MARK_DUID,       /* of a client identifier in the form of RFC 4361, whatever its IAID */
    CLIENT_MARK_ID,         /* the client key: option 61, else hardware type and address */
    CLIENT_MARK_COUNT,
};

struct client_identity {
    uint8_t hw_type;
    struct bytes marks[CLIENT_MARK_COUNT];
};

/* Of a client that sends these; @agent_info is option 82, or empty. */
struct client_identity client_identity_of(
    struct bytes client_key, uint8_t hw_type, struct bytes hw_address, struct bytes agent_info);

/* What @r asks for; the marks it does not name are empty. */
struct client_identity client_identity_of_reservation(const struct reservation *r);

/* The marks that are not empty, a bit for each; a set is compared as a number. */
unsigned client_identity_set(const struct client_identity *c);

/* A hash of the marks in @set. */
uint64_t client_identity_hash(const struct client_identity *c, unsigned set, uint64_t seed);

/* True when the marks in @set are equal. */
bool client_identity_equal(
    const struct client_identity *a, const struct client_identity *b, unsigned set);

/* Orders by set and marks. Returns < 0, 0, > 0. */
int client_identity_compare(const struct client_identity *a, const struct client_identity *b);

#endif
