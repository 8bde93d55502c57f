#ifndef CONFIG_SETTINGS_SCHEMA_H
#define CONFIG_SETTINGS_SCHEMA_H

#include "server/config/settings_values.h"

/*
 * Settings schema - the keys of network.yaml as tables
 *
 * The records are those of proto/settings.h, with the times of the outer scopes beside them
 * until they are inherited.
 */

struct network_record {
    struct network value; /* `subnets` is filled; its times may be unset */
    struct lease_times times;
};

struct settings_record {
    struct option_list options;
    struct lease_times times;
    unsigned n_networks;
    struct network_record *networks;
    unsigned n_classes;
    struct client_class *classes;
};

/* A reservation that stands by itself; `value` comes first. */
struct single_reservation {
    struct reservation value;
    struct ip4_prefix subnet; /* of one without an address */
};

extern const struct schema settings_schema;
extern const struct schema single_reservation_schema;

#endif
