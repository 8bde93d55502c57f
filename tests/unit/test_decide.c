#include "base/own.h"
#include "support/decide_case.h"
#include "support/test.h"

/* RFC 2131 4.3.1 */

TEST(rule_37_the_choice_is_binding_then_memory_then_wish_then_new)
{
    scene(REQUEST_DISCOVER, lan_address(1, 104));
    assert_offered(lan_address(1, 104));
    put(lan_address(1, 101), "c1", LEASE_EXPIRED);
    assert_offered(lan_address(1, 101));
    put(lan_address(1, 102), "c1", LEASE_BOUND);
    assert_offered(lan_address(1, 102));
}

TEST(rule_37_a_reservation_overrides_all)
{
    scene(REQUEST_DISCOVER, lan_address(1, 104));
    put(lan_address(1, 102), "printer", LEASE_BOUND);
    request.client = bytes_of_text("printer");
    assert_offered(lan_address(1, 103));
}

TEST(rule_62_a_reservation_by_hardware_holds_for_any_client_id)
{
    scene(REQUEST_DISCOVER, IP4_ANY);
    message.header.hardware.address[5] = 0xaa;
    assert_offered(lan_address(1, 10));
}

TEST(rule_37_a_wish_for_another_network_is_no_reason_to_refuse)
{
    struct decision d;

    scene(REQUEST_DISCOVER, ip4_of(0x0a01000a));
    d = decided();
    assert_int_equal(d.verdict, VERDICT_OFFER);
    assert_non_null(scope_subnet_of(facts.scope, facts.map, d.address));
}

TEST(rule_38_a_lease_in_another_network_does_not_count)
{
    struct decision d;

    scene(REQUEST_DISCOVER, IP4_ANY);
    put(ip4_of(0x0a01000a), "c1", LEASE_BOUND);
    d = decided();
    assert_int_equal(d.verdict, VERDICT_OFFER);
    assert_non_null(scope_subnet_of(facts.scope, facts.map, d.address));
}

TEST(rule_39_what_was_offered_is_offered_again)
{
    scene(REQUEST_DISCOVER, lan_address(1, 104));
    facts.offered = lan_address(1, 107);
    assert_offered(lan_address(1, 107));
}

TEST(rule_39_what_is_on_offer_to_another_is_not_offered)
{
    scene(REQUEST_DISCOVER, lan_address(1, 104));
    offered_to_other = lan_address(1, 104);
    assert_int_equal(decided().verdict, VERDICT_OFFER);
    assert_int_not_equal(decided().address.value, lan_address(1, 104).value);
}

TEST(rule_40_no_free_address_is_silence)
{
    scene(REQUEST_DISCOVER, IP4_ANY);
    for (uint8_t host = 100; host <= 109; host++) {
        put(lan_address(1, host), "c9", LEASE_BOUND);
        put(lan_address(2, host), "c9", LEASE_BOUND);
    }
    assert_decided(VERDICT_SILENT, REASON_POOL_EXHAUSTED);
}

TEST(rule_41_an_offer_says_the_time_that_will_be_committed)
{
    scene(REQUEST_DISCOVER, IP4_ANY);
    assert_int_equal(decided().lease.value, 600);
    request.wanted_lease = SECONDS_INFINITE;
    assert_int_equal(decided().lease.value, 3600);
    scene(REQUEST_SELECTING, lan_address(1, 100));
    request.wanted_lease = SECONDS_INFINITE;
    assert_int_equal(decided().lease.value, 3600);
    assert_int_equal(decided().hold.value, 3900);
}

/*
 * RFC 2131 4.3.2 to 4.3.5 as rows: what is known of 192.168.1.101, how sure the settings let us
 * be, and what the client c1 is told.
 */
#define NONE            NULL, LEASE_BOUND
#define OURS(state)     "c1", LEASE_##state
#define OTHER(state)    "c2", LEASE_##state
#define QUIET           AUTHORITATIVE_NO, 0
#define SURE            AUTHORITATIVE_YES, 0
#define AFTER(time, ms) AUTHORITATIVE_AFTER_##time, ms

#define ROWS(X)                                                       \
    X(31, SELECTING, NONE, QUIET, PROPOSE_BIND, BOUND)                \
    X(31, SELECTING, OURS(BOUND), QUIET, PROPOSE_BIND, RENEWED)       \
    X(31, SELECTING, OTHER(BOUND), QUIET, NAK, LEASED_TO_OTHER)       \
    X(31, SELECTING, OTHER(EXPIRED), QUIET, PROPOSE_BIND, BOUND)      \
    X(57, SELECTING, OURS(DECLINED), QUIET, NAK, IN_QUARANTINE)       \
    X(48, INIT_REBOOT, OURS(BOUND), QUIET, PROPOSE_BIND, RENEWED)     \
    X(53, INIT_REBOOT, OURS(EXPIRED), QUIET, PROPOSE_BIND, BOUND)     \
    X(47, INIT_REBOOT, NONE, QUIET, SILENT, UNKNOWN_LEASE)            \
    X(47, INIT_REBOOT, NONE, SURE, NAK, UNKNOWN_LEASE)                \
    X(47, INIT_REBOOT, NONE, AFTER(2S, 1999), SILENT, UNKNOWN_LEASE)  \
    X(47, INIT_REBOOT, NONE, AFTER(2S, 2000), NAK, UNKNOWN_LEASE)     \
    X(47, INIT_REBOOT, NONE, AFTER(10S, 9999), SILENT, UNKNOWN_LEASE) \
    X(47, INIT_REBOOT, NONE, AFTER(10S, 10000), NAK, UNKNOWN_LEASE)   \
    X(46, INIT_REBOOT, OTHER(BOUND), SURE, NAK, LEASED_TO_OTHER)      \
    X(46, INIT_REBOOT, OTHER(BOUND), QUIET, SILENT, LEASED_TO_OTHER)  \
    X(47, INIT_REBOOT, OTHER(EXPIRED), QUIET, SILENT, UNKNOWN_LEASE)  \
    X(49, RENEWING, OURS(BOUND), QUIET, PROPOSE_BIND, RENEWED)        \
    X(53, RENEWING, OURS(RELEASED), QUIET, PROPOSE_BIND, BOUND)       \
    X(50, RENEWING, NONE, QUIET, SILENT, UNKNOWN_LEASE)               \
    X(50, RENEWING, NONE, SURE, NAK, UNKNOWN_LEASE)                   \
    X(50, RENEWING, OTHER(BOUND), QUIET, NAK, LEASED_TO_OTHER)        \
    X(52, REBINDING, OURS(BOUND), QUIET, PROPOSE_BIND, RENEWED)       \
    X(52, REBINDING, NONE, QUIET, SILENT, UNKNOWN_LEASE)              \
    X(52, REBINDING, OTHER(BOUND), QUIET, NAK, LEASED_TO_OTHER)       \
    X(56, RELEASE, OURS(BOUND), QUIET, PROPOSE_RELEASE, RELEASED)     \
    X(56, RELEASE, OURS(RELEASED), QUIET, SILENT, UNKNOWN_LEASE)      \
    X(56, RELEASE, OTHER(BOUND), QUIET, SILENT, UNKNOWN_LEASE)        \
    X(57, DECLINE, OURS(BOUND), QUIET, PROPOSE_DECLINE, DECLINED)     \
    X(57, DECLINE, OTHER(BOUND), QUIET, SILENT, UNKNOWN_LEASE)        \
    X(57, DECLINE, NONE, QUIET, SILENT, UNKNOWN_LEASE)                \
    X(58, INFORM, OTHER(BOUND), QUIET, INFORM_ACK, INFORMED)

static const struct {
    unsigned rule;
    enum request_kind kind;
    const char *owner; /* of the row; NULL: there is none */
    enum lease_state state;
    enum authoritative authoritative;
    int64_t elapsed_ms;
    enum verdict verdict;
    enum reason reason;
} rows[] = {

#define ROW(rule, kind, known, sure, verdict, reason) \
    { rule, REQUEST_##kind, known, sure, VERDICT_##verdict, REASON_##reason },
    ROWS(ROW)
};

static void assert_row(size_t i)
{
    struct decision d;

    lease_table_clear(leases);
    lan.networks[0].authoritative = rows[i].authoritative;
    scene(rows[i].kind, lan_address(1, 101));
    facts.elapsed_ms = rows[i].elapsed_ms;
    if (rows[i].owner != NULL) {
        put(lan_address(1, 101), rows[i].owner, rows[i].state);
    }
    d = decided();
    if (d.verdict != rows[i].verdict || d.reason != rows[i].reason) {
        fail_msg(
            "row %zu, rule %u: verdict %s, reason %s",
            i,
            rows[i].rule,
            verdict_name(d.verdict),
            reason_spec(d.reason)->name);
    }
    assert_int_equal(d.address.value, lan_address(1, 101).value);
}

static void assert_rows_of(unsigned rule)
{
    unsigned n = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (rows[i].rule == rule) {
            assert_row(i);
            n++;
        }
    }
    assert_true(n > 0);
}

TEST(rfc_2131_4_3_2_to_4_3_5)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_row(i);
    }
}

TEST(rule_47_init_reboot_without_a_record_is_silence_until_the_settings_say_nak)
{
    assert_rows_of(47);
}

TEST(rule_50_renewing_without_a_record_is_silence_and_of_another_s_address_a_nak)
{
    assert_rows_of(50);
}

TEST(rule_45_an_address_of_another_link_is_refused_if_authoritative)
{
    static const enum request_kind kinds[] = { REQUEST_INIT_REBOOT, REQUEST_REBINDING };

    for (size_t i = 0; i < 2; i++) {
        lan.networks[0].authoritative = AUTHORITATIVE_NO;
        scene(kinds[i], ip4_of(0xac100001));
        assert_decided(VERDICT_SILENT, REASON_WRONG_NETWORK);
        lan.networks[0].authoritative = AUTHORITATIVE_YES;
        scene(kinds[i], ip4_of(0xac100001));
        assert_decided(VERDICT_NAK, REASON_WRONG_NETWORK);
    }
}

TEST(rule_46_a_client_with_another_binding_is_refused_the_one_it_asks_for)
{
    lan.networks[0].authoritative = AUTHORITATIVE_YES;
    scene(REQUEST_INIT_REBOOT, lan_address(1, 101));
    put(lan_address(1, 102), "c1", LEASE_BOUND);
    assert_decided(VERDICT_NAK, REASON_MOVED);
}

TEST(rule_46_what_is_reserved_for_another_or_in_no_pool_is_refused)
{
    scene(REQUEST_SELECTING, lan_address(1, 103));
    assert_decided(VERDICT_NAK, REASON_RESERVED_FOR_OTHER);
    scene(REQUEST_RENEWING, lan_address(1, 103));
    put(lan_address(1, 103), "c1", LEASE_BOUND);
    assert_decided(VERDICT_NAK, REASON_RESERVED_FOR_OTHER);
    scene(REQUEST_SELECTING, lan_address(1, 105));
    assert_decided(VERDICT_NAK, REASON_NOT_IN_POOL);
    scene(REQUEST_SELECTING, lan_address(1, 99));
    assert_decided(VERDICT_NAK, REASON_NOT_IN_POOL);
}

TEST(a_reservation_is_a_record_even_without_a_lease)
{
    scene(REQUEST_RENEWING, lan_address(1, 103));
    request.client = bytes_of_text("printer");
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
    request.kind = REQUEST_INIT_REBOOT;
    assert_decided(VERDICT_PROPOSE_BIND, REASON_BOUND);
}

/* A row committed @ago_ms ago by @id for 600 s, seen again. */
static void put_recent(int64_t ago_ms, struct ip4 id)
{
    struct lease row = row_of(lan_address(1, 101), "c1", LEASE_BOUND);

    row.renewed_at.ms = NOW_MS - ago_ms;
    row.expires_at.ms = row.renewed_at.ms + 600000;
    row.held_until.ms = row.renewed_at.ms + 900000;
    row.server_id = id;
    assert_int_equal(lease_table_put(leases, &row), 0);
}

static void block(enum block_kind kind, const void *value, size_t n)
{
    struct block b = {
        .subject = {kind, bytes_of(value, n)}
    };

    assert_int_equal(network_map_put_block(map, &b), 0);
}

TEST(a_blocked_client_is_met_with_silence_whatever_it_asks_for)
{
    put(lan_address(1, 101), "c1", LEASE_BOUND);
    for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
        bool gives_back = kind == REQUEST_RELEASE || kind == REQUEST_DECLINE;

        scene(kind, lan_address(1, 101));
        block(BLOCK_HW_PREFIX, "\x02\x00\x00", 3);
        assert_int_equal(decided().reason == REASON_BLOCKED, !gives_back);
        assert_int_equal(decided().verdict == VERDICT_SILENT, !gives_back);
    }
}

TEST(a_revoked_lease_is_refused_and_its_client_offered_another_address)
{
    struct lease row = row_of(lan_address(1, 101), "c1", LEASE_BOUND);

    row.state = LEASE_REVOKED;
    assert_int_equal(lease_table_put(leases, &row), 0);
    scene(REQUEST_RENEWING, lan_address(1, 101));
    assert_decided(VERDICT_NAK, REASON_REVOKED);
    scene(REQUEST_DISCOVER, IP4_ANY);
    assert_int_not_equal(decided().address.value, lan_address(1, 101).value);
}

TEST(a_blocked_address_is_not_offered_and_its_client_is_sent_on)
{
    static const uint8_t octets[] = { 192, 168, 1, 101 };

    put(lan_address(1, 101), "c1", LEASE_BOUND);
    scene(REQUEST_DISCOVER, IP4_ANY);
    block(BLOCK_ADDRESS, octets, sizeof octets);
    assert_int_equal(decided().verdict, VERDICT_OFFER);
    assert_int_not_equal(decided().address.value, lan_address(1, 101).value);
    scene(REQUEST_RENEWING, lan_address(1, 101));
    block(BLOCK_ADDRESS, octets, sizeof octets);
    assert_decided(VERDICT_NAK, REASON_BLOCKED);
}

TEST(rule_55_a_retransmission_gets_the_ack_of_the_committed_row)
{
    scene(REQUEST_SELECTING, lan_address(1, 101));
    put_recent(999, my_id);
    assert_decided(VERDICT_REPEAT_ACK, REASON_REPEATED);
    assert_int_equal(decided().lease.value, 600);
    put_recent(1000, my_id);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
    put_recent(10, ip4_of(0xc0a80102));
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
    put_recent(10, my_id);
    request.wanted_lease = (struct seconds){ 900 };
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
}

TEST(rule_55_without_headroom_nothing_is_promised_twice)
{
    struct lease row = row_of(lan_address(1, 101), "c1", LEASE_BOUND);

    scene(REQUEST_SELECTING, lan_address(1, 101));
    row.renewed_at.ms = NOW_MS - 10;
    row.expires_at.ms = row.renewed_at.ms + 600000;
    row.held_until = row.expires_at;
    assert_int_equal(lease_table_put(leases, &row), 0);
    assert_decided(VERDICT_PROPOSE_BIND, REASON_RENEWED);
}

TEST(rule_57_what_was_offered_may_be_declined)
{
    scene(REQUEST_DECLINE, lan_address(1, 101));
    facts.offered = lan_address(1, 101);
    assert_decided(VERDICT_PROPOSE_DECLINE, REASON_DECLINED);
}

TEST(rule_58_inform_from_elsewhere_is_dropped)
{
    scene(REQUEST_INFORM, ip4_of(0xac100001));
    assert_decided(VERDICT_SILENT, REASON_WRONG_NETWORK);
    request.link = lan_address(1, 254); /* but not when a relay says where it is */
    assert_decided(VERDICT_INFORM_ACK, REASON_INFORMED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, decide_case_setup, decide_case_teardown)
        CASE(rule_37_the_choice_is_binding_then_memory_then_wish_then_new),
        CASE(rule_37_a_reservation_overrides_all),
        CASE(rule_62_a_reservation_by_hardware_holds_for_any_client_id),
        CASE(rule_37_a_wish_for_another_network_is_no_reason_to_refuse),
        CASE(rule_38_a_lease_in_another_network_does_not_count),
        CASE(rule_39_what_was_offered_is_offered_again),
        CASE(rule_39_what_is_on_offer_to_another_is_not_offered),
        CASE(rule_40_no_free_address_is_silence),
        CASE(rule_41_an_offer_says_the_time_that_will_be_committed),
        CASE(rfc_2131_4_3_2_to_4_3_5),
        CASE(rule_47_init_reboot_without_a_record_is_silence_until_the_settings_say_nak),
        CASE(rule_50_renewing_without_a_record_is_silence_and_of_another_s_address_a_nak),
        CASE(rule_45_an_address_of_another_link_is_refused_if_authoritative),
        CASE(rule_46_a_client_with_another_binding_is_refused_the_one_it_asks_for),
        CASE(rule_46_what_is_reserved_for_another_or_in_no_pool_is_refused),
        CASE(a_reservation_is_a_record_even_without_a_lease),
        CASE(a_blocked_client_is_met_with_silence_whatever_it_asks_for),
        CASE(a_revoked_lease_is_refused_and_its_client_offered_another_address),
        CASE(a_blocked_address_is_not_offered_and_its_client_is_sent_on),
        CASE(rule_55_a_retransmission_gets_the_ack_of_the_committed_row),
        CASE(rule_55_without_headroom_nothing_is_promised_twice),
        CASE(rule_57_what_was_offered_may_be_declined),
        CASE(rule_58_inform_from_elsewhere_is_dropped),
    };

    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
