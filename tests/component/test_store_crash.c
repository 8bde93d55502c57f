#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/files.h"
#include "support/folder.h"
#include "support/random.h"
#include "support/script.h"
#include "support/test.h"

/*
 * What is left of a store that died: always some prefix of the log, from which replay leads to
 * where an undisturbed store stands.
 */
enum { ENTRIES = 400, CHECKPOINT = 300 };

static char folder[FOLDER_PATH_MAX];
static struct script script;
static struct digest digests[ENTRIES]; /* of an undisturbed store, after each entry */

static struct store *open_store(const char *name, bool is_volatile)
{
    struct store_options o = {
        .path = file_in(folder, name), .cluster = "office", .node = 1, .is_volatile = is_volatile
    };
    struct store *s = NULL;
    bool rebuilt = false;

    assert_int_equal(store_open(&s, &o, &rebuilt), 0);
    assert_false(rebuilt);
    return s;
}

static int set_up(void **state)
{
    struct store *reference = NULL;

    (void)state;
    folder_make(folder);
    script_make(&script, 21, ENTRIES);
    reference = open_store("reference.db", true);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(script_apply(reference, &script, i), 0);
        digests[i] = store_digest(reference);
    }
    reference = store_free(reference);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    script_free(&script);
    folder_remove(folder);
    return 0;
}

/* A prefix of the log, of at least @at_least entries; returns how many. */
static unsigned assert_prefix(const struct store *s, unsigned at_least)
{
    unsigned n = 0;

    if (store_applied_index(s) > 0) {
        n = script_find(&script, store_applied_index(s)) + 1;
        assert_true(n <= ENTRIES);
        assert_true(digest_equal(store_digest(s), digests[n - 1]));
    }
    assert_true(n >= at_least);
    return n;
}

static void assert_replay_leads_home(struct store *s)
{
    assert_int_equal(script_replay(s, &script, ENTRIES), 0);
    assert_true(digest_equal(store_digest(s), digests[ENTRIES - 1]));
}

static void copy_database(const char *from, const char *to)
{
    char name[2][64];

    (void)snprintf(name[0], sizeof name[0], "%s-wal", from);
    (void)snprintf(name[1], sizeof name[1], "%s-wal", to);
    file_copy(file_in(folder, from), file_in(folder, to));
    file_copy(file_in(folder, name[0]), file_in(folder, name[1]));
}

static void remove_database(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };

    for (unsigned i = 0; i < 3; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(file_in(folder, name));
    }
}

/* The files as they were at any moment are the last commit before it. */
TEST(the_files_at_any_moment_are_the_last_commit)
{
    struct store *s = open_store("a.db", false);
    struct store_checkpointer *c = NULL;
    uint32_t seed = 99;
    unsigned committed = 0;

    assert_int_equal(store_checkpointer_new(s, &c), 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(script_apply(s, &script, i), 0);
        if (random_below(&seed, 3) == 0) {
            assert_int_equal(store_commit(s), 0);
            committed = i + 1;
        }
        if (random_below(&seed, 20) == 0) {
            assert_int_equal(store_checkpointer_run(c), 0);
        }
        if (random_below(&seed, 16) == 0) {
            copy_database("a.db", "copy.db");

            struct store *copy = open_store("copy.db", true);

            assert_int_equal(assert_prefix(copy, 0), committed);
            assert_replay_leads_home(copy);
            copy = store_free(copy);
            remove_database("copy.db");
        }
    }
    c = store_checkpointer_free(c);
    s = store_free(s);
}

/* Power loss may leave any part of the WAL's last writes. */
TEST(a_torn_write_ahead_log_is_an_earlier_commit)
{
    struct store *s = open_store("a.db", false);
    uint32_t seed = 5;
    struct stat st;

    for (unsigned i = 0; i < ENTRIES / 2; i++) {
        assert_int_equal(script_apply(s, &script, i), 0);
        assert_int_equal(store_commit(s), 0);
    }
    assert_int_equal(stat(file_in(folder, "a.db-wal"), &st), 0);
    for (unsigned i = 0; i < 40; i++) {
        uint32_t size = random_below(&seed, (uint32_t)st.st_size);

        copy_database("a.db", "copy.db");
        if (i % 2 == 0) {
            assert_int_equal(truncate(file_in(folder, "copy.db-wal"), size), 0);
        } else {
            FILE *f = fopen(file_in(folder, "copy.db-wal"), "r+b");

            assert_int_equal(fseek(f, size, SEEK_SET), 0);
            assert_int_equal(fwrite("torn torn torn torn ", 1, 20, f), 20);
            assert_int_equal(fclose(f), 0);
        }

        struct store *copy = open_store("copy.db", true);
        unsigned n = assert_prefix(copy, 0);

        assert_true(n < ENTRIES / 2 || size + 20 >= st.st_size);
        assert_replay_leads_home(copy);
        copy = store_free(copy);
        remove_database("copy.db");
    }
    s = store_free(s);
}

TEST(checkpoints_move_the_write_ahead_log_and_keep_it_short)
{
    struct store *s = open_store("a.db", false);
    struct store_checkpointer *c = NULL;
    struct stat before;
    struct stat after;

    assert_int_equal(store_checkpointer_new(s, &c), 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(script_apply(s, &script, i), 0);
        assert_int_equal(store_commit(s), 0);
        if (i == CHECKPOINT) {
            assert_int_equal(stat(file_in(folder, "a.db-wal"), &before), 0);
            assert_int_equal(store_checkpointer_run(c), 0);
        }
    }
    assert_int_equal(stat(file_in(folder, "a.db-wal"), &after), 0);
    assert_true(before.st_size > 4096 * 1000);       /* what makes the checkpointer act */
    assert_int_equal(after.st_size, before.st_size); /* used anew from its beginning */
    c = store_checkpointer_free(c);

    file_copy(file_in(folder, "a.db"), file_in(folder, "copy.db")); /* without its WAL */

    struct store *copy = open_store("copy.db", true);

    assert_int_equal(assert_prefix(copy, 0), CHECKPOINT + 1);
    copy = store_free(copy);
    s = store_free(s);
}

/* Applies and commits entry by entry, a checkpoint now and then, until it is killed. */
static void work_until_killed(void)
{
    struct store_options o = { .path = file_in(folder, "a.db"), .cluster = "office", .node = 1 };
    struct store *s = NULL;
    struct store_checkpointer *c = NULL;
    bool rebuilt = false;

    if (store_open(&s, &o, &rebuilt) != 0 || store_checkpointer_new(s, &c) != 0) {
        _exit(1);
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (script.at[i].index > store_applied_index(s) &&
            (script_apply(s, &script, i) != 0 || store_commit(s) != 0)) {
            _exit(1);
        }
        if (i % 50 == 0 && store_checkpointer_run(c) != 0) {
            _exit(1);
        }
    }
    _exit(0);
}

TEST(a_process_that_is_killed_leaves_a_prefix)
{
    uint32_t seed = 77;
    unsigned n = 0;
    unsigned n_killed = 0;

    for (unsigned round = 0; round < 60 && n < ENTRIES; round++) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            work_until_killed();
        }
        assert_true(pid > 0);

        struct timespec t = { 0, 1000000 * (long)(2 + random_below(&seed, 12)) };

        (void)nanosleep(&t, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        n_killed += WIFSIGNALED(status) != 0;

        struct store *s = open_store("a.db", false);

        n = assert_prefix(s, n);
        s = store_free(s);
    }
    assert_true(n_killed > 0);

    struct store *s = open_store("a.db", false);

    assert_replay_leads_home(s);
    s = store_free(s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(the_files_at_any_moment_are_the_last_commit),
        CASE(a_torn_write_ahead_log_is_an_earlier_commit),
        CASE(checkpoints_move_the_write_ahead_log_and_keep_it_short),
        CASE(a_process_that_is_killed_leaves_a_prefix),
#undef CASE
    };

    return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
