#include "guard/lab.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

/* The scenario's cluster; there is one per process. */
static struct lab the_lab;

void lab_fatal(void *data, const char *reason)
{
    (void)data;
    (void)fprintf(stderr, "stopped: %s\n", reason);
    _exit(LAB_STOPPED);
}

/* A crash ends the process at once, leaves no core, and writes nothing to the test log. */
static void prepare_to_crash(void)
{
    static const int signals[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS };
    const struct rlimit none = { 0, 0 };
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        (void)signal(signals[i], SIG_DFL); /* cmocka would go on in the child */
    }
    (void)setrlimit(RLIMIT_CORE, &none);
    if (null >= 0 && getenv("LAB_VERBOSE") == NULL) {
        (void)dup2(null, STDERR_FILENO);
    }
}

enum lab_verdict lab_try(lab_scenario *scenario, uint32_t rules_off)
{
    enum { SCENARIO_SECONDS = 15 };

    int status = 0;
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    require(child >= 0);
    if (child == 0) {
        prepare_to_crash();
        (void)alarm(SCENARIO_SECONDS);
        _exit((int)scenario(rules_off));
    }
    require(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) >= LAB_SAFE && WEXITSTATUS(status) < LAB_CRASHED) {
        return (enum lab_verdict)WEXITSTATUS(status);
    }
    return LAB_CRASHED;
}

const char *lab_verdict_name(enum lab_verdict verdict)
{
    static const char *const names[] = { "safe", "broken", "stopped", "crashed" };

    return names[verdict - LAB_SAFE];
}

static struct lab_node *node_of(struct raft_io *io)
{
    for (unsigned i = 0; i < the_lab.n; i++) {
        if (the_lab.nodes[i].raft == io->data) {
            return &the_lab.nodes[i];
        }
    }
    check_failed("require", "a node of the lab", __FILE__, __LINE__, __func__);
}

static int under_start(
    struct raft_io *io, unsigned msecs, raft_io_tick_cb tick, raft_io_recv_cb receive)
{
    node_of(io)->receive = receive;
    return node_of(io)->inner.start(io, msecs, tick, receive);
}

static void watch_append(struct lab_node *node, const struct raft_append_entries *a)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < a->n_entries; i++) {
        bytes += a->entries[i].buf.len;
    }
    node->most_entries = a->n_entries > node->most_entries ? a->n_entries : node->most_entries;
    node->most_bytes = bytes > node->most_bytes ? bytes : node->most_bytes;
}

static int under_send(
    struct raft_io *io, struct raft_io_send *req, const struct raft_message *m, raft_io_send_cb cb)
{
    struct lab_node *node = node_of(io);

    if (m->server_id == 0 || m->server_id > the_lab.n) {
        node->has_sent_garbage = true;
        cb(req, RAFT_NOCONNECTION);
        return 0;
    }
    if (m->type == RAFT_IO_APPEND_ENTRIES_RESULT && node->result_fails) {
        return RAFT_NOCONNECTION;
    }
    if (m->type == RAFT_IO_APPEND_ENTRIES) {
        watch_append(node, &m->append_entries);
    }
    return node->inner.send(io, req, m, cb);
}

static int under_append(
    struct raft_io *io,
    struct raft_io_append *req,
    const struct raft_entry entries[],
    unsigned n,
    raft_io_append_cb cb)
{
    struct lab_node *node = node_of(io);

    if (!node->append_fails) {
        return node->inner.append(io, req, entries, n, cb);
    }
    node->append_fails = false;
    req->cb = cb;
    node->failed_append = req;
    return 0;
}

static int under_snapshot_put(
    struct raft_io *io,
    unsigned trailing,
    struct raft_io_snapshot_put *req,
    const struct raft_snapshot *snapshot,
    raft_io_snapshot_put_cb cb)
{
    struct lab_node *node = node_of(io);

    node->n_snapshot_puts++;
    node->has_put_uncommitted |= node->raft->configuration_uncommitted_index != 0;
    if (!node->snapshot_fails) {
        return node->inner.snapshot_put(io, trailing, req, snapshot, cb);
    }
    req->cb = cb;
    node->failed_put = req;
    return 0;
}

static void report_faults(struct lab_node *node)
{
    struct raft_io_append *append = node->failed_append;
    struct raft_io_snapshot_put *put = node->failed_put;

    node->failed_append = NULL;
    node->failed_put = NULL;
    if (append != NULL) {
        append->cb(append, RAFT_NOSPACE);
    }
    if (put != NULL) {
        put->cb(put, RAFT_NOSPACE);
    }
}

/* After each event of the fixture: the end of a loop turn. */
static void end_turn(struct raft_fixture *f, struct raft_fixture_event *event)
{
    (void)event;
    for (unsigned i = 0; i < the_lab.n; i++) {
        if (raft_fixture_alive(f, i)) {
            report_faults(&the_lab.nodes[i]);
            guard_poll(the_lab.nodes[i].guard);
        }
    }
}

static int fsm_apply(struct raft_fsm *fsm, const struct raft_buffer *buf, void **result)
{
    struct lab_node *node = fsm->data;
    raft_index index = raft_last_applied(node->raft) + 1;

    require(index < LAB_INDEX_MAX && buf->len == sizeof node->applied[0]);
    memcpy(&node->applied[index], buf->base, buf->len);
    *result = NULL;
    return 0;
}

/* A snapshot is all values that were applied. */
static int fsm_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[], unsigned *n_bufs)
{
    struct lab_node *node = fsm->data;

    if (guard_snapshot_is_busy(node->guard)) {
        return RAFT_BUSY;
    }
    *bufs = raft_malloc(sizeof **bufs);
    (*bufs)[0] = (struct raft_buffer){ raft_malloc(sizeof node->applied), sizeof node->applied };
    memcpy((*bufs)[0].base, node->applied, sizeof node->applied);
    *n_bufs = 1;
    return 0;
}

static int fsm_restore(struct raft_fsm *fsm, struct raft_buffer *buf)
{
    struct lab_node *node = fsm->data;

    require(buf->len == sizeof node->applied);
    memcpy(node->applied, buf->base, buf->len);
    raft_free(buf->base);
    return 0;
}

static void add_node(struct lab *lab, const struct guard_options *options)
{
    struct lab_node *node = &lab->nodes[lab->n++];
    struct raft_fixture_server *server = &lab->fixture.servers[lab->n - 1];
    struct guard_options own = *options;

    node->fsm = (struct raft_fsm){ .version = 1,
                                   .data = node,
                                   .apply = fsm_apply,
                                   .snapshot = fsm_snapshot,
                                   .restore = fsm_restore };
    require(raft_fixture_grow(&lab->fixture, &node->fsm) == 0);
    node->raft = &server->raft;
    node->inner = server->io;
    server->io.start = under_start;
    server->io.send = under_send;
    server->io.append = under_append;
    server->io.snapshot_put = under_snapshot_put;
    own.fatal = lab_fatal;
    require(guard_new(&node->guard, node->raft, &server->io, &own) == 0);
    raft_set_pre_vote(node->raft, true);
}

struct lab *lab_new(unsigned n, const struct guard_options *options)
{
    struct lab *lab = &the_lab;
    struct raft_configuration configuration;

    require(lab->n == 0 && n <= LAB_NODES_MAX);
    require(raft_fixture_initialize(&lab->fixture) == 0);
    for (unsigned i = 0; i < n; i++) {
        add_node(lab, options);
    }
    require(raft_fixture_configuration(&lab->fixture, n, &configuration) == 0);
    require(raft_fixture_bootstrap(&lab->fixture, &configuration) == 0);
    raft_configuration_close(&configuration);
    return lab;
}

void lab_start(struct lab *lab)
{
    raft_fixture_hook(&lab->fixture, end_turn);
    require(raft_fixture_start(&lab->fixture) == 0);
}

struct lab *lab_led_by_0(uint32_t rules_off)
{
    struct lab *lab = lab_new(3, &(struct guard_options){ .rules_off = rules_off });

    lab_start(lab);
    raft_fixture_elect(&lab->fixture, 0);
    return lab;
}

void lab_free(struct lab *lab)
{
    raft_fixture_hook(&lab->fixture, NULL);
    raft_fixture_close(&lab->fixture);
    for (unsigned i = 0; i < lab->n; i++) {
        lab->nodes[i].guard = guard_free(lab->nodes[i].guard);
    }
    memset(lab, 0, sizeof *lab);
}

void lab_run(struct lab *lab, unsigned ms)
{
    raft_fixture_step_until_elapsed(&lab->fixture, ms);
}

bool lab_run_until(struct lab *lab, bool (*condition)(struct lab *), unsigned ms)
{
    raft_time end = raft_fixture_time(&lab->fixture) + ms;

    while (!condition(lab) && raft_fixture_time(&lab->fixture) < end) {
        (void)raft_fixture_step(&lab->fixture);
    }
    return condition(lab);
}

static void put_done(struct raft_apply *req, int status, void *result)
{
    struct lab_put *put = req->data;

    (void)result;
    put->is_done = true;
    put->status = status;
}

struct lab_put *lab_put(struct lab *lab, unsigned i, uint64_t value)
{
    struct lab_put *put = &lab->puts[lab->n_puts++];
    struct raft_buffer buf = { raft_malloc(sizeof value), sizeof value };

    require(lab->n_puts <= LAB_PUTS_MAX);
    memcpy(buf.base, &value, sizeof value);
    put->value = value;
    put->index = raft_last_index(lab->nodes[i].raft) + 1;
    put->req.data = put;
    require(raft_apply(lab->nodes[i].raft, &put->req, &buf, 1, put_done) == 0);
    return put;
}

void lab_put_many(struct lab *lab, unsigned i, uint64_t first, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        (void)lab_put(lab, i, first + k);
    }
}

void lab_cut(struct lab *lab, unsigned a, unsigned b)
{
    raft_fixture_saturate(&lab->fixture, a, b);
    raft_fixture_saturate(&lab->fixture, b, a);
}

void lab_join(struct lab *lab, unsigned a, unsigned b)
{
    raft_fixture_desaturate(&lab->fixture, a, b);
    raft_fixture_desaturate(&lab->fixture, b, a);
}

void lab_isolate(struct lab *lab, unsigned i)
{
    for (unsigned k = 0; k < lab->n; k++) {
        if (k != i) {
            lab_cut(lab, i, k);
        }
    }
}

void lab_rejoin(struct lab *lab, unsigned i)
{
    for (unsigned k = 0; k < lab->n; k++) {
        if (k != i) {
            lab_join(lab, i, k);
        }
    }
}

void lab_prefer(struct lab *lab, unsigned i)
{
    for (unsigned k = 0; k < lab->n; k++) {
        struct raft *r = lab->nodes[k].raft;
        unsigned ms = k == i ? LAB_ELECTION_MS : 2 * LAB_ELECTION_MS;

        raft_fixture_set_randomized_election_timeout(&lab->fixture, k, ms);
        if (r->state == RAFT_FOLLOWER) {
            r->follower_state.randomized_election_timeout = ms;
        } else if (r->state == RAFT_CANDIDATE) {
            r->candidate_state.randomized_election_timeout = ms;
        }
    }
}

bool lab_is_leader(struct lab *lab, unsigned i)
{
    return raft_state(lab->nodes[i].raft) == RAFT_LEADER;
}

static uint64_t highest_applied(const struct lab *lab, unsigned index)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < lab->n; i++) {
        value = lab->nodes[i].applied[index] > value ? lab->nodes[i].applied[index] : value;
    }
    return value;
}

bool lab_is_diverged(const struct lab *lab)
{
    for (unsigned index = 0; index < LAB_INDEX_MAX; index++) {
        uint64_t value = highest_applied(lab, index);

        for (unsigned i = 0; i < lab->n; i++) {
            if (lab->nodes[i].applied[index] != 0 && lab->nodes[i].applied[index] != value) {
                return true;
            }
        }
    }
    return false;
}

/* The entry at @index in the node's log in memory; NULL: it is not there. */
static const struct raft_entry *entry_at(const struct lab_node *node, raft_index index)
{
    const struct raft_log *l = &node->raft->log;
    size_t n = l->front <= l->back ? l->back - l->front : l->size - l->front + l->back;

    if (index <= l->offset || index - l->offset > n) {
        return NULL;
    }
    return &l->entries[(l->front + (size_t)(index - l->offset - 1)) % l->size];
}

unsigned lab_n_stored(const struct lab *lab, raft_index index, uint64_t value)
{
    unsigned n = 0;

    for (unsigned i = 0; i < lab->n; i++) {
        const struct raft_entry *e = entry_at(&lab->nodes[i], index);

        n += e != NULL && lab->nodes[i].raft->last_stored >= index && e->buf.len == sizeof value &&
             memcmp(e->buf.base, &value, sizeof value) == 0;
    }
    return n;
}

static bool entries_equal(const struct raft_entry *a, const struct raft_entry *b)
{
    return a->term == b->term && a->type == b->type && a->buf.len == b->buf.len &&
           memcmp(a->buf.base, b->buf.base, a->buf.len) == 0;
}

bool lab_disk_agrees(struct lab *lab, unsigned i)
{
    struct lab_node *node = &lab->nodes[i];
    struct raft_snapshot *snapshot = NULL;
    struct raft_entry *entries = NULL;
    raft_index first = 0;
    raft_term term;
    raft_id vote;
    size_t n = 0;

    require(node->inner.load(node->raft->io, &term, &vote, &snapshot, &first, &entries, &n) == 0);
    for (raft_index k = node->raft->log.offset + 1; k <= raft_last_index(node->raft); k++) {
        if (k < first || k - first >= n || !entries_equal(entry_at(node, k), &entries[k - first])) {
            return false;
        }
    }
    return true;
}

void lab_deliver(struct lab *lab, unsigned i, struct raft_message *m)
{
    lab->nodes[i].receive(lab->nodes[i].raft->io, m);
}

struct raft_message lab_append_message(
    raft_id from, struct raft_append_entries header, const uint64_t values[], raft_term term)
{
    static const char *const addresses[] = { "0", "1", "2", "3", "4", "5" };
    struct raft_message m = { .type = RAFT_IO_APPEND_ENTRIES,
                              .server_id = from,
                              .server_address = addresses[from],
                              .append_entries = header };
    struct raft_append_entries *a = &m.append_entries;
    uint64_t *batch = NULL;

    if (a->n_entries > 0) {
        batch = raft_malloc(a->n_entries * sizeof *batch);
        a->entries = raft_calloc(a->n_entries, sizeof *a->entries);
        memcpy(batch, values, a->n_entries * sizeof *batch);
    }
    for (unsigned i = 0; i < a->n_entries; i++) {
        a->entries[i] = (struct raft_entry){
            .term = term, .type = RAFT_COMMAND, .buf = {batch + i, sizeof *batch},
                    .batch = batch
        };
    }
    return m;
}
