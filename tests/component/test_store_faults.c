#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "support/failing_vfs.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/heap.h"
#include "support/script.h"
#include "support/sqlite_heap.h"
#include "support/test.h"

/*
 * Every call that can fail is made to fail, one after the other: the store says so with an ERR_*,
 * leaks nothing, and what it leaves behind is a prefix of the log.
 */
enum { ENTRIES = 20 };

static char folder[FOLDER_PATH_MAX];
static struct script script;
static struct digest digests[ENTRIES];

static int open_store(struct store **ret_store, const char *name)
{
    struct store_options o = {
        .path = file_in(folder, name), .cluster = "office", .node = 1, .is_volatile = false
    };
    bool rebuilt = false;
    int r = store_open(ret_store, &o, &rebuilt);

    assert_true(r != 0 || !rebuilt);
    return r;
}

/* Applies the script with a commit for every fifth entry. */
static int replay(struct store *s)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < ENTRIES; i++) {
        r = script.at[i].index <= store_applied_index(s) ? 0 : script_apply(s, &script, i);
        if (r == 0 && i % 5 == 4) {
            r = store_commit(s);
        }
    }
    return r == 0 ? store_commit(s) : r;
}

static int copy_by_snapshot(struct store *from, struct store *to)
{
    struct store_pin *pin = NULL;
    uint8_t *image = NULL;
    size_t n = 0;
    int r = store_pin_new(from, &pin);

    if (r == 0) {
        r = store_pin_build(pin, &image, &n);
    }
    pin = store_pin_free(pin);
    if (r == 0) {
        r = store_restore(to, bytes_of(image, n));
    }
    free(image);
    return r;
}

static int checkpoint(struct store *s)
{
    struct store_checkpointer *c = NULL;
    int r = store_checkpointer_new(s, &c);

    if (r == 0) {
        r = store_checkpointer_run(c);
    }
    c = store_checkpointer_free(c);
    return r;
}

/* All that a store does, up to the first thing that fails. Returns 0 or what that gave. */
static int do_everything(void)
{
    struct store *from = NULL;
    struct store *to = NULL;
    int r = open_store(&from, "from.db");

    if (r == 0) {
        r = replay(from);
    }
    if (r == 0) {
        r = checkpoint(from);
    }
    if (r == 0) {
        r = open_store(&to, "to.db");
    }
    if (r == 0) {
        r = copy_by_snapshot(from, to);
    }
    from = store_free(from);
    to = store_free(to);
    return r;
}

/* What is there opens, is a prefix, and replay leads to the end. */
static void assert_sound(const char *name)
{
    struct store *s = NULL;

    assert_int_equal(open_store(&s, name), 0);
    if (store_applied_index(s) > 0) {
        unsigned i = script_find(&script, store_applied_index(s));

        assert_true(i < ENTRIES);
        assert_true(digest_equal(store_digest(s), digests[i]));
    }
    assert_int_equal(replay(s), 0);
    assert_true(digest_equal(store_digest(s), digests[ENTRIES - 1]));
    s = store_free(s);
}

static void start_anew(void)
{
    folder_remove(folder);
    folder_make(folder);
}

static int set_up(void **state)
{
    struct store *reference = NULL;

    (void)state;
    folder_make(folder);
    script_make(&script, 31, ENTRIES);
    assert_int_equal(open_store(&reference, "reference.db"), 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(script_apply(reference, &script, i), 0);
        digests[i] = store_digest(reference);
    }
    reference = store_free(reference);
    start_anew();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    failing_vfs_never();
    heap_fail_after(-1);
    script_free(&script);
    folder_remove(folder);
    return 0;
}

static void every_file_access_fails(int code, bool once)
{
    bool has_failed = true;

    for (long n = 0; has_failed; n += 1 + n / 3) {
        int r = 0;

        failing_vfs_after(n, code, once);
        r = do_everything();
        has_failed = failing_vfs_has_failed();
        failing_vfs_never();
        /* SQLite gets over some; but what goes on failing is never taken for success. */
        assert_true(r <= 0);
        assert_true(r != ERR_BUG && r != ERR_CONFIG);
        assert_true(has_failed || r == 0);
        assert_sound("from.db");
        assert_sound("to.db");
        start_anew();
    }
}

TEST(a_disk_that_dies_at_any_moment_leaves_a_prefix)
{
    every_file_access_fails(SQLITE_IOERR, false);
}

TEST(one_failed_access_leaves_a_prefix)
{
    every_file_access_fails(SQLITE_IOERR, true);
}

TEST(a_full_disk_leaves_a_prefix)
{
    every_file_access_fails(SQLITE_FULL, false);
}

TEST(no_memory_at_any_moment_leaves_a_prefix_and_no_leak)
{
    size_t in_use = 0;
    int r = ERR_NOMEM;

    assert_int_equal(do_everything(), 0); /* what SQLite keeps for itself is made now */
    start_anew();
    in_use = heap_in_use();
    for (int n = 0; r != 0; n += 1 + n / 3) {
        heap_fail_after(n);
        r = do_everything();
        heap_fail_after(-1);
        assert_true(r <= 0);
        assert_int_equal(heap_in_use(), in_use);
        assert_sound("from.db");
        assert_sound("to.db");
        start_anew();
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(a_disk_that_dies_at_any_moment_leaves_a_prefix),
        CASE(one_failed_access_leaves_a_prefix),
        CASE(a_full_disk_leaves_a_prefix),
        CASE(no_memory_at_any_moment_leaves_a_prefix_and_no_leak),
#undef CASE
    };

    sqlite_heap_install();
    failing_vfs_install();
    return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}
