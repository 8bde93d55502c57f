#include "storage/lease/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "storage/lease/address_bits.h"
#include "storage/lease/row_index.h"
#include "storage/lease/transition.h"

enum {
    SLAB_ROWS = 1024,
    ROWS_MAX = 1 << 30,
};

/* Rows have numbers from 1 on, which stay theirs; 0 is none. */
struct row {
    struct ip4 address;
    uint32_t subnet_id;
    uint32_t node;
    struct ip4 server_id;
    struct ip4 relay;
    uint32_t client_tag;                   /* hash of the client key */
    uint32_t client_next, client_previous; /* rows of the same client; next free row */
    struct instant started_at, renewed_at, expires_at, held_until;
    uint8_t state, hw_type;
    uint8_t n_key, n_hw, n_hostname, n_agent, n_vendor, n_user;
    uint8_t *texts; /* all of them, one after the other, in this order */
};

_Static_assert(sizeof(struct row) <= 80, "a million rows stay below 200 MB with all indexes");
_Static_assert(CLIENT_KEY_MAX <= UINT8_MAX && HW_ADDRESS_MAX <= UINT8_MAX, "lengths fit");
_Static_assert(HOSTNAME_MAX <= UINT8_MAX && AGENT_INFO_MAX <= UINT8_MAX, "lengths fit");
_Static_assert(CLASS_TEXT_MAX <= UINT8_MAX, "lengths fit");

struct lease_table {
    struct row **slabs;
    uint32_t n_slabs;
    uint32_t n_made; /* rows that were ever used */
    uint32_t first_free;
    uint64_t n;
    struct row_index by_address; /* tag: the address */
    struct row_index by_client;  /* tag: hash of the key; the first row of each client */
    struct address_bits bits;
    bool is_tallied;
    struct tally tally;
};

int lease_table_new(struct lease_table **ret_table)
{
    struct lease_table *t = calloc(1, sizeof *t);

    if (t == NULL) {
        return ERR_NOMEM;
    }
    *ret_table = t;
    return 0;
}

struct lease_table *lease_table_free(struct lease_table *t)
{
    if (t != NULL) {
        lease_table_clear(t);
        free(t);
    }
    return NULL;
}

static struct row *row_at(const struct lease_table *t, uint32_t number)
{
    return &t->slabs[(number - 1) / SLAB_ROWS][(number - 1) % SLAB_ROWS];
}

void lease_table_clear(struct lease_table *t)
{
    for (uint32_t number = 1; number <= t->n_made; number++) {
        free(row_at(t, number)->texts); /* NULL in a free row */
    }
    for (uint32_t i = 0; i < t->n_slabs; i++) {
        free(t->slabs[i]);
    }
    free(t->slabs);
    row_index_deinit(&t->by_address);
    row_index_deinit(&t->by_client);
    address_bits_deinit(&t->bits);
    tally_deinit(&t->tally);
    memset(t, 0, sizeof *t);
}

uint64_t lease_table_count(const struct lease_table *t)
{
    return t->n;
}

/* Makes sure that there is a free row. */
static int reserve_row(struct lease_table *t)
{
    if (t->first_free != 0 || t->n_made < t->n_slabs * SLAB_ROWS) {
        return 0;
    }
    if (t->n_made >= ROWS_MAX) {
        return ERR_NOMEM;
    }

    struct row **slabs = realloc(t->slabs, (t->n_slabs + 1) * sizeof(struct row *));

    if (slabs == NULL) {
        return ERR_NOMEM;
    }
    t->slabs = slabs;
    slabs[t->n_slabs] = malloc(SLAB_ROWS * sizeof(struct row));
    if (slabs[t->n_slabs] == NULL) {
        return ERR_NOMEM;
    }
    t->n_slabs++;
    return 0;
}

static uint32_t take_row(struct lease_table *t)
{
    uint32_t number = t->first_free;

    if (number == 0) {
        number = ++t->n_made;
    } else {
        t->first_free = row_at(t, number)->client_next;
    }
    return number;
}

static uint32_t find(const struct lease_table *t, struct ip4 address)
{
    uint32_t cursor = 0;

    return row_index_next(&t->by_address, address.value, &cursor);
}

static struct bytes next_text(const uint8_t **at, uint8_t n)
{
    struct bytes text = bytes_of(*at, n);

    *at += n;
    return text;
}

static struct lease lend(const struct row *r)
{
    const uint8_t *at = r->texts;
    struct lease l = {
        .address = r->address,
        .state = (enum lease_state)r->state,
        .subnet_id = r->subnet_id,
        .hw_type = r->hw_type,
        .started_at = r->started_at,
        .renewed_at = r->renewed_at,
        .expires_at = r->expires_at,
        .held_until = r->held_until,
        .node = r->node,
        .server_id = r->server_id,
        .relay = r->relay,
    };

    l.client_key = next_text(&at, r->n_key);
    l.hw_address = next_text(&at, r->n_hw);
    l.hostname = next_text(&at, r->n_hostname);
    l.agent_info = next_text(&at, r->n_agent);
    l.vendor_class = next_text(&at, r->n_vendor);
    l.user_class = next_text(&at, r->n_user);
    return l;
}

bool lease_table_find(const struct lease_table *t, struct ip4 address, struct lease *ret_lease)
{
    uint32_t number = find(t, address);

    if (number == 0) {
        return false;
    }
    *ret_lease = lend(row_at(t, number));
    return true;
}

static uint32_t tag_of_client(struct bytes client_key)
{
    return (uint32_t)hash64(client_key, 0);
}

uint32_t lease_table_number(const struct lease_table *t, struct ip4 address)
{
    return find(t, address);
}

void lease_table_prefetch(const struct lease_table *t, const struct lease *l)
{
    row_index_prefetch(&t->by_address, l->address.value);
    row_index_prefetch(&t->by_client, tag_of_client(l->client_key));
}

/* The first row of the client, or 0. */
static uint32_t find_client(const struct lease_table *t, struct bytes client_key)
{
    uint32_t tag = tag_of_client(client_key);
    uint32_t cursor = 0;
    uint32_t number = 0;

    do {
        number = row_index_next(&t->by_client, tag, &cursor);
    } while (number != 0 && !bytes_equal(lend(row_at(t, number)).client_key, client_key));
    return number;
}

bool lease_table_next_of_client(
    const struct lease_table *t, struct bytes client_key, uint64_t *cursor, struct lease *ret_lease)
{
    uint64_t number = *cursor == 0 ? find_client(t, client_key) : *cursor;

    if (number == 0 || number == UINT64_MAX) {
        return false;
    }

    const struct row *r = row_at(t, (uint32_t)number);

    *cursor = r->client_next == 0 ? UINT64_MAX : r->client_next;
    *ret_lease = lend(r);
    return true;
}

unsigned lease_table_count_quarantined(
    const struct lease_table *t, struct bytes client_key, struct instant now, unsigned max)
{
    uint64_t cursor = 0;
    unsigned n = 0;
    struct lease l;

    while (n < max && lease_table_next_of_client(t, client_key, &cursor, &l) &&
           !lease_state_is_remembered(l.state)) { /* these come last */
        n += l.state == LEASE_DECLINED && lease_is_held(&l, now);
    }
    return n;
}

struct lease_block lease_table_block(const struct lease_table *t, struct ip4 block)
{
    return address_bits_block(&t->bits, block);
}

uint64_t lease_table_next_block(
    const struct lease_table *t, enum lease_block_kind kind, uint64_t block, uint64_t end)
{
    return address_bits_next_block(&t->bits, kind, block, end);
}

bool lease_table_next(const struct lease_table *t, uint64_t *cursor, struct lease *ret_lease)
{
    struct ip4 address = IP4_ANY;

    if (!address_bits_next_used(&t->bits, cursor, &address)) {
        return false;
    }
    ensure(lease_table_find(t, address, ret_lease));
    return true;
}

/* Puts the row into its client's list: remembered rows stand behind all others. */
static void link_client(struct lease_table *t, uint32_t number)
{
    struct row *r = row_at(t, number);
    uint32_t first = find_client(t, lend(r).client_key);
    uint32_t before = 0;
    uint32_t after = first;

    while (after != 0 && lease_state_is_remembered(r->state) &&
           !lease_state_is_remembered(row_at(t, after)->state)) {
        before = after;
        after = row_at(t, after)->client_next;
    }
    r->client_previous = before;
    r->client_next = after;
    if (after != 0) {
        row_at(t, after)->client_previous = number;
    }
    if (before != 0) {
        row_at(t, before)->client_next = number;
    } else if (first != 0) {
        row_index_replace(&t->by_client, r->client_tag, first, number);
    } else {
        row_index_add(&t->by_client, r->client_tag, number);
    }
}

static void unlink_client(struct lease_table *t, uint32_t number)
{
    const struct row *r = row_at(t, number);

    if (r->client_next != 0) {
        row_at(t, r->client_next)->client_previous = r->client_previous;
    }
    if (r->client_previous != 0) {
        row_at(t, r->client_previous)->client_next = r->client_next;
    } else if (r->client_next != 0) {
        row_index_replace(&t->by_client, r->client_tag, number, r->client_next);
    } else {
        row_index_remove(&t->by_client, r->client_tag, number);
    }
}

static uint8_t *copy_texts(const struct lease *l)
{
    const struct bytes texts[] = { l->client_key, l->hw_address,   l->hostname,
                                   l->agent_info, l->vendor_class, l->user_class };
    size_t n = 0;

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        n += texts[i].n;
    }

    uint8_t *copy = malloc(n);
    uint8_t *at = copy;

    for (unsigned i = 0; copy != NULL && i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].n > 0) {
            memcpy(at, texts[i].at, texts[i].n);
            at += texts[i].n;
        }
    }
    return copy;
}

static void fill(struct row *r, const struct lease *l, uint8_t *texts_take)
{
    *r = (struct row){
        .address = l->address,
        .subnet_id = l->subnet_id,
        .node = l->node,
        .server_id = l->server_id,
        .relay = l->relay,
        .client_tag = tag_of_client(l->client_key),
        .started_at = l->started_at,
        .renewed_at = l->renewed_at,
        .expires_at = l->expires_at,
        .held_until = l->held_until,
        .state = (uint8_t)l->state,
        .hw_type = l->hw_type,
        .n_key = (uint8_t)l->client_key.n,
        .n_hw = (uint8_t)l->hw_address.n,
        .n_hostname = (uint8_t)l->hostname.n,
        .n_agent = (uint8_t)l->agent_info.n,
        .n_vendor = (uint8_t)l->vendor_class.n,
        .n_user = (uint8_t)l->user_class.n,
        .texts = texts_take,
    };
}

static void tally_row(
    struct lease_table *t, uint32_t number, void (*change)(struct tally *, const struct lease *))
{
    struct lease l = lend(row_at(t, number));

    if (t->is_tallied) {
        change(&t->tally, &l);
    }
}

/* Everything that can fail, before anything changes. */
static int reserve(struct lease_table *t, const struct lease *l)
{
    if (row_index_reserve(&t->by_address, l->address.value) != 0 ||
        row_index_reserve(&t->by_client, tag_of_client(l->client_key)) != 0 ||
        reserve_row(t) != 0 || address_bits_reserve(&t->bits, l->address) != 0 ||
        (t->is_tallied && tally_reserve(&t->tally) != 0)) {
        return ERR_NOMEM;
    }
    return 0;
}

int lease_table_put(struct lease_table *t, const struct lease *l)
{
    uint32_t number = find(t, l->address);
    uint8_t *old_texts = NULL;
    uint8_t *texts = NULL;

    require(lease_is_sound(l));
    if (reserve(t, l) != 0) {
        return ERR_NOMEM;
    }
    texts = copy_texts(l);
    if (texts == NULL) {
        return ERR_NOMEM;
    }
    if (number != 0) {
        unlink_client(t, number);
        tally_row(t, number, tally_remove);
        old_texts = row_at(t, number)->texts;
    } else {
        number = take_row(t);
        row_index_add(&t->by_address, l->address.value, number);
        t->n++;
    }
    fill(row_at(t, number), l, texts);
    link_client(t, number);
    tally_row(t, number, tally_add);
    address_bits_set(&t->bits, l->address, true, lease_state_is_remembered(l->state));
    free(old_texts); /* last: @l may borrow from the row that it replaces */
    return 0;
}

void lease_table_remove(struct lease_table *t, struct ip4 address)
{
    uint32_t number = find(t, address);

    if (number == 0) {
        return;
    }

    struct row *r = row_at(t, number);

    unlink_client(t, number);
    tally_row(t, number, tally_remove);
    row_index_remove(&t->by_address, address.value, number);
    address_bits_set(&t->bits, address, false, false);
    free(r->texts);
    *r = (struct row){ .client_next = t->first_free };
    t->first_free = number;
    t->n--;
}

int lease_table_set_tally(struct lease_table *t, bool is_on)
{
    uint64_t cursor = 0;
    struct lease l;

    if (t->is_tallied == is_on) {
        return 0;
    }
    t->is_tallied = false;
    tally_deinit(&t->tally);
    while (is_on && lease_table_next(t, &cursor, &l)) {
        if (tally_reserve(&t->tally) != 0) {
            tally_deinit(&t->tally);
            return ERR_NOMEM;
        }
        tally_add(&t->tally, &l);
    }
    t->is_tallied = is_on;
    return 0;
}

const struct tally *lease_table_tally(const struct lease_table *t)
{
    return &t->tally;
}
