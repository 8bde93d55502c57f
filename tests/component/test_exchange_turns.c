#include "base/event.h"
#include "server/exchange.h"
#include "support/exchange_case.h"
#include "support/test.h"

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */
static const struct ip4 id2 = { 0xc0a80102 }; /* a peer's */
static const struct ip4 id3 = { 0xc0a80103 };

static const struct lease *row_of(struct ip4 address)
{
    static struct lease row;

    assert_true(lease_table_find(store_leases(node.store), address, &row));
    return &row;
}

TEST(rule_39_two_clients_are_offered_two_addresses_and_each_the_same_again)
{
    struct ip4 a = client_get_offer(&node, 1);
    struct ip4 b = client_get_offer(&node, 2);

    assert_int_not_equal(a.value, b.value);
    one_node_wait(&node, 4000);
    assert_int_equal(client_get_offer(&node, 1).value, a.value);
    assert_int_equal(client_get_offer(&node, 2).value, b.value);
}

TEST(rule_26_a_client_that_hears_no_offer_is_answered_by_broadcast)
{
    for (unsigned i = 0; i < 3; i++) {
        (void)client_get_offer(&node, 1);
        assert_int_equal(node.route.kind, ROUTE_RAW_UNICAST);
    }
    (void)client_get_offer(&node, 1);
    assert_int_equal(node.route.kind, ROUTE_BROADCAST);
}

TEST(rule_32_a_stranger_chosen_frees_the_offer)
{
    struct ip4 address = client_get_offer(&node, 1);
    struct client_says wish = { .type = MESSAGE_DISCOVER, .client = 2, .wanted = address };

    assert_int_equal(client_say(&node, wish), 1);
    assert_int_not_equal(client_heard(&node)->header.yiaddr.value, address.value);
    assert_int_equal(client_say(&node, client_selecting(1, address, lan_address(1, 99))), 0);
    assert_int_equal(client_say(&node, client_selecting(2, address, lan_address(1, 99))), 0);
    assert_int_equal(client_say(&node, wish), 1);
    client_assert_heard(&node, MESSAGE_OFFER, address);
}

TEST(rule_33_a_peer_that_does_not_answer_is_stood_in_for_under_its_own_identifier)
{
    struct client_says says = client_selecting(1, lan_address(1, 100), id2);

    node.view.nodes[1].is_serving = true;
    assert_int_equal(client_say(&node, says), 0);
    one_node_wait(&node, 1999);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 0);
    one_node_wait(&node, 1);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, lan_address(1, 100));
    assert_true(ip4_equal(message_server_identifier(client_heard(&node)), id2));
    assert_true(ip4_equal(row_of(lan_address(1, 100))->server_id, id2));
}

TEST(what_was_left_to_a_peer_is_answered_when_the_peer_is_gone)
{
    struct client_says says = client_selecting(1, lan_address(1, 100), id2);

    node.view.nodes[1].is_serving = true;
    assert_int_equal(client_say(&node, says), 0);
    one_node_wait(&node, 500);
    exchanges_tick(node.exchanges);
    assert_int_equal(node.n_queued, 0);
    node.view.nodes[1].is_serving = false;
    exchanges_tick(node.exchanges);
    assert_int_equal(node.n_queued, 1);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, lan_address(1, 100));
    node.view.nodes[2].is_serving = true;
    exchanges_tick(node.exchanges);
    assert_int_equal(node.n_queued, 0);
}

TEST(what_was_left_to_a_peer_is_forgotten_after_five_seconds)
{
    struct client_says says = client_selecting(1, lan_address(1, 100), id2);

    node.view.nodes[1].is_serving = true;
    assert_int_equal(client_say(&node, says), 0);
    one_node_wait(&node, 5000);
    node.view.nodes[1].is_serving = false;
    exchanges_tick(node.exchanges);
    assert_int_equal(node.n_queued, 0);
}

TEST(what_was_left_to_a_peer_is_forgotten_when_the_client_has_a_new_wish)
{
    struct client_says says = client_selecting(1, lan_address(1, 100), id2);

    node.view.nodes[1].is_serving = true;
    assert_int_equal(client_say(&node, says), 0);
    says.server_id = lan_address(1, 99); /* a stranger */
    assert_int_equal(client_say(&node, says), 0);
    node.view.nodes[1].is_serving = false;
    exchanges_tick(node.exchanges);
    assert_int_equal(node.n_queued, 0);
}

/* Client 1 chooses node 2, which serves and commits the lease. */
static struct client_says be_served_by_node_2(void)
{
    struct client_says says = client_selecting(1, lan_address(1, 100), id2);
    static const uint8_t key[] = { 1, 2, 0, 0, 0, 0, 1 };
    struct command c = { .kind = COMMAND_BIND };

    node.view.nodes[1].is_serving = true;
    (void)client_say(&node, says);
    one_node_wait(&node, 10);
    c.bind.address = lan_address(1, 100);
    c.bind.client_key = (struct bytes){ key, sizeof key };
    c.bind.hw_type = 1;
    c.bind.lease.value = 600;
    c.bind.hold.value = 900;
    assert_int_equal(one_node_apply(&node, c), OUTCOME_DONE);
    return says;
}

TEST(rule_33_a_lease_that_a_peer_commits_ends_the_watch)
{
    struct client_says says = be_served_by_node_2();

    one_node_wait(&node, 2990);
    (void)client_say(&node, says);
    assert_int_equal(node.n_queued, 0);
    assert_int_equal(count_of(REASON_PEER_CHOSEN), 2);
}

TEST(what_a_peer_served_before_it_was_gone_is_not_served_again)
{
    (void)be_served_by_node_2();
    node.view.nodes[1].is_serving = false;
    exchanges_tick(node.exchanges);
    assert_int_equal(node.n_queued, 0);
    assert_int_equal(count_of(REASON_SERVED_MEANWHILE), 1);
}

TEST(rule_44_a_client_that_sends_no_secs_is_served_when_it_has_waited)
{
    struct client_says discover = { .type = MESSAGE_DISCOVER, .client = 1 };

    node.lan.thresholds[0].ms = 10000;
    node.view.nodes[1].is_serving = true;
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(client_say(&node, discover), 0);
    one_node_wait(&node, 9000);
    assert_int_equal(client_say(&node, discover), 0);
    one_node_wait(&node, 1000);
    assert_int_equal(client_say(&node, discover), 1);
    assert_int_equal(count_of(REASON_BELOW_THRESHOLD), 2);
    discover.client = 2;
    discover.secs = 10;
    assert_int_equal(client_say(&node, discover), 1);
}

TEST(a_backup_that_answers_says_so_once_and_says_when_it_is_quiet)
{
    uint64_t answering = event_counts()[EVENT_BACKUP_ANSWERING];
    uint64_t quiet = event_counts()[EVENT_BACKUP_QUIET];

    (void)client_get_offer(&node, 1);
    assert_int_equal(event_counts()[EVENT_BACKUP_ANSWERING], answering);
    node.lan.networks[0].thresholds = node.lan.thresholds;
    node.lan.networks[0].n_thresholds = 1;
    node.lan.thresholds[0] = (struct threshold){ .node = 1, .ms = 10000 };
    assert_int_equal(one_node_apply_settings(&node), 0);
    (void)client_get_offer(&node, 2);
    (void)client_get_offer(&node, 3);
    assert_int_equal(event_counts()[EVENT_BACKUP_ANSWERING], answering + 1);
    one_node_wait(&node, 30000);
    exchanges_tick(node.exchanges);
    one_node_wait(&node, 1000);
    exchanges_tick(node.exchanges);
    assert_int_equal(event_counts()[EVENT_BACKUP_QUIET], quiet + 1);
}

TEST(rule_67_a_relay_that_is_one_of_us_is_a_loop)
{
    struct client_says says = { .type = MESSAGE_DISCOVER, .giaddr = id3, .is_unicast = true };

    assert_int_equal(client_say(&node, says), 0);
    says.giaddr = id1;
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(count_of(REASON_RELAY_LOOP), 2);
    says.giaddr = lan_address(1, 254);
    assert_int_equal(client_say(&node, says), 1);
    assert_int_equal(node.route.kind, ROUTE_RELAY);
}

TEST(rule_45_the_relay_s_subnet_is_served_first)
{
    struct client_says says = { .type = MESSAGE_DISCOVER,
                                .giaddr = lan_address(2, 254),
                                .is_unicast = true };

    assert_int_equal(client_say(&node, says), 1);
    assert_in_range(
        client_heard(&node)->header.yiaddr.value,
        lan_address(2, 100).value,
        lan_address(2, 101).value);
    says.giaddr = ip4_of(0xac100001);
    assert_int_equal(client_say(&node, says), 0);
    assert_int_equal(count_of(REASON_UNKNOWN_RELAY), 1);
}

TEST(rule_01_replies_of_servers_and_garbage_are_dropped_and_counted)
{
    struct arrival arrival = one_node_arrival(&node);
    static uint8_t datagram[EXCHANGES_MAX * 2];

    (void)client_get_offer(&node, 1);
    exchanges_receive(node.exchanges, &arrival, (struct bytes){ node.reply, node.n_reply });
    exchanges_receive(node.exchanges, &arrival, (struct bytes){ datagram, 235 });
    exchanges_receive(node.exchanges, &arrival, (struct bytes){ datagram, 300 });
    exchanges_receive(node.exchanges, &arrival, (struct bytes){ datagram, 1501 });
    assert_int_equal(node.n_sent, 1);
    assert_int_equal(count_of(REASON_NOT_A_REQUEST), 1);
    assert_int_equal(count_of(REASON_TOO_SHORT), 1);
    assert_int_equal(count_of(REASON_MALFORMED), 1);
    assert_int_equal(count_of(REASON_TOO_LONG), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
        CASE(rule_39_two_clients_are_offered_two_addresses_and_each_the_same_again),
        CASE(rule_26_a_client_that_hears_no_offer_is_answered_by_broadcast),
        CASE(rule_32_a_stranger_chosen_frees_the_offer),
        CASE(rule_33_a_peer_that_does_not_answer_is_stood_in_for_under_its_own_identifier),
        CASE(what_was_left_to_a_peer_is_answered_when_the_peer_is_gone),
        CASE(what_was_left_to_a_peer_is_forgotten_after_five_seconds),
        CASE(what_a_peer_served_before_it_was_gone_is_not_served_again),
        CASE(what_was_left_to_a_peer_is_forgotten_when_the_client_has_a_new_wish),
        CASE(rule_33_a_lease_that_a_peer_commits_ends_the_watch),
        CASE(rule_44_a_client_that_sends_no_secs_is_served_when_it_has_waited),
        CASE(a_backup_that_answers_says_so_once_and_says_when_it_is_quiet),
        CASE(rule_67_a_relay_that_is_one_of_us_is_a_loop),
        CASE(rule_45_the_relay_s_subnet_is_served_first),
        CASE(rule_01_replies_of_servers_and_garbage_are_dropped_and_counted),
    };

    return cmocka_run_group_tests_name("exchange_turns", tests, NULL, NULL);
}
