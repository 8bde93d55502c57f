#include "base/check.h"
#include "base/reader.h"
#include "storage/network_state.h"

/* The changing part of a network map: what commands have put beside the settings. */

const struct reservation *network_map_reservation_of_address(
    const struct network_map *m, struct ip4 a)
{
    const struct reservation *r = reservation_index_of_address(&m->reservations, a);
    const struct kept_reservation *kept =
        r == NULL ? reservation_table_of_address(m->kept, a) : NULL;

    return kept == NULL ? r : &kept->value;
}

/* By exactly @set of the client's marks. */
static const struct reservation *find(
    const struct network_map *m,
    const struct subnet *s,
    const struct client_identity *client,
    unsigned set)
{
    const struct reservation *r =
        reservation_index_of_client(&m->reservations, s->prefix.network.value, client, set);
    const struct kept_reservation *kept =
        r == NULL ? reservation_table_of_client(m->kept, s->prefix, client, set) : NULL;

    return kept == NULL ? r : &kept->value;
}

const struct reservation *network_map_reservation_of_client(
    const struct network_map *m, const struct subnet *s, const struct client_identity *client)
{
    const struct reservation *r = NULL;
    unsigned has = client_identity_set(client);

    for (unsigned set = (1u << CLIENT_MARK_COUNT) - 1; set > 0 && r == NULL; set--) {
        if ((set & ~has) == 0) {
            r = find(m, s, client, set);
        }
    }
    return r;
}

const struct reservation *network_map_reservation_like(
    const struct network_map *m, const struct subnet *s, const struct client_identity *client)
{
    return find(m, s, client, client_identity_set(client));
}

const struct subnet *network_map_subnet_of_kept(
    const struct network_map *m, const struct kept_reservation *row)
{
    const struct subnet *s = NULL;

    if (row->subnet_id == 0) {
        return network_map_subnet_of(m, row->value.address, NULL);
    }
    s = network_map_subnet_of(m, ip4_of(row->subnet_id), NULL);
    return s != NULL && s->prefix.network.value == row->subnet_id ? s : NULL;
}

const struct reservation_table *network_map_kept(const struct network_map *m)
{
    return m->kept;
}

const struct block_table *network_map_blocks(const struct network_map *m)
{
    return m->blocks;
}

bool network_map_is_client_blocked(
    const struct network_map *m, struct bytes client_key, struct bytes hw_address)
{
    return block_table_of_client(m->blocks, client_key, hw_address) != NULL;
}

bool network_map_is_address_blocked(const struct network_map *m, struct ip4 a)
{
    return block_table_of_address(m->blocks, a) != NULL;
}

/* Brings the bit of @a, if it is of a pool, in step with what is known of it. */
static void refresh(struct network_map *m, struct ip4 a)
{
    const struct subnet_entry *e = network_entry_of(m, a);
    bool is_usable = e != NULL && subnet_pools_contain(e->subnet, a) &&
                     network_map_reservation_of_address(m, a) == NULL &&
                     !network_map_is_address_blocked(m, a);

    for (unsigned i = 0; e != NULL && i < e->subnet->n_pools; i++) {
        const struct pool_map *p = &e->pools[i];
        uint32_t at = a.value - p->block.value;

        if (ip4_range_contains(p->range, a)) {
            uint64_t bit = UINT64_C(1) << (at % 64);
            uint64_t *word = &e->words[i][at / 64];

            *word = is_usable ? *word | bit : *word & ~bit;
        }
    }
}

static struct ip4 address_of(const struct block_subject *subject)
{
    struct reader r = reader_of(subject->value);

    require(subject->kind == BLOCK_ADDRESS);
    return ip4_of(reader_u32(&r));
}

int network_map_put_reservation(struct network_map *m, const struct kept_reservation *row)
{
    const struct kept_reservation *old = reservation_table_find(m->kept, row->id);
    struct ip4 before = old == NULL ? row->value.address : old->value.address;
    int r = reservation_table_put(m->kept, row);

    if (r == 0) {
        refresh(m, before);
        refresh(m, row->value.address);
    }
    return r;
}

void network_map_remove_reservation(struct network_map *m, uint64_t id)
{
    const struct kept_reservation *row = reservation_table_find(m->kept, id);

    require(row != NULL);

    struct ip4 address = row->value.address;

    reservation_table_remove(m->kept, id);
    refresh(m, address);
}

int network_map_put_block(struct network_map *m, const struct block *b)
{
    int r = block_table_put(m->blocks, b);

    if (r == 0 && b->subject.kind == BLOCK_ADDRESS) {
        refresh(m, address_of(&b->subject));
    }
    return r;
}

void network_map_remove_block(struct network_map *m, const struct block_subject *subject)
{
    bool is_address = subject->kind == BLOCK_ADDRESS;
    struct ip4 address = is_address ? address_of(subject) : IP4_ANY;

    block_table_remove(m->blocks, subject);
    if (is_address) {
        refresh(m, address);
    }
}

void network_map_adopt(struct network_map *m, struct network_map *old)
{
    struct reservation_table *kept = m->kept;
    struct block_table *blocks = m->blocks;
    const struct kept_reservation *row = NULL;
    const struct block *b = NULL;
    unsigned cursor = 0;

    require(reservation_table_count(kept) == 0 && block_table_count(blocks) == 0);
    m->kept = old->kept;
    m->blocks = old->blocks;
    old->kept = kept;
    old->blocks = blocks;
    while ((row = reservation_table_next(m->kept, &cursor)) != NULL) {
        refresh(m, row->value.address);
    }
    cursor = 0;
    while ((b = block_table_next(m->blocks, &cursor)) != NULL) {
        if (b->subject.kind == BLOCK_ADDRESS) {
            refresh(m, address_of(&b->subject));
        }
    }
}
