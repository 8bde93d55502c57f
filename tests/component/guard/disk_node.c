#include "guard/disk_node.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

enum {
    SEGMENT_SIZE = 1024 * 1024,
    ELECTION_MS = 60000, /* it never stands for election */
    HEARTBEAT_MS = 4,
    WAIT_MS = 1500,
    ENTRIES_MAX = 100, /* in one append */
};

static int fsm_apply(struct raft_fsm *fsm, const struct raft_buffer *buf, void **result)
{
    (void)fsm;
    (void)buf;
    *result = NULL;
    return 0;
}

static int fsm_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
    struct disk_node *node = fsm->data;

    if (guard_snapshot_is_busy(node->guard)) {
        return RAFT_BUSY;
    }
    *bufs = raft_malloc(sizeof **bufs);
    (*bufs)[0] = (struct raft_buffer){ raft_calloc(1, 64), 64 };
    *n_bufs = 1;
    return 0;
}

static int fsm_restore(struct raft_fsm *fsm, struct raft_buffer *buf)
{
    (void)fsm;
    raft_free(buf->base);
    return 0;
}

/* The answers of node 1 are not looked at. */
static int lose(
    void *data, struct raft_io_send *request, const struct raft_message *m, raft_io_send_cb sent)
{
    (void)data;
    (void)m;
    sent(request, 0);
    return 0;
}

static void open_disk(struct disk_node *node, const char *folder)
{
    const struct raft_disk_options options = {
        .loop = &node->loop, .folder = folder, .segment = SEGMENT_SIZE, .send = lose
    };

    require(uv_loop_init(&node->loop) == 0);
    require(raft_disk_new(&node->disk, &options) == 0);
}

static void add_members(struct raft_configuration *c)
{
    raft_configuration_init(c);
    require(raft_configuration_add(c, 1, "1", RAFT_VOTER) == 0);
    require(raft_configuration_add(c, 2, "2", RAFT_VOTER) == 0);
    require(raft_configuration_add(c, 3, "3", RAFT_VOTER) == 0);
}

static void start(struct disk_node *node, const char *folder, uint32_t rules_off)
{
    const struct guard_options options = { .fatal = lab_fatal, .rules_off = rules_off };
    struct raft_configuration c;

    open_disk(node, folder);
    node->fsm = (struct raft_fsm){ .version = 1,
                                   .data = node,
                                   .apply = fsm_apply,
                                   .snapshot = fsm_snapshot,
                                   .restore = fsm_restore };
    require(raft_init(&node->raft, raft_disk_io(node->disk), &node->fsm, 1, "1") == 0);
    raft_set_election_timeout(&node->raft, ELECTION_MS);
    raft_set_heartbeat_timeout(&node->raft, HEARTBEAT_MS);
    raft_set_snapshot_threshold(&node->raft, 4);
    require(guard_new(&node->guard, &node->raft, raft_disk_io(node->disk), &options) == 0);
    add_members(&c);
    require(raft_bootstrap(&node->raft, &c) == 0);
    raft_configuration_close(&c);
    require(raft_start(&node->raft) == 0);
}

bool disk_node_run_until(
    struct disk_node *node,
    bool (*condition)(const struct disk_node *, raft_index),
    raft_index index)
{
    uint64_t end = uv_hrtime() + (uint64_t)WAIT_MS * 1000 * 1000;

    while (!condition(node, index) && uv_hrtime() < end) {
        (void)uv_run(&node->loop, UV_RUN_ONCE); /* the tick wakes it */
        guard_poll(node->guard);
    }
    return condition(node, index);
}

void disk_node_receive(struct disk_node *node, struct raft_message *m)
{
    raft_disk_receive(node->disk, m);
    guard_poll(node->guard);
}

void disk_node_append(
    struct disk_node *node, raft_id from, struct raft_append_entries header, raft_term entries_term)
{
    static const uint64_t values[ENTRIES_MAX];
    struct raft_message m;

    require(header.n_entries <= ENTRIES_MAX);
    m = lab_append_message(from, header, values, entries_term);
    disk_node_receive(node, &m);
}

void disk_node_install(
    struct disk_node *node,
    raft_id from,
    raft_term term,
    raft_index last_index,
    raft_term last_term)
{
    struct raft_message m = {
        .type = RAFT_IO_INSTALL_SNAPSHOT,
        .server_id = from,
        .server_address = "3",
        .install_snapshot = {.term = term,
                             .last_index = last_index,
                             .last_term = last_term,
                             .conf_index = 1,
                             .data = { raft_calloc(1, 64), 64 }}
    };

    add_members(&m.install_snapshot.conf);
    disk_node_receive(node, &m);
}

static struct disk_node_found load(const char *folder)
{
    static struct disk_node node;
    static struct raft raft; /* the disk wants to be named an owner */
    struct raft_snapshot *snapshot = NULL;
    struct raft_entry *entries = NULL;
    struct disk_node_found found = { .last = 0 };
    raft_index first = 0;
    raft_term term;
    raft_id vote;
    size_t n = 0;
    struct raft_io *io;

    open_disk(&node, folder);
    io = raft_disk_io(node.disk);
    io->data = &raft;
    require(io->init(io, 1, "1") == 0);
    if (io->load(io, &term, &vote, &snapshot, &first, &entries, &n) != 0) {
        return found;
    }
    found.snapshot = snapshot == NULL ? 0 : snapshot->index;
    found.first = first;
    found.last = first + n - 1;
    found.entries = entries;
    found.last_term = n == 0 ? snapshot->term : entries[n - 1].term;
    return found;
}

static void remove_folder(const char *folder)
{
    DIR *d = opendir(folder);

    require(d != NULL);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        (void)unlinkat(dirfd(d), e->d_name, 0);
    }
    (void)closedir(d);
    (void)rmdir(folder);
}

bool disk_node_run(disk_node_story *story, uint32_t rules_off, struct disk_node_found *ret_found)
{
    static struct disk_node node;
    char parent[] = "/tmp/guard-XXXXXX", folder[sizeof parent + sizeof "/raft"];
    int status = 0;
    pid_t child;

    require(mkdtemp(parent) != NULL);
    (void)snprintf(folder, sizeof folder, "%s/raft", parent);
    child = fork();
    require(child >= 0);
    if (child == 0) {
        start(&node, folder, rules_off);
        story(&node);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && WIFEXITED(status));
    *ret_found = load(folder);
    remove_folder(folder);
    remove_folder(parent);
    return WEXITSTATUS(status) == 0;
}
