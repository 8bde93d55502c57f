#include "server/policy/client_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/hash.h"

enum {
    BUCKETS_MIN = 64, /* a power of two */
    KEY_MAX = 255,
};

struct entry {
    struct client_note note; /* first: a note that was lent is its entry */
    struct entry *next_by_client, *next_by_address;
    struct entry *older, *younger;
    uint64_t hash;
    uint64_t network;
    uint8_t n_key;
    uint8_t key[];
};

struct client_table {
    unsigned max, n;
    unsigned n_buckets; /* a power of two, at least n */
    uint64_t seed;
    struct entry **by_client, **by_address;
    struct entry *oldest, *youngest;
};

struct client_place client_place_of(struct bytes client, struct bytes network_name)
{
    return (struct client_place){ client, hash64(network_name, 0) };
}

static unsigned client_bucket(const struct client_table *t, uint64_t hash)
{
    return (unsigned)(hash & (t->n_buckets - 1));
}

static unsigned address_bucket(const struct client_table *t, struct ip4 address)
{
    uint64_t mixed = (address.value ^ t->seed) * 0x9e3779b97f4a7c15u;

    return (unsigned)((mixed >> 32) & (t->n_buckets - 1));
}

int client_table_new(struct client_table **ret_table, unsigned max, uint64_t seed)
{
    struct client_table *t = calloc(1, sizeof *t);

    require(max > 0);
    if (t == NULL) {
        return ERR_NOMEM;
    }
    t->max = max;
    t->seed = seed;
    t->n_buckets = BUCKETS_MIN;
    t->by_client = calloc(BUCKETS_MIN, sizeof *t->by_client);
    t->by_address = calloc(BUCKETS_MIN, sizeof *t->by_address);
    if (t->by_client == NULL || t->by_address == NULL) {
        goto fail;
    }
    *ret_table = t;
    return 0;
fail:
    client_table_free(t);
    return ERR_NOMEM;
}

struct client_table *client_table_free(struct client_table *t)
{
    if (t == NULL) {
        return NULL;
    }
    for (struct entry *e = t->oldest; e != NULL;) {
        struct entry *younger = e->younger;

        free(e);
        e = younger;
    }
    free(t->by_client);
    free(t->by_address);
    free(t);
    return NULL;
}

static uint64_t hash_of(const struct client_table *t, struct client_place place)
{
    return hash64(place.client, t->seed ^ place.network);
}

static bool is_of(const struct entry *e, struct client_place place)
{
    return e->network == place.network &&
           bytes_equal((struct bytes){ e->key, e->n_key }, place.client);
}

bool client_note_is_of(const struct client_note *note, struct client_place place)
{
    return is_of((const struct entry *)note, place);
}

static struct entry *find(const struct client_table *t, struct client_place place, uint64_t hash)
{
    struct entry *e = t->by_client[client_bucket(t, hash)];

    while (e != NULL && !(e->hash == hash && is_of(e, place))) {
        e = e->next_by_client;
    }
    return e;
}

struct client_note *client_table_find(const struct client_table *t, struct client_place place)
{
    struct entry *e = find(t, place, hash_of(t, place));

    return e == NULL ? NULL : &e->note;
}

struct client_note *client_table_find_address(const struct client_table *t, struct ip4 address)
{
    struct entry *e = t->by_address[address_bucket(t, address)];

    while (e != NULL && !ip4_equal(e->note.address, address)) {
        e = e->next_by_address;
    }
    return e == NULL ? NULL : &e->note;
}

/* The list by age. */
static void age_unlink(struct client_table *t, struct entry *e)
{
    *(e->older == NULL ? &t->oldest : &e->older->younger) = e->younger;
    *(e->younger == NULL ? &t->youngest : &e->younger->older) = e->older;
    e->older = NULL;
    e->younger = NULL;
}

static void age_append(struct client_table *t, struct entry *e)
{
    e->older = t->youngest;
    *(t->youngest == NULL ? &t->oldest : &t->youngest->younger) = e;
    t->youngest = e;
}

static void address_link(struct client_table *t, struct entry *e)
{
    struct entry **bucket = &t->by_address[address_bucket(t, e->note.address)];

    if (!ip4_is_any(e->note.address)) {
        e->next_by_address = *bucket;
        *bucket = e;
    }
}

static void address_unlink(struct client_table *t, struct entry *e)
{
    struct entry **at = &t->by_address[address_bucket(t, e->note.address)];

    if (ip4_is_any(e->note.address)) {
        return;
    }
    while (*at != e) {
        at = &(*at)->next_by_address;
    }
    *at = e->next_by_address;
    e->next_by_address = NULL;
}

static void client_link(struct client_table *t, struct entry *e)
{
    struct entry **bucket = &t->by_client[client_bucket(t, e->hash)];

    e->next_by_client = *bucket;
    *bucket = e;
}

static void drop(struct client_table *t, struct entry *e)
{
    struct entry **at = &t->by_client[client_bucket(t, e->hash)];

    while (*at != e) {
        at = &(*at)->next_by_client;
    }
    *at = e->next_by_client;
    address_unlink(t, e);
    age_unlink(t, e);
    ensure(t->oldest != e);
    t->n--;
    free(e);
}

/* Doubles the buckets. Without memory for it the chains get longer, and that is all. */
static void grow(struct client_table *t)
{
    unsigned n = t->n_buckets * 2;
    struct entry **by_client = calloc(n, sizeof(struct entry *));
    struct entry **by_address = calloc(n, sizeof(struct entry *));

    if (by_client == NULL || by_address == NULL) {
        free(by_client);
        free(by_address);
        return;
    }
    free(t->by_client);
    free(t->by_address);
    t->by_client = by_client;
    t->by_address = by_address;
    t->n_buckets = n;
    for (struct entry *e = t->oldest; e != NULL; e = e->younger) {
        client_link(t, e);
        address_link(t, e);
    }
}

static struct entry *begin(struct client_table *t, struct client_place place, uint64_t hash)
{
    struct entry *e = NULL;

    require(place.client.n > 0 && place.client.n <= KEY_MAX);
    if (t->n >= t->max) {
        drop(t, t->oldest);
    }
    if (t->n >= t->n_buckets) {
        grow(t);
    }
    e = calloc(1, sizeof *e + place.client.n);
    if (e == NULL) {
        return NULL;
    }
    e->hash = hash;
    e->network = place.network;
    e->n_key = (uint8_t)place.client.n;
    memcpy(e->key, place.client.at, place.client.n);
    client_link(t, e);
    age_append(t, e);
    t->n++;
    return e;
}

struct client_note *client_table_touch(
    struct client_table *t, struct client_place place, struct instant now)
{
    uint64_t hash = hash_of(t, place);
    struct entry *e = find(t, place, hash);

    if (e == NULL) {
        e = begin(t, place, hash);
    } else {
        age_unlink(t, e);
        age_append(t, e);
    }
    if (e == NULL) {
        return NULL;
    }
    e->note.touched = now;
    return &e->note;
}

void client_table_set_address(struct client_table *t, struct client_note *note, struct ip4 address)
{
    struct entry *e = (struct entry *)note;
    struct client_note *holder = NULL;

    require(!ip4_is_any(address));
    if (ip4_equal(note->address, address)) {
        return;
    }
    holder = client_table_find_address(t, address);
    if (holder != NULL) {
        drop(t, (struct entry *)holder);
    }
    address_unlink(t, e);
    note->address = address;
    address_link(t, e);
}

void client_table_remove(struct client_table *t, struct client_place place)
{
    struct entry *e = find(t, place, hash_of(t, place));

    if (e != NULL) {
        drop(t, e);
    }
}

void client_table_forget(struct client_table *t, struct instant limit)
{
    while (t->oldest != NULL && instant_before(t->oldest->note.touched, limit)) {
        drop(t, t->oldest);
    }
}

unsigned client_table_count(const struct client_table *t)
{
    return t->n;
}
