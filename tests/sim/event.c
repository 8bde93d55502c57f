#include "sim/event.h"

#include <stdlib.h>

#include "base/check.h"

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event t = *a;

    *a = *b;
    *b = t;
}

void event_schedule(struct event_queue *q, struct event e)
{
    if (q->n == q->size) {
        q->size = q->size == 0 ? 256 : q->size * 2;
        q->heap = realloc(q->heap, q->size * sizeof *q->heap);
        require(q->heap != NULL);
    }
    require(e.at >= q->now);
    e.order = q->n_scheduled++;
    q->heap[q->n] = e;
    for (unsigned i = q->n++; i > 0 && is_before(&q->heap[i], &q->heap[(i - 1) / 2]);
         i = (i - 1) / 2) {
        swap(&q->heap[i], &q->heap[(i - 1) / 2]);
    }
}

static void sift_down(struct event_queue *q)
{
    unsigned i = 0;

    for (;;) {
        unsigned least = i;

        for (unsigned child = 2 * i + 1; child <= 2 * i + 2 && child < q->n; child++) {
            least = is_before(&q->heap[child], &q->heap[least]) ? child : least;
        }
        if (least == i) {
            return;
        }
        swap(&q->heap[i], &q->heap[least]);
        i = least;
    }
}

bool event_next(struct event_queue *q, struct event *ret_event)
{
    if (q->n == 0) {
        return false;
    }
    *ret_event = q->heap[0];
    q->heap[0] = q->heap[--q->n];
    sift_down(q);
    ensure(ret_event->at >= q->now);
    q->now = ret_event->at;
    return true;
}

void event_queue_deinit(struct event_queue *q)
{
    for (unsigned i = 0; i < q->n; i++) {
        if (q->heap[i].drop != NULL) {
            q->heap[i].drop(q->heap[i].data);
        }
    }
    free(q->heap);
    *q = (struct event_queue){ 0 };
}
