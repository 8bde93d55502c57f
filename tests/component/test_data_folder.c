#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "replication/identity.h"
#include "replication/raft_disk.h"
#include "support/folder.h"
#include "support/test.h"

static char folder[FOLDER_PATH_MAX];

static int fresh(void **state)
{
    (void)state;
    folder_make(folder);
    return 0;
}

static int done(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static int open_at(struct identity *id, const char *cluster, uint32_t node, int64_t wall)
{
    struct identity_options o = { folder, cluster, node, { wall } };

    return identity_open(id, &o);
}

static void write_file(const char *name, const char *text)
{
    char path[FOLDER_PATH_MAX + 64];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

TEST(a_folder_keeps_its_incarnation_and_its_boot_ids_grow)
{
    struct identity first, second, third;

    assert_int_equal(open_at(&first, "office", 1, 1000), 0);
    assert_true(first.is_new);
    assert_true(first.incarnation != 0);
    assert_int_equal(first.boot_id, 1000);
    identity_close(&first);
    assert_int_equal(open_at(&second, "office", 1, 500), 0);
    assert_false(second.is_new);
    assert_true(second.incarnation == first.incarnation);
    assert_int_equal(second.boot_id, 1001);
    identity_close(&second);
    assert_int_equal(open_at(&third, "office", 1, 9000), 0);
    assert_int_equal(third.boot_id, 9000);
    identity_close(&third);
}

TEST(rule_73_a_folder_of_another_cluster_or_node_is_refused_and_left_alone)
{
    struct identity id;

    assert_int_equal(open_at(&id, "office", 1, 1000), 0);
    identity_close(&id);
    assert_int_equal(open_at(&id, "home", 1, 2000), IDENTITY_OTHER_CLUSTER);
    assert_int_equal(open_at(&id, "office", 2, 2000), IDENTITY_OTHER_NODE);
    assert_int_equal(open_at(&id, "office", 1, 0), 0);
    assert_int_equal(id.boot_id, 1001);
    identity_close(&id);
}

TEST(a_folder_in_use_is_refused)
{
    struct identity id, other;

    assert_int_equal(open_at(&id, "office", 1, 1000), 0);
    assert_int_equal(open_at(&other, "office", 1, 2000), IDENTITY_IN_USE);
    identity_close(&id);
}

TEST(a_newer_or_damaged_file_is_refused_and_left_alone)
{
    struct identity id;

    write_file("identity", "format=7\nnew=things\n");
    assert_int_equal(open_at(&id, "office", 1, 1000), IDENTITY_NEWER_FORMAT);
    assert_int_equal(open_at(&id, "office", 1, 1000), IDENTITY_NEWER_FORMAT);
    write_file("identity", "format=1\nclus");
    assert_int_equal(open_at(&id, "office", 1, 1000), IDENTITY_UNREADABLE);
    assert_int_equal(open_at(&id, "office", 1, 1000), IDENTITY_UNREADABLE);
}

TEST(that_a_log_was_begun_is_remembered)
{
    struct identity id;

    assert_int_equal(open_at(&id, "office", 1, 1000), 0);
    assert_false(id.is_formed);
    assert_int_equal(identity_set_formed(&id, folder), 0);
    identity_close(&id);
    assert_int_equal(open_at(&id, "office", 1, 1000), 0);
    assert_true(id.is_formed);
    identity_close(&id);
}

/* ---- The log's folder */

static int send_nowhere(
    void *data,
    struct raft_io_send *request,
    const struct raft_message *message,
    raft_io_send_cb sent)
{
    (void)data;
    (void)request;
    (void)message;
    (void)sent;
    return 0;
}

static int open_disk(struct raft_disk **ret_disk, uv_loop_t *loop)
{
    static char path[FOLDER_PATH_MAX + 8];
    struct raft_disk_options o = { .loop = loop, .folder = path, .send = send_nowhere };

    (void)snprintf(path, sizeof path, "%s/raft", folder);
    return raft_disk_new(ret_disk, &o);
}

TEST(a_new_log_folder_is_made_and_pristine)
{
    struct raft_disk *d = NULL;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(open_disk(&d, &loop), 0);
    assert_true(raft_disk_is_pristine(d));
    (void)raft_disk_free(d);
    write_file("raft/metadata1", "");
    assert_int_equal(open_disk(&d, &loop), 0);
    assert_false(raft_disk_is_pristine(d));
    (void)raft_disk_free(d);
    assert_int_equal(uv_loop_close(&loop), 0);
}

TEST(a_log_without_its_metadata_is_damaged)
{
    struct raft_disk *d = NULL;
    uv_loop_t loop;
    char path[FOLDER_PATH_MAX + 8];

    assert_int_equal(uv_loop_init(&loop), 0);
    (void)snprintf(path, sizeof path, "%s/raft", folder);
    assert_int_equal(mkdir(path, 0750), 0);
    write_file("raft/0000000000000001-0000000000000001", "");
    assert_int_equal(open_disk(&d, &loop), RAFT_DISK_DAMAGED);
    assert_int_equal(uv_loop_close(&loop), 0);
}

TEST(a_file_in_the_place_of_the_log_folder_is_refused)
{
    struct raft_disk *d = NULL;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    write_file("raft", "");
    assert_int_equal(open_disk(&d, &loop), RAFT_DISK_NOT_WRITABLE);
    assert_int_equal(uv_loop_close(&loop), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_folder_keeps_its_incarnation_and_its_boot_ids_grow),
        CASE(rule_73_a_folder_of_another_cluster_or_node_is_refused_and_left_alone),
        CASE(a_folder_in_use_is_refused),
        CASE(a_newer_or_damaged_file_is_refused_and_left_alone),
        CASE(that_a_log_was_begun_is_remembered),
        CASE(a_new_log_folder_is_made_and_pristine),
        CASE(a_log_without_its_metadata_is_damaged),
        CASE(a_file_in_the_place_of_the_log_folder_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
