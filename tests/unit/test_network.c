#include "base/err.h"
#include "storage/network.h"
#include "support/heap.h"
#include "support/sample_settings.h"
#include "support/test.h"

static struct sample_settings sample;
static struct network_map *map;

static int set_up(void **state)
{
    (void)state;
    sample_settings_init(&sample);
    return network_map_new(&map, sample_settings_document(&sample), 7);
}

static int tear_down(void **state)
{
    (void)state;
    heap_fail_after(-1);
    map = network_map_free(map);
    return heap_in_use() == 0 ? 0 : -1;
}

static const struct subnet *subnet_of(uint32_t address)
{
    return network_map_subnet_of(map, ip4_of(address), NULL);
}

TEST(without_a_document_there_are_no_networks)
{
    (void)network_map_free(map);
    assert_int_equal(network_map_new(&map, NULL, 0), 0);
    assert_int_equal(network_map_version(map), 0);
    assert_int_equal(network_map_settings(map)->n_networks, 0);
    assert_null(subnet_of(0x0a000001));
    assert_null(network_map_by_name(map, bytes_of_text("lan")));
    assert_null(network_map_reservation_of_address(map, ip4_of(0x0a000005)));
}

TEST(a_network_is_found_by_its_whole_name)
{
    assert_ptr_equal(
        network_map_by_name(map, bytes_of_text("guest")), &network_map_settings(map)->networks[1]);
    assert_null(network_map_by_name(map, bytes_of_text("gues")));
    assert_int_equal(network_map_version(map), 7);
}

TEST(a_subnet_is_found_by_each_of_its_addresses_and_no_other)
{
    static const struct {
        uint32_t address;
        int network, subnet;
    } rows[] = {
        {0x09ffffff,  -1, 0},
        { 0x0a000000, 0,  0},
        { 0x0a0000ff, 0,  0},
        { 0x0a000100, 0,  1},
        { 0x0a0001ff, 0,  1},
        { 0x0a000200, -1, 0},
        { 0x0a010000, 1,  0},
        { 0x0a01ffff, 1,  0},
        { 0x0a020000, -1, 0},
        { 0xffffffff, -1, 0},
    };
    const struct settings *s = network_map_settings(map);

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct network *n = NULL;
        const struct subnet *found = network_map_subnet_of(map, ip4_of(rows[i].address), &n);

        if (rows[i].network < 0) {
            assert_null(found);
        } else {
            assert_ptr_equal(n, &s->networks[rows[i].network]);
            assert_ptr_equal(found, &n->subnets[rows[i].subnet]);
        }
    }
}

TEST(pools_contain_what_is_not_excluded)
{
    const struct subnet *s = subnet_of(0x0a000001);

    assert_false(subnet_pools_contain(s, ip4_of(0x0a000009)));
    assert_true(subnet_pools_contain(s, ip4_of(0x0a00000a)));
    assert_true(subnet_pools_contain(s, ip4_of(0x0a000013)));
    assert_false(subnet_pools_contain(s, ip4_of(0x0a000014)));
    assert_false(subnet_pools_contain(s, ip4_of(0x0a00001d)));
    assert_true(subnet_pools_contain(s, ip4_of(0x0a00001e)));
    assert_true(subnet_pools_contain(s, ip4_of(0x0a000032)));
    assert_false(subnet_pools_contain(s, ip4_of(0x0a000064)));
    assert_true(subnet_pools_contain(s, ip4_of(0x0a00009f)));
}

static bool is_usable(const struct pool_map *pools, unsigned n, uint32_t address)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t bit = address - pools[i].block.value;

        if (address >= pools[i].block.value && bit / 64 < pools[i].n_words &&
            (pools[i].usable[bit / 64] >> bit % 64 & 1) != 0) {
            return true;
        }
    }
    return false;
}

TEST(usable_is_what_is_in_a_pool_and_not_reserved)
{
    static const uint32_t subnets[] = { 0x0a000000, 0x0a000100, 0x0a010000 };

    for (unsigned i = 0; i < 3; i++) {
        const struct subnet *s = subnet_of(subnets[i]);
        unsigned n = 0;
        const struct pool_map *pools = network_map_pools(map, s, &n);
        struct ip4 last = ip4_prefix_last(s->prefix);

        assert_int_equal(n, s->n_pools);
        for (struct ip4 a = s->prefix.network; a.value <= last.value; a.value++) {
            bool is_reserved = network_map_reservation_of_address(map, a) != NULL;

            assert_int_equal(
                is_usable(pools, n, a.value), subnet_pools_contain(s, a) && !is_reserved);
        }
    }
}

static uint32_t reserved_for(uint32_t subnet, const struct client_identity *client)
{
    const struct reservation *r = network_map_reservation_of_client(map, subnet_of(subnet), client);

    return r == NULL ? 0 : r->address.value;
}

static struct client_identity by_hardware(const char *key, const char *hardware, uint8_t hw_type)
{
    struct bytes address = bytes_of(hardware, hardware == NULL ? 0 : 6);

    return client_identity_of(bytes_of_text(key), hw_type, address, (struct bytes){ 0 });
}

TEST(rule_62_a_client_id_is_matched_before_the_hardware_address)
{
    static const char known[] = "\x02\x00\x00\x00\x00\x05";
    static const char other[] = "\x02\x00\x00\x00\x00\x06";

    static const struct {
        uint32_t subnet;
        const char *key, *hardware;
        uint8_t hw_type;
        uint32_t reserved;
    } rows[] = {
        {0x0a000000,  "fifty",  NULL,  0, 0x0a000032},
        { 0x0a000000, "fifty",  known, 1, 0x0a000032},
        { 0x0a000000, "a-duid", known, 1, 0x0a000005},
        { 0x0a000000, "a-duid", known, 6, 0         },
        { 0x0a000000, "a-duid", other, 1, 0         },
        { 0x0a000100, "fifty",  known, 1, 0         },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client_identity client = by_hardware(rows[i].key, rows[i].hardware, rows[i].hw_type);

        assert_int_equal(reserved_for(rows[i].subnet, &client), rows[i].reserved);
    }
}

/* A client that has every mark there is. */
static struct client_identity full_client(void)
{
    return client_identity_of(
        bytes_of("\xff\x00\x00\x00\x07\x00\x03\x01", 8),
        1,
        bytes_of("\x02\x00\x00\x00\x00\x09", 6),
        bytes_of("\x01\x02p1\x02\x02r1", 8));
}

/* A reservation of .60 and on for each set of that client's marks, the weakest first. */
static void reserve_every_set(void)
{
    static struct reservation all[31];
    struct client_identity client = full_client();

    for (unsigned set = 1; set <= 31; set++) {
        struct reservation *r = &all[set - 1];

        *r = (struct reservation){ .address = { 0x0a00003c + set } };
        if ((set >> CLIENT_MARK_HARDWARE & 1) != 0) {
            r->hw_type = 1;
            r->hw_address = client.marks[CLIENT_MARK_HARDWARE];
        }
        if ((set >> CLIENT_MARK_REMOTE_ID & 1) != 0) {
            r->remote_id = client.marks[CLIENT_MARK_REMOTE_ID];
        }
        if ((set >> CLIENT_MARK_CIRCUIT_ID & 1) != 0) {
            r->circuit_id = client.marks[CLIENT_MARK_CIRCUIT_ID];
        }
        if ((set >> CLIENT_MARK_DUID & 1) != 0) {
            r->duid = client.marks[CLIENT_MARK_DUID];
        }
        if ((set >> CLIENT_MARK_ID & 1) != 0) {
            r->client_id = client.marks[CLIENT_MARK_ID];
        }
    }
    sample.lan[0].reservations = all;
    sample.lan[0].n_reservations = 31;
    map = network_map_free(map);
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 8), 0);
}

TEST(rule_62_the_strongest_mark_counts_and_more_marks_before_fewer)
{
    struct client_identity client = full_client();

    static const enum client_mark order[] = {
        CLIENT_MARK_ID,        CLIENT_MARK_DUID,     CLIENT_MARK_CIRCUIT_ID,
        CLIENT_MARK_REMOTE_ID, CLIENT_MARK_HARDWARE,
    };

    unsigned set = 31;

    reserve_every_set();
    for (unsigned i = 0; i < CLIENT_MARK_COUNT; i++) {
        assert_int_equal(reserved_for(0x0a000000, &client), 0x0a00003c + set);
        client.marks[order[i]].n = 0; /* without its strongest mark */
        set &= ~(1u << order[i]);
    }
    assert_int_equal(reserved_for(0x0a000000, &client), 0);
}

TEST(rule_62_all_marks_of_a_combination_must_match)
{
    struct client_identity client = full_client();

    sample.reservations[0].circuit_id = bytes_of_text("p1");
    sample.reservations[0].hw_address = client.marks[CLIENT_MARK_HARDWARE];
    map = network_map_free(map);
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 8), 0);
    assert_int_equal(reserved_for(0x0a000000, &client), 0x0a000005);
    client.hw_type = 6;
    assert_int_equal(reserved_for(0x0a000000, &client), 0);
    client = full_client();
    client.marks[CLIENT_MARK_CIRCUIT_ID] = bytes_of_text("p2");
    assert_int_equal(reserved_for(0x0a000000, &client), 0);
    client.marks[CLIENT_MARK_CIRCUIT_ID].n = 0;
    assert_int_equal(reserved_for(0x0a000000, &client), 0);
}

TEST(rule_62_a_duid_matches_whatever_the_iaid)
{
    struct client_identity client = full_client();

    sample.reservations[0] =
        (struct reservation){ .duid = bytes_of("\x00\x03\x01", 3), .address = { 0x0a000005 } };
    map = network_map_free(map);
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 8), 0);
    assert_int_equal(reserved_for(0x0a000000, &client), 0x0a000005);
    client = client_identity_of(
        bytes_of("\xff\x01\x02\x03\x04\x00\x03\x01", 8),
        1,
        (struct bytes){ 0 },
        (struct bytes){ 0 });
    assert_int_equal(reserved_for(0x0a000000, &client), 0x0a000005);
}

TEST(a_reservation_may_have_no_address)
{
    struct client_identity client = by_hardware("fifty", NULL, 1);
    unsigned n = 0;

    sample.reservations[1].address = IP4_ANY;
    map = network_map_free(map);
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 8), 0);
    assert_non_null(network_map_reservation_of_client(map, subnet_of(0x0a000000), &client));
    assert_null(network_map_reservation_of_address(map, IP4_ANY));
    assert_true(is_usable(network_map_pools(map, subnet_of(0x0a000000), &n), 2, 0x0a000032));
}

TEST(a_reservation_is_found_by_its_address)
{
    assert_int_equal(
        network_map_reservation_of_address(map, ip4_of(0x0a000032))->address.value, 0x0a000032);
    assert_null(network_map_reservation_of_address(map, ip4_of(0x0a000033)));
    assert_null(network_map_reservation_of_address(map, ip4_of(0)));
    assert_null(network_map_reservation_of_address(map, ip4_of(0xffffffff)));
}

TEST(thousands_of_reservations_are_found_by_client_and_by_address)
{
    enum { N = 10000 };
    static struct reservation many[N];
    static uint8_t hardware[N][6];

    (void)network_map_free(map);
    for (uint32_t i = 0; i < N; i++) {
        hardware[i][4] = (uint8_t)(i >> 8);
        hardware[i][5] = (uint8_t)i;
        many[i] = (struct reservation){
            .hw_type = 1,
            .hw_address = {hardware[i], 6 },
            .address = { 0x0a010100 + (i * 7) % 60000         },
        };
    }
    sample.guest[0].reservations = many;
    sample.guest[0].n_reservations = N;
    assert_int_equal(network_map_new(&map, sample_settings_document(&sample), 8), 0);
    for (uint32_t i = 0; i < N; i++) {
        struct client_identity client = client_identity_of_reservation(&many[i]);
        const struct reservation *r =
            network_map_reservation_of_client(map, subnet_of(0x0a010000), &client);

        assert_non_null(r);
        assert_int_equal(r->address.value, many[i].address.value);
        assert_ptr_equal(network_map_reservation_of_address(map, r->address), r);
    }
}

/* A reservation of a command; its bytes live in @a. */
static struct kept_reservation made(struct arena *a, uint64_t id, uint32_t address)
{
    struct kept_reservation row = { .id = id, .version = id, .put_at = { 1 } };
    uint8_t client[] = { 'k', (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };

    row.value.address = ip4_of(address);
    row.value.client_id = arena_copy(a, bytes_of(client, sizeof client));
    assert_int_equal(reservation_encode(&row.value, a, &row.encoded), 0);
    return row;
}

static bool is_usable_now(uint32_t address)
{
    unsigned n = 0;
    const struct pool_map *pools = network_map_pools(map, subnet_of(address), &n);

    return is_usable(pools, n, address);
}

TEST(what_commands_put_takes_its_address_out_of_the_pool_and_gives_it_back)
{
    struct arena arena;
    struct block block = {
        .subject = {BLOCK_ADDRESS, bytes_of("\x0a\x00\x00\x0a", 4)}
    };

    arena_init(&arena);

    struct kept_reservation row = made(&arena, 1, 0x0a00000a);
    struct kept_reservation moved = made(&arena, 1, 0x0a00000b);

    assert_true(is_usable_now(0x0a00000a));
    assert_int_equal(network_map_put_reservation(map, &row), 0);
    assert_false(is_usable_now(0x0a00000a));
    assert_int_equal(network_map_put_reservation(map, &moved), 0);
    assert_true(is_usable_now(0x0a00000a));
    assert_false(is_usable_now(0x0a00000b));
    network_map_remove_reservation(map, 1);
    assert_true(is_usable_now(0x0a00000b));
    assert_int_equal(network_map_put_block(map, &block), 0);
    assert_true(network_map_is_address_blocked(map, ip4_of(0x0a00000a)));
    assert_false(is_usable_now(0x0a00000a));
    network_map_remove_block(map, &block.subject);
    assert_true(is_usable_now(0x0a00000a));
    arena_deinit(&arena);
}

TEST(what_commands_put_passes_to_the_next_settings)
{
    struct network_map *next = NULL;
    struct block block = {
        .subject = {BLOCK_ADDRESS, bytes_of("\x0a\x00\x00\x0c", 4)}
    };
    struct arena arena;

    arena_init(&arena);

    struct kept_reservation row = made(&arena, 1, 0x0a00000a);

    assert_int_equal(network_map_put_reservation(map, &row), 0);
    assert_int_equal(network_map_put_block(map, &block), 0);
    arena_deinit(&arena);
    assert_int_equal(network_map_new(&next, sample_settings_document(&sample), 8), 0);
    network_map_adopt(next, map);
    (void)network_map_free(map);
    map = next;
    assert_false(is_usable_now(0x0a00000a));
    assert_false(is_usable_now(0x0a00000c));
    assert_int_equal(network_map_reservation_of_address(map, ip4_of(0x0a00000a))->client_id.n, 4);
}

TEST(a_reservation_without_an_address_is_found_by_none)
{
    struct arena arena;

    arena_init(&arena);

    /* its id is the number of an address, and of the reservation behind it */
    struct kept_reservation without = made(&arena, 0x0a00000a, 0);
    struct kept_reservation with = made(&arena, 1, 0x0a00000a);

    without.subnet_id = 0x0a000000;
    assert_int_equal(network_map_put_reservation(map, &without), 0);
    assert_null(network_map_reservation_of_address(map, ip4_of(0x0a00000a)));
    assert_null(network_map_reservation_of_address(map, IP4_ANY));
    assert_int_equal(network_map_put_reservation(map, &with), 0);
    assert_int_equal(
        network_map_reservation_of_address(map, ip4_of(0x0a00000a))->client_id.at[3], 1);
    network_map_remove_reservation(map, 0x0a00000a);
    assert_non_null(network_map_reservation_of_address(map, ip4_of(0x0a00000a)));
    arena_deinit(&arena);
}

TEST(thousands_of_reservations_of_commands_come_and_go_and_are_found)
{
    enum { N = 20000 };
    struct arena arena;

    arena_init(&arena);
    for (uint32_t i = 1; i <= N; i++) {
        struct kept_reservation row = made(&arena, i, 0x0a010100 + i);

        assert_int_equal(network_map_put_reservation(map, &row), 0);
    }
    for (uint32_t i = 3; i <= N; i += 3) {
        network_map_remove_reservation(map, i);
    }
    assert_int_equal(reservation_table_count(network_map_kept(map)), N - N / 3);
    for (uint32_t i = 1; i <= N; i++) {
        struct kept_reservation row = made(&arena, i, 0x0a010100 + i);
        struct client_identity client = client_identity_of_reservation(&row.value);
        const struct reservation *r =
            network_map_reservation_of_client(map, subnet_of(0x0a010000), &client);

        assert_int_equal(r != NULL, i % 3 != 0);
        assert_ptr_equal(network_map_reservation_of_address(map, row.value.address), r);
        assert_int_equal(reservation_table_find(network_map_kept(map), i) != NULL, i % 3 != 0);
    }
    arena_deinit(&arena);
}

TEST(without_memory_there_is_no_map_and_the_document_is_gone)
{
    int failures = 0;
    int result = ERR_NOMEM;

    map = network_map_free(map);
    while (result == ERR_NOMEM) {
        struct settings_document *d = NULL;

        assert_int_equal(heap_in_use(), 0);
        heap_fail_after(-1);
        d = sample_settings_document(&sample);
        heap_fail_after(failures++);
        result = network_map_new(&map, d, 1);
    }
    assert_int_equal(result, 0);
    assert_true(failures >= 3); /* the map, its arena, and then none */
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        CASE(without_a_document_there_are_no_networks),
        CASE(a_network_is_found_by_its_whole_name),
        CASE(a_subnet_is_found_by_each_of_its_addresses_and_no_other),
        CASE(pools_contain_what_is_not_excluded),
        CASE(usable_is_what_is_in_a_pool_and_not_reserved),
        CASE(rule_62_a_client_id_is_matched_before_the_hardware_address),
        CASE(rule_62_the_strongest_mark_counts_and_more_marks_before_fewer),
        CASE(rule_62_all_marks_of_a_combination_must_match),
        CASE(rule_62_a_duid_matches_whatever_the_iaid),
        CASE(a_reservation_may_have_no_address),
        CASE(a_reservation_is_found_by_its_address),
        CASE(thousands_of_reservations_are_found_by_client_and_by_address),
        CASE(what_commands_put_takes_its_address_out_of_the_pool_and_gives_it_back),
        CASE(what_commands_put_passes_to_the_next_settings),
        CASE(a_reservation_without_an_address_is_found_by_none),
        CASE(thousands_of_reservations_of_commands_come_and_go_and_are_found),
        CASE(without_memory_there_is_no_map_and_the_document_is_gone),
    };

    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
