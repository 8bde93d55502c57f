#include "support/sample_settings.h"

#include <stdlib.h>

#include "base/check.h"
#include "proto/settings_codec.h"

static struct subnet subnet_of(uint32_t network, uint8_t length, struct pool *pools, unsigned n)
{
    return (struct subnet){
        .prefix = {{ network },       length             },
        .times = { .min = { 60 }, .default_ = { 600 }, .max = { 86400 }, .headroom = { 300 } },
        .pools = pools,
        .n_pools = n,
    };
}

static struct network network_of(const char *name, struct subnet *subnets, unsigned n)
{
    return (struct network){
        .name = bytes_of_text(name),
        .collapse = true,
        .retry_step_ms = 1000,
        .probation = { 3600 },
        .echo_client_id = true,
        .subnets = subnets,
        .n_subnets = n,
    };
}

void sample_settings_init(struct sample_settings *s)
{
    s->excludes[0] = (struct ip4_range){ { 0x0a000014 }, { 0x0a00001d } };
    s->lan_pools[0] = (struct pool){
        .range = {{ 0x0a00000a }, { 0x0a000063 }},
        .n_excludes = 1,
        .excludes = s->excludes,
    };
    s->lan_pools[1] = (struct pool){
        .range = {{ 0x0a000096 }, { 0x0a00009f }},
    };
    s->second_pools[0] = (struct pool){
        .range = {{ 0x0a00010a }, { 0x0a000113 }},
    };
    s->guest_pools[0] = (struct pool){
        .range = {{ 0x0a010100 }, { 0x0a0104ff }},
    };
    s->reservations[0] = (struct reservation){
        .hw_type = 1,
        .hw_address = bytes_of("\x02\x00\x00\x00\x00\x05", 6),
        .address = { 0x0a000005 },
    };
    s->reservations[1] = (struct reservation){
        .client_id = bytes_of_text("fifty"),
        .address = { 0x0a000032 },
    };
    s->options[0] = (struct option_value){ 3, false, bytes_of("\x0a\x00\x00\x01", 4) };
    s->options[1] = (struct option_value){ 6, true, bytes_of("\x0a\x00\x00\x01", 4) };
    s->thresholds[0] = (struct threshold){ 1, 0 };
    s->thresholds[1] = (struct threshold){ 2, 10000 };
    s->lan[0] = subnet_of(0x0a000000, 24, s->lan_pools, 2);
    s->lan[0].reservations = s->reservations;
    s->lan[0].n_reservations = 2;
    s->lan[0].options = (struct option_list){ 2, s->options };
    s->lan[1] = subnet_of(0x0a000100, 24, s->second_pools, 1);
    s->guest[0] = subnet_of(0x0a010000, 16, s->guest_pools, 1);
    s->networks[0] = network_of("lan", s->lan, 2);
    s->networks[0].thresholds = s->thresholds;
    s->networks[0].n_thresholds = 2;
    s->networks[1] = network_of("guest", s->guest, 1);
    s->settings = (struct settings){ .n_networks = 2, .networks = s->networks };
}

struct settings_document *sample_settings_document(const struct sample_settings *s)
{
    struct settings_document *d = NULL;
    uint8_t *encoded = NULL;
    size_t n = 0;

    require(settings_encode(&s->settings, &encoded, &n) == 0);
    require(settings_decode(bytes_of(encoded, n), &d) == 0);
    free(encoded);
    return d;
}
