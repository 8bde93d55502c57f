#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sim/node.h"

struct parcel {
    struct world *world;
    unsigned from, to;
    uint64_t life; /* of the receiver: a connection ends with it */
    size_t n;
    uint8_t at[];
};

void world_schedule(struct world *w, const struct event *e)
{
    struct event scheduled = *e;

    if (e->node != 0) {
        scheduled.life = node_life(w->nodes[e->node]);
    }
    event_schedule(&w->queue, scheduled);
}

bool world_defer(
    struct world *w, unsigned node, void (*fire)(void *data), void (*drop)(void *data), void *data)
{
    bool is_stopped = w->queue.now < w->stopped_until[node];

    if (is_stopped) {
        event_schedule(
            &w->queue,
            (struct event){
                .at = w->stopped_until[node], .fire = fire, .drop = drop, .data = data });
    }
    return is_stopped;
}

static void deliver(void *data)
{
    struct parcel *p = data;

    if (world_defer(p->world, p->to, deliver, free, p)) {
        return;
    }
    if (!p->world->cut[p->from][p->to] && node_life(p->world->nodes[p->to]) == p->life) {
        node_message(p->world, p->to, p->from, bytes_of(p->at, p->n));
    }
    free(p);
}

/* A connection keeps order: nothing overtakes what was sent before it. */
static int64_t delivery_time(struct world *w, unsigned from, unsigned to)
{
    int64_t at = w->queue.now + random_between(&w->random, 1, w->faults.latency_max);

    if (at < w->last_delivery[from][to]) {
        at = w->last_delivery[from][to];
    }
    w->last_delivery[from][to] = at;
    return at;
}

void world_transmit(struct world *w, unsigned from, unsigned to, struct bytes message)
{
    if (w->cut[from][to] || random_chance(&w->random, w->faults.loss_per_mille)) {
        return;
    }

    struct parcel *p = malloc(sizeof *p + message.n);

    require(p != NULL);
    *p = (struct parcel){ .world = w, .from = from, .to = to, .n = message.n };
    p->life = node_life(w->nodes[to]);
    memcpy(p->at, message.at, message.n);
    event_schedule(
        &w->queue,
        (struct event){
            .at = delivery_time(w, from, to), .fire = deliver, .drop = free, .data = p });
}

void world_say(const struct world *w, const char *format, ...)
{
    va_list args;

    if (!w->is_verbose) {
        return;
    }
    va_start(args, format);
    (void)printf("%8lld ", (long long)w->queue.now);
    (void)vprintf(format, args);
    (void)printf("\n");
    va_end(args);
}

void world_fail(const struct world *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fflush(stdout);
    (void)fprintf(
        stderr, "seed %llu: at %lld ms: ", (unsigned long long)w->seed, (long long)w->queue.now);
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}
