#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "proto/settings_codec.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/script.h"
#include "support/sql.h"
#include "support/test.h"

/* What the commands of operators do to a store: reservations and blocks beside the settings. */

#define START INT64_C(1700000000000)

static char folder[FOLDER_PATH_MAX];
static struct store *store;
static uint64_t next_index, next_sequence;
static struct arena arena; /* of encoded reservations */

static void open_store(void)
{
    struct store_options o = {
        .path = file_in(folder, "leases.db"), .cluster = "office", .node = 1, .is_volatile = true
    };
    bool rebuilt = true;

    store = store_free(store);
    assert_int_equal(store_open(&store, &o, &rebuilt), 0);
    assert_false(rebuilt);
}

static enum outcome apply(struct command c)
{
    struct result results[BATCH_COMMANDS_MAX];
    bool skipped = true;

    c.origin = 1;
    c.boot_id = 1;
    c.sequence = c.sequence == 0 ? ++next_sequence : c.sequence;

    struct instant now = { START + (int64_t)next_index * 1000 };
    struct script_entry e = script_encode(++next_index, now, &c, 1);
    struct store_entry entry = { e.index, 1, bytes_of(e.data, e.n) };

    assert_int_equal(store_apply(store, &entry, results, &skipped), 0);
    free(e.data);
    return results[0].outcome;
}

static enum outcome apply_settings(unsigned version, const struct settings *settings)
{
    uint8_t *document = NULL;
    size_t n = 0;

    assert_int_equal(settings_encode(settings, &document, &n), 0);

    enum outcome outcome = apply((struct command){
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {.version = version,
                         .document = bytes_of(document, n),
                         .source = bytes_of_text("networks: []\n"),
                         .comment = bytes_of_text("more"),
                         .author = bytes_of_text("root")},
    });

    free(document);
    return outcome;
}

static struct reservation by_id(uint32_t address, const char *client)
{
    return (struct reservation){ .address = ip4_of(address), .client_id = bytes_of_text(client) };
}

static struct command put(uint64_t id, uint64_t expected, struct reservation r)
{
    struct command c = {
        .kind = COMMAND_PUT_RESERVATION,
        .put_reservation = {.id = id,
                            .expected_version = expected,
                            .author = bytes_of_text("root")},
    };

    assert_int_equal(reservation_encode(&r, &arena, &c.put_reservation.reservation), 0);
    return c;
}

static struct command delete (uint64_t id, uint64_t expected)
{
    return (struct command){
        .kind = COMMAND_DELETE_RESERVATION, .delete_reservation = {id, expected}
    };
}

static struct command bind(uint32_t address, const char *client)
{
    return (struct command){
        .kind = COMMAND_BIND,
        .bind = {.address = { address },
                 .client_key = bytes_of_text(client),
                 .hw_type = 1,
                 .hw_address = bytes_of("\x02\x00\x00\x00\x00\x33", 6),
                 .lease = { 60 },
                 .hold = { 90 },
                 .server_id = { 7 }},
    };
}

static struct command block(enum block_kind kind, struct bytes value)
{
    return (struct command){
        .kind = COMMAND_BLOCK,
        .block = {.subject = { kind, value }, .comment = bytes_of_text("lost")}
    };
}

static struct command unblock(enum block_kind kind, struct bytes value)
{
    return (struct command){
        .kind = COMMAND_UNBLOCK, .unblock.subject = {kind, value}
    };
}

static const struct kept_reservation *kept(uint64_t id)
{
    return reservation_table_find(network_map_kept(store_map(store)), id);
}

static const char *row_text(const char *sql)
{
    assert_int_equal(store_commit(store), 0);
    return sql_text(file_in(folder, "leases.db"), sql);
}

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    arena_init(&arena);
    next_index = next_sequence = 0;
    open_store();
    return apply_settings(1, script_settings()) == OUTCOME_DONE ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    store = store_free(store);
    arena_deinit(&arena);
    folder_remove(folder);
    return 0;
}

#define LAN(n)   (UINT32_C(0x0a010000) + (n)) /* 10.1.0.n: pool .10-.24 without .14, .15 */
#define OTHER(n) (UINT32_C(0x0a010100) + (n))
#define GUEST(n) (UINT32_C(0x0a020000) + (n))

TEST(a_reserved_address_is_its_clients_from_the_next_command_on)
{
    assert_int_equal(apply(put(5, 0, by_id(LAN(16), "printer"))), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(16), "somebody")), OUTCOME_RESERVED);
    assert_int_equal(apply(bind(LAN(16), "printer")), OUTCOME_DONE);
    assert_int_equal(apply(put(6, 0, by_id(LAN(200), "scanner"))), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(200), "scanner")), OUTCOME_DONE); /* in no pool */
}

TEST(of_two_edits_of_one_version_one_wins_and_the_other_is_stale)
{
    uint64_t version = 0;

    assert_int_equal(apply(put(5, 0, by_id(LAN(16), "printer"))), OUTCOME_DONE);
    version = kept(5)->version;
    assert_int_equal(version, next_index);
    assert_int_equal(apply(put(5, 0, by_id(LAN(17), "printer"))), OUTCOME_STALE);
    assert_int_equal(apply(put(5, version, by_id(LAN(18), "printer"))), OUTCOME_DONE);
    assert_int_equal(apply(put(5, version, by_id(LAN(19), "printer"))), OUTCOME_STALE);
    assert_int_equal(apply(delete (5, version)), OUTCOME_STALE);
    assert_int_equal(kept(5)->value.address.value, LAN(18));
    assert_int_equal(apply(delete (5, kept(5)->version)), OUTCOME_DONE);
    assert_null(kept(5));
    assert_int_equal(apply(delete (5, 0)), OUTCOME_UNKNOWN);
    assert_int_equal(apply(put(5, version, by_id(LAN(18), "printer"))), OUTCOME_UNKNOWN);
}

TEST(an_address_or_a_client_is_reserved_once)
{
    static const struct {
        uint32_t address;
        const char *client;
        enum outcome expected;
    } rows[] = {
        {LAN(16),               "printer",  OUTCOME_DONE    },
        { LAN(16),              "other",    OUTCOME_CONFLICT}, /* the address is reserved by a command */
        { LAN(17),              "printer",  OUTCOME_CONFLICT}, /* so is the client, in this subnet */
        { OTHER(17),            "printer",  OUTCOME_DONE    }, /* but not in the other */
        { LAN(12),              "other",    OUTCOME_CONFLICT}, /* the address is reserved by the settings */
        { LAN(18),              "client-8", OUTCOME_CONFLICT}, /* so is the client */
        { UINT32_C(0x0a090001), "other",    OUTCOME_INVALID }, /* in no subnet */
        { LAN(0),               "other",    OUTCOME_INVALID }, /* the network's own address */
        { LAN(19),              "x",        OUTCOME_INVALID }, /* a client id has two octets */
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(
            apply(put(100 + i, 0, by_id(rows[i].address, rows[i].client))), rows[i].expected);
    }
}

TEST(an_address_that_another_client_holds_is_not_reserved)
{
    assert_int_equal(apply(bind(LAN(16), "guest")), OUTCOME_DONE);
    assert_int_equal(apply(put(5, 0, by_id(LAN(16), "printer"))), OUTCOME_CONFLICT);
    assert_int_equal(apply(put(5, 0, by_id(LAN(16), "guest"))), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(17), "late")), OUTCOME_DONE);
    next_index += 91; /* seconds: the hold is over */
    assert_int_equal(apply(put(6, 0, by_id(LAN(17), "printer"))), OUTCOME_DONE);
}

TEST(the_address_of_a_deleted_reservation_stays_held_to_the_old_promise)
{
    struct lease l;

    assert_int_equal(apply(put(5, 0, by_id(LAN(16), "printer"))), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(16), "printer")), OUTCOME_DONE);
    assert_int_equal(apply(delete (5, 0)), OUTCOME_DONE);
    assert_true(lease_table_find(store_leases(store), ip4_of(LAN(16)), &l));
    assert_int_equal(l.state, LEASE_BOUND);
    assert_int_equal(apply(bind(LAN(16), "somebody")), OUTCOME_TAKEN);
    next_index += 91;
    assert_int_equal(apply(bind(LAN(16), "somebody")), OUTCOME_DONE);
}

TEST(a_command_that_was_sent_twice_is_told_what_it_came_to)
{
    struct command once = put(5, 0, by_id(LAN(16), "printer"));

    once.sequence = ++next_sequence;
    assert_int_equal(apply(once), OUTCOME_DONE);
    assert_int_equal(apply(once), OUTCOME_DONE);
    assert_int_equal(apply(delete (5, 0)), OUTCOME_DONE);
    assert_int_equal(apply(once), OUTCOME_REPEATED); /* and it does not come back */
    assert_null(kept(5));
}

TEST(settings_keep_what_commands_have_made_and_are_refused_when_it_does_not_fit)
{
    struct settings fewer = *script_settings();

    assert_int_equal(apply(put(5, 0, by_id(GUEST(16), "printer"))), OUTCOME_DONE);
    assert_int_equal(apply(block(BLOCK_ADDRESS, bytes_of("\x0a\x02\x00\x0a", 4))), OUTCOME_DONE);
    assert_int_equal(apply_settings(2, script_settings()), OUTCOME_DONE);
    assert_int_equal(kept(5)->value.address.value, GUEST(16));
    assert_int_equal(apply(bind(GUEST(16), "somebody")), OUTCOME_RESERVED);
    assert_int_equal(apply(bind(GUEST(10), "somebody")), OUTCOME_BLOCKED);
    fewer.n_networks = 1; /* without guest */
    assert_int_equal(apply_settings(3, &fewer), OUTCOME_CONFLICT);
    assert_int_equal(network_map_version(store_map(store)), 2);
    assert_int_equal(apply(delete (5, 0)), OUTCOME_DONE);
    assert_int_equal(apply_settings(3, &fewer), OUTCOME_DONE);
}

TEST(a_blocked_client_gets_nothing_until_it_is_unblocked)
{
    static const struct {
        enum block_kind kind;
        const char *value;
        size_t n;
        bool blocks;
    } rows[] = {
        {BLOCK_CLIENT_ID,   "tablet",                   6, true },
        { BLOCK_CLIENT_ID,  "table",                    5, false},
        { BLOCK_HW_ADDRESS, "\x02\x00\x00\x00\x00\x33", 6, true },
        { BLOCK_HW_ADDRESS, "\x02\x00\x00\x00\x00",     5, false},
        { BLOCK_HW_PREFIX,  "\x02\x00\x00\x00\x00\x33", 6, true },
        { BLOCK_HW_PREFIX,  "\x02\x00\x00",             3, true },
        { BLOCK_HW_PREFIX,  "\x02\x01",                 2, false},
        { BLOCK_ADDRESS,    "\x0a\x01\x00\x10",         4, true },
        { BLOCK_ADDRESS,    "\x0a\x01\x00\x11",         4, false},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct bytes value = bytes_of(rows[i].value, rows[i].n);

        assert_int_equal(apply(unblock(rows[i].kind, value)), OUTCOME_UNKNOWN);
        assert_int_equal(apply(block(rows[i].kind, value)), OUTCOME_DONE);
        assert_int_equal(apply(block(rows[i].kind, value)), OUTCOME_DONE);
        assert_int_equal(
            apply(bind(LAN(16), "tablet")), rows[i].blocks ? OUTCOME_BLOCKED : OUTCOME_DONE);
        assert_int_equal(apply(unblock(rows[i].kind, value)), OUTCOME_DONE);
        assert_int_equal(apply(bind(LAN(16), "tablet")), OUTCOME_DONE);
    }
}

static struct command revoke(uint32_t address, const char *client, enum revocation how)
{
    return (struct command){
        .kind = COMMAND_REVOKE_LEASE, .revoke_lease = {{ address }, bytes_of_text(client), how}
    };
}

TEST(a_revoked_lease_ends_as_revoked_in_the_history)
{
    assert_int_equal(apply(bind(LAN(16), "tablet")), OUTCOME_DONE);
    assert_int_equal(apply(revoke(LAN(16), "other", REVOCATION_AT_ONCE)), OUTCOME_UNKNOWN);
    assert_int_equal(apply(revoke(LAN(16), "tablet", REVOCATION_AFTER_HOLD)), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(16), "tablet")), OUTCOME_TAKEN);
    assert_string_equal(row_text("SELECT state FROM leases"), "revoked");
    assert_string_equal(row_text("SELECT ended_at IS NULL FROM history"), "1");
    open_store();
    assert_int_equal(apply(bind(LAN(16), "other")), OUTCOME_TAKEN);
    assert_int_equal(apply(revoke(LAN(16), "tablet", REVOCATION_AT_ONCE)), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(16), "other")), OUTCOME_DONE);
    assert_int_equal(apply(revoke(LAN(16), "other", REVOCATION_AT_ONCE)), OUTCOME_DONE);
    assert_int_equal(apply(bind(LAN(16), "third")), OUTCOME_DONE);
    assert_int_equal(apply(revoke(LAN(16), "third", REVOCATION_RELEASE)), OUTCOME_DONE);
    assert_string_equal(
        row_text("SELECT reason FROM history ORDER BY started_at_ms"), "revoked;revoked;released");
}

TEST(what_commands_have_made_is_there_after_reopening)
{
    struct digest digest;

    assert_int_equal(apply(put(5, 0, by_id(LAN(16), "printer"))), OUTCOME_DONE);
    assert_int_equal(apply(put(6, 0, by_id(LAN(17), "scanner"))), OUTCOME_DONE);
    assert_int_equal(apply(delete (6, 0)), OUTCOME_DONE);
    assert_int_equal(apply(block(BLOCK_CLIENT_ID, bytes_of_text("tablet"))), OUTCOME_DONE);
    assert_int_equal(store_commit(store), 0);
    digest = store_digest(store);
    open_store();
    assert_true(digest_equal(store_digest(store), digest));
    assert_int_equal(kept(5)->value.address.value, LAN(16));
    assert_null(kept(6));
    assert_int_equal(apply(bind(LAN(18), "tablet")), OUTCOME_BLOCKED);
    assert_int_equal(apply(bind(LAN(16), "somebody")), OUTCOME_RESERVED);
}

TEST(the_last_settings_are_kept_with_who_and_why)
{
    assert_string_equal(
        row_text("SELECT version, author, comment, in_force FROM settings"), "1|root|more|1");
    for (unsigned version = 2; version <= 40; version++) {
        assert_int_equal(apply_settings(version, script_settings()), OUTCOME_DONE);
    }
    assert_int_equal(apply_settings(40, script_settings()), OUTCOME_STALE);
    assert_string_equal(
        row_text("SELECT min(version), max(version), count(*), sum(in_force) FROM settings"),
        "9|40|32|1");
    assert_string_equal(row_text("SELECT version FROM settings WHERE in_force"), "40");
}

TEST(the_views_show_them_with_their_notes)
{
    struct reservation r = by_id(LAN(16), "printer");
    struct option_value options[] = {
        {6,  false, bytes_of("\x0a\x00\x00\x01", 4) },
        { 15, false,    bytes_of_text("x")                         }
    };

    r.comment = bytes_of_text("second floor");
    r.tags = bytes_of_text("print floor-2");
    r.options = (struct option_list){ 2, options };
    assert_int_equal(apply(put(0xabc, 0, r)), OUTCOME_DONE);
    assert_string_equal(
        row_text("SELECT id, origin, version, author, options, comment, tags, network "
                 "FROM reservations WHERE address = '10.1.0.16'"),
        "0000000000000abc|command|2|root|{\"option-6\":\"0x0a000001\",\"option-15\":\"0x78\"}|"
        "second floor|print floor-2|lan");
    assert_int_equal(apply(block(BLOCK_HW_PREFIX, bytes_of("\x02\x0a\xff", 3))), OUTCOME_DONE);
    assert_int_equal(apply(block(BLOCK_ADDRESS, bytes_of("\x0a\x01\x00\xfe", 4))), OUTCOME_DONE);
    assert_int_equal(apply(block(BLOCK_CLIENT_ID, bytes_of("\x01\x02", 2))), OUTCOME_DONE);
    assert_string_equal(
        row_text("SELECT kind, value, comment FROM blocks ORDER BY kind"),
        "address|10.1.0.254|lost;client-id|0102|lost;hw-prefix|02:0a:ff|lost");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(a_reserved_address_is_its_clients_from_the_next_command_on),
        CASE(of_two_edits_of_one_version_one_wins_and_the_other_is_stale),
        CASE(an_address_or_a_client_is_reserved_once),
        CASE(an_address_that_another_client_holds_is_not_reserved),
        CASE(the_address_of_a_deleted_reservation_stays_held_to_the_old_promise),
        CASE(a_command_that_was_sent_twice_is_told_what_it_came_to),
        CASE(settings_keep_what_commands_have_made_and_are_refused_when_it_does_not_fit),
        CASE(a_blocked_client_gets_nothing_until_it_is_unblocked),
        CASE(a_revoked_lease_ends_as_revoked_in_the_history),
        CASE(what_commands_have_made_is_there_after_reopening),
        CASE(the_last_settings_are_kept_with_who_and_why),
        CASE(the_views_show_them_with_their_notes),
#undef CASE
    };

    return cmocka_run_group_tests_name("operator", tests, NULL, NULL);
}
