#ifndef SAMPLE_SETTINGS_H
#define SAMPLE_SETTINGS_H

#include "proto/settings.h"

/*
 * Sample settings - a small document without faults whose every part a test may change
 *
 * Network "lan": 10.0.0.0/24 with the pools .10-.99 (without .20-.29) and .150-.159, and
 * reservations of .5 (hardware 02:00:00:00:00:05), .50 (client id "fifty", inside the pool);
 * 10.0.1.0/24 with the pool .10-.19. Network "guest": 10.1.0.0/16 with the pool 10.1.1.0-10.1.4.255.
 */
struct sample_settings {
    struct settings settings;
    struct network networks[2];
    struct threshold thresholds[2];
    struct subnet lan[2];
    struct subnet guest[1];
    struct pool lan_pools[2];
    struct pool second_pools[1];
    struct pool guest_pools[1];
    struct ip4_range excludes[1];
    struct reservation reservations[2];
    struct option_value options[2];
};

void sample_settings_init(struct sample_settings *s);

/* A copy as network_map_new() takes it. */
struct settings_document *sample_settings_document(const struct sample_settings *s);

#endif
