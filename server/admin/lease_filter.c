#include "server/admin/lease_filter.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/ip4.h"
#include "base/own.h"
#include "server/admin/rows.h"
#include "server/config/values.h"

static bool is_address(const char *value)
{
    struct ip4 a = IP4_ANY;

    return ip4_parse(value, &a);
}

static bool is_state(const char *value)
{
    static const char *const states[] = { "bound", "released", "expired", "declined", "revoked" };

    for (unsigned i = 0; i < ARRAY_LENGTH(states); i++) {
        if (strcmp(value, states[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_hex(const char *value)
{
    return value[0] != '\0' && strspn(value, "0123456789abcdefABCDEF:-") == strlen(value);
}

static bool is_text(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~') {
            return false;
        }
    }
    return value[0] != '\0';
}

static bool is_node(const char *value)
{
    uint64_t node = 0;

    return values_parse_number(value, UINT32_MAX, &node);
}

static bool is_limit(const char *value)
{
    uint64_t limit = 0;

    return values_parse_number(value, ROWS_MAX, &limit) && limit >= 1;
}

/* Beside each key: its test, and the column of the view `leases` it is compared with. */
static const struct {
    bool (*is_good)(const char *value);
    const char *column; /* NULL: no condition */
} checks[] = {
    {is_address,      "address_n" },
    { values_is_name, "network"   },
    { is_state,       "state"     },
    { is_hex,         "hw_address"},
    { is_hex,         "client_id" },
    { is_text,        "hostname"  },
    { is_node,        "node"      },
    { is_limit,       NULL        },
    { is_address,     NULL        },
};

const struct lease_filter_key lease_filter_keys[] = {
    {"address",     "an IPv4 address"                              },
    { "network",    "the name of a network"                        },
    { "state",      "bound, released, expired, declined or revoked"},
    { "hw-address", "a hardware address like 02:00:00:00:00:01"    },
    { "client-id",  "a client identifier in hex"                   },
    { "hostname",   "a host name; * stands for anything"           },
    { "node",       "the number of a node"                         },
    { "limit",      "a number from 1 to 10000"                     },
    { "after",      "what \"next\" of an answer says"              },
    { NULL,         NULL                                           },
};

_Static_assert(ARRAY_LENGTH(checks) + 1 == ARRAY_LENGTH(lease_filter_keys), "a check for each key");

/* Hex as the view shows it: lower case, with colons (hardware address) or without (client id). */
static void normalise_hex(const char *value, bool has_colons, char *out)
{
    size_t n = 0;
    size_t digits = 0;

    for (const char *p = value; *p != '\0' && n + 2 < LEASE_FILTER_VALUE_MAX; p++) {
        if (isxdigit((unsigned char)*p)) {
            if (has_colons && digits > 0 && digits % 2 == 0) {
                out[n++] = ':';
            }
            out[n++] = (char)tolower((unsigned char)*p);
            digits++;
        }
    }
    out[n] = '\0';
}

static void add_condition(struct lease_filter *f, const char *column, const char *value)
{
    require(f->n < LEASE_FILTER_KEYS_MAX);

    char *to = f->conditions[f->n].value;
    struct ip4 address = IP4_ANY;

    f->conditions[f->n++].column = column;
    if (strcmp(column, "address_n") == 0) {
        (void)ip4_parse(value, &address);
        (void)snprintf(to, LEASE_FILTER_VALUE_MAX, "%" PRIu32, address.value);
    } else if (strcmp(column, "hw_address") == 0 || strcmp(column, "client_id") == 0) {
        normalise_hex(value, column[0] == 'h', to);
    } else {
        (void)snprintf(to, LEASE_FILTER_VALUE_MAX, "%s", value);
    }
}

/* Where the page begins and how long it is; the value was found good. */
static void set_page(struct lease_filter *f, const char *key, const char *value)
{
    uint64_t limit = 0;

    if (strcmp(key, "after") == 0) {
        (void)ip4_parse(value, &f->after);
    } else if (values_parse_number(value, ROWS_MAX, &limit)) {
        f->limit = (unsigned)limit;
    }
}

bool lease_filter_set(
    struct lease_filter *f, const char *key, const char *value, char error[LEASE_FILTER_ERROR_MAX])
{
    unsigned i = 0;

    while (i < ARRAY_LENGTH(checks) && strcmp(lease_filter_keys[i].name, key) != 0) {
        i++;
    }
    if (i == ARRAY_LENGTH(checks)) {
        (void)snprintf(error, LEASE_FILTER_ERROR_MAX, "leases have no filter of this name");
        return false;
    }
    if (strlen(value) >= LEASE_FILTER_VALUE_MAX || !checks[i].is_good(value) ||
        (checks[i].column != NULL && f->n == LEASE_FILTER_KEYS_MAX)) {
        (void)snprintf(
            error, LEASE_FILTER_ERROR_MAX, "%s: expected %s", key, lease_filter_keys[i].expected);
        return false;
    }
    if (checks[i].column == NULL) {
        set_page(f, key, value);
    } else {
        add_condition(f, checks[i].column, value);
    }
    return true;
}

/* Appends a number as it is, everything else as a SQL string: quotes doubled. */
static size_t append_value(char *out, size_t at, const char *column, const char *text)
{
    if (strcmp(column, "address_n") == 0) {
        return at + (size_t)snprintf(out + at, LEASE_FILTER_SQL_MAX - at, "%s", text);
    }
    out[at++] = '\'';
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            out[at++] = '\'';
        }
        out[at++] = *p;
    }
    out[at++] = '\'';
    out[at] = '\0';
    return at;
}

const char *lease_filter_sql(struct lease_filter *f, char *out)
{
    size_t at = (size_t)snprintf(
        out,
        LEASE_FILTER_SQL_MAX,
        "SELECT * FROM leases WHERE address_n > %" PRIu32,
        f->after.value);

    f->limit = f->limit == 0 ? LEASE_FILTER_LIMIT_DEFAULT : f->limit;
    for (unsigned i = 0; i < f->n; i++) {
        const char *column = f->conditions[i].column;

        at += (size_t)snprintf(
            out + at,
            LEASE_FILTER_SQL_MAX - at,
            " AND %s %s ",
            column,
            strcmp(column, "hostname") == 0 ? "GLOB" : "=");
        at = append_value(out, at, column, f->conditions[i].value);
    }
    (void)snprintf(
        out + at, LEASE_FILTER_SQL_MAX - at, " ORDER BY address_n LIMIT %u", f->limit + 1);
    return out;
}
