#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "storage/migrate.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/script.h"
#include "support/sql.h"
#include "support/test.h"

/* What a store does with the file that it finds. */

enum { ENTRIES = 200 };

static char folder[FOLDER_PATH_MAX];
static struct script script;
static struct store *store;

static int try_open(bool *ret_rebuilt)
{
    struct store_options o = {
        .path = file_in(folder, "leases.db"), .cluster = "office", .node = 1, .is_volatile = true
    };

    return store_open(&store, &o, ret_rebuilt);
}

static void open_well(bool expect_rebuilt)
{
    bool rebuilt = !expect_rebuilt;

    assert_int_equal(try_open(&rebuilt), 0);
    assert_int_equal(rebuilt, expect_rebuilt);
}

static void open_refused(int expected)
{
    bool rebuilt = false;

    assert_int_equal(try_open(&rebuilt), expected);
    assert_null(store);
}

static const char *path(void)
{
    return file_in(folder, "leases.db");
}

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    script_make(&script, 3, ENTRIES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store = store_free(store);
    script_free(&script);
    folder_remove(folder);
    return 0;
}

/* A database with all of the script applied, closed, and with nothing left in its WAL. */
static void make_database(void)
{
    open_well(false);
    assert_int_equal(script_replay(store, &script, ENTRIES), 0);
    store = store_free(store);
    assert_int_equal(unlink(file_in(folder, "leases.db-wal")), 0);
    assert_int_equal(unlink(file_in(folder, "leases.db-shm")), 0);
}

/* It opens as a new one, the old one is kept, and the log fills it again. */
static void assert_rebuilt(void)
{
    open_well(true);
    assert_int_equal(store_applied_index(store), 0);
    assert_true(file_count(folder, "leases.db.damaged-") >= 1);
    assert_int_equal(script_replay(store, &script, ENTRIES), 0);
    store = store_free(store);
    open_well(false);
    assert_int_equal(store_applied_index(store), script.at[ENTRIES - 1].index);
}

static void overwrite(long at, const void *with, size_t n)
{
    FILE *f = fopen(path(), "r+b");

    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite(with, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

TEST(a_new_database_is_readable_by_the_group_alone)
{
    struct stat st;
    mode_t before = umask(0);

    open_well(false);
    assert_int_equal(script_replay(store, &script, 3), 0);
    (void)umask(before);
    assert_int_equal(stat(path(), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(stat(file_in(folder, "leases.db-wal"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(stat(file_in(folder, "leases.db-shm"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

TEST(the_views_are_readable_while_the_server_runs_and_when_it_does_not)
{
    open_well(false);
    assert_int_equal(script_replay(store, &script, ENTRIES), 0);
    assert_string_equal(sql_text(path(), "SELECT cluster, node FROM cluster"), "office|1");
    store = store_free(store);
    assert_string_equal(sql_text(path(), "SELECT cluster, node FROM cluster"), "office|1");
    assert_int_equal(access(file_in(folder, "leases.db-wal"), F_OK), 0); /* for group readers */
}

TEST(a_database_of_a_newer_program_is_left_alone)
{
    make_database();
    sql_write(path(), "PRAGMA user_version = 1000");
    open_refused(STORE_NEWER_VERSION);
    assert_int_equal(file_count(folder, "leases.db.damaged-"), 0);
}

TEST(a_database_of_another_cluster_or_node_is_left_alone)
{
    struct store_options o = {
        .path = path(), .cluster = "branch", .node = 1, .is_volatile = true
    };
    bool rebuilt = false;

    make_database();
    assert_int_equal(store_open(&store, &o, &rebuilt), STORE_OTHER_CLUSTER);
    o.cluster = "office";
    o.node = 2;
    assert_int_equal(store_open(&store, &o, &rebuilt), STORE_OTHER_CLUSTER);
    open_well(false);
}

TEST(a_database_of_another_program_is_left_alone)
{
    char before[4096];
    char after[4096];
    int fd = open(path(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    sql_write(path(), "PRAGMA application_id = 7; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    assert_int_equal(pread(fd, before, sizeof before, 0), sizeof before);
    open_refused(STORE_NOT_A_DATABASE);
    sql_write(path(), "PRAGMA application_id = 0"); /* unnamed, and not empty */
    open_refused(STORE_NOT_A_DATABASE);
    sql_write(path(), "PRAGMA application_id = 7");
    assert_int_equal(pread(fd, after, sizeof after, 0), sizeof after);
    assert_memory_equal(before + 100, after + 100, sizeof before - 100); /* behind the counters */
    (void)close(fd);
    assert_int_equal(file_count(folder, "leases.db-wal"), 0);
}

TEST(an_empty_file_becomes_a_database)
{
    int fd = open(path(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    (void)close(fd);
    open_well(false);
}

TEST(garbage_is_set_aside_and_rebuilt)
{
    make_database();
    overwrite(0, "this is no database at all, not any more", 40);
    assert_rebuilt();
}

TEST(a_file_cut_short_is_set_aside_and_rebuilt)
{
    struct stat st;

    make_database();
    assert_int_equal(stat(path(), &st), 0);
    assert_int_equal(truncate(path(), st.st_size / 2 / 4096 * 4096), 0);
    assert_rebuilt();
}

TEST(a_row_changed_by_hand_is_found_at_the_next_start)
{
    make_database();
    sql_write(path(), "UPDATE lease SET held_until_ms = held_until_ms + 1 WHERE state = 'bound'");
    assert_rebuilt();
}

static void assert_found(const char *edit)
{
    make_database();
    sql_write(path(), edit);
    assert_rebuilt();
    store = store_free(store);
    folder_remove(folder);
    folder_make(folder);
}

TEST(any_edit_of_what_is_replicated_is_found_at_the_next_start)
{
    assert_found("DELETE FROM lease WHERE address = (SELECT max(address) FROM lease)");
    assert_found("UPDATE lease SET address = address + 1000000");
    assert_found("UPDATE lease SET client_key = x'00'");
    assert_found("UPDATE lease SET slot = 100000 WHERE slot = 1");
    assert_found("UPDATE lease SET hw_type = 300");
    assert_found("UPDATE lease SET held_until_ms = expires_at_ms - 1");
    assert_found("UPDATE setting SET version = version + 1");
    assert_found("UPDATE setting SET document = x'ffff'");
    assert_found("UPDATE setting SET source = x''");
    assert_found("DELETE FROM setting");
    assert_found("UPDATE node SET incarnation = 5");
    assert_found("UPDATE origin SET max_sequence = max_sequence + 1");
    assert_found("UPDATE origin SET node = 0 WHERE node = 1");
    assert_found("UPDATE meta SET cluster_id = 5");
    assert_found("UPDATE meta SET digest = zeroblob(16)");
    assert_found("DELETE FROM meta");
    assert_found("DROP VIEW held_address; DROP TABLE lease_history");
}

TEST(a_store_that_was_set_aside_is_rebuilt)
{
    open_well(false);
    assert_int_equal(script_replay(store, &script, ENTRIES), 0);
    assert_int_equal(store_set_aside(store, "the leader's digest differs"), 0);
    store = store_free(store);
    assert_rebuilt();
    assert_int_equal(file_count(folder, "leases.db.set-aside"), 0);
}

TEST(a_missing_folder_is_an_error)
{
    struct store_options o = { .path = file_in(folder, "none/leases.db"),
                               .cluster = "office",
                               .node = 1 };
    bool rebuilt = false;

    assert_int_equal(store_open(&store, &o, &rebuilt), ERR_IO);
}

/* As another user when we are root, for whom no mode is in the way. */
static void without_rights(void (*check)(void))
{
    bool is_root = geteuid() == 0;

    assert_true(!is_root || seteuid(65534) == 0);
    check();
    assert_true(!is_root || seteuid(0) == 0);
}

static void check_read_only(void)
{
    open_refused(STORE_READ_ONLY);
}

TEST(what_cannot_be_written_is_said_to_be_read_only)
{
    assert_int_equal(chmod(folder, 0555), 0);
    without_rights(check_read_only); /* cannot make the file */
    make_database();
    assert_int_equal(chmod(path(), 0444), 0);
    without_rights(check_read_only); /* cannot write the file */
    assert_int_equal(chmod(path(), 0666), 0);
    without_rights(check_read_only); /* cannot make the WAL */
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(file_count(folder, "leases.db.damaged-"), 0);
    open_well(false);
}

TEST(every_older_version_is_brought_up_to_date)
{
    for (unsigned version = 1; version <= migrate_latest(); version++) {
        struct db *db = NULL;

        assert_int_equal(db_open(&db, path(), DB_VOLATILE_WRITER), 0);
        assert_int_equal(migrate_to(db, version), 0);
        assert_int_equal(
            db_exec(db, "INSERT INTO meta VALUES (1, 'office', 1, 0, 0, 0, 0, zeroblob(16))"), 0);
        db = db_free(db);
        open_well(false);
        assert_int_equal(script_replay(store, &script, ENTRIES), 0);
        assert_string_not_equal(sql_text(path(), "SELECT count(*) FROM active_leases"), "0");
        store = store_free(store);
        folder_remove(folder);
        folder_make(folder);
    }
}

TEST(reservations_of_version_2_are_kept)
{
    struct db *db = NULL;

    assert_int_equal(db_open(&db, path(), DB_VOLATILE_WRITER), 0);
    assert_int_equal(migrate_to(db, 2), 0);
    assert_int_equal(
        db_exec(db, "INSERT INTO reservation VALUES (167772165, 167772160, 1, x'02', NULL, x'61')"),
        0);
    assert_int_equal(migrate(db), 0);
    db = db_free(db);
    assert_string_equal(
        sql_text(path(), "SELECT address, hw_address, client_id, hostname FROM reservations"),
        "10.0.0.5|02|NULL|a");
}

/* What a program of version 4 would have left behind. */
static const char copy_to_version_4[] =
    "INSERT INTO meta SELECT id, cluster, node, cluster_id, applied_index, term, cluster_time_ms, "
    "digest FROM now.meta;"
    "INSERT INTO lease SELECT address, state, subnet_id, client_key, hw_type, hw_address, "
    "started_at_ms, renewed_at_ms, expires_at_ms, held_until_ms, node, server_id, relay, "
    "hostname, agent_info, vendor_class, user_class, circuit_id, remote_id FROM now.lease;"
    "INSERT INTO node SELECT id, incarnation, address FROM now.node;"
    "INSERT INTO origin SELECT node, boot_id, max_sequence, seen FROM now.origin;"
    "INSERT INTO setting SELECT id, version, applied_index, applied_at_ms, document, source "
    "FROM now.setting;"
    "INSERT INTO kept_reservation SELECT id, version, put_at_ms, author, subnet_id, reservation "
    "FROM now.kept_reservation;"
    "INSERT INTO block SELECT kind, value, version, put_at_ms, comment, author FROM now.block;";

TEST(the_rows_of_version_4_are_kept_when_they_get_slots)
{
    char attach[FOLDER_PATH_MAX + 32];
    struct digest digest;
    struct db *db = NULL;

    open_well(false);
    assert_int_equal(script_replay(store, &script, ENTRIES / 2), 0);
    digest = store_digest(store);
    store = store_free(store);
    assert_int_equal(rename(path(), file_in(folder, "now.db")), 0);
    (void)snprintf(attach, sizeof attach, "ATTACH '%s/now.db' AS now", folder);
    assert_int_equal(db_open(&db, path(), DB_VOLATILE_WRITER), 0);
    assert_int_equal(migrate_to(db, 4), 0);
    assert_int_equal(db_exec(db, attach), 0);
    assert_int_equal(db_exec(db, copy_to_version_4), 0);
    db = db_free(db);

    open_well(false);
    assert_true(digest_equal(store_digest(store), digest));
    assert_int_equal(script_replay(store, &script, ENTRIES), 0);
    assert_string_equal(
        sql_text(path(), "SELECT max(slot) = count(*) AND min(slot) = 1 FROM lease"), "1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(a_new_database_is_readable_by_the_group_alone),
        CASE(the_views_are_readable_while_the_server_runs_and_when_it_does_not),
        CASE(a_database_of_a_newer_program_is_left_alone),
        CASE(a_database_of_another_cluster_or_node_is_left_alone),
        CASE(a_database_of_another_program_is_left_alone),
        CASE(an_empty_file_becomes_a_database),
        CASE(garbage_is_set_aside_and_rebuilt),
        CASE(a_file_cut_short_is_set_aside_and_rebuilt),
        CASE(a_row_changed_by_hand_is_found_at_the_next_start),
        CASE(any_edit_of_what_is_replicated_is_found_at_the_next_start),
        CASE(a_store_that_was_set_aside_is_rebuilt),
        CASE(a_missing_folder_is_an_error),
        CASE(what_cannot_be_written_is_said_to_be_read_only),
        CASE(every_older_version_is_brought_up_to_date),
        CASE(reservations_of_version_2_are_kept),
        CASE(the_rows_of_version_4_are_kept_when_they_get_slots),
#undef CASE
    };

    return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}
