#include "storage/lease/allocate.h"

#include "base/check.h"

/* A search through the pools of the candidates, 64 addresses at a time. */
struct search {
    const struct network_map *map;
    const struct lease_table *leases;
    const struct allocate_request *request;
    enum allocate_source source; /* NEW: addresses without a row; RECYCLED: remembered rows */
    bool for_classes;            /* in the pools for the client's classes, else in those for all */
    bool in_share;               /* within this node's share alone */
    bool met_others;             /* there was something outside the share */
    uint64_t shares[ALLOCATE_RANKS_MAX]; /* of a block at a multiple of n_ranks, by rank */
    unsigned n_offered;
    unsigned n_samples;
    bool found;
    struct allocation best;
    struct instant best_ended; /* RECYCLED */
};

static bool is_offered(const struct allocate_request *q, struct ip4 a)
{
    return q->is_offered != NULL && q->is_offered(q->data, a);
}

/* Not kept from this client by another one's hold, a quarantine or a block. */
static bool is_free(const struct search *s, struct ip4 a)
{
    struct lease l;

    if (network_map_is_address_blocked(s->map, a)) {
        return false;
    }
    if (!lease_table_find(s->leases, a, &l) || !lease_is_held(&l, s->request->now)) {
        return true;
    }
    return l.state == LEASE_BOUND && bytes_equal(l.client_key, s->request->client_key);
}

static const struct subnet *candidate_of(const struct allocate_request *q, struct ip4 a)
{
    for (unsigned i = 0; i < q->n_subnets; i++) {
        if (ip4_prefix_contains(q->subnets[i]->prefix, a)) {
            return q->subnets[i];
        }
    }
    return NULL;
}

static const struct reservation *reservation_in(const struct search *s, const struct subnet *subnet)
{
    return network_map_reservation_of_client(s->map, subnet, s->request->client);
}

/* The settings let this client have @a in @subnet. */
static bool is_allowed(const struct search *s, const struct subnet *subnet, struct ip4 a)
{
    const struct reservation *r = network_map_reservation_of_address(s->map, a);

    if (network_map_is_address_blocked(s->map, a)) {
        return false;
    }
    if (r != NULL) {
        return r == reservation_in(s, subnet);
    }

    const struct pool *pool = subnet_pool_of(subnet, a);

    return pool != NULL && pool_admits(pool, &s->request->classes);
}

static bool take(struct search *s, struct ip4 a, const struct subnet *subnet)
{
    s->found = true;
    s->best = (struct allocation){ a, subnet, s->source };
    return true;
}

static bool take_reservation(struct search *s)
{
    s->source = ALLOCATE_RESERVATION;
    for (unsigned i = 0; i < s->request->n_subnets; i++) {
        const struct reservation *r = reservation_in(s, s->request->subnets[i]);

        if (r != NULL && !ip4_is_any(r->address) && is_free(s, r->address) &&
            !is_offered(s->request, r->address)) {
            return take(s, r->address, s->request->subnets[i]);
        }
    }
    return false;
}

/* Can the client go on with @l, a row of its own? */
static bool can_return_to(const struct search *s, const struct lease *l)
{
    const struct subnet *subnet = candidate_of(s->request, l->address);
    bool is_held = lease_is_held(l, s->request->now);

    if (l->state == LEASE_DECLINED || l->state == LEASE_REVOKED || subnet == NULL ||
        !is_allowed(s, subnet, l->address)) {
        return false;
    }
    return is_held || !is_offered(s->request, l->address);
}

/* The current lease if there is one, else the last one that is still remembered. */
static bool take_own(struct search *s)
{
    uint64_t cursor = 0;
    struct lease l;

    for (unsigned i = 0; i < ALLOCATE_ROWS_MAX; i++) {
        if (!lease_table_next_of_client(s->leases, s->request->client_key, &cursor, &l)) {
            break;
        }
        if (!can_return_to(s, &l)) {
            continue;
        }
        if (l.state == LEASE_BOUND) {
            s->source = ALLOCATE_CURRENT;
            return take(s, l.address, candidate_of(s->request, l.address));
        }
        if (!s->found || instant_before(s->best_ended, l.held_until)) {
            s->source = ALLOCATE_REMEMBERED;
            s->best_ended = l.held_until;
            (void)take(s, l.address, candidate_of(s->request, l.address));
        }
    }
    return s->found;
}

static bool take_wanted(struct search *s)
{
    struct ip4 a = s->request->wanted;
    const struct subnet *subnet = candidate_of(s->request, a);

    s->source = ALLOCATE_WANTED;
    if (ip4_is_any(a) || subnet == NULL || !is_allowed(s, subnet, a) || !is_free(s, a) ||
        is_offered(s->request, a)) {
        return false;
    }
    return take(s, a, subnet);
}

/* The addresses of this node's share among the 64 from @block on. */
static uint64_t share_of(const struct search *s, struct ip4 block)
{
    unsigned n = s->request->n_ranks;

    if (!s->in_share) {
        return UINT64_MAX;
    }
    return s->shares[(s->request->rank + n - block.value % n) % n];
}

/* Looks at one address that may do. True when the search is over. */
static bool visit(struct search *s, struct ip4 a, const struct subnet *subnet)
{
    struct lease l;

    if (is_offered(s->request, a)) {
        return ++s->n_offered >= ALLOCATE_OFFERED_MAX;
    }
    if (s->source == ALLOCATE_NEW) {
        return take(s, a, subnet);
    }
    ensure(lease_table_find(s->leases, a, &l));
    if (!s->found || instant_before(l.held_until, s->best_ended)) {
        s->best_ended = l.held_until;
        (void)take(s, a, subnet);
    }
    return ++s->n_samples >= ALLOCATE_SAMPLES;
}

/* Visits what may do of the addresses @mask of a word. True when the search is over. */
static bool visit_word(
    struct search *s,
    const struct subnet *subnet,
    const struct pool_map *p,
    uint32_t word,
    uint64_t mask)
{
    struct ip4 block = ip4_of(p->block.value + word * 64);
    struct lease_block rows = lease_table_block(s->leases, block);
    uint64_t wanted = s->source == ALLOCATE_NEW ? ~rows.used : rows.remembered;
    uint64_t bits = p->usable[word] & wanted & mask;

    if (bits == 0) { /* most words of a full pool: no division for them */
        return false;
    }
    s->met_others |= (bits & ~share_of(s, block)) != 0;
    bits &= share_of(s, block);
    for (; bits != 0; bits &= bits - 1) {
        if (visit(s, ip4_of(block.value + (uint32_t)__builtin_ctzll(bits)), subnet)) {
            return true;
        }
    }
    return false;
}

/* Where the client's hash falls among the addresses of all pools. */
struct slot {
    unsigned pool;
    uint32_t word;
    uint64_t from; /* mask of the word's addresses at or after the slot */
};

static struct slot slot_of(struct bytes client_key, const struct pool_map *const *pools, unsigned n)
{
    uint64_t n_addresses = 0;
    unsigned i = 0;

    for (unsigned k = 0; k < n; k++) {
        n_addresses += ip4_range_size(pools[k]->range);
    }

    uint64_t rest = hash64(client_key, 0) % n_addresses;

    for (; i + 1 < n && rest >= ip4_range_size(pools[i]->range); i++) {
        rest -= ip4_range_size(pools[i]->range);
    }

    uint32_t bit = (uint32_t)rest + pools[i]->range.first.value - pools[i]->block.value;

    return (struct slot){ i, bit / 64, UINT64_MAX << (bit % 64) };
}

/* The same for the words from @from to before @to that hold anything of the kind. */
static bool visit_run(
    struct search *s,
    const struct subnet *subnet,
    const struct pool_map *p,
    uint32_t from,
    uint32_t to)
{
    enum lease_block_kind kind =
        s->source == ALLOCATE_NEW ? LEASE_BLOCK_UNUSED : LEASE_BLOCK_REMEMBERED;
    uint64_t end = p->block.value + (uint64_t)to * 64;
    uint64_t block = p->block.value + (uint64_t)from * 64;

    while ((block = lease_table_next_block(s->leases, kind, block, end)) < end) {
        if (visit_word(s, subnet, p, (uint32_t)(block - p->block.value) / 64, UINT64_MAX)) {
            return true;
        }
        block += 64;
    }
    return false;
}

/* Collects the pools of @subnet to search this time. Returns how many. */
static unsigned list_pools(
    const struct search *s, const struct subnet *subnet, const struct pool_map *listed[POOLS_MAX])
{
    unsigned n_all = 0;
    unsigned n = 0;
    const struct pool_map *pools = network_map_pools(s->map, subnet, &n_all);

    for (unsigned i = 0; i < n_all; i++) {
        const struct class_set *classes = &pools[i].pool->classes;
        bool is_wanted = s->for_classes ? class_set_meets(classes, &s->request->classes)
                                        : class_set_is_empty(classes);

        if (is_wanted) {
            listed[n++] = &pools[i];
        }
    }
    return n;
}

/* Once round the pools of @subnet, from the client's slot on. True when the search is over. */
static bool search_subnet(struct search *s, const struct subnet *subnet)
{
    const struct pool_map *pools[POOLS_MAX];
    unsigned n = list_pools(s, subnet, pools);

    if (n == 0) {
        return false;
    }

    struct slot start = slot_of(s->request->client_key, pools, n);
    const struct pool_map *p = pools[start.pool];

    if (visit_word(s, subnet, p, start.word, start.from) ||
        visit_run(s, subnet, p, start.word + 1, p->n_words)) {
        return true;
    }
    for (unsigned i = 1; i < n; i++) {
        const struct pool_map *other = pools[(start.pool + i) % n];

        if (visit_run(s, subnet, other, 0, other->n_words)) {
            return true;
        }
    }
    return visit_run(s, subnet, p, 0, start.word) ||
           visit_word(s, subnet, p, start.word, ~start.from);
}

/* One round through all candidates. */
static void search_once(struct search *s, bool in_share)
{
    s->in_share = in_share;
    s->n_offered = 0;
    s->n_samples = 0;
    for (unsigned i = 0; i < s->request->n_subnets; i++) {
        if (search_subnet(s, s->request->subnets[i])) {
            return;
        }
    }
}

static bool search_for(struct search *s, enum allocate_source source)
{
    s->source = source;
    s->met_others = false;
    search_once(s, true);
    if (!s->found && s->met_others) {
        search_once(s, false);
    }
    return s->found;
}

static bool search_pools(struct search *s)
{
    s->for_classes = true;
    if (!class_set_is_empty(&s->request->classes) &&
        (search_for(s, ALLOCATE_NEW) || search_for(s, ALLOCATE_RECYCLED))) {
        return true;
    }
    s->for_classes = false;
    return search_for(s, ALLOCATE_NEW) || search_for(s, ALLOCATE_RECYCLED);
}

int allocate(
    const struct network_map *map,
    const struct lease_table *leases,
    const struct allocate_request *request,
    struct allocation *ret_allocation)
{
    struct search s = { .map = map, .leases = leases, .request = request };

    require(request->n_ranks <= ALLOCATE_RANKS_MAX);
    require(request->rank < request->n_ranks);
    for (unsigned i = 0; i < 64; i++) {
        s.shares[i % request->n_ranks] |= UINT64_C(1) << i;
    }
    if (!take_reservation(&s) && !take_own(&s) && !take_wanted(&s) && !search_pools(&s)) {
        return ALLOCATE_EXHAUSTED;
    }
    *ret_allocation = s.best;
    return 0;
}
