#include "server/policy/scope.h"
#include "support/lan.h"
#include "support/test.h"

static struct lan lan;
static struct network_map *map;
static struct scope scope;
static enum reason reason;

static int setup(void **state)
{
    (void)state;
    lan_init(&lan);
    map = lan_map(&lan);
    return map == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    map = network_map_free(map);
    return 0;
}

static struct arrival arrival_on(const char *network, struct ip4 local)
{
    return (struct arrival){ .network = bytes_of_text(network), .local = local };
}

static bool scope_for(struct arrival arrival, struct request request)
{
    return scope_of(map, &arrival, &request, &scope, &reason);
}

static void assert_scope(const char *network, unsigned n, struct ip4 first)
{
    assert_true(bytes_equal(scope.network->name, bytes_of_text(network)));
    assert_int_equal(scope.n, n);
    assert_true(ip4_prefix_contains(scope.subnets[0]->prefix, first));
}

TEST(the_link_s_network_gives_all_its_subnets_our_own_first)
{
    assert_true(scope_for(arrival_on("lan", lan_address(1, 1)), (struct request){ 0 }));
    assert_scope("lan", 2, lan_address(1, 1));
    assert_true(scope_for(arrival_on("lan", lan_address(2, 1)), (struct request){ 0 }));
    assert_scope("lan", 2, lan_address(2, 1));
    assert_ptr_not_equal(scope.subnets[0], scope.subnets[1]);
}

TEST(an_address_of_ours_outside_the_network_prefers_no_subnet)
{
    assert_true(scope_for(arrival_on("lan", ip4_of(0x0a010001)), (struct request){ 0 }));
    assert_scope("lan", 2, lan_address(1, 1));
}

TEST(rule_45_the_link_that_the_message_names_decides)
{
    struct request request = { .link = ip4_of(0x0a010001) };

    assert_true(scope_for(arrival_on("lan", lan_address(1, 1)), request));
    assert_scope("guests", 1, ip4_of(0x0a010001));
    request.link = lan_address(2, 254);
    assert_true(scope_for(arrival_on("guests", ip4_of(0x0a010001)), request));
    assert_scope("lan", 2, lan_address(2, 1));
}

TEST(a_relay_of_no_subnet_is_an_outcome_and_nothing_else)
{
    struct request request = { .link = ip4_of(0xac100001) };

    assert_false(scope_for(arrival_on("lan", lan_address(1, 1)), request));
    assert_int_equal(reason, REASON_UNKNOWN_RELAY);
}

TEST(rule_49_the_address_of_a_unicast_renewal_decides)
{
    struct request request = {
        .kind = REQUEST_RENEWING,
        .address = ip4_of(0x0a01000a),
        .origin = { .was_unicast = true },
    };

    assert_true(scope_for(arrival_on("lan", lan_address(1, 1)), request));
    assert_scope("guests", 1, ip4_of(0x0a010001));
    request.address = ip4_of(0xac100001);
    assert_true(scope_for(arrival_on("lan", lan_address(1, 1)), request));
    assert_scope("lan", 2, lan_address(1, 1));
}

TEST(rule_52_a_broadcast_is_of_the_link_it_came_in_on)
{
    struct request request = { .kind = REQUEST_REBINDING, .address = ip4_of(0x0a01000a) };

    assert_true(scope_for(arrival_on("lan", lan_address(1, 1)), request));
    assert_scope("lan", 2, lan_address(1, 1));
    assert_null(scope_subnet_of(&scope, map, ip4_of(0x0a01000a)));
    assert_non_null(scope_subnet_of(&scope, map, lan_address(2, 7)));
}

TEST(a_network_that_is_unknown_or_empty_serves_nobody)
{
    assert_false(scope_for(arrival_on("lab", lan_address(1, 1)), (struct request){ 0 }));
    assert_int_equal(reason, REASON_UNKNOWN_NETWORK);
    assert_false(scope_for(arrival_on("empty", lan_address(1, 1)), (struct request){ 0 }));
    assert_int_equal(reason, REASON_NO_SUBNET);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_s_network_gives_all_its_subnets_our_own_first),
        cmocka_unit_test(an_address_of_ours_outside_the_network_prefers_no_subnet),
        cmocka_unit_test(rule_45_the_link_that_the_message_names_decides),
        cmocka_unit_test(a_relay_of_no_subnet_is_an_outcome_and_nothing_else),
        cmocka_unit_test(rule_49_the_address_of_a_unicast_renewal_decides),
        cmocka_unit_test(rule_52_a_broadcast_is_of_the_link_it_came_in_on),
        cmocka_unit_test(a_network_that_is_unknown_or_empty_serves_nobody),
    };

    return cmocka_run_group_tests_name("scope", tests, setup, teardown);
}
