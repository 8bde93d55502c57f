#include <string.h>

#include "base/event.h"
#include "base/own.h"
#include "server/exchange.h"
#include "server/policy/admission.h"
#include "support/exchange_case.h"
#include "support/test.h"

/* What strangers may take, and what is left for clients that are known. */

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */

static unsigned say_as_stranger(struct client_says says, unsigned i)
{
    uint8_t key[3] = { 0, (uint8_t)(i >> 8), (uint8_t)i };

    says.client_id = bytes_of(key, sizeof key);
    return client_say(&node, says);
}

static void set_limits(struct network_limits limits)
{
    node.lan.networks[0].limits = limits;
    assert_int_equal(one_node_apply_settings(&node), 0);
    exchanges_tick(node.exchanges);
}

static void widen_pool(uint8_t last)
{
    node.lan.pools[0].range = (struct ip4_range){ lan_address(1, 20), lan_address(1, last) };
    node.lan.pools[0].n_excludes = 0;
    assert_int_equal(one_node_apply_settings(&node), 0);
}

TEST(a_flood_of_strangers_leaves_room_for_a_client_that_renews)
{
    struct ip4 address = client_get_lease(&node, 1);

    one_node_wait(&node, 300000);
    for (unsigned i = 0; i < 2 * EXCHANGES_MAX; i++) {
        (void)say_as_stranger(client_selecting(2, lan_address(1, 102), id1), i);
    }
    assert_int_equal(node.n_queued, STRANGERS_MAX);
    assert_int_equal(count_of(REASON_OVERLOADED), 2 * EXCHANGES_MAX - STRANGERS_MAX);
    (void)client_say(&node, client_renewing(1, address));
    assert_int_equal(node.n_queued, STRANGERS_MAX + 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(count_of(REASON_RENEWED), 1);
}

TEST(only_so_many_new_clients_a_second_are_let_in)
{
    struct client_says discover = { .type = MESSAGE_DISCOVER, .client = 2 };
    unsigned n = 0;

    widen_pool(200);
    set_limits((struct network_limits){ .new_clients = 5 });
    for (unsigned i = 0; i < 100; i++) {
        n += say_as_stranger(discover, i);
    }
    assert_int_equal(n, 10); /* of two seconds */
    assert_int_equal(count_of(REASON_LIMITED), 90);
    assert_int_equal(say_as_stranger(discover, 0), 1); /* again: it has its offer already */
    one_node_wait(&node, 1000);
    assert_int_equal(say_as_stranger(discover, 200), 1);
}

TEST(a_request_for_what_was_never_offered_counts_as_a_new_client)
{
    widen_pool(200);
    set_limits((struct network_limits){ .new_clients = 5 });
    for (unsigned i = 0; i < 100; i++) {
        (void)say_as_stranger(client_selecting(2, lan_address(1, (uint8_t)(60 + i)), id1), i);
    }
    assert_int_equal(node.n_queued, 10);
}

TEST(who_was_offered_an_address_gets_it_whatever_the_limit)
{
    struct client_says discover = { .type = MESSAGE_DISCOVER, .client = 2 };
    struct ip4 offered;

    widen_pool(200);
    set_limits((struct network_limits){ .new_clients = 1 });
    assert_int_equal(say_as_stranger(discover, 1), 1);
    offered = client_heard(&node)->header.yiaddr;
    assert_int_equal(say_as_stranger(discover, 2), 1);
    assert_int_equal(say_as_stranger(discover, 3), 0);
    (void)say_as_stranger(client_selecting(2, offered, id1), 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, offered);
}

/* Leaves @n addresses of the first subnet free. */
static void fill_pool_but(unsigned n)
{
    const struct network_map *map = store_map(node.store);
    const struct subnet *subnet = network_map_subnet_of(map, lan_address(1, 100), NULL);
    struct pool_use use = pool_use_of(map, store_leases(node.store), subnet);

    for (unsigned i = 0; use.size - use.used > n; i++) {
        uint8_t key[3] = { 9, (uint8_t)(i >> 8), (uint8_t)i };
        struct command c = {
            .kind = COMMAND_BIND,
            .bind = {.address = lan_address(1, (uint8_t)(20 + i)),
                     .client_key = bytes_of(key, sizeof key),
                     .lease = { 600 },
                     .hold = { 900 }},
        };

        (void)one_node_apply(&node, c);
        use = pool_use_of(map, store_leases(node.store), subnet);
    }
    one_node_wait(&node, 1000);
    exchanges_tick(node.exchanges);
}

TEST(rule_40_when_pools_run_low_known_clients_go_first)
{
    struct client_says discover = { .type = MESSAGE_DISCOVER, .client = 2 };
    struct ip4 own = client_get_lease(&node, 1);
    unsigned n = 0;

    widen_pool(119);
    set_limits((struct network_limits){ .low_percent = 30, .new_clients_when_low = 2 });
    fill_pool_but(25);
    for (unsigned i = 0; i < 20; i++) {
        n += say_as_stranger(discover, i);
    }
    assert_int_equal(n, 4);
    (void)client_say(&node, (struct client_says){ .type = MESSAGE_DISCOVER, .client = 1 });
    client_assert_heard(&node, MESSAGE_OFFER, own);
    (void)client_say(&node, (struct client_says){ .type = MESSAGE_DISCOVER, .client = 0xaa });
    assert_int_equal(message_type(client_heard(&node)), MESSAGE_OFFER); /* it has a reservation */
    assert_int_equal(client_heard(&node)->header.hardware.address[5], 0xaa);
}

TEST(rule_40_a_flood_within_a_second_meets_the_limit_of_low_pools_too)
{
    widen_pool(119);
    set_limits((struct network_limits){ .low_percent = 50, .new_clients_when_low = 1 });
    for (unsigned i = 0; i < 90; i++) {
        struct ip4 address = lan_address(1, (uint8_t)(20 + i));

        (void)say_as_stranger(client_selecting(2, address, id1), i);
    }
    assert_in_range(node.n_queued, 40, 60);
}

TEST(rule_40_pools_that_fill_up_are_told_once_until_they_are_relieved)
{
    const uint64_t *counts = event_counts();
    uint64_t nearly = counts[EVENT_POOL_NEARLY_FULL];
    uint64_t exhausted = counts[EVENT_POOL_EXHAUSTED];
    uint64_t relieved = counts[EVENT_POOL_RELIEVED];

    widen_pool(119);
    set_limits((struct network_limits){ .low_percent = 30 });
    fill_pool_but(20);
    fill_pool_but(10);
    assert_int_equal(counts[EVENT_POOL_NEARLY_FULL], nearly + 1);
    assert_int_equal(counts[EVENT_POOL_EXHAUSTED], exhausted);
    fill_pool_but(0);
    fill_pool_but(0);
    assert_int_equal(counts[EVENT_POOL_EXHAUSTED], exhausted + 1);
    assert_int_equal(counts[EVENT_POOL_NEARLY_FULL], nearly + 1);

    struct ip4 addresses[EXPIRE_MAX];
    struct command c = { .kind = COMMAND_EXPIRE };

    one_node_wait(&node, 1000000);
    c.expire.n = store_expired(node.store, node.cluster_time, addresses);
    c.expire.at = addresses;
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
    exchanges_tick(node.exchanges);
    assert_int_equal(counts[EVENT_POOL_RELIEVED], relieved); /* it has to last */
    one_node_wait(&node, 20000);
    exchanges_tick(node.exchanges);
    assert_int_equal(counts[EVENT_POOL_RELIEVED], relieved + 1);
}

static void decline(struct ip4 address)
{
    one_node_wait(&node, 10);
    (void)client_say(
        &node,
        (struct client_says){
            .type = MESSAGE_DECLINE, .client = 1, .wanted = address, .server_id = id1 });
    one_node_commit(&node);
}

TEST(rule_57_one_client_declines_only_so_many_addresses)
{
    widen_pool(119);
    set_limits((struct network_limits){ .declines = 2 });
    decline(client_get_lease(&node, 1));
    decline(client_get_lease(&node, 1));
    assert_int_equal(count_of(REASON_DECLINED), 2);

    struct ip4 third = client_get_lease(&node, 1);

    decline(third);
    assert_int_equal(count_of(REASON_DECLINED), 2);
    assert_int_equal(count_of(REASON_LIMITED), 1);
    assert_true(ip4_equal(client_get_offer(&node, 1), third)); /* it stays the client's */
    one_node_wait(&node, 3600000);
    decline(client_get_lease(&node, 1)); /* the probation of the first two is over */
    assert_int_equal(count_of(REASON_DECLINED), 3);
}

TEST(rule_57_the_log_counts_too_whoever_proposes)
{
    struct ip4 first = client_get_lease(&node, 1);
    struct command c = {
        .kind = COMMAND_DECLINE,
        .decline = {.client_key = bytes_of("\x01\x02\x00\x00\x00\x00\x01", 7),
                    .server_id = id1,
                    .offered = true},
    };

    widen_pool(119);
    set_limits((struct network_limits){ .declines = 1 });
    one_node_wait(&node, 10);
    c.decline.address = first;
    c.decline.received_at = node.cluster_time;
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
    c.decline.address = lan_address(1, 119);
    assert_int_equal(one_node_apply(&node, c), OUTCOME_LIMITED);
    set_limits((struct network_limits){ .declines = 0 });
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
}

/* An OFFER to a new client key of the hardware of client 2, perhaps behind a circuit. */
static unsigned ask(unsigned key, struct bytes agent_info)
{
    struct client_says discover = { .type = MESSAGE_DISCOVER, .client = 2 };

    if (agent_info.n > 0) {
        discover.agent_info = agent_info;
        discover.giaddr = lan_address(1, 254);
        discover.client = (uint8_t)key;
    }
    return say_as_stranger(discover, key);
}

static void take(unsigned key, struct bytes agent_info)
{
    struct client_says select = client_selecting(2, IP4_ANY, id1);

    assert_int_equal(ask(key, agent_info), 1);
    select.wanted = client_heard(&node)->header.yiaddr;
    if (agent_info.n > 0) {
        select.agent_info = agent_info;
        select.giaddr = lan_address(1, 254);
        select.client = (uint8_t)key;
    }
    (void)say_as_stranger(select, key);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, select.wanted);
}

TEST(one_hardware_address_gets_only_so_many_leases_whatever_it_calls_itself)
{
    const struct bytes none = { NULL, 0 };

    widen_pool(119);
    set_limits((struct network_limits){ .leases_per_hardware = 2 });
    take(1, none);
    take(2, none);
    assert_int_equal(ask(3, none), 0);
    assert_int_equal(count_of(REASON_LIMITED), 1);
    assert_int_equal(ask(1, none), 1); /* it has its lease */
    one_node_wait(&node, 100);

    struct ip4 own = client_get_lease(&node, 1); /* another hardware address */

    assert_false(ip4_is_any(own));
}

TEST(one_circuit_of_a_relay_gets_only_so_many_leases)
{
    const struct bytes port = bytes_of("\x01\x02p1", 4);
    const struct bytes other = bytes_of("\x01\x02p2", 4);

    widen_pool(119);
    set_limits((struct network_limits){ .leases_per_circuit = 2 });
    take(1, port);
    take(2, port);
    assert_int_equal(ask(3, port), 0);
    assert_int_equal(ask(4, other), 1);
}

TEST(the_log_holds_the_limit_of_a_hardware_address_whoever_proposes)
{
    struct command c = {
        .kind = COMMAND_BIND,
        .bind = {.hw_type = 1,
                 .hw_address = bytes_of("\x02\x00\x00\x00\x00\x07", 6),
                 .lease = { 600 },
                 .hold = { 900 }},
    };

    static const struct {
        const char *client;
        uint8_t address;
        enum outcome outcome;
    } rows[] = {
        {"a",  30, OUTCOME_DONE   },
        { "b", 31, OUTCOME_LIMITED},
        { "a", 30, OUTCOME_DONE   }, /* renews */
        { "a", 32, OUTCOME_DONE   }, /* moves: the other lease ends */
        { "b", 30, OUTCOME_LIMITED},
    };

    widen_pool(119);
    set_limits((struct network_limits){ .leases_per_hardware = 1 });
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        c.bind.address = lan_address(1, rows[i].address);
        c.bind.client_key = bytes_of_text(rows[i].client);
        assert_int_equal(one_node_apply(&node, c), rows[i].outcome);
    }
    c.bind.client_key = bytes_of("\x01\x02\x00\x00\x00\x00\xaa", 7);
    c.bind.hw_address = bytes_of("\x02\x00\x00\x00\x00\xaa", 6);
    c.bind.address = lan_address(1, 33);
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
    set_limits((struct network_limits){ .leases_per_hardware = 0 });
    c.bind.address = lan_address(1, 34);
    c.bind.client_key = bytes_of_text("no limit");
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(a_flood_of_strangers_leaves_room_for_a_client_that_renews),
        CASE(only_so_many_new_clients_a_second_are_let_in),
        CASE(a_request_for_what_was_never_offered_counts_as_a_new_client),
        CASE(who_was_offered_an_address_gets_it_whatever_the_limit),
        CASE(rule_40_when_pools_run_low_known_clients_go_first),
        CASE(rule_40_a_flood_within_a_second_meets_the_limit_of_low_pools_too),
        CASE(rule_40_pools_that_fill_up_are_told_once_until_they_are_relieved),
        CASE(rule_57_one_client_declines_only_so_many_addresses),
        CASE(rule_57_the_log_counts_too_whoever_proposes),
        CASE(one_hardware_address_gets_only_so_many_leases_whatever_it_calls_itself),
        CASE(one_circuit_of_a_relay_gets_only_so_many_leases),
        CASE(the_log_holds_the_limit_of_a_hardware_address_whoever_proposes),
    };

    return cmocka_run_group_tests_name("exchange_limits", tests, NULL, NULL);
}
