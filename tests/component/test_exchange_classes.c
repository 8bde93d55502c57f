#include "base/own.h"
#include "proto/dhcp/option.h"
#include "support/exchange_case.h"
#include "support/test.h"

static const struct ip4 id1 = { 0xc0a80101 }; /* this node's */

static struct client_class class;
static struct class_term term;

/* One class, of the clients that satisfy @condition; the first pool is for it. */
static void use_class(struct class_term condition)
{
    static const struct seconds unset = { TIMES_UNSET_S };

    term = condition;
    class = (struct client_class){
        .name = bytes_of_text("phones"),
        .n_terms = 1,
        .terms = &term,
        .times = {.min = unset, .default_ = { 1200 }, .max = unset, .headroom = unset},
    };
    node.lan.settings.n_classes = 1;
    node.lan.settings.classes = &class;
    node.lan.pools[0].classes = (struct class_set){ { 1 } };
    assert_int_equal(one_node_apply_settings(&node), 0);
}

static struct class_term hardware_of_client_1(void)
{
    return (
        struct class_term){ TERM_HARDWARE, COMPARISON_PRESENT, 48, bytes_of("\2\0\0\0\0\1", 6) };
}

static bool is_in_first_subnet(struct ip4 address)
{
    return ip4_prefix_contains(node.lan.subnets[0].prefix, address);
}

TEST(a_pool_for_a_class_serves_its_clients_and_no_other)
{
    use_class(hardware_of_client_1());
    assert_true(is_in_first_subnet(client_get_lease(&node, 1)));
    assert_int_equal(message_lease_time(client_heard(&node)).value, 1200);
    assert_false(is_in_first_subnet(client_get_lease(&node, 2)));
    assert_int_equal(message_lease_time(client_heard(&node)).value, 600);
}

/* The node that judged may lag behind the log: what it says of classes is worth nothing then. */
TEST(settings_that_change_before_the_commit_are_not_overruled)
{
    struct ip4 address = client_get_offer(&node, 2);

    assert_true(is_in_first_subnet(address));
    assert_int_equal(client_say(&node, client_selecting(2, address, id1)), 0);
    use_class(hardware_of_client_1());
    one_node_commit(&node);
    assert_int_equal(node.n_sent, 1); /* the OFFER */
    assert_int_equal(count_of(REASON_STALE), 1);
    assert_int_equal(client_say(&node, client_selecting(2, address, id1)), 1);
    client_assert_heard(&node, MESSAGE_NAK, IP4_ANY);
    assert_int_equal(count_of(REASON_OTHER_CLASS), 1);
}

TEST(a_client_behind_a_relay_stays_in_its_class_when_it_renews_by_unicast)
{
    struct class_term relayed = { TERM_RELAY, COMPARISON_PRESENT, 24, bytes_of("\xc0\xa8\1\0", 4) };
    struct client_says says = { .type = MESSAGE_DISCOVER,
                                .client = 3,
                                .giaddr = lan_address(1, 9) };
    struct ip4 address;

    use_class(relayed);
    assert_int_equal(client_say(&node, says), 1);
    address = client_heard(&node)->header.yiaddr;
    assert_true(is_in_first_subnet(address));
    says = client_selecting(3, address, id1);
    says.giaddr = lan_address(1, 9);
    (void)client_say(&node, says);
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    one_node_wait(&node, 300000);
    (void)client_say(&node, client_renewing(3, address));
    one_node_commit(&node);
    client_assert_heard(&node, MESSAGE_ACK, address);
    assert_int_equal(count_of(REASON_RENEWED), 1);
}

TEST(known_clients_are_those_with_a_reservation_in_the_network)
{
    use_class((struct class_term){ .kind = TERM_KNOWN });
    class.is_blocked = true;
    assert_int_equal(one_node_apply_settings(&node), 0);
    assert_int_equal(
        client_say(&node, (struct client_says){ .type = MESSAGE_DISCOVER, .client = 0xaa }), 0);
    assert_int_equal(count_of(REASON_BLOCKED), 1);
    (void)client_get_lease(&node, 4);
}

TEST(the_options_and_the_boot_file_of_a_class_are_in_the_reply)
{
    static const struct option_value path = {
        OPTION_ROOT_PATH, true, {(const uint8_t *)"/srv", 4}
    };

    use_class(hardware_of_client_1());
    class.options = (struct option_list){ 1, &path };
    class.boot.file = bytes_of_text("phone.bin");
    assert_int_equal(one_node_apply_settings(&node), 0);
    (void)client_get_lease(&node, 1);
    assert_true(bytes_equal(message_option(client_heard(&node), OPTION_ROOT_PATH), path.value));
    assert_true(bytes_equal(client_heard(&node)->header.file, bytes_of_text("phone.bin")));
    (void)client_get_lease(&node, 2);
    assert_false(message_has(client_heard(&node), OPTION_ROOT_PATH));
    assert_int_equal(client_heard(&node)->header.file.n, 0);
}

int main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, exchange_case_setup, exchange_case_teardown)
    static const struct CMUnitTest tests[] = {
        CASE(a_pool_for_a_class_serves_its_clients_and_no_other),
        CASE(settings_that_change_before_the_commit_are_not_overruled),
        CASE(a_client_behind_a_relay_stays_in_its_class_when_it_renews_by_unicast),
        CASE(known_clients_are_those_with_a_reservation_in_the_network),
        CASE(the_options_and_the_boot_file_of_a_class_are_in_the_reply),
    };

    return cmocka_run_group_tests_name("exchange_classes", tests, NULL, NULL);
}
