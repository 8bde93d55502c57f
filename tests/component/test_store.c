#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "proto/command_codec.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/script.h"
#include "support/test.h"

/* What log entries do to a store. */

#define ADDRESS UINT32_C(0x0a01000a) /* 10.1.0.10, the first of the pool */
#define OTHER   UINT32_C(0x0a01010a) /* 10.1.1.10, in the same network */
#define GUEST   UINT32_C(0x0a02000a) /* 10.2.0.10, in another network */
#define START   INT64_C(1700000000000)

static char folder[FOLDER_PATH_MAX];
static struct store *store;
static uint64_t next_index;
static uint64_t next_sequence;
static struct result last; /* of the last command */

static struct store_options options(void)
{
    return (struct store_options){
        .path = file_in(folder, "leases.db"),
        .cluster = "office",
        .node = 1,
        .is_volatile = true,
    };
}

static void reopen(void)
{
    struct store_options o = options();
    bool rebuilt = true;

    store = store_free(store);
    assert_int_equal(store_open(&store, &o, &rebuilt), 0);
    assert_false(rebuilt);
}

/* Applies one command as an entry of its own, at START + @s seconds. */
static enum outcome apply_at(int64_t s, struct command c)
{
    struct result results[BATCH_COMMANDS_MAX];
    bool skipped = true;

    c.origin = c.origin == 0 ? 1 : c.origin;
    c.boot_id = c.boot_id == 0 ? 1 : c.boot_id;
    c.sequence = c.sequence == 0 ? ++next_sequence : c.sequence;

    struct instant now = { START + s * 1000 };
    struct script_entry e = script_encode(++next_index, now, &c, 1);
    struct store_entry entry = { e.index, 1, bytes_of(e.data, e.n) };

    assert_int_equal(store_apply(store, &entry, results, &skipped), 0);
    assert_false(skipped);
    free(e.data);
    last = results[0];
    assert_int_equal(last.index, next_index);
    return last.outcome;
}

static struct command bind(uint32_t address, const char *client, uint32_t lease)
{
    return (struct command){
        .kind = COMMAND_BIND,
        .bind =
            {
                .address = { address },
                .client_key = bytes_of_text(client),
                .hw_type = 1,
                .hw_address = bytes_of("\x02\x00\x00\x00\x00\x01", 6),
                .lease = { lease },
                .hold = { lease },
                .server_id = { 7 },
                .hostname = bytes_of_text("printer"),
                .agent_info = bytes_of("\x01\x02p7\x02\x01r", 7),
            },
    };
}

static struct command put_settings(uint64_t version, struct bytes document)
{
    return (struct command){
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {.version = version,
                         .document = document,
                         .source = bytes_of_text("networks: []\n")},
    };
}

static struct command put_node(uint32_t node, uint64_t incarnation, uint64_t cluster_id)
{
    return (struct command){
        .kind = COMMAND_PUT_NODE,
        .put_node = {node, incarnation, bytes_of_text("10.0.0.1:6767"), cluster_id},
    };
}

static struct lease row_of(uint32_t address)
{
    struct lease l;

    assert_true(lease_table_find(store_leases(store), ip4_of(address), &l));
    return l;
}

static int set_up(void **state)
{
    struct store_options o;
    bool rebuilt = true;
    uint8_t *document = NULL;
    size_t n = 0;

    (void)state;
    folder_make(folder);
    next_index = next_sequence = 0;
    o = options();
    assert_int_equal(store_open(&store, &o, &rebuilt), 0);
    assert_false(rebuilt);
    assert_int_equal(settings_encode(script_settings(), &document, &n), 0);
    assert_int_equal(apply_at(0, put_settings(1, bytes_of(document, n))), OUTCOME_DONE);
    free(document);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store = store_free(store);
    folder_remove(folder);
    return 0;
}

TEST(a_bound_lease_is_there_after_reopening)
{
    struct digest digest;

    assert_int_equal(apply_at(10, bind(ADDRESS, "a", 60)), OUTCOME_DONE);
    assert_int_equal(last.expires_at.ms, START + 70000);
    assert_true(store_is_dirty(store));
    assert_int_equal(store_commit(store), 0);
    assert_false(store_is_dirty(store));
    digest = store_digest(store);
    reopen();
    assert_int_equal(store_applied_index(store), next_index);
    assert_int_equal(store_cluster_time(store).ms, START + 10000);
    assert_true(digest_equal(store_digest(store), digest));
    assert_int_equal(network_map_version(store_map(store)), 1);

    struct lease l = row_of(ADDRESS);

    assert_int_equal(l.state, LEASE_BOUND);
    assert_int_equal(l.subnet_id, ADDRESS & 0xffffff00);
    assert_true(bytes_equal(l.client_key, bytes_of_text("a")));
    assert_true(bytes_equal(l.agent_info, bytes_of("\x01\x02p7\x02\x01r", 7)));
}

TEST(what_was_not_committed_is_gone_after_reopening)
{
    struct lease l;

    assert_int_equal(store_commit(store), 0);
    assert_int_equal(apply_at(10, bind(ADDRESS, "a", 60)), OUTCOME_DONE);
    reopen();
    assert_int_equal(store_applied_index(store), next_index - 1);
    assert_false(lease_table_find(store_leases(store), ip4_of(ADDRESS), &l));
}

TEST(an_endless_lease_is_endless_after_reopening)
{
    assert_int_equal(apply_at(10, bind(ADDRESS, "a", 0xffffffff)), OUTCOME_DONE);
    assert_int_equal(store_commit(store), 0);
    reopen();
    assert_true(instant_is_never(row_of(ADDRESS).expires_at));
    assert_true(instant_is_never(row_of(ADDRESS).held_until));
}

TEST(an_entry_is_applied_once)
{
    struct result results[BATCH_COMMANDS_MAX];
    struct command c = bind(ADDRESS, "a", 60);
    bool skipped = false;

    c.boot_id = c.sequence = c.origin = 1;

    struct script_entry e = script_encode(next_index, (struct instant){ START }, &c, 1);
    struct store_entry entry = { e.index, 1, bytes_of(e.data, e.n) };
    struct digest before = store_digest(store);

    assert_int_equal(store_apply(store, &entry, results, &skipped), 0);
    assert_true(skipped);
    assert_true(digest_equal(store_digest(store), before));
    free(e.data);
}

TEST(a_repeated_bind_is_answered_with_its_promise)
{
    struct command c = bind(ADDRESS, "a", 60);

    assert_int_equal(apply_at(10, c), OUTCOME_DONE);
    c.sequence = next_sequence;
    assert_int_equal(apply_at(20, c), OUTCOME_DONE);
    assert_int_equal(last.expires_at.ms, START + 70000); /* of the first, not renewed */
    assert_int_equal(last.at.ms, START + 20000);
}

TEST(a_repeated_bind_without_its_lease_is_only_repeated)
{
    struct command first = bind(ADDRESS, "a", 60);
    struct command second = bind(ADDRESS + 1, "b", 60);

    assert_int_equal(apply_at(10, first), OUTCOME_DONE);
    first.sequence = next_sequence;
    assert_int_equal(apply_at(71, first), OUTCOME_REPEATED); /* the promise is over */
    assert_int_equal(apply_at(72, bind(ADDRESS, "c", 60)), OUTCOME_DONE);
    assert_int_equal(apply_at(73, first), OUTCOME_REPEATED); /* it is another client's now */
    assert_int_equal(apply_at(74, second), OUTCOME_DONE);
}

TEST(commands_of_an_earlier_boot_are_repeated)
{
    struct command c = bind(ADDRESS, "a", 60);

    c.boot_id = 7;
    c.sequence = 1;
    assert_int_equal(apply_at(10, c), OUTCOME_DONE);
    c = bind(ADDRESS + 1, "b", 60);
    c.boot_id = 6;
    c.sequence = 100;
    assert_int_equal(apply_at(11, c), OUTCOME_REPEATED);
    c.origin = 2; /* another node counts for itself */
    assert_int_equal(apply_at(12, c), OUTCOME_DONE);
}

TEST(repeated_commands_are_known_after_reopening)
{
    struct command c = bind(ADDRESS, "a", 60);

    assert_int_equal(apply_at(10, c), OUTCOME_DONE);
    c.sequence = next_sequence;
    assert_int_equal(store_commit(store), 0);
    reopen();
    c.bind.address = ip4_of(ADDRESS + 1);
    assert_int_equal(apply_at(20, c), OUTCOME_REPEATED);
}

TEST(a_client_that_binds_elsewhere_in_the_network_leaves_its_old_address)
{
    assert_int_equal(apply_at(10, bind(ADDRESS, "a", 60)), OUTCOME_DONE);
    assert_int_equal(apply_at(11, bind(GUEST, "a", 60)), OUTCOME_DONE);
    assert_int_equal(row_of(ADDRESS).state, LEASE_BOUND); /* another network */
    assert_int_equal(apply_at(12, bind(OTHER, "a", 60)), OUTCOME_DONE);
    assert_int_equal(row_of(ADDRESS).state, LEASE_EXPIRED);
    assert_int_equal(row_of(GUEST).state, LEASE_BOUND);
    assert_int_equal(apply_at(13, bind(ADDRESS, "b", 60)), OUTCOME_DONE);
}

TEST(the_settings_decide_who_may_have_an_address)
{
    struct command c = bind(ADDRESS + 2, "a", 60); /* reserved by hardware address */

    assert_int_equal(apply_at(10, c), OUTCOME_RESERVED);
    c.bind.hw_address = bytes_of("\x02\x00\x00\x00\x00\x07", 6);
    assert_int_equal(apply_at(11, c), OUTCOME_DONE);
    assert_int_equal(apply_at(12, bind(ADDRESS + 4, "b", 60)), OUTCOME_UNAVAILABLE); /* excluded */
    assert_int_equal(apply_at(13, bind(0x0a010063, "b", 60)), OUTCOME_RESERVED);
    assert_int_equal(apply_at(14, bind(0x0a010063, "client-8", 60)), OUTCOME_DONE);
    assert_int_equal(apply_at(15, bind(0x0b000001, "b", 60)), OUTCOME_UNAVAILABLE);
}

TEST(a_decline_of_a_strange_address_makes_no_row)
{
    struct command c = {
        .kind = COMMAND_DECLINE,
        .decline = {.address = { 0x0b000001 },
                    .client_key = bytes_of_text("a"),
                    .received_at = { START },
                    .offered = true},
    };

    assert_int_equal(apply_at(10, c), OUTCOME_UNKNOWN);
    assert_int_equal(lease_table_count(store_leases(store)), 0);
    c.decline.address = ip4_of(ADDRESS);
    assert_int_equal(apply_at(11, c), OUTCOME_DONE);
    assert_int_equal(row_of(ADDRESS).held_until.ms, START + 11000 + 120000);
}

TEST(a_bind_of_a_request_from_before_the_client_s_last_lease_is_stale)
{
    struct command late = bind(OTHER + 1, "a", 600);

    assert_int_equal(apply_at(10, bind(OTHER, "a", 600)), OUTCOME_DONE);
    late.bind.received_at.ms = START + 10000;
    assert_int_equal(apply_at(20, late), OUTCOME_STALE);
    assert_int_equal(row_of(OTHER).state, LEASE_BOUND);
    late.bind.address = ip4_of(OTHER);
    assert_int_equal(apply_at(21, late), OUTCOME_DONE); /* it takes nothing from the client */
    late.bind.address = ip4_of(OTHER + 1);
    late.bind.received_at.ms = START + 21001;
    assert_int_equal(apply_at(22, late), OUTCOME_DONE);
    assert_int_equal(row_of(OTHER).state, LEASE_EXPIRED);
}

TEST(rule_43_what_no_request_asks_for_takes_no_lease_from_a_client_that_just_got_it)
{
    struct command c = bind(OTHER + 1, "a", 600);

    assert_int_equal(apply_at(10, bind(OTHER, "a", 600)), OUTCOME_DONE);
    c.bind.is_unasked = true;
    c.bind.received_at.ms = START + 70000; /* it may have crossed the ACK */
    assert_int_equal(apply_at(70, c), OUTCOME_STALE);
    assert_int_equal(row_of(OTHER).state, LEASE_BOUND);
    c.bind.received_at.ms = START + 70001;
    assert_int_equal(apply_at(71, c), OUTCOME_DONE);
    assert_int_equal(row_of(OTHER).state, LEASE_EXPIRED);
}

TEST(leases_whose_hold_is_over_are_found_and_expire)
{
    struct ip4 found[EXPIRE_MAX];
    struct command c = {
        .kind = COMMAND_EXPIRE, .expire = {2, found}
    };

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(apply_at(10, bind(OTHER + i, i == 0 ? "a" : "b", 60)), OUTCOME_DONE);
    }
    assert_int_equal(apply_at(10, bind(GUEST, "c", 600)), OUTCOME_DONE);
    assert_int_equal(store_expired(store, (struct instant){ START + 69999 }, found), 0);
    assert_int_equal(store_expired(store, (struct instant){ START + 70000 }, found), 2);
    assert_int_equal(apply_at(60, c), OUTCOME_STALE);
    assert_int_equal(apply_at(70, c), OUTCOME_DONE);
    assert_int_equal(row_of(OTHER).state, LEASE_EXPIRED);
    assert_int_equal(apply_at(71, c), OUTCOME_UNKNOWN);
    assert_int_equal(store_expired(store, (struct instant){ START + 71000 }, found), 0);
}

TEST(settings_change_by_one_version_at_a_time_or_not_at_all)
{
    static const struct network twice[] = { { .name = { (const uint8_t *)"lan", 3 } },
                                            { .name = { (const uint8_t *)"lan", 3 } } };
    struct settings faulty = { .n_networks = 2, .networks = twice };
    struct settings empty = { .n_networks = 0 };
    uint8_t *document = NULL;
    size_t n = 0;
    struct digest before = store_digest(store);

    assert_int_equal(settings_encode(&empty, &document, &n), 0);
    assert_int_equal(apply_at(1, put_settings(1, bytes_of(document, n))), OUTCOME_STALE);
    assert_int_equal(apply_at(2, put_settings(3, bytes_of(document, n))), OUTCOME_STALE);
    assert_int_equal(apply_at(3, put_settings(2, bytes_of_text("\xff\xff\xff"))), OUTCOME_INVALID);
    free(document);
    assert_int_equal(settings_encode(&faulty, &document, &n), 0);
    assert_int_equal(apply_at(4, put_settings(2, bytes_of(document, n))), OUTCOME_INVALID);
    assert_int_equal(network_map_version(store_map(store)), 1);
    assert_non_null(network_map_by_name(store_map(store), bytes_of_text("guest")));
    free(document);
    assert_int_equal(settings_encode(&empty, &document, &n), 0);
    assert_int_equal(apply_at(5, put_settings(2, bytes_of(document, n))), OUTCOME_DONE);
    free(document);
    assert_int_equal(network_map_version(store_map(store)), 2);
    assert_false(digest_equal(store_digest(store), before));
    assert_int_equal(store_commit(store), 0);
    reopen();
    assert_int_equal(network_map_version(store_map(store)), 2);
    assert_int_equal(network_map_settings(store_map(store))->n_networks, 0);
}

TEST(a_node_is_known_by_its_incarnation_and_the_first_cluster_id_stays)
{
    assert_int_equal(store_cluster_id(store), 0);
    assert_int_equal(apply_at(1, put_node(1, 11, 77)), OUTCOME_DONE);
    assert_int_equal(apply_at(2, put_node(2, 22, 88)), OUTCOME_DONE);
    assert_int_equal(apply_at(3, put_node(1, 11, 77)), OUTCOME_DONE);
    assert_int_equal(apply_at(4, put_node(1, 12, 77)), OUTCOME_CONFLICT);
    assert_int_equal(store_commit(store), 0);
    reopen();
    assert_int_equal(store_cluster_id(store), 77);
    assert_int_equal(store_incarnation(store, 1), 11);
    assert_int_equal(store_incarnation(store, 2), 22);
    assert_int_equal(store_incarnation(store, 3), 0);
}

TEST(cluster_time_never_goes_back)
{
    assert_int_equal(apply_at(100, bind(ADDRESS, "a", 60)), OUTCOME_DONE);
    assert_int_equal(apply_at(50, bind(ADDRESS, "a", 60)), OUTCOME_DONE);
    assert_int_equal(last.at.ms, START + 100000);
    assert_int_equal(last.expires_at.ms, START + 160000);
    assert_int_equal(store_cluster_time(store).ms, START + 100000);
}

/* An entry whose batch names @named as the digest after @index. */
static void apply_naming(uint64_t index, struct digest named)
{
    struct result results[BATCH_COMMANDS_MAX];
    uint8_t text[COMMAND_ENCODED_MAX];
    uint8_t data[COMMAND_ENCODED_MAX];
    struct command c = bind(ADDRESS, "a", 60);
    bool skipped = false;

    c.boot_id = c.origin = 1;
    c.sequence = ++next_sequence;

    struct bytes encoded = bytes_of(text, command_encode(&c, text));
    struct batch b = {
        .cluster_time = { START },
        .digest_index = index,
        .digest_high = named.high,
        .digest_low = named.low,
        .n_commands = 1,
        .commands = &encoded,
    };
    struct store_entry e = { ++next_index, 1, bytes_of(data, batch_encode(&b, data)) };

    assert_int_equal(store_apply(store, &e, results, &skipped), 0);
}

TEST(the_digest_that_the_leader_names_is_compared_with_our_own_at_that_entry)
{
    uint64_t index = next_index;
    struct digest at_index = store_digest(store);
    struct digest wrong = { 1, 2 };

    apply_naming(index, at_index);
    assert_true(store_digest_agrees(store));
    apply_naming(index, at_index); /* still known, and not the digest of now */
    assert_true(store_digest_agrees(store));
    apply_naming(index + 1000000, wrong); /* unknown */
    assert_true(store_digest_agrees(store));
    apply_naming(index, wrong);
    assert_false(store_digest_agrees(store));
    apply_naming(index, at_index); /* does not heal it */
    assert_false(store_digest_agrees(store));
}

TEST(the_digest_of_the_last_commit_is_known_after_reopening)
{
    struct digest wrong = { 1, 2 };

    assert_int_equal(store_commit(store), 0);
    reopen();
    apply_naming(next_index, store_digest(store));
    assert_true(store_digest_agrees(store));
    apply_naming(next_index - 1, wrong);
    assert_false(store_digest_agrees(store));
}

TEST(an_entry_that_is_none_of_ours_is_corrupt)
{
    static const uint8_t garbage[] = { 0, 1, 0, 0, 0, 0, 0, 2, 0x2a, 0x00, 0, 0, 0, 0, 0, 0 };
    static const uint8_t newer[] = { 0, 2, 0, 0, 0, 0, 0, 0 };
    struct result results[BATCH_COMMANDS_MAX];
    struct store_entry e = { next_index + 1, 1, bytes_of(garbage, sizeof garbage) };
    bool skipped = false;

    assert_int_equal(store_apply(store, &e, results, &skipped), ERR_CORRUPT);
    e.data = bytes_of(newer, sizeof newer);
    assert_int_equal(store_apply(store, &e, results, &skipped), ERR_CORRUPT);
    e.data.n = 0;
    assert_int_equal(store_apply(store, &e, results, &skipped), ERR_CORRUPT);
}

/* Invariants 1 to 5: the state machine's own checks are on, and two stores stay equal. */
TEST(random_logs_keep_every_invariant_and_equal_digests)
{
    enum { ENTRIES = 400, SEEDS = 6 };
    struct store_options o = options();

    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        CLEANUP(script_free) struct script script = { .n = 0 };
        struct store *two[2] = { NULL, NULL };
        bool rebuilt = false;

        script_make(&script, seed, ENTRIES);
        for (unsigned i = 0; i < 2; i++) {
            o.path = file_in(folder, i == 0 ? "first.db" : "second.db");
            o.node = i + 1;
            assert_int_equal(store_open(&two[i], &o, &rebuilt), 0);
        }
        for (unsigned i = 0; i < ENTRIES; i++) {
            assert_int_equal(script_apply(two[0], &script, i), 0);
            assert_int_equal(script_apply(two[1], &script, i), 0);
            script_check_invariants(two[0]);
            assert_true(digest_equal(store_digest(two[0]), store_digest(two[1])));
            assert_int_equal(store_commit(two[i % 7 == 0]), 0); /* not at the same entries */
        }
        assert_true(lease_table_count(store_leases(two[0])) > 30);
        for (unsigned i = 0; i < 2; i++) {
            two[i] = store_free(two[i]);
        }
        folder_remove(folder);
        folder_make(folder);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(a_bound_lease_is_there_after_reopening),
        CASE(what_was_not_committed_is_gone_after_reopening),
        CASE(an_endless_lease_is_endless_after_reopening),
        CASE(an_entry_is_applied_once),
        CASE(a_repeated_bind_is_answered_with_its_promise),
        CASE(a_repeated_bind_without_its_lease_is_only_repeated),
        CASE(commands_of_an_earlier_boot_are_repeated),
        CASE(repeated_commands_are_known_after_reopening),
        CASE(a_client_that_binds_elsewhere_in_the_network_leaves_its_old_address),
        CASE(the_settings_decide_who_may_have_an_address),
        CASE(a_decline_of_a_strange_address_makes_no_row),
        CASE(a_bind_of_a_request_from_before_the_client_s_last_lease_is_stale),
        CASE(rule_43_what_no_request_asks_for_takes_no_lease_from_a_client_that_just_got_it),
        CASE(leases_whose_hold_is_over_are_found_and_expire),
        CASE(settings_change_by_one_version_at_a_time_or_not_at_all),
        CASE(a_node_is_known_by_its_incarnation_and_the_first_cluster_id_stays),
        CASE(cluster_time_never_goes_back),
        CASE(the_digest_that_the_leader_names_is_compared_with_our_own_at_that_entry),
        CASE(the_digest_of_the_last_commit_is_known_after_reopening),
        CASE(an_entry_that_is_none_of_ours_is_corrupt),
        CASE(random_logs_keep_every_invariant_and_equal_digests),
#undef CASE
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
