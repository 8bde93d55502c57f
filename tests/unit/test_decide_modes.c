#include "base/own.h"
#include "support/decide_case.h"
#include "support/test.h"

/* What settings change about the decisions: moves, rapid commit, BOOTP, classes. */

TEST(rule_54_a_client_is_moved_to_its_new_reservation)
{
    scene(REQUEST_RENEWING, lan_address(1, 101));
    request.client = bytes_of_text("printer");
    put(lan_address(1, 101), "printer", LEASE_BOUND);
    assert_decided(VERDICT_NAK, REASON_MOVED);
}

TEST(rule_54_a_reservation_that_another_still_holds_moves_nobody)
{
    scene(REQUEST_RENEWING, lan_address(1, 101));
    request.client = bytes_of_text("printer");
    put(lan_address(1, 101), "printer", LEASE_BOUND);
    put(lan_address(1, 103), "c2", LEASE_BOUND);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
    put(lan_address(1, 103), "printer", LEASE_DECLINED);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
}

/* The same, on a node that knows the holds of the cluster. */
static void moved_scene(enum request_kind kind, struct ip4 address)
{
    scene(kind, address);
    facts.headroom.is_known = true;
}

TEST(rule_54_what_is_left_of_the_promise_may_be_told_again)
{
    lan.networks[0].on_move = ON_MOVE_SHRINK;
    moved_scene(REQUEST_RENEWING, lan_address(1, 101));
    request.client = bytes_of_text("printer");
    put(lan_address(1, 101), "printer", LEASE_BOUND);
    assert_decided(VERDICT_REPEAT_ACK, REASON_RUNNING_OUT);
    assert_int_equal(decided().lease.value, 540);
    facts.headroom.has_given_up = true;
    assert_decided(VERDICT_NAK, REASON_MOVED);
    facts.headroom.has_given_up = false;
    facts.now.ms += 540000;
    facts.headroom.now = facts.now;
    assert_decided(VERDICT_NAK, REASON_MOVED);
    moved_scene(REQUEST_REBINDING, lan_address(1, 103)); /* reserved for another */
    put(lan_address(1, 103), "c1", LEASE_BOUND);
    assert_decided(VERDICT_REPEAT_ACK, REASON_RUNNING_OUT);
    moved_scene(REQUEST_RENEWING, lan_address(1, 99)); /* in no pool any more */
    put(lan_address(1, 99), "c1", LEASE_BOUND);
    assert_decided(VERDICT_REPEAT_ACK, REASON_RUNNING_OUT);
    put(lan_address(1, 99), "c2", LEASE_BOUND);
    assert_decided(VERDICT_NAK, REASON_LEASED_TO_OTHER);
}

TEST(rule_54_an_infinite_promise_does_not_run_out_and_is_refused)
{
    struct lease row = row_of(lan_address(1, 99), "c1", LEASE_BOUND);

    lan.networks[0].on_move = ON_MOVE_SHRINK;
    moved_scene(REQUEST_RENEWING, lan_address(1, 99));
    row.expires_at = INSTANT_NEVER;
    row.held_until = INSTANT_NEVER;
    assert_int_equal(lease_table_put(leases, &row), 0);
    assert_decided(VERDICT_NAK, REASON_NOT_IN_POOL);
}

TEST(rule_54_a_client_may_keep_what_is_reserved_for_nobody_else)
{
    lan.networks[0].on_move = ON_MOVE_KEEP;
    scene(REQUEST_RENEWING, lan_address(1, 101));
    request.client = bytes_of_text("printer");
    put(lan_address(1, 101), "printer", LEASE_BOUND);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
    request.kind = REQUEST_DISCOVER;
    assert_offered(lan_address(1, 103));
    scene(REQUEST_RENEWING, lan_address(1, 99));
    put(lan_address(1, 99), "c1", LEASE_BOUND);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
    moved_scene(REQUEST_RENEWING, lan_address(1, 103));
    put(lan_address(1, 103), "c1", LEASE_BOUND);
    assert_decided(VERDICT_REPEAT_ACK, REASON_RUNNING_OUT);
}

TEST(rule_43_a_discover_is_bound_at_once_only_if_asked_for_and_switched_on)
{
    scene(REQUEST_DISCOVER, lan_address(1, 104));
    request.wants_rapid_commit = true;
    assert_offered(lan_address(1, 104));
    lan.networks[0].rapid_commit = true;
    scene(REQUEST_DISCOVER, lan_address(1, 104));
    assert_offered(lan_address(1, 104));
    request.wants_rapid_commit = true;
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
    assert_int_equal(decided().address.value, lan_address(1, 104).value);
    assert_int_equal(decided().hold.value, 900);
}

TEST(rule_43_a_client_that_would_lose_a_lease_is_asked_first)
{
    lan.networks[0].rapid_commit = true;
    scene(REQUEST_DISCOVER, IP4_ANY);
    request.client = bytes_of_text("printer");
    request.wants_rapid_commit = true;
    put(lan_address(1, 101), "printer", LEASE_BOUND);
    assert_offered(lan_address(1, 103)); /* its reservation */
}

TEST(rule_59_bootp_is_served_with_a_reservation_alone)
{
    scene(REQUEST_BOOTP, IP4_ANY);
    assert_decided(VERDICT_SILENT, REASON_NOT_RESERVED);
    message.header.hardware.address[5] = 0xaa;
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
    assert_int_equal(decided().address.value, lan_address(1, 10).value);
    put(lan_address(1, 10), "c2", LEASE_BOUND);
    assert_decided(VERDICT_SILENT, REASON_NOT_RESERVED);
}

/* Classes: one that is blocked or not, with a time of its own; the pool of the first subnet. */
static void scene_with_class(enum request_kind kind, bool is_blocked, bool is_in)
{
    static const struct class_term local = { .kind = TERM_LOCAL };
    static struct client_class class;

    class = (struct client_class){
        .name = bytes_of_text("phones"),
        .n_terms = 1,
        .terms = &local,
        .is_blocked = is_blocked,
        .times = {.min = { TIMES_UNSET_S },
                  .default_ = { 120 },
                  .max = { TIMES_UNSET_S },
                  .headroom = { TIMES_UNSET_S }},
    };
    lan.settings.n_classes = 1;
    lan.settings.classes = &class;
    lan.pools[0].classes = (struct class_set){ { 1 } };
    scene(kind, lan_address(1, 104));
    facts.classes = (struct class_set){ { is_in ? 1 : 0 } };
}

TEST(an_address_for_another_class_is_neither_offered_nor_prolonged)
{
    scene_with_class(REQUEST_DISCOVER, false, false);
    assert_int_equal(decided().verdict, VERDICT_OFFER);
    assert_true(ip4_prefix_contains(lan.subnets[1].prefix, decided().address));
    scene_with_class(REQUEST_SELECTING, false, false);
    assert_decided(VERDICT_NAK, REASON_OTHER_CLASS);
    scene_with_class(REQUEST_RENEWING, false, false);
    put(lan_address(1, 104), "c1", LEASE_BOUND);
    assert_decided(VERDICT_NAK, REASON_OTHER_CLASS);
}

TEST(a_client_of_the_class_gets_the_address_with_the_time_of_the_class)
{
    scene_with_class(REQUEST_DISCOVER, false, true);
    assert_offered(lan_address(1, 104));
    assert_int_equal(decided().lease.value, 120);
    scene_with_class(REQUEST_SELECTING, false, true);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
    assert_int_equal(decided().lease.value, 120);
    assert_int_equal(decided().hold.value, 420);
}

TEST(a_reserved_address_is_the_client_s_in_a_pool_for_others_too)
{
    scene_with_class(REQUEST_SELECTING, false, false);
    request.client = bytes_of_text("printer");
    request.address = lan_address(1, 103);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
}

TEST(a_blocked_client_gets_no_answer_and_may_give_its_address_back)
{
    static const enum request_kind kinds[] = {
        REQUEST_DISCOVER,  REQUEST_SELECTING, REQUEST_INIT_REBOOT, REQUEST_RENEWING,
        REQUEST_REBINDING, REQUEST_INFORM,    REQUEST_BOOTP,
    };

    put(lan_address(1, 104), "c1", LEASE_BOUND);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        scene_with_class(kinds[i], true, true);
        assert_decided(VERDICT_SILENT, REASON_BLOCKED);
    }
    scene_with_class(REQUEST_RELEASE, true, true);
    assert_decided(VERDICT_PROPOSE_RELEASE, REASON_RELEASED);
    scene_with_class(REQUEST_DECLINE, true, true);
    assert_decided(VERDICT_PROPOSE_DECLINE, REASON_DECLINED);
}

TEST(rule_59_bootp_is_for_nobody_or_for_all_if_the_settings_say_so)
{
    lan.networks[0].bootp = BOOTP_NONE;
    scene(REQUEST_BOOTP, IP4_ANY);
    message.header.hardware.address[5] = 0xaa;
    assert_decided(VERDICT_SILENT, REASON_BOOTP_OFF);
    lan.networks[0].bootp = BOOTP_DYNAMIC;
    scene(REQUEST_BOOTP, IP4_ANY);
    put(lan_address(1, 101), "c1", LEASE_EXPIRED);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
    assert_int_equal(decided().address.value, lan_address(1, 101).value);
    assert_int_equal(decided().lease.value, 600);
}

TEST(rule_59_a_bootp_client_has_a_lease_time_of_its_own)
{
    lan.networks[0].bootp = BOOTP_DYNAMIC;
    lan.networks[0].bootp_lease = SECONDS_INFINITE;
    scene(REQUEST_BOOTP, IP4_ANY);
    assert_true(seconds_is_infinite(decided().lease));
    assert_true(seconds_is_infinite(decided().hold));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, decide_case_setup, decide_case_teardown)
        CASE(rule_54_a_client_is_moved_to_its_new_reservation),
        CASE(rule_54_a_reservation_that_another_still_holds_moves_nobody),
        CASE(rule_54_what_is_left_of_the_promise_may_be_told_again),
        CASE(rule_54_an_infinite_promise_does_not_run_out_and_is_refused),
        CASE(rule_54_a_client_may_keep_what_is_reserved_for_nobody_else),
        CASE(rule_43_a_client_that_would_lose_a_lease_is_asked_first),
        CASE(rule_43_a_discover_is_bound_at_once_only_if_asked_for_and_switched_on),
        CASE(rule_59_bootp_is_served_with_a_reservation_alone),
        CASE(an_address_for_another_class_is_neither_offered_nor_prolonged),
        CASE(a_client_of_the_class_gets_the_address_with_the_time_of_the_class),
        CASE(a_reserved_address_is_the_client_s_in_a_pool_for_others_too),
        CASE(a_blocked_client_gets_no_answer_and_may_give_its_address_back),
        CASE(rule_59_bootp_is_for_nobody_or_for_all_if_the_settings_say_so),
        CASE(rule_59_a_bootp_client_has_a_lease_time_of_its_own),
#undef CASE
    };

    return cmocka_run_group_tests_name("decide_modes", tests, NULL, NULL);
}
