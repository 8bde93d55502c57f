#include "sim/settings.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/own.h"
#include "proto/settings_codec.h"
#include "sim/check.h"
#include "sim/node.h"

enum { AGAIN_MS = 1000 };

/* Returns the encoded settings, which the caller frees. */
static uint8_t *encode(const struct world *w, size_t *ret_n)
{
    static const uint8_t first_client[] = { 2, 0, 0, 0, 0, 1 };
    struct reservation reservation = {
        .hw_type = 1,
        .hw_address = bytes_of(first_client, sizeof first_client),
        .address = ip4_of(SIM_RESERVED),
    };
    struct pool pool = {
        .range = {ip4_of(SIM_POOL_FIRST), ip4_of(SIM_POOL_FIRST + SIM_POOL_SIZE - 1)},
    };
    struct subnet subnet = {
        .prefix = {ip4_of(0x0a000000), 24                       },
        .times = { .min = { 2 }, .default_ = { 12 }, .max = { 60 }, .headroom = { w->headroom_s } },
        .conflict_detection = CONFLICT_DETECTION_ARP,
        .n_pools = 1,
        .pools = &pool,
        .n_reservations = 1,
        .reservations = &reservation,
    };
    struct threshold thresholds[] = {
        {1,  0   },
        { 2, 2000},
        { 3, 4000}
    };
    struct network network = {
        .name = bytes_of_text("lan"),
        .n_thresholds = ARRAY_LENGTH(thresholds),
        .thresholds = thresholds,
        .collapse = true,
        .retry_step_ms = 1000,
        .authoritative = AUTHORITATIVE_AFTER_2S,
        .probation = {15               },
        .echo_client_id = true,
        .limits = { .leases_per_hardware = 2,
                      .declines = 3,
                      .new_clients_when_low = 10,
                      .low_percent = 10 },
        .rapid_commit = true,
        .n_subnets = 1,
        .subnets = &subnet,
    };
    struct settings settings = { .n_networks = 1, .networks = &network };

    uint8_t *encoded = NULL;

    require(settings_encode(&settings, &encoded, ret_n) == 0);
    return encoded;
}

static void propose(void *data)
{
    struct world *w = data;
    struct node *n = w->nodes[1 + random_below(&w->random, w->n_nodes)];
    struct command c = {
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {.version = 1, .source = bytes_of_text("simulation")},
    };

    if (node_is_alive(n) && network_map_version(store_map(node_store(n))) > 0) {
        return;
    }

    size_t size = 0;
    uint8_t *document = encode(w, &size);

    c.put_settings.document = bytes_of(document, size);
    node_propose(n, &c);
    free(document);
    event_schedule(
        &w->queue, (struct event){ .at = w->queue.now + AGAIN_MS, .fire = propose, .data = w });
}

void sim_settings_propose(struct world *w)
{
    propose(w);
}
