#include <stdio.h>
#include <string.h>

#include "server/policy/responder.h"
#include "support/test.h"

/* Three nodes serve a network; the tests are the view of one of them. */
static struct threshold thresholds[3];
static struct network network;
static struct serving_view view;
static struct request request;
static struct responder_facts facts;

static struct ip4 id_of(uint32_t node)
{
    return ip4_of(0xc0a80100u + node);
}

static const struct ip4 stranger = { 0xc0a80163 };
static const struct ip4 shared = { 0xc0a80102 + 0x10 };

/* This node is @self, everyone serves, no thresholds; the message is of @kind. */
static void scene(uint32_t self, enum request_kind kind)
{
    network = (struct network){
        .collapse = true,
        .retry_step_ms = 1000,
        .n_thresholds = 3,
        .thresholds = thresholds,
    };
    view = (struct serving_view){ .self = self, .has_majority = true, .n = 3 };
    for (uint32_t i = 0; i < 3; i++) {
        thresholds[i] = (struct threshold){ i + 1, 0 };
        view.nodes[i] = (struct serving_node){ i + 1, i + 1 == self, true, id_of(i + 1) };
    }
    request = (struct request){ .kind = kind, .client = bytes_of_text("c1") };
    facts = (struct responder_facts){
        .request = &request, .network = &network, .view = &view, .own_id = id_of(self)
    };
}

static void set_thresholds(uint32_t ms1, uint32_t ms2, uint32_t ms3)
{
    thresholds[0].ms = ms1;
    thresholds[1].ms = ms2;
    thresholds[2].ms = ms3;
}

static void stop_serving(uint32_t node)
{
    view.nodes[node - 1].is_serving = false;
}

static struct responder_verdict verdict(void)
{
    struct responder_verdict v;

    responder_decide(&facts, &v);
    return v;
}

static bool answers(void)
{
    return verdict().answers;
}

static void assert_silent(enum reason reason)
{
    struct responder_verdict v = verdict();

    assert_false(v.answers);
    assert_string_equal(reason_spec(v.reason)->name, reason_spec(reason)->name);
}

static void assert_answers_as(struct ip4 server_id)
{
    struct responder_verdict v = verdict();

    assert_true(v.answers);
    assert_int_equal(v.server_id.value, server_id.value);
}

TEST(rule_44_smaller_is_ignored_and_equal_is_served)
{
    scene(2, REQUEST_DISCOVER);
    set_thresholds(0, 10000, 20000);
    facts.observed_ms = 9999;
    assert_silent(REASON_BELOW_THRESHOLD);
    facts.observed_ms = 10000;
    assert_answers_as(id_of(2));
}

TEST(rule_44_elapsed_is_by_delay_source)
{
    static const struct {
        enum delay_source source;
        uint16_t secs;
        int64_t observed_ms, elapsed_ms;
    } rows[] = {
        {DELAY_SOURCE_BOTH,      3,   0,    3000},
        { DELAY_SOURCE_BOTH,     0,   4500, 4500},
        { DELAY_SOURCE_OBSERVED, 100, 200,  200 },
        { DELAY_SOURCE_SECS,     0,   9000, 0   },
        { DELAY_SOURCE_SECS,     7,   0,    7000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scene(1, REQUEST_DISCOVER);
        network.delay_source = rows[i].source;
        request.secs = rows[i].secs;
        facts.observed_ms = rows[i].observed_ms;
        assert_int_equal(verdict().elapsed_ms, rows[i].elapsed_ms);
    }
}

TEST(rule_44_the_threshold_collapses_when_the_faster_nodes_are_gone)
{
    scene(3, REQUEST_DISCOVER);
    set_thresholds(0, 10000, 20000);
    facts.observed_ms = 10000;
    stop_serving(1);
    assert_true(answers());
    stop_serving(2);
    facts.observed_ms = 0;
    assert_true(answers());
    network.collapse = false;
    assert_silent(REASON_BELOW_THRESHOLD);
    facts.observed_ms = 20000;
    assert_true(answers());
}

TEST(a_node_that_no_threshold_names_has_none)
{
    scene(3, REQUEST_DISCOVER);
    network.n_thresholds = 2;
    set_thresholds(5000, 5000, 0);
    assert_true(answers());
}

/* Of the nodes of one threshold exactly one answers at once, and one more per retry step. */
TEST(equal_nodes_share_the_clients)
{
    unsigned n_first[3] = { 0 };

    for (unsigned c = 0; c < 3000; c++) {
        char text[16];

        (void)snprintf(text, sizeof text, "client-%u", c);
        for (int64_t waited = 0; waited <= 2000; waited += 1000) {
            unsigned n = 0;

            for (uint32_t self = 1; self <= 3; self++) {
                scene(self, REQUEST_DISCOVER);
                request.client = bytes_of_text(text);
                facts.observed_ms = waited;
                n += answers() ? 1 : 0;
                n_first[self - 1] += waited == 0 && answers() ? 1 : 0;
            }
            assert_int_equal(n, waited / 1000 + 1);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_in_range(n_first[i], 900, 1100);
    }
}

TEST(a_node_that_leaves_gives_only_its_own_clients_to_others)
{
    for (unsigned c = 0; c < 200; c++) {
        char text[16];
        bool before = false;

        (void)snprintf(text, sizeof text, "client-%u", c);
        scene(1, REQUEST_DISCOVER);
        request.client = bytes_of_text(text);
        before = answers();
        stop_serving(2);
        assert_true(!before || answers());
    }
}

TEST(rule_71_without_a_majority_only_inform_is_answered)
{
    static const enum request_kind kinds[] = {
        REQUEST_DISCOVER,  REQUEST_SELECTING, REQUEST_INIT_REBOOT, REQUEST_RENEWING,
        REQUEST_REBINDING, REQUEST_RELEASE,   REQUEST_DECLINE,     REQUEST_BOOTP,
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        scene(1, kinds[i]);
        request.server_id = id_of(1);
        request.origin.was_unicast = kinds[i] == REQUEST_RENEWING;
        facts.observed_ms = 60000;
        facts.choosing_ms = 60000;
        assert_true(answers());
        view.has_majority = false;
        assert_silent(REASON_NO_MAJORITY);
        stop_serving(1);
        assert_silent(REASON_NO_MAJORITY);
    }
    scene(1, REQUEST_INFORM);
    view.has_majority = false;
    for (uint32_t node = 1; node <= 3; node++) {
        stop_serving(node);
    }
    assert_true(answers());
}

TEST(rule_71_a_renewing_client_is_answered_without_a_majority_where_its_hold_is_known)
{
    scene(1, REQUEST_RENEWING);
    request.origin.was_unicast = true;
    view.has_majority = false;
    stop_serving(1);
    view.knows_holds = true;
    assert_answers_as(id_of(1));
    assert_true(verdict().is_alone);
}

TEST(rule_71_a_broadcast_is_left_to_a_majority_for_two_seconds_and_to_nodes_in_order_then)
{
    static const enum request_kind kinds[] = { REQUEST_REBINDING, REQUEST_INIT_REBOOT };

    int64_t sum = 0;

    for (unsigned i = 0; i < 2; i++) {
        for (uint32_t self = 1; self <= 3; self++) {
            scene(self, kinds[i]);
            view.has_majority = false;
            view.knows_holds = true;
            stop_serving(self);
            facts.observed_ms = 1999;
            assert_silent(REASON_NOT_MY_TURN);
            for (facts.observed_ms = 2000; !answers(); facts.observed_ms += 1000) {
            }
            sum += facts.observed_ms;
        }
    }
    assert_int_equal(sum, 2 * (2000 + 3000 + 4000));
}

TEST(rule_71_nothing_else_is_answered_without_a_majority_whatever_is_known)
{
    static const enum request_kind kinds[] = {
        REQUEST_DISCOVER, REQUEST_SELECTING, REQUEST_RELEASE, REQUEST_DECLINE, REQUEST_BOOTP,
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        scene(1, kinds[i]);
        request.server_id = id_of(1);
        view.has_majority = false;
        view.knows_holds = true;
        facts.observed_ms = 60000;
        assert_silent(REASON_NO_MAJORITY);
    }
}

TEST(rule_31_a_request_that_names_me_is_answered_always)
{
    scene(3, REQUEST_SELECTING);
    set_thresholds(0, 10000, 20000);
    request.server_id = id_of(3);
    assert_answers_as(id_of(3));
    stop_serving(3); /* it is draining: but it has made the offer */
    assert_answers_as(id_of(3));
}

TEST(rule_32_a_stranger_chosen_ends_my_offer_and_gets_silence)
{
    scene(1, REQUEST_SELECTING);
    request.server_id = stranger;
    facts.offered = true;
    facts.choosing_ms = 60000;
    assert_silent(REASON_STRANGER_CHOSEN);
    assert_true(verdict().forgets_offer);
}

TEST(rule_33_a_serving_peer_chosen_gets_silence_for_two_seconds)
{
    unsigned n = 0;

    for (uint32_t self = 2; self <= 3; self++) {
        scene(self, REQUEST_SELECTING);
        request.server_id = id_of(1);
        assert_silent(REASON_PEER_CHOSEN);
        assert_true(verdict().forgets_offer);
        facts.choosing_ms = 1999;
        assert_silent(REASON_PEER_CHOSEN);
        facts.choosing_ms = 2000;
        n += answers() ? 1 : 0;
        facts.choosing_ms = 3000;
        assert_answers_as(id_of(1));
    }
    assert_int_equal(n, 1);
}

TEST(rule_33_the_next_in_order_answers_for_a_peer_that_is_gone_with_its_identifier)
{
    scene(2, REQUEST_SELECTING);
    set_thresholds(0, 10000, 20000);
    request.server_id = id_of(1);
    stop_serving(1);
    assert_answers_as(id_of(1));

    scene(3, REQUEST_SELECTING);
    set_thresholds(0, 10000, 20000);
    request.server_id = id_of(1);
    stop_serving(1);
    assert_silent(REASON_NOT_MY_TURN);
    facts.choosing_ms = 1000;
    assert_answers_as(id_of(1));
}

TEST(rule_33_secs_do_not_hurry_the_takeover)
{
    scene(3, REQUEST_SELECTING);
    request.server_id = id_of(1);
    request.secs = 100;
    facts.observed_ms = 100000;
    assert_silent(REASON_PEER_CHOSEN);
}

TEST(rule_34_of_a_shared_identifier_the_node_that_offered_answers_at_once)
{
    scene(3, REQUEST_SELECTING);
    network.server_id_mode = SERVER_ID_FIXED;
    network.server_id = shared;
    set_thresholds(0, 10000, 20000);
    request.server_id = shared;
    assert_silent(REASON_BELOW_THRESHOLD);
    facts.offered = true;
    assert_answers_as(shared);
    facts.offered = false;
    facts.observed_ms = 20000;
    assert_answers_as(shared);
}

TEST(rule_30_an_identifier_that_the_relay_dictates_is_the_cluster_s)
{
    scene(3, REQUEST_SELECTING);
    request.server_id_override = stranger;
    request.server_id = stranger;
    facts.offered = true;
    assert_answers_as(stranger);
    request.kind = REQUEST_RENEWING;
    assert_answers_as(stranger);
}

TEST(the_answer_names_the_fixed_identifier_or_the_link_s_address)
{
    scene(1, REQUEST_RENEWING);
    assert_answers_as(id_of(1));
    network.server_id_mode = SERVER_ID_FIXED;
    network.server_id = shared;
    assert_answers_as(shared);
    scene(1, REQUEST_RENEWING);
    facts.own_id = IP4_ANY;
    assert_silent(REASON_NO_SERVER_ID);
}

TEST(rule_48_init_reboot_is_answered_as_a_discover)
{
    scene(2, REQUEST_INIT_REBOOT);
    set_thresholds(0, 10000, 20000);
    assert_silent(REASON_BELOW_THRESHOLD);
    request.secs = 10;
    assert_true(answers());
}

TEST(rule_49_a_unicast_renewal_is_answered_by_whoever_got_it)
{
    scene(3, REQUEST_RENEWING);
    set_thresholds(0, 10000, 20000);
    request.origin.was_unicast = true;
    facts.granter = 1;
    assert_answers_as(id_of(3));
}

TEST(rule_52_rebinding_waits_for_the_threshold_while_the_granter_serves)
{
    scene(2, REQUEST_REBINDING);
    set_thresholds(0, 10000, 20000);
    request.secs = 3000; /* counts from the first renewal */
    facts.granter = 1;
    assert_silent(REASON_BELOW_THRESHOLD);
    facts.observed_ms = 60000;
    assert_true(answers());
}

TEST(rule_52_rebinding_goes_by_order_alone_when_the_granter_is_gone)
{
    scene(3, REQUEST_REBINDING);
    set_thresholds(0, 10000, 20000);
    facts.granter = 1;
    stop_serving(1);
    assert_silent(REASON_NOT_MY_TURN);
    facts.observed_ms = 1000;
    assert_answers_as(id_of(3));
}

TEST(rule_58_inform_by_unicast_is_mine_and_by_broadcast_one_s)
{
    unsigned n = 0;

    for (uint32_t self = 1; self <= 3; self++) {
        scene(self, REQUEST_INFORM);
        n += answers() ? 1 : 0;
        request.origin.was_unicast = true;
        assert_true(answers());
    }
    assert_int_equal(n, 1);
}

TEST(rule_56_57_release_and_decline_are_heeded_for_every_identifier_but_a_stranger_s)
{
    static const enum request_kind kinds[] = { REQUEST_RELEASE, REQUEST_DECLINE };

    for (size_t i = 0; i < 2; i++) {
        scene(2, kinds[i]);
        assert_true(answers());
        request.server_id = id_of(2);
        assert_true(answers());
        request.server_id = id_of(1);
        assert_true(answers());
        stop_serving(1);
        assert_true(answers());
        request.server_id = stranger;
        assert_silent(REASON_STRANGER_CHOSEN);
        network.server_id_mode = SERVER_ID_FIXED;
        network.server_id = stranger;
        assert_true(answers());
    }
}

TEST(a_node_that_does_not_serve_leaves_broadcasts_alone)
{
    static const enum request_kind kinds[] = { REQUEST_DISCOVER,
                                               REQUEST_INIT_REBOOT,
                                               REQUEST_REBINDING };

    for (size_t i = 0; i < 3; i++) {
        scene(1, kinds[i]);
        facts.observed_ms = 60000;
        stop_serving(1);
        assert_silent(REASON_NOT_SERVING);
    }
}

TEST(rule_67_a_relay_with_an_address_of_ours_is_a_loop)
{
    scene(1, REQUEST_DISCOVER);
    assert_true(responder_is_own_address(&facts, id_of(1)));
    assert_true(responder_is_own_address(&facts, id_of(3)));
    assert_false(responder_is_own_address(&facts, IP4_ANY));
    assert_false(responder_is_own_address(&facts, stranger));
    request.server_id_override = stranger;
    assert_false(responder_is_own_address(&facts, stranger));
    network.server_id = shared;
    assert_false(responder_is_own_address(&facts, shared));
    network.server_id_mode = SERVER_ID_FIXED;
    assert_true(responder_is_own_address(&facts, shared));
}

TEST(a_share_is_the_place_among_the_serving_nodes)
{
    struct responder_share share;

    scene(3, REQUEST_DISCOVER);
    share = responder_share_of(&view);
    assert_int_equal(share.rank, 2);
    assert_int_equal(share.n, 3);
    stop_serving(1);
    share = responder_share_of(&view);
    assert_int_equal(share.rank, 1);
    assert_int_equal(share.n, 2);
    view.n = 0;
    share = responder_share_of(&view);
    assert_int_equal(share.rank, 0);
    assert_int_equal(share.n, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_44_smaller_is_ignored_and_equal_is_served),
        cmocka_unit_test(rule_44_elapsed_is_by_delay_source),
        cmocka_unit_test(rule_44_the_threshold_collapses_when_the_faster_nodes_are_gone),
        cmocka_unit_test(a_node_that_no_threshold_names_has_none),
        cmocka_unit_test(equal_nodes_share_the_clients),
        cmocka_unit_test(a_node_that_leaves_gives_only_its_own_clients_to_others),
        cmocka_unit_test(rule_71_without_a_majority_only_inform_is_answered),
        cmocka_unit_test(
            rule_71_a_renewing_client_is_answered_without_a_majority_where_its_hold_is_known),
        cmocka_unit_test(
            rule_71_a_broadcast_is_left_to_a_majority_for_two_seconds_and_to_nodes_in_order_then),
        cmocka_unit_test(rule_71_nothing_else_is_answered_without_a_majority_whatever_is_known),
        cmocka_unit_test(rule_31_a_request_that_names_me_is_answered_always),
        cmocka_unit_test(rule_32_a_stranger_chosen_ends_my_offer_and_gets_silence),
        cmocka_unit_test(rule_33_a_serving_peer_chosen_gets_silence_for_two_seconds),
        cmocka_unit_test(
            rule_33_the_next_in_order_answers_for_a_peer_that_is_gone_with_its_identifier),
        cmocka_unit_test(rule_33_secs_do_not_hurry_the_takeover),
        cmocka_unit_test(rule_34_of_a_shared_identifier_the_node_that_offered_answers_at_once),
        cmocka_unit_test(rule_30_an_identifier_that_the_relay_dictates_is_the_cluster_s),
        cmocka_unit_test(the_answer_names_the_fixed_identifier_or_the_link_s_address),
        cmocka_unit_test(rule_48_init_reboot_is_answered_as_a_discover),
        cmocka_unit_test(rule_49_a_unicast_renewal_is_answered_by_whoever_got_it),
        cmocka_unit_test(rule_52_rebinding_waits_for_the_threshold_while_the_granter_serves),
        cmocka_unit_test(rule_52_rebinding_goes_by_order_alone_when_the_granter_is_gone),
        cmocka_unit_test(rule_58_inform_by_unicast_is_mine_and_by_broadcast_one_s),
        cmocka_unit_test(
            rule_56_57_release_and_decline_are_heeded_for_every_identifier_but_a_stranger_s),
        cmocka_unit_test(a_node_that_does_not_serve_leaves_broadcasts_alone),
        cmocka_unit_test(rule_67_a_relay_with_an_address_of_ours_is_a_loop),
        cmocka_unit_test(a_share_is_the_place_among_the_serving_nodes),
    };

    return cmocka_run_group_tests_name("responder", tests, NULL, NULL);
}
