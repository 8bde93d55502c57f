#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "storage/query.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/script.h"
#include "support/sql.h"
#include "support/test.h"

/* Operators' SQL: what the views say, and what is refused. */

static char folder[FOLDER_PATH_MAX];
static struct store *store;
static char answer[1 << 16];
static char error[QUERY_ERROR_MAX];

static void append(const char *text)
{
    assert_true(strlen(answer) + strlen(text) < sizeof answer);
    (void)strcat(answer, text);
}

static void take_columns(void *data, unsigned n, const char *const *names)
{
    (void)data;
    for (unsigned i = 0; i < n; i++) {
        append(i > 0 ? "," : "");
        append(names[i]);
    }
}

static void take_row(void *data, unsigned n, const struct query_cell *cells)
{
    (void)data;
    append(";");
    for (unsigned i = 0; i < n; i++) {
        append(i > 0 ? "," : "");
        append(cells[i].text == NULL ? "NULL" : cells[i].text);
        append(cells[i].is_number ? "#" : "");
    }
}

static const struct query_sink sink = { .columns = take_columns, .row = take_row };

static int ask(const char *sql, uint32_t rows, uint32_t ms)
{
    struct query_limits limits = { rows, ms };

    answer[0] = '\0';
    return query_run(file_in(folder, "leases.db"), sql, &limits, &sink, error);
}

/* The answer without its first part, the names of the columns. */
static const char *rows_of(const char *sql)
{
    const char *rows = NULL;

    assert_int_equal(ask(sql, 1000, 5000), 0);
    rows = strchr(answer, ';');
    return rows == NULL ? "" : rows + 1;
}

static uint64_t next_sequence;

static void apply_at(int64_t ms, struct command c)
{
    struct result results[BATCH_COMMANDS_MAX];
    bool skipped = true;

    c.boot_id = c.origin = 1;
    c.sequence = ++next_sequence;

    struct script_entry e = script_encode(next_sequence + 1, (struct instant){ ms }, &c, 1);
    struct store_entry entry = { e.index, 4, bytes_of(e.data, e.n) };

    assert_int_equal(store_apply(store, &entry, results, &skipped), 0);
    assert_int_equal(results[0].outcome, OUTCOME_DONE);
    free(e.data);
}

#define T0 INT64_C(1700000000123) /* 2023-11-14T22:13:20.123Z */

static struct command bind(uint32_t address, struct bytes client, const char *hostname)
{
    return (struct command){
        .kind = COMMAND_BIND,
        .bind = {
            .address = { address },
            .client_key = client,
            .hw_type = 1,
            .hw_address = bytes_of("\x02\x00\x00\xab\x00\x01", 6),
            .lease = { 60 },
            .hold = { 90 },
            .server_id = { 0x0a010002 },
            .hostname = bytes_of_text(hostname),
            .agent_info = bytes_of("\x01\x02p7\x02\x02\x00\xff", 8),
            .vendor_class = bytes_of_text("MSFT 5.0"),
        },
    };
}

static int set_up(void **state)
{
    struct store_options o = { .cluster = "office", .node = 3, .is_volatile = true };
    bool rebuilt = false;
    uint8_t *document = NULL;
    size_t n = 0;

    (void)state;
    folder_make(folder);
    o.path = file_in(folder, "leases.db");
    next_sequence = 0;
    assert_int_equal(store_open(&store, &o, &rebuilt), 0);
    assert_int_equal(settings_encode(script_settings(), &document, &n), 0);
    apply_at(
        T0,
        (struct command){
            .kind = COMMAND_PUT_SETTINGS,
            .put_settings = {.version = 1,
                             .document = bytes_of(document, n),
                             .source = bytes_of_text("networks: [lan]\n")},
    });
    free(document);
    apply_at(
        T0,
        (struct command){
            .kind = COMMAND_PUT_NODE,
            .put_node = {3, 0xfedcba9876543210, bytes_of_text("10.0.0.3:6767"), 0xc1},
    });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store = store_free(store);
    folder_remove(folder);
    return 0;
}

static void three_leases(void)
{
    struct command endless = bind(0x0a02000a, bytes_of("\xff\x00", 2), "x\x1b[2J");

    endless.bind.lease = endless.bind.hold = SECONDS_INFINITE;
    apply_at(T0 + 1000, bind(0x0a01000a, bytes_of_text("a"), "printer"));
    apply_at(T0 + 2000, bind(0x0a01010a, bytes_of_text("b"), ""));
    apply_at(T0 + 3000, endless);
    apply_at(T0 + 4000, bind(0x0a01000b, bytes_of_text("a"), "printer")); /* moves */
    assert_int_equal(store_commit(store), 0);
}

TEST(leases_are_shown_as_people_write_them)
{
    three_leases();
    assert_string_equal(
        rows_of("SELECT * FROM leases WHERE address = '10.1.0.11'"),
        "10.1.0.11,lan,10.1.0.0,bound,02:00:00:ab:00:01,1#,61,printer,"
        "2023-11-14T22:13:24.123Z,2023-11-14T22:13:24.123Z,2023-11-14T22:14:24.123Z,"
        "2023-11-14T22:14:54.123Z,1#,10.1.0.2,NULL,p7,0x00ff,MSFT 5.0,NULL,"
        "1700000004123#,1700000004123#,1700000064123#,1700000094123#,167837707#");
    assert_true(
        strncmp(
            answer,
            "address,network,subnet,state,hw_address,hw_type,client_id,hostname,started_at,"
            "renewed_at,expires_at,held_until,node,server_id,relay,circuit_id,remote_id,"
            "vendor_class,user_class,started_at_ms,renewed_at_ms,expires_at_ms,held_until_ms,"
            "address_n;",
            100) == 0);
}

TEST(an_endless_lease_says_never_and_what_could_harm_a_terminal_is_hex)
{
    three_leases();
    assert_string_equal(
        rows_of("SELECT client_id, hostname, expires_at, held_until, expires_at_ms FROM leases "
                "WHERE network = 'guest'"),
        "ff00,0x781b5b324a,never,never,NULL");
}

TEST(active_leases_are_those_whose_promise_is_not_over)
{
    three_leases();
    assert_string_equal(
        rows_of("SELECT address, state FROM active_leases ORDER BY 1"),
        "10.1.0.11,bound;10.1.1.10,bound;10.2.0.10,bound");
    apply_at(T0 + 62001, bind(0x0a01000c + 1, bytes_of_text("late"), ""));
    assert_int_equal(store_commit(store), 0);
    assert_string_equal(
        rows_of("SELECT address FROM active_leases ORDER BY 1"), "10.1.0.11;10.1.0.13;10.2.0.10");
}

TEST(history_shows_ended_and_open_tenancies)
{
    three_leases();
    assert_string_equal(
        rows_of(
            "SELECT address, client_id, hw_address, circuit_id, started_at_ms, ended_at, reason "
            "FROM history ORDER BY started_at_ms"),
        "10.1.0.10,61,02:00:00:ab:00:01,p7,1700000001123#,2023-11-14T22:13:24.123Z,moved;"
        "10.1.1.10,62,02:00:00:ab:00:01,p7,1700000002123#,NULL,NULL;"
        "10.2.0.10,ff00,02:00:00:ab:00:01,p7,1700000003123#,NULL,NULL;"
        "10.1.0.11,61,02:00:00:ab:00:01,p7,1700000004123#,NULL,NULL");
}

TEST(a_tenancy_that_ran_out_ended_with_its_hold)
{
    apply_at(T0, bind(0x0a01000a, bytes_of_text("a"), ""));
    apply_at(T0 + 200000, bind(0x0a01000a, bytes_of_text("b"), ""));
    assert_int_equal(store_commit(store), 0);
    assert_string_equal(
        rows_of("SELECT client_id, started_at_ms, ended_at_ms, reason FROM history ORDER BY 2"),
        "61,1700000000123#,1700000090123#,taken;62,1700000200123#,NULL,NULL");
}

TEST(pools_count_what_is_held_reserved_and_free)
{
    three_leases();
    assert_string_equal(
        rows_of("SELECT * FROM pools ORDER BY network DESC, first_address"),
        "lan,10.1.0.0/24,10.1.0.10,10.1.0.24,13#,1#,1#,11#,15.4#;"
        "lan,10.1.1.0/24,10.1.1.10,10.1.1.19,10#,1#,0#,9#,10.0#;"
        "guest,10.2.0.0/24,10.2.0.10,10.2.0.19,10#,1#,0#,9#,10.0#");
}

TEST(settings_networks_reservations_nodes_and_the_cluster_are_shown)
{
    char digest[DIGEST_TEXT_MAX];
    char expected[256];

    three_leases();
    assert_string_equal(
        rows_of("SELECT * FROM settings"),
        "1#,2#,2023-11-14T22:13:20.123Z,networks: [lan]\n,1700000000123#,NULL,NULL,1#");
    assert_string_equal(
        rows_of("SELECT * FROM networks"),
        "lan,10.1.0.0/24 10.1.1.0/24,2#,3#;guest,10.2.0.0/24,1#,0#");
    assert_string_equal(
        rows_of("SELECT address, network, subnet, hw_address, client_id, duid, circuit_id, "
                "remote_id, hostname, origin, version, put_at, hw_type FROM reservations "
                "ORDER BY address"),
        "NULL,lan,10.1.0.0,NULL,NULL,000301,p9,0x0072,NULL,file,2#,2023-11-14T22:13:20.123Z,0#;"
        "10.1.0.12,lan,10.1.0.0,02:00:00:00:00:07,NULL,NULL,NULL,NULL,seven,file,2#,"
        "2023-11-14T22:13:20.123Z,1#;"
        "10.1.0.99,lan,10.1.0.0,NULL,636c69656e742d38,NULL,NULL,NULL,NULL,file,2#,"
        "2023-11-14T22:13:20.123Z,0#");
    assert_string_equal(rows_of("SELECT * FROM nodes"), "3#,10.0.0.3:6767,fedcba9876543210");
    (void)snprintf(
        expected,
        sizeof expected,
        "office,00000000000000c1,3#,7#,4#,2023-11-14T22:13:24.123Z,%s,1700000004123#",
        digest_format(store_digest(store), digest));
    assert_string_equal(rows_of("SELECT * FROM cluster"), expected);
}

TEST(a_plain_connection_reads_every_view)
{
    static const char *const views[] = { "leases", "active_leases", "history",
                                         "pools",  "reservations",  "networks",
                                         "nodes",  "cluster",       "settings" };

    three_leases();
    for (unsigned i = 0; i < sizeof views / sizeof views[0]; i++) {
        char sql[64];

        (void)snprintf(sql, sizeof sql, "SELECT count(*) > 0 FROM %s", views[i]);
        assert_string_equal(sql_text(file_in(folder, "leases.db"), sql), "1");
    }
}

TEST(only_reading_is_allowed)
{
    static const char *const refused[] = {
        "DELETE FROM lease",
        "INSERT INTO node VALUES (9, 9, x'00')",
        "UPDATE meta SET term = 9",
        "CREATE TABLE t (x)",
        "CREATE TEMP TABLE t (x)",
        "DROP VIEW leases",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "ATTACH ':memory:' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA user_version",
        "PRAGMA user_version = 9",
        "PRAGMA journal_mode = DELETE",
        "SELECT * FROM pragma_user_version",
        "SELECT load_extension('x')",
        "ANALYZE",
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM lease",
        "",
        " -- nothing\n",
        ";",
        "SELEKT",
        "SELECT * FROM no_such_table",
        "SELECT ?1 FROM",
    };

    three_leases();
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (ask(refused[i], 10, 5000) != QUERY_REFUSED || error[0] == '\0') {
            fail_msg("%s: %s", refused[i], error);
        }
    }
    assert_int_equal(store_commit(store), 0);
    assert_string_equal(rows_of("SELECT count(*) FROM lease"), "4#");
}

TEST(one_statement_may_end_with_a_semicolon_and_a_comment)
{
    assert_string_equal(rows_of(" SELECT 1 ; -- one\n ; /* end */ "), "1#");
    assert_string_equal(rows_of("WITH t(x) AS (VALUES (1), (2)) SELECT sum(x) FROM t"), "3#");
}

TEST(cells_say_what_they_are)
{
    assert_string_equal(
        rows_of("SELECT NULL, 1, 1.5, 'text', x'00ff', x'', ''"), "NULL,1#,1.5#,text,00ff,,");
}

TEST(an_endless_query_ends)
{
    struct timespec start;
    struct timespec end;

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(
        ask("WITH RECURSIVE t(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM t) "
            "SELECT count(*) FROM t",
            10,
            100),
        QUERY_TOO_LONG);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(end.tv_sec - start.tv_sec < 5);
    assert_string_not_equal(error, "");
}

TEST(rows_beyond_the_limit_are_left_out_and_said)
{
    const char *three = "SELECT column1 AS value FROM (VALUES (1), (2), (3))";

    assert_int_equal(ask(three, 2, 5000), QUERY_TRUNCATED);
    assert_string_equal(answer, "value;1#;2#");
    assert_int_equal(ask(three, 3, 5000), 0);
}

TEST(a_value_that_would_fill_the_memory_is_refused)
{
    assert_int_equal(ask("SELECT randomblob(1000000000)", 10, 5000), QUERY_REFUSED);
    assert_int_equal(ask("SELECT zeroblob(100000000)", 10, 5000), QUERY_REFUSED);
}

TEST(a_missing_database_is_an_error)
{
    struct query_limits limits = { 1, 1000 };

    assert_int_equal(
        query_run(file_in(folder, "none.db"), "SELECT 1", &limits, &sink, error), ERR_IO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(leases_are_shown_as_people_write_them),
        CASE(an_endless_lease_says_never_and_what_could_harm_a_terminal_is_hex),
        CASE(active_leases_are_those_whose_promise_is_not_over),
        CASE(history_shows_ended_and_open_tenancies),
        CASE(a_tenancy_that_ran_out_ended_with_its_hold),
        CASE(pools_count_what_is_held_reserved_and_free),
        CASE(settings_networks_reservations_nodes_and_the_cluster_are_shown),
        CASE(a_plain_connection_reads_every_view),
        CASE(only_reading_is_allowed),
        CASE(one_statement_may_end_with_a_semicolon_and_a_comment),
        CASE(cells_say_what_they_are),
        CASE(an_endless_query_ends),
        CASE(rows_beyond_the_limit_are_left_out_and_said),
        CASE(a_value_that_would_fill_the_memory_is_refused),
        CASE(a_missing_database_is_an_error),
#undef CASE
    };

    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
