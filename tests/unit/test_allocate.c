#include <string.h>

#include "storage/lease/allocate.h"
#include "support/random.h"
#include "support/sample_lease.h"
#include "support/sample_settings.h"
#include "support/test.h"

enum {
    NOW = 1000000,
    LAN = 0x0a000000,
    SECOND = 0x0a000100,
    GUEST = 0x0a010000,
    LAN_USABLE = 89, /* .10-.99 without .20-.29 and the reserved .50, and .150-.159 */
};

static struct sample_settings sample;
static struct network_map *map;
static struct lease_table *table;

static int set_up(void **state)
{
    (void)state;
    sample_settings_init(&sample);
    return network_map_new(&map, sample_settings_document(&sample), 1) != 0 ||
           lease_table_new(&table) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    map = network_map_free(map);
    table = lease_table_free(table);
    return 0;
}

/* A request of @client in one subnet; @room keeps what the request points to. */
struct asking {
    const struct subnet *subnets[3];
    struct client_identity client;
    struct allocate_request request;
};

static struct allocate_request *asking(struct asking *room, const char *client, uint32_t subnet)
{
    room->subnets[0] = network_map_subnet_of(map, ip4_of(subnet), NULL);
    room->client =
        client_identity_of(bytes_of_text(client), 1, (struct bytes){ 0 }, (struct bytes){ 0 });
    room->request = (struct allocate_request){
        .subnets = room->subnets,
        .n_subnets = 1,
        .client_key = bytes_of_text(client),
        .client = &room->client,
        .now = { NOW },
        .n_ranks = 1,
    };
    return &room->request;
}

/* The address for @q, which must come from @source. */
static uint32_t given(const struct allocate_request *q, enum allocate_source source)
{
    struct allocation a;

    assert_int_equal(allocate(map, table, q, &a), 0);
    assert_int_equal(a.source, source);
    assert_true(ip4_prefix_contains(a.subnet->prefix, a.address));
    return a.address.value;
}

static void put(uint32_t address, const char *client, enum lease_state lease_state, int64_t held)
{
    struct lease l = sample_lease(address, client);

    l.state = lease_state;
    l.held_until.ms = held;
    l.expires_at.ms = held;
    assert_int_equal(lease_table_put(table, &l), 0);
}

static void put_key(uint32_t address, uint32_t key, enum lease_state lease_state, int64_t held)
{
    char client[12] = { 0 };

    for (unsigned i = 0; i < 8; i++) {
        client[i] = (char)('a' + (key >> 4 * i & 15));
    }
    put(address, client, lease_state, held);
}

/* Gives rows of other clients to all usable addresses of a subnet. */
static unsigned fill(uint32_t subnet, enum lease_state lease_state, int64_t held)
{
    const struct subnet *s = network_map_subnet_of(map, ip4_of(subnet), NULL);
    unsigned n = 0;

    for (uint32_t a = subnet; a <= ip4_prefix_last(s->prefix).value; a++) {
        if (subnet_pools_contain(s, ip4_of(a)) &&
            network_map_reservation_of_address(map, ip4_of(a)) == NULL) {
            put_key(a, a, lease_state, held);
            n++;
        }
    }
    return n;
}

TEST(a_reservation_comes_before_everything_else)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "fifty", LAN);

    put(LAN + 60, "fifty", LEASE_BOUND, NOW + 1000);
    q->wanted = ip4_of(LAN + 61);
    assert_int_equal(given(q, ALLOCATE_RESERVATION), LAN + 50);
    q = asking(&room, "other", LAN);
    room.client.marks[CLIENT_MARK_HARDWARE] = bytes_of("\x02\x00\x00\x00\x00\x05", 6);
    assert_int_equal(given(q, ALLOCATE_RESERVATION), LAN + 5);
    room.client.hw_type = 6;
    (void)given(q, ALLOCATE_NEW);
}

TEST(a_reservation_without_an_address_changes_nothing_about_the_address)
{
    struct asking room;
    struct allocate_request *q = NULL;

    sample.reservations[1].address = IP4_ANY;
    map = network_map_free(map);
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 1), 0);
    q = asking(&room, "fifty", LAN);
    (void)given(q, ALLOCATE_NEW);
    q->wanted = ip4_of(LAN + 50);
    assert_int_equal(given(q, ALLOCATE_WANTED), LAN + 50);
}

TEST(a_reserved_address_that_is_held_or_in_quarantine_is_waited_for_elsewhere)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "fifty", LAN);

    put(LAN + 50, "old", LEASE_BOUND, NOW + 1);
    assert_int_not_equal(given(q, ALLOCATE_NEW), LAN + 50);
    put(LAN + 50, "fifty", LEASE_DECLINED, NOW + 1);
    assert_int_not_equal(given(q, ALLOCATE_NEW), LAN + 50);
    put(LAN + 50, "old", LEASE_BOUND, NOW);
    assert_int_equal(given(q, ALLOCATE_RESERVATION), LAN + 50);
}

TEST(rule_37_the_current_lease_comes_before_an_address_asked_for)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);

    put(LAN + 60, "a", LEASE_BOUND, NOW + 1000);
    q->wanted = ip4_of(LAN + 61);
    assert_int_equal(given(q, ALLOCATE_CURRENT), LAN + 60);
    put(LAN + 60, "a", LEASE_BOUND, NOW - 1000); /* rule 53: run out, and not taken yet */
    assert_int_equal(given(q, ALLOCATE_CURRENT), LAN + 60);
}

TEST(a_lease_elsewhere_or_no_longer_allowed_is_not_gone_back_to)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);

    put(SECOND + 10, "a", LEASE_BOUND, NOW + 1000);
    put(LAN + 50, "a", LEASE_BOUND, NOW + 1000);  /* reserved for another since */
    put(LAN + 25, "a", LEASE_RELEASED, NOW - 10); /* excluded since */
    put(LAN + 60, "a", LEASE_DECLINED, NOW - 10); /* the client found it in use */
    (void)given(q, ALLOCATE_NEW);
}

TEST(rule_37_of_the_remembered_leases_the_last_one_is_given_back)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);

    put(LAN + 60, "a", LEASE_EXPIRED, NOW - 3000);
    put(LAN + 61, "a", LEASE_RELEASED, NOW - 1000);
    put(LAN + 62, "a", LEASE_EXPIRED, NOW - 2000);
    q->wanted = ip4_of(LAN + 63);
    assert_int_equal(given(q, ALLOCATE_REMEMBERED), LAN + 61);
}

TEST(rule_37_option_50_is_followed_if_the_address_is_free_and_ours_to_give)
{
    static const struct {
        uint32_t wanted;
        bool is_given;
    } rows[] = {
        {LAN + 61,     true },
        { LAN + 70,    true },
        { LAN + 71,    true },
        { LAN + 72,    false},
        { LAN + 73,    false},
        { LAN + 25,    false},
        { LAN + 50,    false},
        { LAN + 5,     false},
        { LAN + 1,     false},
        { SECOND + 10, false},
        { 0,           false},
        { 0xffffffff,  false},
    };
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);

    put(LAN + 70, "b", LEASE_EXPIRED, NOW - 1);
    put(LAN + 71, "b", LEASE_BOUND, NOW);
    put(LAN + 72, "b", LEASE_BOUND, NOW + 1);
    put(LAN + 73, "b", LEASE_DECLINED, NOW + 1);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        q->wanted = ip4_of(rows[i].wanted);
        if (rows[i].is_given) {
            assert_int_equal(given(q, ALLOCATE_WANTED), rows[i].wanted);
        } else {
            assert_int_not_equal(given(q, ALLOCATE_NEW), rows[i].wanted);
        }
    }
}

TEST(rule_39_the_same_request_gets_the_same_address_and_clients_are_spread)
{
    struct asking room;
    unsigned n_different = 0;
    uint32_t last = 0;

    for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
        struct allocate_request *q = asking(&room, name, GUEST);
        uint32_t a = given(q, ALLOCATE_NEW);

        assert_int_equal(given(q, ALLOCATE_NEW), a);
        n_different += a != last ? 1 : 0;
        last = a;
    }
    assert_true(n_different > 20);
}

/* One new client after the other, until nothing is left. Returns how many were served. */
static unsigned drain(struct allocate_request *q, enum allocate_source source)
{
    struct allocation a;
    uint32_t key = 0;
    unsigned n = 0;

    for (; n < 100000; n++, key++) {
        q->client_key = bytes_of(&key, sizeof key);
        if (allocate(map, table, q, &a) != 0) {
            break;
        }
        assert_int_equal(a.source, source);

        struct lease l = sample_lease(a.address.value, "?");

        l.client_key = q->client_key;
        l.held_until.ms = NOW + 100000;
        assert_int_equal(lease_table_put(table, &l), 0);
    }
    q->client_key = bytes_of_text("stranger");
    return n;
}

TEST(every_usable_address_is_given_once_whatever_the_share)
{
    for (unsigned n_ranks = 1; n_ranks <= 9; n_ranks++) {
        struct asking room;
        struct allocate_request *q = asking(&room, "", LAN);

        lease_table_clear(table);
        q->n_ranks = n_ranks;
        q->rank = n_ranks / 2;
        assert_int_equal(drain(q, ALLOCATE_NEW), LAN_USABLE);
        assert_int_equal(lease_table_count(table), LAN_USABLE);
        assert_int_equal(drain(asking(&room, "", GUEST), ALLOCATE_NEW), 1024);
    }
}

TEST(rule_40_what_is_held_is_never_given_and_the_answer_is_exhausted)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);
    struct allocation a;

    assert_int_equal(fill(LAN, LEASE_BOUND, NOW + 1), LAN_USABLE);
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
    put(LAN + 77, "gone", LEASE_DECLINED, NOW + 1);
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
    lease_table_remove(table, ip4_of(LAN + 77));
    assert_int_equal(given(q, ALLOCATE_NEW), LAN + 77);
}

TEST(rule_40_without_new_addresses_the_longest_expired_one_is_recycled)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);

    (void)fill(LAN, LEASE_BOUND, NOW + 1);
    for (uint32_t i = 0; i < 50; i++) {
        put_key(LAN + 40 + i + (i >= 10), i, i % 2 == 0 ? LEASE_EXPIRED : LEASE_RELEASED, 5000 + i);
    }
    put_key(LAN + 77, 77, LEASE_EXPIRED, 4000);
    assert_int_equal(given(q, ALLOCATE_RECYCLED), LAN + 77);
    q->rank = 0;
    q->n_ranks = 2; /* .78 and its even neighbours */
    put_key(LAN + 78, 78, LEASE_EXPIRED, 4500);
    assert_int_equal(given(q, ALLOCATE_RECYCLED), LAN + 78);
    lease_table_remove(table, ip4_of(LAN + 99));
    assert_int_equal(given(q, ALLOCATE_NEW), LAN + 99); /* outside the share, but new */
}

TEST(a_remembered_row_is_given_back_though_new_addresses_are_there)
{
    struct asking room;

    (void)fill(LAN, LEASE_EXPIRED, NOW - 1);
    put(LAN + 60, "a", LEASE_EXPIRED, NOW - 1);
    lease_table_remove(table, ip4_of(LAN + 61));
    assert_int_equal(given(asking(&room, "a", LAN), ALLOCATE_REMEMBERED), LAN + 60);
    assert_int_equal(given(asking(&room, "b", LAN), ALLOCATE_NEW), LAN + 61);
}

TEST(the_next_subnet_is_used_when_the_preferred_one_is_full)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);
    struct allocation a;

    room.subnets[1] = network_map_subnet_of(map, ip4_of(SECOND), NULL);
    q->n_subnets = 2;
    assert_int_equal(given(q, ALLOCATE_NEW) & 0xffffff00, LAN);
    (void)fill(LAN, LEASE_BOUND, NOW + 1);
    assert_int_equal(given(q, ALLOCATE_NEW) & 0xffffff00, SECOND);
    assert_int_equal(drain(q, ALLOCATE_NEW), 10);
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
    q->n_subnets = 0;
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
}

/* What nodes have on offer: a byte per address of a /24. */
static uint8_t offers[3][256];

static bool was_offered(void *data, struct ip4 a)
{
    const uint8_t *of_node = data;

    return of_node[a.value & 255] != 0;
}

TEST(what_is_on_offer_to_another_is_passed_over)
{
    struct asking room;
    struct allocate_request *q = asking(&room, "a", LAN);
    struct allocation a;
    uint32_t first = 0;

    memset(offers, 0, sizeof offers);
    q->is_offered = was_offered;
    q->data = offers[0];
    first = given(q, ALLOCATE_NEW);
    offers[0][first & 255] = 1;
    assert_int_not_equal(given(q, ALLOCATE_NEW), first);
    q->wanted = ip4_of(first);
    assert_int_not_equal(given(q, ALLOCATE_NEW), first);
    put(first, "a", LEASE_EXPIRED, NOW - 1);
    assert_int_not_equal(given(q, ALLOCATE_NEW), first);
    put(first, "a", LEASE_BOUND, NOW + 1); /* held: nobody else can have been offered it rightly */
    assert_int_equal(given(q, ALLOCATE_CURRENT), first);
    memset(offers, 1, sizeof offers);
    lease_table_clear(table);
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
    (void)fill(LAN, LEASE_EXPIRED, NOW - 1);
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
}

/* Counts the questions. */
static bool count_offered(void *data, struct ip4 a)
{
    (void)a;
    (*(unsigned *)data)++;
    return true;
}

TEST(a_search_among_offers_is_bounded)
{
    struct asking room;
    struct allocate_request *q = NULL;
    struct allocation a;
    unsigned n_asked = 0;

    map = network_map_free(map);
    sample.guest_pools[0].range = (struct ip4_range){ { GUEST + 1 }, { GUEST + 65000 } };
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 2), 0);
    q = asking(&room, "a", GUEST);
    q->n_ranks = 3;
    q->is_offered = count_offered;
    q->data = &n_asked;
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
    assert_int_equal(n_asked, 2 * ALLOCATE_OFFERED_MAX); /* in the share, then outside */
}

static void make_lan_pool(uint32_t size)
{
    map = network_map_free(map);
    sample.lan[0].n_pools = 1;
    sample.lan[0].n_reservations = 0;
    sample.lan_pools[0] = (struct pool){
        .range = {{ LAN + 10 }, { LAN + 9 + size }},
    };
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), size), 0);
}

TEST(nodes_never_offer_one_address_to_two_clients_while_their_shares_last)
{
    for (uint32_t size = 3; size <= 200; size += 1 + size / 10) {
        uint8_t n_offers[256] = { 0 };

        make_lan_pool(size);
        memset(offers, 0, sizeof offers);
        for (uint32_t client = 0; client < size / 3 * 3; client++) {
            struct asking room;
            struct allocate_request *q = asking(&room, "", LAN);

            q->client_key = bytes_of(&client, sizeof client);
            q->rank = client % 3;
            q->n_ranks = 3;
            q->is_offered = was_offered;
            q->data = offers[q->rank]; /* no node knows what the others have offered */

            uint32_t a = given(q, ALLOCATE_NEW) & 255;

            assert_int_equal(n_offers[a]++, 0);
            offers[q->rank][a] = 1;
        }
    }
}

/* Everything a client may get in 10.0.0.0/24 of what has no row, or is remembered: one by one. */
static bool naive_may_give(uint32_t address, enum allocate_source source)
{
    const struct subnet *s = network_map_subnet_of(map, ip4_of(LAN), NULL);
    struct ip4 a = ip4_of(address);
    struct lease l;
    bool has_row = lease_table_find(table, a, &l);
    bool remembered = has_row && (l.state == LEASE_EXPIRED || l.state == LEASE_RELEASED);

    return subnet_pools_contain(s, a) && network_map_reservation_of_address(map, a) == NULL &&
           !was_offered(offers[0], a) && (source == ALLOCATE_NEW ? !has_row : remembered);
}

static unsigned naive_count(enum allocate_source source)
{
    unsigned n = 0;

    for (uint32_t a = LAN; a <= LAN + 255; a++) {
        n += naive_may_give(a, source) ? 1 : 0;
    }
    return n;
}

/* Pool .150-.159 of the first subnet for class 0, and a client of @classes. */
static struct allocate_request *asking_with_classes(struct asking *room, uint64_t classes)
{
    static const struct class_term local = { .kind = TERM_LOCAL };
    static struct client_class class;

    class = (struct client_class){
        .name = bytes_of_text("phones"),
        .n_terms = 1,
        .terms = &local,
        .times = {.min = { TIMES_UNSET_S },
                  .default_ = { TIMES_UNSET_S },
                  .max = { TIMES_UNSET_S },
                  .headroom = { TIMES_UNSET_S }},
    };
    map = network_map_free(map);
    sample.settings.n_classes = 1;
    sample.settings.classes = &class;
    sample.lan_pools[1].classes = (struct class_set){ { 1 } };
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 2), 0);
    (void)asking(room, "a", LAN);
    room->request.classes = (struct class_set){ { classes } };
    return &room->request;
}

TEST(a_pool_for_classes_is_closed_to_other_clients)
{
    struct asking room;
    struct allocate_request *q = asking_with_classes(&room, 0);
    struct allocation a;

    q->wanted = ip4_of(LAN + 150);
    assert_true(given(q, ALLOCATE_NEW) < LAN + 150);
    put(LAN + 151, "a", LEASE_EXPIRED, NOW - 1);
    assert_true(given(q, ALLOCATE_NEW) < LAN + 150);
    put(LAN + 152, "a", LEASE_BOUND, NOW + 1000);
    assert_true(given(q, ALLOCATE_NEW) < LAN + 150);
    for (uint32_t i = 10; i < 100; i++) {
        put(LAN + i, "b", LEASE_BOUND, NOW + 1000);
    }
    assert_int_equal(allocate(map, table, q, &a), ALLOCATE_EXHAUSTED);
}

TEST(a_client_of_the_class_gets_an_address_of_its_pool_first_and_of_the_others_then)
{
    struct asking room;
    struct allocate_request *q = asking_with_classes(&room, 1);

    assert_true(given(q, ALLOCATE_NEW) >= LAN + 150);
    for (uint32_t i = 150; i < 160; i++) {
        put(LAN + i, "b", i == 155 ? LEASE_EXPIRED : LEASE_BOUND, i == 155 ? NOW - 1 : NOW + 1000);
    }
    assert_int_equal(given(q, ALLOCATE_RECYCLED), LAN + 155);
    put(LAN + 155, "b", LEASE_BOUND, NOW + 1000);
    assert_true(given(q, ALLOCATE_NEW) < LAN + 150);
    q->wanted = ip4_of(LAN + 99);
    assert_int_equal(given(q, ALLOCATE_WANTED), LAN + 99);
}

TEST(in_random_states_a_naive_search_agrees)
{
    uint32_t r = 7;

    for (unsigned round = 0; round < 1000; round++) {
        uint32_t density = 1 + random_below(&r, 400);
        struct asking room;
        struct allocate_request *q = asking(&room, "stranger", LAN);
        struct allocation a;

        lease_table_clear(table);
        memset(offers, 0, sizeof offers);
        for (uint32_t i = 0; i < density; i++) {
            uint32_t address = LAN + random_below(&r, 256);

            offers[0][address & 255] = random_below(&r, 8) == 0;
            if (address != LAN) {
                put_key(address, i, (enum lease_state)(1 + random_below(&r, 4)), NOW + 1);
            }
        }
        q->is_offered = was_offered;
        q->data = offers[0];
        q->n_ranks = 1 + random_below(&r, 9);
        q->rank = random_below(&r, q->n_ranks);
        if (allocate(map, table, q, &a) != 0) {
            assert_int_equal(naive_count(ALLOCATE_NEW) + naive_count(ALLOCATE_RECYCLED), 0);
            continue;
        }
        assert_true(naive_may_give(a.address.value, a.source));
        assert_int_equal(
            a.source, naive_count(ALLOCATE_NEW) > 0 ? ALLOCATE_NEW : ALLOCATE_RECYCLED);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        CASE(a_reservation_comes_before_everything_else),
        CASE(a_reservation_without_an_address_changes_nothing_about_the_address),
        CASE(a_reserved_address_that_is_held_or_in_quarantine_is_waited_for_elsewhere),
        CASE(rule_37_the_current_lease_comes_before_an_address_asked_for),
        CASE(a_lease_elsewhere_or_no_longer_allowed_is_not_gone_back_to),
        CASE(rule_37_of_the_remembered_leases_the_last_one_is_given_back),
        CASE(rule_37_option_50_is_followed_if_the_address_is_free_and_ours_to_give),
        CASE(rule_39_the_same_request_gets_the_same_address_and_clients_are_spread),
        CASE(every_usable_address_is_given_once_whatever_the_share),
        CASE(rule_40_what_is_held_is_never_given_and_the_answer_is_exhausted),
        CASE(rule_40_without_new_addresses_the_longest_expired_one_is_recycled),
        CASE(a_remembered_row_is_given_back_though_new_addresses_are_there),
        CASE(the_next_subnet_is_used_when_the_preferred_one_is_full),
        CASE(what_is_on_offer_to_another_is_passed_over),
        CASE(a_search_among_offers_is_bounded),
        CASE(nodes_never_offer_one_address_to_two_clients_while_their_shares_last),
        CASE(a_pool_for_classes_is_closed_to_other_clients),
        CASE(a_client_of_the_class_gets_an_address_of_its_pool_first_and_of_the_others_then),
        CASE(in_random_states_a_naive_search_agrees),
    };

    return cmocka_run_group_tests_name("allocate", tests, NULL, NULL);
}
