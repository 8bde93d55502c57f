#include "storage/client_identity.h"

#include "base/hash.h"
#include "proto/command.h"
#include "proto/dhcp/agent_info.h"
#include "proto/dhcp/client_id.h"

enum { HARDWARE_BIT = 1u << CLIENT_MARK_HARDWARE };

static struct bytes sub_option(struct bytes agent_info, uint8_t code)
{
    struct bytes value = { 0 };

    return agent_info_find(agent_info, code, &value) == 0 ? value : (struct bytes){ 0 };
}

struct client_identity client_identity_of(
    struct bytes client_key, uint8_t hw_type, struct bytes hw_address, struct bytes agent_info)
{
    /* What is longer is not in the command either: apply is to see the same client. */
    struct bytes known = agent_info.n <= AGENT_INFO_MAX ? agent_info : (struct bytes){ 0 };

    return (struct client_identity){
        .hw_type = hw_type,
        .marks = {
            [CLIENT_MARK_HARDWARE] = hw_address,
            [CLIENT_MARK_REMOTE_ID] = sub_option(known, AGENT_INFO_REMOTE_ID),
            [CLIENT_MARK_CIRCUIT_ID] = sub_option(known, AGENT_INFO_CIRCUIT_ID),
            [CLIENT_MARK_DUID] = client_id_duid(client_key),
            [CLIENT_MARK_ID] = client_key,
        },
    };
}

struct client_identity client_identity_of_reservation(const struct reservation *r)
{
    return (struct client_identity){
        .hw_type = r->hw_type,
        .marks = {
            [CLIENT_MARK_HARDWARE] = r->hw_address,
            [CLIENT_MARK_REMOTE_ID] = r->remote_id,
            [CLIENT_MARK_CIRCUIT_ID] = r->circuit_id,
            [CLIENT_MARK_DUID] = r->duid,
            [CLIENT_MARK_ID] = r->client_id,
        },
    };
}

unsigned client_identity_set(const struct client_identity *c)
{
    unsigned set = 0;

    for (unsigned i = 0; i < CLIENT_MARK_COUNT; i++) {
        set |= (c->marks[i].n > 0 ? 1u : 0u) << i;
    }
    return set;
}

uint64_t client_identity_hash(const struct client_identity *c, unsigned set, uint64_t seed)
{
    uint64_t hash = seed ^ set;

    if ((set & HARDWARE_BIT) != 0) {
        hash ^= (uint64_t)c->hw_type << 8;
    }
    for (unsigned i = 0; i < CLIENT_MARK_COUNT; i++) {
        if ((set >> i & 1) != 0) {
            hash = hash64(c->marks[i], hash);
        }
    }
    return hash;
}

bool client_identity_equal(
    const struct client_identity *a, const struct client_identity *b, unsigned set)
{
    if ((set & HARDWARE_BIT) != 0 && a->hw_type != b->hw_type) {
        return false;
    }
    for (unsigned i = 0; i < CLIENT_MARK_COUNT; i++) {
        if ((set >> i & 1) != 0 && !bytes_equal(a->marks[i], b->marks[i])) {
            return false;
        }
    }
    return true;
}

int client_identity_compare(const struct client_identity *a, const struct client_identity *b)
{
    unsigned set = client_identity_set(a);
    int order = (int)set - (int)client_identity_set(b);

    if (order == 0 && (set & HARDWARE_BIT) != 0) {
        order = a->hw_type - b->hw_type;
    }
    for (unsigned i = 0; order == 0 && i < CLIENT_MARK_COUNT; i++) {
        order = bytes_compare(a->marks[i], b->marks[i]);
    }
    return order;
}
