#ifndef MIGRATE_IMPORT_H
#define MIGRATE_IMPORT_H

#include "server/migrate/plan.h"

/*
 * Import - files of other DHCP servers, read into a plan
 *
 * A problem (PLAN_PROBLEM) means that the plan must not be used. Any bytes are read; what is not
 * understood is a note with its line. Returns 0 or ERR_NOMEM.
 */
struct import_options {
    const char *charset;    /* of comments that are not UTF-8 */
    const char *const *map; /* "THEIRS=OURS", names of servers and networks */
    unsigned n_map;
};

struct import_format {
    const char *name; /* "rsc" */
    const char *text; /* what the files are, for people */
    int (*read)(struct plan *p, struct bytes text, const struct import_options *options);
};

extern const struct import_format import_formats[];
extern const unsigned import_n_formats;

const struct import_format *import_format_by_name(const char *name); /* or NULL */

/* Our name for @theirs: what --map says, else a name made of it. */
const char *import_name(struct plan *p, const struct import_options *options, const char *theirs);

int import_rsc(struct plan *p, struct bytes text, const struct import_options *options);
int import_kea(struct plan *p, struct bytes text, const struct import_options *options);
int import_dhcpd(struct plan *p, struct bytes text, const struct import_options *options);
int import_dnsmasq(struct plan *p, struct bytes text, const struct import_options *options);

#endif
