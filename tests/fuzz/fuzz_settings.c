#include <stdlib.h>

#include "base/check.h"
#include "fuzz.h"
#include "proto/settings_codec.h"
#include "server/policy/choose.h"
#include "server/policy/classify.h"
#include "storage/network.h"

/* What is decoded encodes again to a document that says the same. */
static void check_round_trip(const struct settings *s)
{
    struct settings_document *again = NULL;
    uint8_t *encoded = NULL;
    uint8_t *twice = NULL;
    size_t n = 0;
    size_t n_twice = 0;

    require(settings_encode(s, &encoded, &n) == 0);
    require(settings_decode(bytes_of(encoded, n), &again) == 0);
    require(settings_encode(&again->value, &twice, &n_twice) == 0);
    require(bytes_equal(bytes_of(encoded, n), bytes_of(twice, n_twice)));
    (void)settings_document_free(again);
    free(encoded);
    free(twice);
}

static void check_subnet(const struct network_map *map, const struct subnet *s)
{
    unsigned n = 0;
    const struct pool_map *pools = network_map_pools(map, s, &n);

    require(network_map_subnet_of(map, s->prefix.network, NULL) == s);
    for (unsigned i = 0; i < n; i++) {
        (void)subnet_pools_contain(s, pools[i].range.first);
        require(implies(pools[i].n_words > 0, pools[i].usable != NULL));
    }
    for (unsigned i = 0; i < s->n_reservations; i++) {
        const struct reservation *r = &s->reservations[i];

        struct client_identity client = client_identity_of_reservation(r);

        require(network_map_reservation_of_client(map, s, &client) == r);
        require(implies(
            !ip4_is_any(r->address), network_map_reservation_of_address(map, r->address) == r));
    }
}

/* Whatever the conditions are, a client is judged, and gets a choice that a reply can hold. */
static void check_classes(const struct network_map *map, const struct network *n)
{
    static const uint8_t discover[] = {
        [0] = 1,     [1] = 1,     [2] = 6,     [28] = 2,  [236] = 99, [237] = 130, [238] = 83,
        [239] = 99,  [240] = 53,  [241] = 1,   [242] = 1, [243] = 60, [244] = 3,   [245] = 'P',
        [246] = 'X', [247] = 'E', [248] = 77,  [249] = 3, [250] = 2,  [251] = 'a', [252] = 'b',
        [253] = 93,  [254] = 2,   [255] = 0,   [256] = 7, [257] = 82, [258] = 3,   [259] = 1,
        [260] = 1,   [261] = 'x', [262] = 255,
    };
    static struct message message;
    static struct choice choice;
    struct request request;

    require(message_parse(&message, bytes_of(discover, sizeof discover)) == 0);
    require(request_of(&message, (struct request_origin){ 0 }, &request) == 0);

    struct classify_facts facts = { .request = &request, .network = n->name };
    struct class_set classes = classify(network_map_settings(map), &facts);

    (void)classify_is_blocked(network_map_settings(map), &classes);
    for (unsigned i = 0; i < n->n_subnets; i++) {
        struct choose_facts choosing = {
            .map = map,
            .request = &request,
            .network = n,
            .subnet = &n->subnets[i],
            .classes = &classes,
            .address = n->subnets[i].prefix.network,
        };

        choose(&choosing, &choice);
        require(choice.n <= CHOICE_OPTIONS_MAX);
    }
}

static void check_map(struct settings_document *document_take)
{
    struct network_map *map = NULL;

    require(network_map_new(&map, document_take, 1) == 0);

    const struct settings *s = network_map_settings(map);

    for (unsigned i = 0; i < s->n_networks; i++) {
        require(network_map_by_name(map, s->networks[i].name) == &s->networks[i]);
        for (unsigned k = 0; k < s->networks[i].n_subnets; k++) {
            check_subnet(map, &s->networks[i].subnets[k]);
        }
        check_classes(map, &s->networks[i]);
    }
    map = network_map_free(map);
}

/* One reservation by itself, as a command holds it: its bytes are the only ones for its value. */
static void check_reservation(struct bytes encoded)
{
    struct reservation r;
    struct arena arena;
    struct bytes first;
    struct bytes again;

    arena_init(&arena);
    if (reservation_decode(encoded, &arena, &r) == 0) {
        require(reservation_encode(&r, &arena, &first) == 0);
        require(reservation_decode(first, &arena, &r) == 0);
        require(reservation_encode(&r, &arena, &again) == 0);
        require(bytes_equal(first, again));
    }
    arena_deinit(&arena);
}

/* Settings from a hostile hand: the log, a snapshot, a database. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings_problem problems[4];
    struct settings_document *d = NULL;
    unsigned n = 0;

    check_reservation(bytes_of(data, size));
    if (settings_decode(bytes_of(data, size), &d) != 0) {
        return 0;
    }
    check_round_trip(&d->value);
    require(settings_check(&d->value, problems, 4, &n) == 0);
    if (n > 0) {
        (void)settings_document_free(d);
        return 0;
    }
    check_map(d);
    return 0;
}
