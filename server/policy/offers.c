#include "server/policy/offers.h"

#include <stdlib.h>

#include "base/err.h"

struct offers {
    struct client_table *table;
};

int offers_new(struct offers **ret_offers, unsigned max, uint64_t seed)
{
    struct offers *o = calloc(1, sizeof *o);
    int r = o == NULL ? ERR_NOMEM : client_table_new(&o->table, max, seed);

    if (r != 0) {
        offers_free(o);
        return r;
    }
    *ret_offers = o;
    return 0;
}

struct offers *offers_free(struct offers *o)
{
    if (o != NULL) {
        o->table = client_table_free(o->table);
        free(o);
    }
    return NULL;
}

static bool is_live(const struct client_note *note, struct instant now)
{
    return note != NULL && instant_before(now, instant_add_ms(note->touched, OFFERS_LIFE_MS));
}

static uint64_t mark_of(struct offers_message message)
{
    return (uint64_t)message.xid << 32 | message.relay.value;
}

unsigned offers_put(
    struct offers *o,
    struct client_place place,
    struct ip4 address,
    struct offers_message message,
    struct instant now)
{
    const struct client_note *old = client_table_find(o->table, place);
    unsigned n = is_live(old, now) ? old->count + 1 : 1;
    struct client_note *note = client_table_touch(o->table, place, now);

    if (note != NULL) {
        client_table_set_address(o->table, note, address);
        note->count = n;
        note->mark = mark_of(message);
    }
    return n;
}

bool offers_is_copy(
    const struct offers *o,
    struct client_place place,
    struct offers_message message,
    struct instant now)
{
    const struct client_note *note = client_table_find(o->table, place);

    return note != NULL && note->mark == mark_of(message) &&
           instant_before(now, instant_add_ms(note->touched, OFFERS_COPY_MS));
}

struct ip4 offers_of(const struct offers *o, struct client_place place, struct instant now)
{
    const struct client_note *note = client_table_find(o->table, place);

    return is_live(note, now) ? note->address : IP4_ANY;
}

bool offers_is_to_other(
    const struct offers *o, struct client_place place, struct ip4 address, struct instant now)
{
    const struct client_note *note = client_table_find_address(o->table, address);

    return is_live(note, now) && !client_note_is_of(note, place);
}

void offers_remove(struct offers *o, struct client_place place)
{
    client_table_remove(o->table, place);
}

void offers_tick(struct offers *o, struct instant now)
{
    /* Over is over: an offer ends at its last millisecond, is_live() above. */
    client_table_forget(o->table, instant_add_ms(now, 1 - OFFERS_LIFE_MS));
}

unsigned offers_count(const struct offers *o)
{
    return client_table_count(o->table);
}
