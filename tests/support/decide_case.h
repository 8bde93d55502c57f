#ifndef DECIDE_CASE_H
#define DECIDE_CASE_H

#include "server/policy/decide.h"
#include "support/lan.h"

/* Decide case - what the tests of decide() share: a request of client c1 in network lan, and rows. */
enum { NOW_MS = 1000000000 };

extern struct lan lan; /* scene() puts it in force */
extern struct network_map *map;
extern struct lease_table *leases;
extern struct message message;
extern struct request request;
extern struct decide_facts facts;
extern struct ip4 offered_to_other;
extern const struct ip4 my_id;

/* cmocka's setup and teardown. */
int decide_case_setup(void **state);
int decide_case_teardown(void **state);

/* Makes the map again after a change of `lan`, and a request of client c1 in network lan. */
void scene(enum request_kind kind, struct ip4 address);

/*
 * A row of @client: renewed a minute ago, promised for nine more, held for fourteen; a state other
 * than bound or declined has ended.
 */
struct lease row_of(struct ip4 address, const char *client, enum lease_state state);
void put(struct ip4 address, const char *client, enum lease_state state);

struct decision decided(void);

/* The test fails unless this is what is decided. */
void assert_decided(enum verdict verdict, enum reason reason);
void assert_offered(struct ip4 address);

#endif
