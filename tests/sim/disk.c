#include "sim/disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sim/heap.h"

static uint8_t *copy(const void *data, size_t n)
{
    uint8_t *c = malloc(n + 1);

    require(c != NULL);
    if (n > 0) {
        memcpy(c, data, n);
    }
    return c;
}

void disk_init(struct disk *d)
{
    *d = (struct disk){ .first = 1 };
}

void disk_copy_configuration(
    const struct raft_configuration *from, struct raft_configuration *ret_to)
{
    raft_configuration_init(ret_to);
    for (unsigned i = 0; i < from->n; i++) {
        const struct raft_server *s = &from->servers[i];

        require(raft_configuration_add(ret_to, s->id, s->address, s->role) == 0);
    }
}

static void snapshot_deinit(struct disk *d)
{
    if (d->has_snapshot) {
        raft_configuration_close(&d->snapshot.configuration);
        free(d->snapshot.data);
    }
    d->has_snapshot = false;
}

void disk_deinit(struct disk *d)
{
    disk_truncate(d, d->first);
    snapshot_deinit(d);
    free(d->entries);
    *d = (struct disk){ 0 };
}

void disk_append(struct disk *d, const struct raft_entry *e, int64_t durable_at)
{
    if (d->n == d->size) {
        d->size = d->size == 0 ? 64 : d->size * 2;
        d->entries = realloc(d->entries, d->size * sizeof *d->entries);
        require(d->entries != NULL);
    }
    d->entries[d->n++] = (struct disk_entry){
        .term = e->term,
        .type = e->type,
        .data = copy(e->buf.base, e->buf.len),
        .n = e->buf.len,
        .durable_at = durable_at,
    };
}

void disk_truncate(struct disk *d, uint64_t index)
{
    while (d->n > 0 && d->first + d->n > index) {
        free(d->entries[--d->n].data);
    }
}

static void remove_first(struct disk *d, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        free(d->entries[i].data);
    }
    if (n > 0) {
        memmove(d->entries, d->entries + n, (d->n - n) * sizeof *d->entries);
    }
    d->n -= n;
    d->first += n;
}

static void join_buffers(struct disk_snapshot *to, const struct raft_snapshot *s)
{
    size_t n = 0;

    for (unsigned i = 0; i < s->n_bufs; i++) {
        n += s->bufs[i].len;
    }
    to->data = copy(NULL, 0);
    to->data = realloc(to->data, n + 1);
    require(to->data != NULL);
    for (unsigned i = 0; i < s->n_bufs; i++) {
        memcpy(to->data + to->n, s->bufs[i].base, s->bufs[i].len);
        to->n += s->bufs[i].len;
    }
}

void disk_put_snapshot(struct disk *d, const struct raft_snapshot *s, unsigned trailing)
{
    unsigned owner;

    snapshot_deinit(d);
    d->snapshot = (struct disk_snapshot){
        .index = s->index,
        .term = s->term,
        .configuration_index = s->configuration_index,
    };
    owner = heap_set_owner(0); /* the configuration outlives the node */
    disk_copy_configuration(&s->configuration, &d->snapshot.configuration);
    (void)heap_set_owner(owner);
    join_buffers(&d->snapshot, s);
    d->has_snapshot = true;
    if (trailing == 0) {
        disk_truncate(d, d->first);
        d->first = s->index + 1;
    } else if (s->index > d->first + trailing) {
        uint64_t gone = s->index - trailing - d->first;

        remove_first(d, gone < d->n ? gone : d->n);
    }
}

void disk_lose(struct disk *d, int64_t now)
{
    for (uint64_t i = 0; i < d->n; i++) {
        if (d->entries[i].durable_at > now) {
            disk_truncate(d, d->first + i);
            return;
        }
    }
}

const struct disk_entry *disk_entry(const struct disk *d, uint64_t index)
{
    if (index < d->first || index >= d->first + d->n) {
        return NULL;
    }
    return &d->entries[index - d->first];
}
