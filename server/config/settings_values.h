#ifndef CONFIG_SETTINGS_VALUES_H
#define CONFIG_SETTINGS_VALUES_H

#include "proto/settings.h"
#include "server/config/walk.h"

/* Settings values - readers of values that only network.yaml has */

/* Times of a scope that names none of them. */
#define TIMES_NONE                                                                         \
    {                                                                                      \
        .min = { TIMES_UNSET_S }, .default_ = { TIMES_UNSET_S }, .max = { TIMES_UNSET_S }, \
        .headroom = { TIMES_UNSET_S },                                                     \
    }

extern const char settings_no_service_address[];

/* Where a network says nothing. */
#define LIMITS_DEFAULT                                               \
    {                                                                \
        .declines = 8, .new_clients_when_low = 5, .low_percent = 10, \
    }

WALK_READER(settings_read_prefix);      /* struct ip4_prefix */
WALK_READER(settings_read_range);       /* struct ip4_range */
WALK_READER(settings_read_excludes);    /* of a struct pool */
WALK_READER(settings_read_hw_address);  /* of a struct reservation */
WALK_READER(settings_read_client_id);   /* of a struct reservation */
WALK_READER(settings_read_duid);        /* of a struct reservation */
WALK_READER(settings_read_agent_id);    /* struct bytes: a text, or 0x and hex */
WALK_READER(settings_read_hw_type);     /* uint8_t */
WALK_READER(settings_read_hostname);    /* struct bytes */
WALK_READER(settings_read_comment);     /* struct bytes */
WALK_READER(settings_read_limits);      /* struct network_limits */
WALK_READER(settings_read_tags);        /* struct bytes: a list of names, with one space between */
WALK_READER(settings_read_server_id);   /* of a struct network */
WALK_READER(settings_read_lease_time);  /* struct lease_times: a mapping, or the default alone */
WALK_READER(settings_read_moment);      /* struct lease_moment: a duration or a percentage */
WALK_READER(settings_read_bootp_lease); /* struct seconds: a duration, or lease-time for 0 */
WALK_READER(settings_read_match_client_id); /* of a struct network */

extern const struct schema settings_lease_time_schema;
extern const struct schema settings_limits_schema;

/* Fills in what @times leaves unset from @outer. */
void times_inherit(struct lease_times *times, const struct lease_times *outer);

/* Fills in what no scope has set. */
void times_complete(struct lease_times *times);

#endif
