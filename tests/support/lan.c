#include "support/lan.h"

#include <stdlib.h>

static const uint8_t director[] = { 2, 0, 0, 0, 0, 0xaa };
static const uint8_t routers[] = { 192, 168, 1, 1 };
static const uint8_t resolver[] = { 192, 168, 1, 53 };
static const uint8_t resolver_of_all[] = { 9, 9, 9, 9 };

static const struct option_value global_options[] = {
    {6,   false, { resolver_of_all, 4 }},
    { 42, true,  { resolver_of_all, 4 }},
};
static const struct option_value lan_options[] = {
    {6, false, { resolver, 4 }},
};
static const struct option_value subnet_options[] = {
    {3, false, { routers, 4 }},
};

struct ip4 lan_address(uint8_t subnet, uint8_t host)
{
    return ip4_of(0xc0a80000u | (uint32_t)subnet << 8 | host);
}

static struct network network_of(const char *name, struct lan *l)
{
    return (struct network){
        .name = bytes_of_text(name),
        .n_thresholds = 3,
        .thresholds = l->thresholds,
        .collapse = true,
        .retry_step_ms = 1000,
        .probation = { 600 },
        .echo_client_id = true,
    };
}

static void set_subnet(struct lan *l, unsigned i, struct ip4_prefix prefix, struct ip4_range range)
{
    l->pools[i] = (struct pool){ .range = range };
    l->subnets[i] = (struct subnet){
        .prefix = prefix,
        .times = {.min = { 60 }, .default_ = { 600 }, .max = { 3600 }, .headroom = { 300 }},
        .n_pools = 1,
        .pools = &l->pools[i],
    };
}

static void set_first_subnet(struct lan *l)
{
    l->exclude = (struct ip4_range){ lan_address(1, 105), lan_address(1, 105) };
    l->pools[0].n_excludes = 1;
    l->pools[0].excludes = &l->exclude;
    l->reservations[0] = (struct reservation){
        .hw_type = 1,
        .hw_address = {director, sizeof director},
        .address = lan_address(1, 10),
        .hostname = bytes_of_text("director"),
    };
    l->reservations[1] = (struct reservation){
        .client_id = bytes_of_text("printer"),
        .address = lan_address(1, 103),
    };
    l->subnets[0].n_reservations = 2;
    l->subnets[0].reservations = l->reservations;
    l->subnets[0].options = (struct option_list){ 1, subnet_options };
}

void lan_init(struct lan *l)
{
    *l = (struct lan){
        .settings = {.options = { 2, global_options }, .n_networks = 3, .networks = l->networks}
    };
    for (uint32_t i = 0; i < 3; i++) {
        l->thresholds[i] = (struct threshold){ i + 1, 0 };
    }
    set_subnet(
        l,
        0,
        (struct ip4_prefix){ lan_address(1, 0), 24 },
        (struct ip4_range){ lan_address(1, 100), lan_address(1, 109) });
    set_subnet(
        l,
        1,
        (struct ip4_prefix){ lan_address(2, 0), 24 },
        (struct ip4_range){ lan_address(2, 100), lan_address(2, 101) });
    set_subnet(
        l,
        2,
        (struct ip4_prefix){ ip4_of(0x0a010000), 16 },
        (struct ip4_range){ ip4_of(0x0a01000a), ip4_of(0x0a010013) });
    set_first_subnet(l);
    l->networks[0] = network_of("lan", l);
    l->networks[0].options = (struct option_list){ 1, lan_options };
    l->networks[0].n_subnets = 2;
    l->networks[0].subnets = &l->subnets[0];
    l->networks[1] = network_of("guests", l);
    l->networks[1].n_subnets = 1;
    l->networks[1].subnets = &l->subnets[2];
    l->networks[2] = network_of("empty", l);
}

struct network_map *lan_map(const struct lan *l)
{
    struct settings_problem problem;
    struct settings_document *document = NULL;
    struct network_map *map = NULL;
    uint8_t *encoded = NULL;
    size_t size = 0;
    unsigned n = 0;

    if (settings_check(&l->settings, &problem, 1, &n) != 0 || n > 0 ||
        settings_encode(&l->settings, &encoded, &size) != 0) {
        return NULL;
    }
    if (settings_decode((struct bytes){ encoded, size }, &document) == 0) {
        (void)network_map_new(&map, document, 1);
    }
    free(encoded);
    return map;
}
