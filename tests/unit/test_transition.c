#include "storage/lease/transition.h"
#include "support/sample_lease.h"
#include "support/test.h"

enum {
    NOW = 1000000,
    ADDRESS = 0x0a000005,
};

static struct transition_facts facts_now(void)
{
    return (struct transition_facts){
        .now = { NOW },
        .node = 2,
        .subnet_id = 0x0a000000,
        .in_pool = true,
        .probation = { 3600 },
    };
}

static struct bind_command bind_by(const char *client)
{
    return (struct bind_command){
        .address = { ADDRESS },
        .client_key = bytes_of_text(client),
        .hw_type = 1,
        .lease = { 600 },
        .hold = { 900 },
        .server_id = { 0x0a000002 },
    };
}

static struct release_command release_by(const char *client)
{
    return (struct release_command){
        .address = { ADDRESS },
        .client_key = bytes_of_text(client),
        .server_id = { 0x0a000001 },
        .received_at = { NOW - 10 },
    };
}

static struct decline_command decline_by(const char *client)
{
    return (struct decline_command){
        .address = { ADDRESS },
        .client_key = bytes_of_text(client),
        .server_id = { 0x0a000001 },
        .received_at = { NOW - 10 },
        .hw_type = 1,
    };
}

/* A row of client "a" whose hold ends at @held_until; renewed a minute ago. */
static struct lease row_of_a(enum lease_state lease_state, int64_t held_until)
{
    struct lease l = sample_lease(ADDRESS, "a");

    l.state = lease_state;
    l.started_at.ms = NOW - 600000;
    l.renewed_at.ms = NOW - 60000;
    l.expires_at.ms = held_until - 5000;
    l.held_until.ms = held_until;
    return l;
}

TEST(bind_gives_a_free_address_with_what_the_command_says)
{
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("a");
    struct lease l;

    c.hostname = bytes_of_text("desk");
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_BOUND);
    assert_int_equal(l.address.value, ADDRESS);
    assert_int_equal(l.subnet_id, 0x0a000000);
    assert_int_equal(l.started_at.ms, NOW);
    assert_int_equal(l.renewed_at.ms, NOW);
    assert_int_equal(l.expires_at.ms, NOW + 600000);
    assert_int_equal(l.held_until.ms, NOW + 900000);
    assert_int_equal(l.node, 2);
    assert_int_equal(l.server_id.value, 0x0a000002);
    assert_true(bytes_equal(l.hostname, c.hostname));
}

/* The classes of a client are not in the log: the origin's word counts while its settings do. */
TEST(an_address_for_classes_is_bound_only_by_the_settings_it_was_judged_by)
{
    struct transition_facts facts = facts_now();
    struct lease held = row_of_a(LEASE_BOUND, NOW + 1);
    struct bind_command c = bind_by("b");
    struct lease l;

    facts.for_classes = true;
    facts.settings_version = 7;
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_STALE);
    c.settings_version = 6;
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_STALE);
    assert_int_equal(transition_bind(&held, &c, &facts, &l), OUTCOME_TAKEN);
    facts.reserved_for_client = true;
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
    facts.reserved_for_client = false;
    c.settings_version = 7;
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
    facts.for_classes = false;
    facts.settings_version = 8;
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
}

TEST(bind_is_refused_by_what_stands_against_it)
{
    static const struct {
        const char *name, *client;
        enum lease_state state;
        int64_t held_until;
        bool in_pool, reserved_for_client, reserved_for_other;
        enum outcome expected;
    } rows[] = {
        {"in no pool",              "b", LEASE_EXPIRED,  0,       false, false, false, OUTCOME_UNAVAILABLE},
        { "own reservation",        "b", LEASE_EXPIRED,  0,       false, true,  false, OUTCOME_DONE       },
        { "reserved for another",   "a", LEASE_BOUND,    NOW + 1, true,  false, true,  OUTCOME_RESERVED   },
        { "held for another",       "b", LEASE_BOUND,    NOW + 1, true,  false, false, OUTCOME_TAKEN      },
        { "held, even if reserved", "b", LEASE_BOUND,    NOW + 1, true,  true,  false, OUTCOME_TAKEN      },
        { "hold ends now",          "b", LEASE_BOUND,    NOW,     true,  false, false, OUTCOME_DONE       },
        { "quarantine",             "b", LEASE_DECLINED, NOW + 1, true,  false, false, OUTCOME_DECLINED   },
        { "own quarantine",         "a", LEASE_DECLINED, NOW + 1, true,  false, false, OUTCOME_DECLINED   },
        { "after quarantine",       "b", LEASE_DECLINED, NOW,     true,  false, false, OUTCOME_DONE       },
        { "released",               "b", LEASE_RELEASED, NOW,     true,  false, false, OUTCOME_DONE       },
        { "expired",                "b", LEASE_EXPIRED,  NOW,     true,  false, false, OUTCOME_DONE       },
        { "own, held",              "a", LEASE_BOUND,    NOW + 1, true,  false, false, OUTCOME_DONE       },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lease old = row_of_a(rows[i].state, rows[i].held_until);
        struct transition_facts facts = facts_now();
        struct bind_command c = bind_by(rows[i].client);
        struct lease new;

        facts.in_pool = rows[i].in_pool;
        facts.reserved_for_client = rows[i].reserved_for_client;
        facts.reserved_for_other = rows[i].reserved_for_other;
        if (transition_bind(&old, &c, &facts, &new) != rows[i].expected) {
            fail_msg("%s: wrong outcome", rows[i].name);
        }
    }
}

TEST(rule_22_a_renewal_never_shortens_an_earlier_promise)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW + 7200000);
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("a");
    struct lease l;

    assert_int_equal(transition_bind(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.expires_at.ms, old.expires_at.ms);
    assert_int_equal(l.held_until.ms, old.held_until.ms);
    assert_int_equal(l.started_at.ms, old.started_at.ms);
    assert_int_equal(l.renewed_at.ms, NOW);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_GOES_ON);
}

TEST(a_promise_beyond_the_hold_asked_for_extends_the_hold)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW + 7200000);
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("a");
    struct lease l;

    old.held_until = old.expires_at;
    c.lease = (struct seconds){ 86400 };
    c.hold = c.lease;
    assert_int_equal(transition_bind(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.expires_at.ms, NOW + 86400000);
    assert_int_equal(l.held_until.ms, NOW + 86400000);
}

TEST(rule_21_an_infinite_lease_never_ends)
{
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("a");
    struct lease l;
    struct lease renewed;

    c.lease = SECONDS_INFINITE;
    c.hold = SECONDS_INFINITE;
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
    assert_true(instant_is_never(l.expires_at) && instant_is_never(l.held_until));
    facts.now.ms = INT64_MAX - 1;
    assert_int_equal(transition_expire(&l, &facts, &renewed), OUTCOME_STALE);
    c = bind_by("a");
    assert_int_equal(transition_bind(&l, &c, &facts, &renewed), OUTCOME_DONE);
    assert_true(instant_is_never(renewed.expires_at));
}

TEST(rule_15_a_unicast_renewal_keeps_what_the_relay_said)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW + 1000);
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("a");
    struct lease l;

    assert_int_equal(transition_bind(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_true(bytes_equal(l.agent_info, old.agent_info));
    assert_int_equal(l.relay.value, old.relay.value);
    assert_true(bytes_equal(l.hostname, old.hostname));
    assert_true(bytes_equal(l.vendor_class, old.vendor_class));
    assert_true(bytes_equal(l.user_class, old.user_class));
    c.relay = ip4_of(0x0a000009);
    assert_int_equal(transition_bind(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.agent_info.n, 0);
    assert_int_equal(l.relay.value, 0x0a000009);
}

TEST(another_client_gets_nothing_of_the_last_one)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW);
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("b");
    struct lease l;

    assert_int_equal(transition_bind(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.hostname.n + l.agent_info.n + l.vendor_class.n + l.user_class.n, 0);
    assert_int_equal(l.started_at.ms, NOW);
    assert_int_equal(l.expires_at.ms, NOW + 600000);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_TAKEN);
}

TEST(rule_53_the_old_owner_revives_a_lease_that_nobody_took)
{
    static const enum lease_state states[] = { LEASE_BOUND, LEASE_EXPIRED, LEASE_RELEASED };

    for (unsigned i = 0; i < 3; i++) {
        struct lease old = row_of_a(states[i], NOW - 5000);
        struct transition_facts facts = facts_now();
        struct bind_command c = bind_by("a");
        struct lease l;

        assert_int_equal(transition_bind(&old, &c, &facts, &l), OUTCOME_DONE);
        assert_int_equal(l.expires_at.ms, NOW + 600000);
        /* an expired tenancy is history; one that only ran out goes on */
        assert_int_equal(l.started_at.ms, i == 0 ? old.started_at.ms : NOW);
        assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_GOES_ON);
    }
}

TEST(rule_56_release_frees_at_once_and_remembers_the_client)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW + 1000000);
    struct transition_facts facts = facts_now();
    struct release_command c = release_by("a");
    struct lease l;

    assert_int_equal(transition_release(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_RELEASED);
    assert_int_equal(l.expires_at.ms, NOW);
    assert_int_equal(l.held_until.ms, NOW);
    assert_false(lease_is_held(&l, facts.now));
    assert_true(bytes_equal(l.client_key, bytes_of_text("a")));
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_RELEASED);
    c.server_id = IP4_ANY;
    assert_int_equal(transition_release(&old, &c, &facts, &l), OUTCOME_DONE);
}

TEST(release_counts_only_for_the_binding_it_was_sent_for)
{
    static const struct {
        const char *name, *client;
        enum lease_state state;
        uint32_t server_id;
        int64_t received_after_renewal;
        enum outcome expected;
    } rows[] = {
        {"another client",         "b", LEASE_BOUND,    0x0a000001, 1,  OUTCOME_UNKNOWN},
        { "already released",      "a", LEASE_RELEASED, 0x0a000001, 1,  OUTCOME_UNKNOWN},
        { "expired",               "a", LEASE_EXPIRED,  0x0a000001, 1,  OUTCOME_UNKNOWN},
        { "declined",              "a", LEASE_DECLINED, 0x0a000001, 1,  OUTCOME_UNKNOWN},
        { "another server",        "a", LEASE_BOUND,    0x0a000002, 1,  OUTCOME_STALE  },
        { "as old as the renewal", "a", LEASE_BOUND,    0x0a000001, 0,  OUTCOME_STALE  },
        { "older",                 "a", LEASE_BOUND,    0,          -1, OUTCOME_STALE  },
        { "younger",               "a", LEASE_BOUND,    0x0a000001, 1,  OUTCOME_DONE   },
    };
    struct transition_facts facts = facts_now();

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lease old = row_of_a(rows[i].state, NOW + 1000000);
        struct release_command c = release_by(rows[i].client);
        struct lease new;

        c.server_id.value = rows[i].server_id;
        c.received_at.ms = old.renewed_at.ms + rows[i].received_after_renewal;
        if (transition_release(&old, &c, &facts, &new) != rows[i].expected) {
            fail_msg("%s: wrong outcome", rows[i].name);
        }
    }
    struct release_command c = release_by("a");
    struct lease new;

    assert_int_equal(transition_release(NULL, &c, &facts, &new), OUTCOME_UNKNOWN);
}

TEST(rule_57_decline_of_a_binding_puts_the_address_in_quarantine)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW + 1000000);
    struct transition_facts facts = facts_now();
    struct decline_command c = decline_by("a");
    struct lease l;

    assert_int_equal(transition_decline(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_DECLINED);
    assert_int_equal(l.expires_at.ms, NOW);
    assert_int_equal(l.held_until.ms, NOW + 3600000);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_DECLINED);
    c.server_id = ip4_of(0x0a000002);
    assert_int_equal(transition_decline(&old, &c, &facts, &l), OUTCOME_STALE);
    c = decline_by("a");
    c.received_at = old.renewed_at;
    assert_int_equal(transition_decline(&old, &c, &facts, &l), OUTCOME_STALE);
}

TEST(rule_57_decline_without_a_binding_counts_only_for_an_offer)
{
    struct lease held = row_of_a(LEASE_BOUND, NOW + 1000);
    struct lease free_ = row_of_a(LEASE_BOUND, NOW);
    struct lease quarantined = row_of_a(LEASE_DECLINED, NOW + 1000);
    struct transition_facts facts = facts_now();
    struct decline_command c = decline_by("b");
    struct lease l;

    assert_int_equal(transition_decline(NULL, &c, &facts, &l), OUTCOME_UNKNOWN);
    c.offered = true;
    assert_int_equal(transition_decline(&held, &c, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_decline(&quarantined, &c, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_decline(NULL, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_DECLINED);
    assert_int_equal(l.held_until.ms, NOW + 3600000);
    assert_int_equal(lease_tenancy_end(NULL, &l), TENANCY_GOES_ON);
    assert_int_equal(transition_decline(&free_, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(lease_tenancy_end(&free_, &l), TENANCY_EXPIRED);
    facts.in_pool = false;
    assert_int_equal(transition_decline(NULL, &c, &facts, &l), OUTCOME_UNKNOWN);
    facts.reserved_for_client = true;
    assert_int_equal(transition_decline(NULL, &c, &facts, &l), OUTCOME_DONE);
}

TEST(rule_42_quarantine_takes_only_what_nobody_holds)
{
    static const struct {
        enum lease_state state;
        int64_t held_until;
        enum outcome outcome;
    } rows[] = {
        {LEASE_BOUND,     NOW + 1, OUTCOME_TAKEN   },
        { LEASE_BOUND,    NOW,     OUTCOME_DONE    },
        { LEASE_RELEASED, NOW + 1, OUTCOME_DONE    },
        { LEASE_EXPIRED,  NOW,     OUTCOME_DONE    },
        { LEASE_DECLINED, NOW + 1, OUTCOME_DECLINED},
        { LEASE_DECLINED, NOW,     OUTCOME_DONE    },
    };
    const struct transition_facts facts = facts_now();
    const struct quarantine_command c = { .address = { ADDRESS },
                                          .client_key = bytes_of_text("squatter") };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lease old = row_of_a(rows[i].state, rows[i].held_until);
        struct lease l = old;

        assert_int_equal(transition_quarantine(&old, &c, &facts, &l), rows[i].outcome);
        assert_int_equal(bytes_equal(l.client_key, c.client_key), rows[i].outcome == OUTCOME_DONE);
    }
}

TEST(rule_42_quarantine_ends_after_the_probation_and_names_who_was_seen)
{
    const struct transition_facts facts = facts_now();
    const struct quarantine_command c = { .address = { ADDRESS },
                                          .client_key = bytes_of_text("squatter"),
                                          .hw_type = 1,
                                          .hw_address = bytes_of_text("123456") };
    struct lease l;

    assert_int_equal(transition_quarantine(NULL, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_DECLINED);
    assert_int_equal(l.held_until.ms, NOW + 3600000);
    assert_int_equal(l.expires_at.ms, NOW); /* nobody was promised anything */
    assert_true(bytes_equal(l.hw_address, c.hw_address));
    assert_int_equal(l.subnet_id, facts.subnet_id);
}

TEST(one_host_that_answers_for_every_address_does_not_empty_the_pool)
{
    struct transition_facts facts = facts_now();
    const struct quarantine_command c = { .address = { ADDRESS },
                                          .client_key = bytes_of_text("squatter") };
    struct lease l;

    facts.n_quarantined = QUARANTINES_OF_ONE_MAX - 1;
    assert_int_equal(transition_quarantine(NULL, &c, &facts, &l), OUTCOME_DONE);
    facts.n_quarantined = QUARANTINES_OF_ONE_MAX;
    assert_int_equal(transition_quarantine(NULL, &c, &facts, &l), OUTCOME_LIMITED);
}

TEST(expire_ends_only_what_is_no_longer_held)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW);
    struct transition_facts facts = facts_now();
    struct lease l;

    assert_int_equal(transition_expire(&old, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_EXPIRED);
    assert_int_equal(l.held_until.ms, NOW);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_EXPIRED);
    assert_int_equal(transition_expire(&l, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_expire(NULL, &facts, &l), OUTCOME_UNKNOWN);
    old = row_of_a(LEASE_BOUND, NOW + 1);
    assert_int_equal(transition_expire(&old, &facts, &l), OUTCOME_STALE);
    old = row_of_a(LEASE_DECLINED, NOW + 1);
    assert_int_equal(transition_expire(&old, &facts, &l), OUTCOME_STALE);
    old = row_of_a(LEASE_DECLINED, NOW);
    assert_int_equal(transition_expire(&old, &facts, &l), OUTCOME_DONE);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_GOES_ON);
}

TEST(rule_38_a_move_ends_the_binding_and_says_so)
{
    struct lease old = row_of_a(LEASE_BOUND, NOW + 5000);
    struct transition_facts facts = facts_now();
    struct lease l;

    assert_int_equal(transition_move(&old, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_EXPIRED);
    assert_int_equal(l.held_until.ms, NOW);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_MOVED);
    old = row_of_a(LEASE_BOUND, NOW - 5000);
    assert_int_equal(transition_move(&old, &facts, &l), OUTCOME_DONE);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_EXPIRED);
    old = row_of_a(LEASE_DECLINED, NOW + 5000);
    assert_int_equal(transition_move(&old, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_move(NULL, &facts, &l), OUTCOME_UNKNOWN);
}

TEST(every_name_is_said)
{
    assert_string_equal(lease_state_name(LEASE_BOUND), "bound");
    assert_string_equal(lease_state_name(LEASE_RELEASED), "released");
    assert_string_equal(lease_state_name(LEASE_EXPIRED), "expired");
    assert_string_equal(lease_state_name(LEASE_DECLINED), "declined");
    assert_null(tenancy_end_name(TENANCY_GOES_ON));
    assert_string_equal(tenancy_end_name(TENANCY_RELEASED), "released");
    assert_string_equal(tenancy_end_name(TENANCY_EXPIRED), "expired");
    assert_string_equal(tenancy_end_name(TENANCY_DECLINED), "declined");
    assert_string_equal(tenancy_end_name(TENANCY_MOVED), "moved");
    assert_string_equal(tenancy_end_name(TENANCY_TAKEN), "taken");
}

TEST(an_unsound_row_is_told)
{
    struct lease l = sample_lease(ADDRESS, "a");

    assert_true(lease_is_sound(&l));
    l.expires_at.ms = l.held_until.ms + 1;
    assert_false(lease_is_sound(&l));
    l = sample_lease(ADDRESS, "");
    assert_false(lease_is_sound(&l));
    l = sample_lease(0, "a");
    assert_false(lease_is_sound(&l));
    l = sample_lease(ADDRESS, "a");
    l.state = (enum lease_state)0;
    assert_false(lease_is_sound(&l));
    l = sample_lease(ADDRESS, "a");
    l.hw_address.n = HW_ADDRESS_MAX + 1;
    assert_false(lease_is_sound(&l));
}

TEST(the_digest_form_tells_rows_apart_whose_texts_join_to_the_same)
{
    struct lease a = sample_lease(ADDRESS, "a");
    struct lease b = sample_lease(ADDRESS, "a");

    a.vendor_class = bytes_of_text("xy");
    a.user_class = bytes_of_text("z");
    b.vendor_class = bytes_of_text("x");
    b.user_class = bytes_of_text("yz");
    assert_false(leases_are_equal(&a, &b));
    assert_true(leases_are_equal(&a, &a));
}

TEST(a_hold_is_counted_from_the_request_when_the_entry_s_time_lags_behind_it)
{
    struct transition_facts facts = facts_now();
    struct bind_command c = bind_by("a");
    struct lease l;

    c.received_at = instant_add_ms(facts.now, 8000);
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.expires_at.ms, instant_add_seconds(facts.now, c.lease).ms);
    assert_int_equal(l.held_until.ms, instant_add_seconds(c.received_at, c.hold).ms);
    c.received_at = instant_add_ms(facts.now, -8000);
    assert_int_equal(transition_bind(NULL, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.held_until.ms, instant_add_seconds(facts.now, c.hold).ms);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bind_gives_a_free_address_with_what_the_command_says),
        cmocka_unit_test(an_address_for_classes_is_bound_only_by_the_settings_it_was_judged_by),
        cmocka_unit_test(bind_is_refused_by_what_stands_against_it),
        cmocka_unit_test(rule_22_a_renewal_never_shortens_an_earlier_promise),
        cmocka_unit_test(a_hold_is_counted_from_the_request_when_the_entry_s_time_lags_behind_it),
        cmocka_unit_test(a_promise_beyond_the_hold_asked_for_extends_the_hold),
        cmocka_unit_test(rule_21_an_infinite_lease_never_ends),
        cmocka_unit_test(rule_15_a_unicast_renewal_keeps_what_the_relay_said),
        cmocka_unit_test(another_client_gets_nothing_of_the_last_one),
        cmocka_unit_test(rule_53_the_old_owner_revives_a_lease_that_nobody_took),
        cmocka_unit_test(rule_56_release_frees_at_once_and_remembers_the_client),
        cmocka_unit_test(release_counts_only_for_the_binding_it_was_sent_for),
        cmocka_unit_test(rule_57_decline_of_a_binding_puts_the_address_in_quarantine),
        cmocka_unit_test(rule_57_decline_without_a_binding_counts_only_for_an_offer),
        cmocka_unit_test(rule_42_quarantine_takes_only_what_nobody_holds),
        cmocka_unit_test(rule_42_quarantine_ends_after_the_probation_and_names_who_was_seen),
        cmocka_unit_test(one_host_that_answers_for_every_address_does_not_empty_the_pool),
        cmocka_unit_test(expire_ends_only_what_is_no_longer_held),
        cmocka_unit_test(rule_38_a_move_ends_the_binding_and_says_so),
        cmocka_unit_test(every_name_is_said),
        cmocka_unit_test(an_unsound_row_is_told),
        cmocka_unit_test(the_digest_form_tells_rows_apart_whose_texts_join_to_the_same),
    };

    return cmocka_run_group_tests_name("transition", tests, NULL, NULL);
}
