#include "storage/reservation_index.h"

#include <stdlib.h>

#include "base/err.h"

/* The first of the @n sorted @entries whose key is not below @key; @n when none. */
static unsigned lower_bound(const struct reservation_entry *entries, unsigned n, uint64_t key)
{
    unsigned low = 0;
    unsigned high = n;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (entries[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct reservation *reservation_index_of_address(
    const struct reservation_index *index, struct ip4 a)
{
    unsigned i = lower_bound(index->by_address, index->n_addresses, a.value);

    if (i == index->n_addresses || index->by_address[i].key != a.value) {
        return NULL;
    }
    return index->by_address[i].reservation;
}

static uint64_t hash_of(uint32_t subnet_id, const struct client_identity *client, unsigned set)
{
    return client_identity_hash(client, set, (uint64_t)subnet_id << 32);
}

const struct reservation *reservation_index_of_client(
    const struct reservation_index *index,
    uint32_t subnet_id,
    const struct client_identity *client,
    unsigned set)
{
    uint64_t key = hash_of(subnet_id, client, set);

    if ((index->sets >> set & 1) == 0) {
        return NULL;
    }
    for (unsigned i = lower_bound(index->by_client, index->n_clients, key); i < index->n_clients;
         i++) {
        const struct reservation_entry *e = &index->by_client[i];
        struct client_identity wanted = client_identity_of_reservation(e->reservation);

        if (e->key != key) {
            return NULL;
        }
        if (e->subnet_id == subnet_id && client_identity_set(&wanted) == set &&
            client_identity_equal(&wanted, client, set)) {
            return e->reservation;
        }
    }
    return NULL;
}

static int sort_entries(const void *a, const void *b)
{
    const struct reservation_entry *x = a;
    const struct reservation_entry *y = b;

    return x->key < y->key ? -1 : x->key > y->key ? 1 : 0;
}

static void add(struct reservation_index *index, uint32_t subnet_id, const struct reservation *r)
{
    struct client_identity client = client_identity_of_reservation(r);
    unsigned set = client_identity_set(&client);

    index->sets |= UINT32_C(1) << set;
    index->by_client[index->n_clients++] =
        (struct reservation_entry){ hash_of(subnet_id, &client, set), subnet_id, r };
    if (!ip4_is_any(r->address)) {
        index->by_address[index->n_addresses++] =
            (struct reservation_entry){ r->address.value, subnet_id, r };
    }
}

static size_t count(const struct settings *s)
{
    size_t n = 0;

    for (unsigned i = 0; i < s->n_networks; i++) {
        for (unsigned k = 0; k < s->networks[i].n_subnets; k++) {
            n += s->networks[i].subnets[k].n_reservations;
        }
    }
    return n;
}

int reservation_index_init(
    struct reservation_index *ret_index, struct arena *arena, const struct settings *s)
{
    size_t n = count(s);
    struct reservation_index index = { .n_clients = 0 };

    index.by_client = arena_array(arena, n, sizeof *index.by_client);
    index.by_address = arena_array(arena, n, sizeof *index.by_address);
    if (arena->is_exhausted) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < s->n_networks; i++) {
        for (unsigned k = 0; k < s->networks[i].n_subnets; k++) {
            const struct subnet *subnet = &s->networks[i].subnets[k];

            for (unsigned j = 0; j < subnet->n_reservations; j++) {
                add(&index, subnet->prefix.network.value, &subnet->reservations[j]);
            }
        }
    }
    qsort(index.by_client, index.n_clients, sizeof *index.by_client, sort_entries);
    qsort(index.by_address, index.n_addresses, sizeof *index.by_address, sort_entries);
    *ret_index = index;
    return 0;
}
