#ifndef MIGRATE_IMPORT_RSC_PARTS_H
#define MIGRATE_IMPORT_RSC_PARTS_H

#include "server/migrate/import.h"
#include "server/migrate/rsc.h"

/*
 * Import of RouterOS - what its files share, and nobody else
 *
 *   import_rsc.c          the file into records, servers, pools and networks
 *   import_rsc_options.c  DHCP options and their sets
 *   import_rsc_lease.c    static leases
 *
 * The file is read whole into records first, because servers, pools and networks refer to each
 * other by name and by address, in any order.
 */
struct rsc_record {
    struct rsc_record *next;
    struct rsc_command command;
};

struct rsc_import {
    struct plan *plan;
    const struct import_options *options;
    struct rsc_record *pools, *servers, *networks, *leases, *dhcp_options, *option_sets;
};

/* The value of @key as text; NULL when there is none or it is empty. */
const char *rsc_text(struct rsc_import *in, const struct rsc_command *c, const char *key);
bool rsc_is_yes(const struct rsc_command *c, const char *key);
const struct rsc_record *rsc_by_name(const struct rsc_record *list, const char *name);

/* Takes over what `dhcp-option` and `dhcp-option-set` of @c name. */
void rsc_take_options(
    struct rsc_import *in, const struct rsc_command *c, struct plan_option **list);

void rsc_take_lease(struct rsc_import *in, const struct rsc_command *c);

#endif
