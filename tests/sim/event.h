#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Event - virtual time: what happens next, in order of time and then of scheduling
 *
 * An event belongs to one life of a node, or to the world (node 0). Whoever takes it from the
 * queue drops it instead of firing it when that life has ended.
 */
struct event {
    int64_t at; /* ms of virtual time */
    unsigned node;
    uint64_t life;
    void (*fire)(void *data);
    void (*drop)(void *data); /* frees data; NULL when there is nothing to free */
    void *data;
    uint64_t order; /* the queue's */
};

struct event_queue {
    struct event *heap;
    unsigned n, size;
    uint64_t n_scheduled;
    int64_t now;
};

void event_schedule(struct event_queue *q, struct event e);

/* Takes the earliest event and moves the time to it. False when there is none. */
bool event_next(struct event_queue *q, struct event *ret_event);

/* Drops everything. */
void event_queue_deinit(struct event_queue *q);

#endif
