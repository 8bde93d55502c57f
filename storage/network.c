#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "storage/network_state.h"

uint64_t network_map_version(const struct network_map *m)
{
    return m->version;
}

const struct settings *network_map_settings(const struct network_map *m)
{
    static const struct settings none = { .n_networks = 0 };

    return m->document == NULL ? &none : &m->document->value;
}

const struct network *network_map_by_name(const struct network_map *m, struct bytes name)
{
    const struct settings *s = network_map_settings(m);

    for (unsigned i = 0; i < s->n_networks; i++) {
        if (bytes_equal(s->networks[i].name, name)) {
            return &s->networks[i];
        }
    }
    return NULL;
}

const struct subnet_entry *network_entry_of(const struct network_map *m, struct ip4 a)
{
    unsigned low = 0;
    unsigned high = m->n_subnets;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const struct subnet_entry *e = &m->subnets[middle];

        if (a.value < e->first.value) {
            high = middle;
        } else if (a.value > e->last.value) {
            low = middle + 1;
        } else {
            return e;
        }
    }
    return NULL;
}

const struct subnet *network_map_subnet_of(
    const struct network_map *m, struct ip4 a, const struct network **ret_network)
{
    const struct subnet_entry *e = network_entry_of(m, a);

    if (e == NULL) {
        return NULL;
    }
    if (ret_network != NULL) {
        *ret_network = e->network;
    }
    return e->subnet;
}

static bool pool_contains(const struct pool *p, struct ip4 a)
{
    if (!ip4_range_contains(p->range, a)) {
        return false;
    }
    for (unsigned i = 0; i < p->n_excludes; i++) {
        if (ip4_range_contains(p->excludes[i], a)) {
            return false;
        }
    }
    return true;
}

const struct pool *subnet_pool_of(const struct subnet *s, struct ip4 a)
{
    for (unsigned i = 0; i < s->n_pools; i++) {
        if (pool_contains(&s->pools[i], a)) {
            return &s->pools[i];
        }
    }
    return NULL;
}

bool subnet_pools_contain(const struct subnet *s, struct ip4 a)
{
    return subnet_pool_of(s, a) != NULL;
}

bool pool_admits(const struct pool *p, const struct class_set *classes)
{
    return class_set_is_empty(&p->classes) || class_set_meets(&p->classes, classes);
}

const struct pool_map *network_map_pools(
    const struct network_map *m, const struct subnet *s, unsigned *ret_n)
{
    const struct subnet_entry *e = network_entry_of(m, s->prefix.network);

    require(e != NULL);
    require(e->subnet == s);
    *ret_n = s->n_pools;
    return e->pools;
}

static int sort_subnets(const void *a, const void *b)
{
    const struct subnet_entry *x = a;
    const struct subnet_entry *y = b;

    return x->first.value < y->first.value ? -1 : x->first.value > y->first.value ? 1 : 0;
}

/* Sets or clears the bits of @range in @words, whose first bit is @block. */
static void set_bits(uint64_t *words, struct ip4 block, struct ip4_range range, bool on)
{
    uint32_t first = range.first.value - block.value;
    uint32_t last = range.last.value - block.value;

    for (uint32_t i = first / 64; i <= last / 64; i++) {
        uint64_t mask = UINT64_MAX;

        if (i == first / 64) {
            mask &= UINT64_MAX << (first % 64);
        }
        if (i == last / 64) {
            mask &= UINT64_MAX >> (63 - last % 64);
        }
        words[i] = on ? words[i] | mask : words[i] & ~mask;
    }
}

static void unset_reserved(uint64_t *words, const struct pool_map *p, const struct subnet *s)
{
    for (unsigned i = 0; i < s->n_reservations; i++) {
        struct ip4 a = s->reservations[i].address;

        if (!ip4_is_any(a) && ip4_range_contains(p->range, a)) {
            set_bits(words, p->block, (struct ip4_range){ a, a }, false);
        }
    }
}

static int map_pool(
    struct network_map *m, const struct subnet *s, struct subnet_entry *e, unsigned i)
{
    const struct pool *pool = &s->pools[i];
    struct pool_map *p = &e->pools[i];

    p->pool = pool;
    p->range = pool->range;
    p->block = ip4_of(pool->range.first.value & ~UINT32_C(63));
    p->n_words = (pool->range.last.value - p->block.value) / 64 + 1;

    uint64_t *words = arena_array(&m->arena, p->n_words, sizeof *words);

    if (words == NULL) {
        return ERR_NOMEM;
    }
    set_bits(words, p->block, p->range, true);
    for (unsigned k = 0; k < pool->n_excludes; k++) {
        set_bits(words, p->block, pool->excludes[k], false);
    }
    unset_reserved(words, p, s);
    p->usable = words;
    e->words[i] = words;
    return 0;
}

static int map_subnet(struct network_map *m, const struct subnet *s, struct subnet_entry *e)
{
    e->pools = arena_array(&m->arena, s->n_pools, sizeof *e->pools);
    e->words = arena_array(&m->arena, s->n_pools, sizeof *e->words);
    if (e->pools == NULL || e->words == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < s->n_pools; i++) {
        if (map_pool(m, s, e, i) != 0) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

static int map_network(struct network_map *m, const struct network *n)
{
    for (unsigned i = 0; i < n->n_subnets; i++) {
        const struct subnet *s = &n->subnets[i];
        struct subnet_entry *e = &m->subnets[m->n_subnets++];

        *e = (struct subnet_entry){
            s->prefix.network, ip4_prefix_last(s->prefix), s, n, NULL, NULL
        };
        if (map_subnet(m, s, e) != 0) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

static size_t count_subnets(const struct settings *s)
{
    size_t n = 0;

    for (unsigned i = 0; i < s->n_networks; i++) {
        n += s->networks[i].n_subnets;
    }
    return n;
}

static int fill_tables(struct network_map *m)
{
    const struct settings *s = network_map_settings(m);

    m->subnets = arena_array(&m->arena, count_subnets(s), sizeof *m->subnets);
    if (m->subnets == NULL || reservation_index_init(&m->reservations, &m->arena, s) != 0) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < s->n_networks; i++) {
        if (map_network(m, &s->networks[i]) != 0) {
            return ERR_NOMEM;
        }
    }
    qsort(m->subnets, m->n_subnets, sizeof *m->subnets, sort_subnets);
    return 0;
}

int network_map_new(
    struct network_map **ret_map, struct settings_document *document_take, uint64_t version)
{
    struct network_map *m = calloc(1, sizeof *m);

    if (m == NULL) {
        (void)settings_document_free(document_take);
        return ERR_NOMEM;
    }
    m->document = document_take;
    m->version = version;
    arena_init(&m->arena);
    if (reservation_table_new(&m->kept) != 0 || block_table_new(&m->blocks) != 0 ||
        fill_tables(m) != 0) {
        (void)network_map_free(m);
        return ERR_NOMEM;
    }
    *ret_map = m;
    return 0;
}

struct network_map *network_map_free(struct network_map *m)
{
    if (m != NULL) {
        m->kept = reservation_table_free(m->kept);
        m->blocks = block_table_free(m->blocks);
        arena_deinit(&m->arena);
        (void)settings_document_free(m->document);
        free(m);
    }
    return NULL;
}
