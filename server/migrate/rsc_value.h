#ifndef MIGRATE_RSC_VALUE_H
#define MIGRATE_RSC_VALUE_H

#include "server/migrate/plan.h"

/* Rsc value - the values of RouterOS, as network.yaml writes them; pure */

/* What an option value may refer to; NULL: not known. */
struct rsc_names {
    const char *gateway; /* $(NETWORK_GATEWAY) */
};

/* "1w2d3h4m5s", "03:04:05", "1w2d03:04:05", "forever", "none" (0). False when it is no time. */
bool rsc_parse_time(struct bytes value, uint64_t *ret_seconds);

/* Colon hex in lower case, or NULL; separators ':', '-' and '.' are read. */
const char *rsc_hw_address(struct plan *p, struct bytes value);

/*
 * The octets of a client-id as colon hex: "1:2:0:aa" (no leading zeros), "0x...", or a text, which
 * stands for its characters. NULL when it is shorter than 2 octets or longer than 255.
 */
const char *rsc_client_id(struct plan *p, struct bytes value);

/* True when @client_id is 01 and @hw_address: what most clients send, and no news. */
bool rsc_is_plain_client_id(const char *client_id, const char *hw_address);

/*
 * An option's value by RouterOS' grammar ('text', s'text', '10.0.0.1', 0x..., $(NAME), joined) as
 * "0x..." for option-N. NULL when it cannot be said without the router; *@ret_why tells.
 */
const char *rsc_option_value(
    struct plan *p, struct bytes value, const struct rsc_names *names, const char **ret_why);

#endif
