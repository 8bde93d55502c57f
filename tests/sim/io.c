#include "sim/io.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sim/breaks.h"

enum io_kind { IO_APPEND, IO_TRUNCATE, IO_INSTALL };

struct io_op {
    struct io_op *next;
    enum io_kind kind;
    struct raft_io_append *append;
    const struct raft_entry *entries;
    unsigned n;
    raft_index index; /* IO_TRUNCATE */
    struct raft_io_snapshot_put *put;
    const struct raft_snapshot *snapshot;
};

struct put {
    struct sim_io *io;
    struct raft_io_snapshot_put *req;
    const struct raft_snapshot *snapshot;
    unsigned trailing;
};

struct get {
    struct sim_io *io;
    struct raft_io_snapshot_get *req;
};

struct send {
    struct raft_io_send *req;
};

struct work {
    struct raft_io_async_work *req;
};

static struct sim_io *io_of(struct raft_io *raft)
{
    return raft->impl;
}

/* Does @fire after @ms of this life; what is not the io itself is freed when it does not come. */
static void after(struct sim_io *io, int64_t ms, void (*fire)(void *data), void *data)
{
    world_schedule(
        io->world,
        &(struct event){
            .at = io->world->queue.now + ms,
            .node = io->node,
            .fire = fire,
            .drop = data == io ? NULL : free,
            .data = data,
        });
}

static void *new_of(const void *value, size_t n)
{
    void *p = malloc(n);

    require(p != NULL);
    memcpy(p, value, n);
    return p;
}

/* ---- log operations */

static int64_t disk_delay(struct sim_io *io)
{
    return random_between(&io->world->random, 1, io->world->faults.disk_max);
}

static int64_t lie(struct sim_io *io)
{
    int64_t now = io->world->queue.now;

    return is_broken(BREAK_DISK_LIES) ? now + random_between(&io->world->random, 200, 3000) : now;
}

static void do_append(struct sim_io *io, const struct io_op *op, unsigned n, int64_t durable_at)
{
    for (unsigned i = 0; i < n; i++) {
        disk_append(io->disk, &op->entries[i], durable_at);
    }
}

static void finish(void *data);

static void start(struct sim_io *io)
{
    if (io->head != NULL) {
        after(io, disk_delay(io), finish, io);
    }
}

/* The head operation is done: it is on the disk, and its owner hears of it. */
static void finish(void *data)
{
    struct sim_io *io = data;
    struct io_op op = *io->head;

    free(io->head);
    io->head = op.next;
    io->tail = op.next == NULL ? NULL : io->tail;
    switch (op.kind) {
    case IO_APPEND:
        do_append(io, &op, op.n, lie(io));
        op.append->cb(op.append, 0);
        break;
    case IO_TRUNCATE:
        disk_truncate(io->disk, op.index);
        break;
    case IO_INSTALL:
        disk_put_snapshot(io->disk, op.snapshot, 0);
        op.put->cb(op.put, 0);
        break;
    }
    start(io);
}

static void push(struct sim_io *io, const struct io_op *op)
{
    struct io_op *pushed = new_of(op, sizeof *op);
    bool was_idle = io->head == NULL;

    if (was_idle) {
        io->head = pushed;
    } else {
        io->tail->next = pushed;
    }
    io->tail = pushed;
    if (was_idle) {
        start(io);
    }
}

static int io_append(
    struct raft_io *raft,
    struct raft_io_append *req,
    const struct raft_entry entries[],
    unsigned n,
    raft_io_append_cb cb)
{
    req->cb = cb;
    push(
        io_of(raft),
        &(struct io_op){ .kind = IO_APPEND, .append = req, .entries = entries, .n = n });
    return 0;
}

static int io_truncate(struct raft_io *raft, raft_index index)
{
    struct sim_io *io = io_of(raft);

    /* raft_uv would lose it. The other way round, it keeps the snapshot until it has truncated. */
    if (io->is_putting) {
        world_fail(io->world, "node %u truncates while it writes a snapshot", io->node);
    }
    push(io, &(struct io_op){ .kind = IO_TRUNCATE, .index = index });
    return 0;
}

/* ---- snapshots */

static void finish_put(void *data)
{
    struct put put = *(struct put *)data;

    free(data);
    put.io->is_putting = false;
    disk_put_snapshot(put.io->disk, put.snapshot, put.trailing);
    put.req->cb(put.req, 0);
}

static int io_snapshot_put(
    struct raft_io *raft,
    unsigned trailing,
    struct raft_io_snapshot_put *req,
    const struct raft_snapshot *snapshot,
    raft_io_snapshot_put_cb cb)
{
    struct sim_io *io = io_of(raft);

    req->cb = cb;
    if (trailing == 0) {
        push(io, &(struct io_op){ .kind = IO_INSTALL, .put = req, .snapshot = snapshot });
        return 0;
    }

    struct put put = { io, req, snapshot, trailing };

    io->is_putting = true;
    after(io, random_between(&io->world->random, 1, 300), finish_put, new_of(&put, sizeof put));
    return 0;
}

static struct raft_snapshot *read_snapshot(const struct disk_snapshot *from)
{
    struct raft_snapshot *s = raft_calloc(1, sizeof *s);

    s->index = from->index;
    s->term = from->term;
    s->configuration_index = from->configuration_index;
    disk_copy_configuration(&from->configuration, &s->configuration);
    s->n_bufs = 1;
    s->bufs = raft_malloc(sizeof *s->bufs);
    s->bufs[0].len = from->n;
    s->bufs[0].base = raft_malloc(from->n);
    memcpy(s->bufs[0].base, from->data, from->n);
    return s;
}

static void finish_get(void *data)
{
    struct get get = *(struct get *)data;

    free(data);
    require(get.io->disk->has_snapshot);
    get.req->cb(get.req, read_snapshot(&get.io->disk->snapshot), 0);
}

static int io_snapshot_get(
    struct raft_io *raft, struct raft_io_snapshot_get *req, raft_io_snapshot_get_cb cb)
{
    struct get get = { io_of(raft), req };

    req->cb = cb;
    after(get.io, disk_delay(get.io), finish_get, new_of(&get, sizeof get));
    return 0;
}

static void finish_work(void *data)
{
    struct raft_io_async_work *req = ((struct work *)data)->req;

    free(data);
    req->cb(req, req->work(req));
}

static int io_async_work(
    struct raft_io *raft, struct raft_io_async_work *req, raft_io_async_work_cb cb)
{
    struct sim_io *io = io_of(raft);
    struct work work = { req };

    req->cb = cb;
    after(io, random_between(&io->world->random, 1, 300), finish_work, new_of(&work, sizeof work));
    return 0;
}

/* ---- start, term and vote */

static int io_init(struct raft_io *raft, raft_id id, const char *address)
{
    (void)address;
    require(id == io_of(raft)->node);
    return 0;
}

static void io_close(struct raft_io *raft, raft_io_close_cb cb)
{
    if (cb != NULL) {
        cb(raft);
    }
}

static struct raft_entry *read_entries(const struct disk *d)
{
    if (d->n == 0) {
        return NULL;
    }

    struct raft_entry *entries = raft_calloc(d->n, sizeof *entries);
    size_t total = 0;

    for (uint64_t i = 0; i < d->n; i++) {
        total += d->entries[i].n;
    }

    uint8_t *batch = raft_malloc(total);
    size_t at = 0;

    for (uint64_t i = 0; i < d->n; i++) {
        const struct disk_entry *e = &d->entries[i];

        memcpy(batch + at, e->data, e->n);
        entries[i] = (struct raft_entry){
            .term = e->term, .type = e->type, .buf = {batch + at, e->n},
                    .batch = batch
        };
        at += e->n;
    }
    return entries;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is libraft's */
static int io_load(
    struct raft_io *raft,
    raft_term *term,
    raft_id *voted_for,
    struct raft_snapshot **snapshot,
    raft_index *start_index,
    struct raft_entry *entries[],
    size_t *n_entries)
{
    const struct disk *d = io_of(raft)->disk;

    *term = d->term;
    *voted_for = d->vote;
    *snapshot = d->has_snapshot ? read_snapshot(&d->snapshot) : NULL;
    *start_index = d->first;
    *entries = read_entries(d);
    *n_entries = d->n;
    return 0;
}

static void tick(void *data)
{
    struct sim_io *io = data;

    after(io, io->tick_ms, tick, io);
    io->tick(&io->raft);
}

static int io_start(
    struct raft_io *raft, unsigned ms, raft_io_tick_cb tick_cb, raft_io_recv_cb recv_cb)
{
    struct sim_io *io = io_of(raft);

    io->tick = tick_cb;
    io->recv = recv_cb;
    io->tick_ms = ms;
    after(io, ms, tick, io);
    return 0;
}

static int io_bootstrap(struct raft_io *raft, const struct raft_configuration *conf)
{
    struct disk *d = io_of(raft)->disk;
    struct raft_entry e = { .term = 1, .type = RAFT_CHANGE };

    if (d->term != 0) {
        return RAFT_CANTBOOTSTRAP;
    }
    require(raft_configuration_encode(conf, &e.buf) == 0);
    disk_append(d, &e, 0);
    raft_free(e.buf.base);
    d->term = 1;
    return 0;
}

static int io_recover(struct raft_io *raft, const struct raft_configuration *conf)
{
    (void)raft;
    (void)conf;
    return RAFT_IOERR;
}

static int io_set_term(struct raft_io *raft, raft_term term)
{
    io_of(raft)->disk->term = term;
    io_of(raft)->disk->vote = 0;
    return 0;
}

static int io_set_vote(struct raft_io *raft, raft_id server)
{
    io_of(raft)->disk->vote = server;
    return 0;
}

/* ---- network, time */

static void finish_send(void *data)
{
    struct raft_io_send *req = ((struct send *)data)->req;

    free(data);
    if (req->cb != NULL) {
        req->cb(req, 0);
    }
}

static int io_send(
    struct raft_io *raft,
    struct raft_io_send *req,
    const struct raft_message *message,
    raft_io_send_cb cb)
{
    struct sim_io *io = io_of(raft);
    struct send send = { req };

    req->cb = cb;
    io->transmit(io->transmit_data, message);
    after(io, 0, finish_send, new_of(&send, sizeof send));
    return 0;
}

static raft_time io_time(struct raft_io *raft)
{
    return (raft_time)io_of(raft)->world->queue.now;
}

static int io_random(struct raft_io *raft, int min, int max)
{
    return (int)random_between(&io_of(raft)->world->random, min, max);
}

void sim_io_init(struct sim_io *io, struct world *w, unsigned node, struct disk *disk)
{
    *io = (struct sim_io){ .world = w, .node = node, .disk = disk };
    io->raft = (struct raft_io){
        .version = 2,
        .impl = io,
        .init = io_init,
        .close = io_close,
        .load = io_load,
        .start = io_start,
        .bootstrap = io_bootstrap,
        .recover = io_recover,
        .set_term = io_set_term,
        .set_vote = io_set_vote,
        .send = io_send,
        .append = io_append,
        .truncate = io_truncate,
        .snapshot_put = io_snapshot_put,
        .snapshot_get = io_snapshot_get,
        .time = io_time,
        .random = io_random,
        .async_work = io_async_work,
    };
}

void sim_io_kill(struct sim_io *io)
{
    struct random *r = &io->world->random;
    int64_t now = io->world->queue.now;

    if (io->head != NULL && io->head->kind == IO_APPEND) {
        unsigned torn = (unsigned)random_below(r, io->head->n + 1);

        do_append(io, io->head, torn, now);
    }
    disk_lose(io->disk, now);
    while (io->head != NULL) {
        struct io_op *next = io->head->next;

        free(io->head);
        io->head = next;
    }
    io->tail = NULL;
}

void sim_io_receive(struct sim_io *io, struct raft_message *message)
{
    io->recv(&io->raft, message);
}
