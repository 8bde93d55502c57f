#include <string.h>

#include "proto/dhcp/client_id.h"
#include "server/policy/probe.h"
#include "server/policy/probed.h"
#include "support/test.h"

static const struct ip4 address = { 0x0a000005 };

static enum probe_kind kind_of(
    enum conflict_detection detection, bool is_relayed, bool was_clients, enum verdict verdict)
{
    const struct subnet subnet = { .conflict_detection = detection };
    const struct request request = {
        .kind = verdict == VERDICT_OFFER ? REQUEST_DISCOVER : REQUEST_SELECTING,
        .relay = { is_relayed ? 0x0a010001 : 0 },
    };
    const struct decision d = { .verdict = verdict, .was_clients = was_clients };

    return probe_kind_of(&d, &subnet, &request);
}

TEST(rule_42_the_setting_and_the_place_of_the_client_say_how_to_look)
{
    static const struct {
        enum conflict_detection detection;
        enum probe_kind on_link, relayed;
    } rows[] = {
        {CONFLICT_DETECTION_NO,    PROBE_NONE, PROBE_NONE},
        { CONFLICT_DETECTION_ARP,  PROBE_ARP,  PROBE_NONE},
        { CONFLICT_DETECTION_ICMP, PROBE_ICMP, PROBE_ICMP},
        { CONFLICT_DETECTION_YES,  PROBE_ARP,  PROBE_ICMP},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(kind_of(rows[i].detection, false, false, VERDICT_OFFER), rows[i].on_link);
        assert_int_equal(kind_of(rows[i].detection, true, false, VERDICT_OFFER), rows[i].relayed);
    }
}

TEST(rule_42_nobody_is_looked_for_at_the_clients_own_last_address)
{
    assert_int_equal(kind_of(CONFLICT_DETECTION_YES, false, true, VERDICT_OFFER), PROBE_NONE);
    assert_int_equal(kind_of(CONFLICT_DETECTION_YES, true, true, VERDICT_OFFER), PROBE_NONE);
}

TEST(rule_42_nobody_is_looked_for_at_a_request)
{
    for (enum verdict v = VERDICT_SILENT; v <= VERDICT_PROPOSE_DECLINE; v++) {
        enum probe_kind expected = v == VERDICT_OFFER ? PROBE_ARP : PROBE_NONE;

        assert_int_equal(kind_of(CONFLICT_DETECTION_YES, false, false, v), expected);
    }
}

TEST(rule_42_a_lease_without_an_offer_is_looked_for_like_an_offer)
{
    const struct subnet subnet = { .conflict_detection = CONFLICT_DETECTION_YES };
    const struct decision d = { .verdict = VERDICT_PROPOSE_BIND };

    for (enum request_kind kind = REQUEST_DISCOVER; kind < REQUEST_KIND_COUNT; kind++) {
        const struct request request = { .kind = kind };
        bool is_first = kind == REQUEST_DISCOVER || kind == REQUEST_BOOTP;

        assert_int_equal(probe_kind_of(&d, &subnet, &request), is_first ? PROBE_ARP : PROBE_NONE);
    }
}

TEST(a_link_that_the_relay_names_is_beyond_it)
{
    const struct subnet subnet = { .conflict_detection = CONFLICT_DETECTION_ARP };
    const struct request request = { .link = { 0x0a010000 } };
    const struct decision d = { .verdict = VERDICT_OFFER };

    assert_int_equal(probe_kind_of(&d, &subnet, &request), PROBE_NONE);
}

TEST(the_holder_is_the_hardware_that_was_seen_or_the_address_itself)
{
    const struct hardware seen = {
        1, {2, 0, 0, 0, 0, 7},
         6
    };
    const struct hardware unseen = { .n = 0 };
    struct hardware holder = probe_holder(&seen, address);

    assert_memory_equal(&holder, &seen, sizeof seen);
    holder = probe_holder(&unseen, address);
    assert_true(bytes_equal(client_id_of_hardware(&holder), bytes_of("\x00\x0a\x00\x00\x05", 5)));
}

TEST(every_way_to_look_has_a_name)
{
    assert_string_equal(probe_kind_name(PROBE_NONE), "none");
    assert_string_equal(probe_kind_name(PROBE_ARP), "arp");
    assert_string_equal(probe_kind_name(PROBE_ICMP), "icmp");
}

TEST(what_was_found_is_remembered_for_a_minute)
{
    CLEANUP(probed_freep) struct probed *p = NULL;
    const struct instant now = { 5000 };

    assert_int_equal(probed_new(&p, 1), 0);
    assert_int_equal(probed_of(p, address, now), PROBED_UNKNOWN);
    probed_note(p, address, PROBED_CLEAR, now);
    assert_int_equal(probed_of(p, address, now), PROBED_CLEAR);
    assert_int_equal(probed_of(p, ip4_of(address.value + 1), now), PROBED_UNKNOWN);
    probed_note(p, address, PROBED_IN_USE, now);
    assert_int_equal(probed_of(p, address, instant_add_ms(now, PROBED_LIFE_MS - 1)), PROBED_IN_USE);
    assert_int_equal(probed_of(p, address, instant_add_ms(now, PROBED_LIFE_MS)), PROBED_UNKNOWN);
}

TEST(many_addresses_take_one_anothers_place_and_are_never_mixed_up)
{
    CLEANUP(probed_freep) struct probed *p = NULL;
    const struct instant now = { 5000 };
    unsigned n = 0;

    assert_int_equal(probed_new(&p, 1), 0);
    for (uint32_t i = 1; i <= 20 * PROBED_SLOTS; i++) {
        probed_note(p, ip4_of(i), i % 2 == 0 ? PROBED_CLEAR : PROBED_IN_USE, now);
    }
    for (uint32_t i = 1; i <= 20 * PROBED_SLOTS; i++) {
        enum probed_state found = probed_of(p, ip4_of(i), now);

        assert_true(
            found == PROBED_UNKNOWN || found == (i % 2 == 0 ? PROBED_CLEAR : PROBED_IN_USE));
        n += found != PROBED_UNKNOWN;
    }
    assert_in_range(n, PROBED_SLOTS / 2, PROBED_SLOTS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_42_the_setting_and_the_place_of_the_client_say_how_to_look),
        cmocka_unit_test(rule_42_nobody_is_looked_for_at_the_clients_own_last_address),
        cmocka_unit_test(rule_42_nobody_is_looked_for_at_a_request),
        cmocka_unit_test(rule_42_a_lease_without_an_offer_is_looked_for_like_an_offer),
        cmocka_unit_test(a_link_that_the_relay_names_is_beyond_it),
        cmocka_unit_test(the_holder_is_the_hardware_that_was_seen_or_the_address_itself),
        cmocka_unit_test(every_way_to_look_has_a_name),
        cmocka_unit_test(what_was_found_is_remembered_for_a_minute),
        cmocka_unit_test(many_addresses_take_one_anothers_place_and_are_never_mixed_up),
    };

    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
