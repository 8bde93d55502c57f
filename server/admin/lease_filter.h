#ifndef ADMIN_LEASE_FILTER_H
#define ADMIN_LEASE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip4.h"

/*
 * Lease filter - which leases are wanted, without SQL; pure
 *
 * Each key takes a value of a strict form, so that what becomes part of the statement cannot be
 * anything but that value.
 */
enum {
    LEASE_FILTER_VALUE_MAX = 520, /* a client id in hex */
    LEASE_FILTER_KEYS_MAX = 8,
    LEASE_FILTER_SQL_MAX = 8 * (LEASE_FILTER_VALUE_MAX * 2 + 64),
    LEASE_FILTER_ERROR_MAX = 160,
    LEASE_FILTER_LIMIT_DEFAULT = 1000,
};

struct lease_filter {
    unsigned n;

    struct {
        const char *column;
        char value[LEASE_FILTER_VALUE_MAX];
    } conditions[LEASE_FILTER_KEYS_MAX];

    unsigned limit;   /* 0: the default */
    struct ip4 after; /* only addresses above this one: `next` of the answer before */
};

struct lease_filter_key {
    const char *name;
    const char *expected;
};

/* All keys; ends with a NULL name. */
extern const struct lease_filter_key lease_filter_keys[];

/* Adds one condition. False, with a sentence in @error, for an unknown key or a bad value. */
bool lease_filter_set(
    struct lease_filter *f, const char *key, const char *value, char error[LEASE_FILTER_ERROR_MAX]);

/*
 * Writes the statement into @out, LEASE_FILTER_SQL_MAX bytes. Sets the limit when none is set and
 * asks for one row more, so that it shows whether more follow. Returns @out.
 */
const char *lease_filter_sql(struct lease_filter *f, char *out);

#endif
