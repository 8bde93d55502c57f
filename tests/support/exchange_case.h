#ifndef EXCHANGE_CASE_H
#define EXCHANGE_CASE_H

#include "server/policy/decision.h"
#include "support/client.h"

/* Exchange case - what the component tests of the exchange share: one node, opened anew for each. */
extern struct one_node node;

/* cmocka's setup and teardown. The node alone serves: the order of nodes is unit/test_responder.c. */
int exchange_case_setup(void **state);
int exchange_case_teardown(void **state);

/* How many exchanges ended for @reason. */
uint64_t count_of(enum reason reason);

#endif
