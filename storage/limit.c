#include "storage/limit.h"

/* Of which hardware and circuit, and how many bound leases of each end with the one to come. */
struct counting {
    uint64_t hardware, circuit;
    uint32_t n_hardware, n_circuit;
};

static void note_ending(struct counting *c, const struct lease *l)
{
    if (l->state == LEASE_BOUND) {
        c->n_hardware += tally_tag_of_hardware(l->hw_type, l->hw_address) == c->hardware;
        c->n_circuit += tally_tag_of_circuit(l->relay, l->agent_info) == c->circuit;
    }
}

static bool is_of_network(
    const struct network_map *map, const struct network *network, struct ip4 address)
{
    const struct network *of_row = NULL;

    return network_map_subnet_of(map, address, &of_row) != NULL && of_row == network;
}

static bool is_full(const struct tally *t, uint64_t tag, uint32_t n_ending, uint32_t limit)
{
    return limit > 0 && tag != 0 && tally_count(t, tag) - n_ending >= limit;
}

bool limit_is_reached(
    const struct network_map *map,
    const struct lease_table *leases,
    const struct network *network,
    const struct lease *wanted)
{
    const struct network_limits *limits = &network->limits;
    const struct tally *tally = lease_table_tally(leases);
    struct counting c = {
        .hardware = tally_tag_of_hardware(wanted->hw_type, wanted->hw_address),
        .circuit = tally_tag_of_circuit(wanted->relay, wanted->agent_info),
    };
    uint64_t cursor = 0;
    struct lease l;

    if (limits->leases_per_hardware == 0 && limits->leases_per_circuit == 0) {
        return false;
    }
    if (lease_table_find(leases, wanted->address, &l)) {
        note_ending(&c, &l);
    }
    while (lease_table_next_of_client(leases, wanted->client_key, &cursor, &l) &&
           !lease_state_is_remembered(l.state)) { /* these come last */
        if (!ip4_equal(l.address, wanted->address) && is_of_network(map, network, l.address)) {
            note_ending(&c, &l);
        }
    }
    return is_full(tally, c.hardware, c.n_hardware, limits->leases_per_hardware) ||
           is_full(tally, c.circuit, c.n_circuit, limits->leases_per_circuit);
}
