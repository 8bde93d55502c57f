#include "sim/faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sim/node.h"

enum { CALM_LOSS = 2, BAD_LOSS = 200, HEARD_MS = 2000 };

struct mend {
    struct world *world;
    unsigned a, b;
    void (*act)(struct world *w, unsigned a, unsigned b);
};

static bool is_over;
static uint64_t n_faults;
static int64_t clock_right_since; /* all of them */

uint64_t faults_count(void)
{
    return n_faults;
}

static void fire_mend(void *data)
{
    struct mend m = *(struct mend *)data;

    free(data);
    m.act(m.world, m.a, m.b);
}

/* Ends a fault after 200 ms to 8 s. */
static void mend_later(
    struct world *w, unsigned a, unsigned b, void (*act)(struct world *w, unsigned a, unsigned b))
{
    struct mend *m = malloc(sizeof *m);

    require(m != NULL);
    *m = (struct mend){ w, a, b, act };
    event_schedule(
        &w->queue,
        (struct event){
            .at = w->queue.now + random_between(&w->random, 200, 8000),
            .fire = fire_mend,
            .drop = free,
            .data = m,
        });
}

static void restart(struct world *w, unsigned a, unsigned b)
{
    (void)b;
    if (!node_is_alive(w->nodes[a])) {
        world_say(w, "node %u starts", a);
        node_start(w->nodes[a]);
    }
}

static void kill_node(struct world *w, unsigned a)
{
    if (!node_is_alive(w->nodes[a])) {
        return;
    }
    world_say(w, "node %u is killed", a);
    w->stopped_until[a] = 0;
    node_kill(w->nodes[a]);
    if (random_chance(&w->random, 150)) {
        node_damage_database(w->nodes[a], NODE_DATABASE_LOST);
    } else if (random_chance(&w->random, 100)) {
        node_damage_database(w->nodes[a], NODE_DATABASE_DAMAGED);
    }
    mend_later(w, a, 0, restart);
}

static void join_link(struct world *w, unsigned a, unsigned b)
{
    w->cut[a][b] = false;
}

static void cut_link(struct world *w, unsigned a, unsigned b)
{
    world_say(w, "link %u -> %u is cut", a, b);
    w->cut[a][b] = true;
    mend_later(w, a, b, join_link);
}

static void cut_off(struct world *w, unsigned a)
{
    for (unsigned b = 1; b <= w->n_nodes; b++) {
        if (b != a) {
            cut_link(w, a, b);
            cut_link(w, b, a);
        }
    }
}

static void plug_in(struct world *w, unsigned a, unsigned b)
{
    (void)b;
    w->lan_cut[a] = false;
}

static void pull_cable(struct world *w, unsigned a)
{
    world_say(w, "node %u loses its cable", a);
    w->lan_cut[a] = true;
    mend_later(w, a, 0, plug_in);
}

static void calm_network(struct world *w, unsigned a, unsigned b)
{
    (void)a;
    (void)b;
    w->faults.loss_per_mille = CALM_LOSS;
}

static void bad_network(struct world *w)
{
    world_say(w, "the network loses messages");
    w->faults.loss_per_mille = BAD_LOSS;
    mend_later(w, 0, 0, calm_network);
}

/* SIGSTOP, or a machine that is moved: what comes waits in its buffers. */
static void stop_node(struct world *w, unsigned a)
{
    int64_t ms = random_between(&w->random, 300, 15000);

    world_say(w, "node %u is stopped for %lld ms", a, (long long)ms);
    w->stopped_until[a] = w->queue.now + ms;
}

static void set_clock_right(struct world *w, unsigned a, unsigned b)
{
    (void)b;
    w->clock_error[a] = 0;
    clock_right_since = w->queue.now;
}

/*
 * One clock is wrong at a time, by up to an hour in either direction; and the nodes hear that it is
 * right again before another one is wrong.
 */
static void set_clock_wrong(struct world *w, unsigned a)
{
    int64_t most = random_chance(&w->random, 500) ? 3600000 : 20000;

    for (unsigned i = 1; i <= w->n_nodes; i++) {
        if (w->clock_error[i] != 0 || w->queue.now < clock_right_since + HEARD_MS) {
            return;
        }
    }
    w->clock_error[a] = random_between(&w->random, -most, most);
    world_say(w, "the clock of node %u is wrong by %lld ms", a, (long long)w->clock_error[a]);
    mend_later(w, a, 0, set_clock_right);
}

static void kill_all(struct world *w)
{
    for (unsigned a = 1; a <= w->n_nodes; a++) {
        kill_node(w, a);
    }
}

static unsigned any_node(struct world *w)
{
    return 1 + (unsigned)random_below(&w->random, w->n_nodes);
}

static void one_fault(struct world *w)
{
    unsigned a = any_node(w);
    unsigned b = any_node(w);

    n_faults++;
    switch (random_below(&w->random, 13)) {
    case 0:
    case 1:
    case 2:
        kill_node(w, a);
        break;
    case 3:
        cut_link(w, a, b);
        break;
    case 4:
        cut_link(w, a, b);
        cut_link(w, b, a);
        break;
    case 5:
        cut_off(w, a);
        break;
    case 6:
        pull_cable(w, a);
        break;
    case 7:
    case 8:
        stop_node(w, a);
        break;
    case 9:
    case 10:
        set_clock_wrong(w, a);
        break;
    case 11:
        kill_all(w);
        break;
    default:
        bad_network(w);
        break;
    }
}

static void next_fault(void *data)
{
    struct world *w = data;

    if (!is_over) {
        one_fault(w);
        event_schedule(
            &w->queue,
            (struct event){
                .at = w->queue.now + random_between(&w->random, 1, 2 * w->faults.mean_ms),
                .fire = next_fault,
                .data = w,
            });
    }
}

void faults_begin(struct world *w)
{
    is_over = false;
    n_faults = 0;
    clock_right_since = 0;
    event_schedule(
        &w->queue,
        (struct event){ .at = w->queue.now + w->faults.mean_ms, .fire = next_fault, .data = w });
}

void faults_end(struct world *w)
{
    is_over = true;
    memset(w->cut, 0, sizeof w->cut);
    memset(w->lan_cut, 0, sizeof w->lan_cut);
    memset(w->clock_error, 0, sizeof w->clock_error);
    w->faults.loss_per_mille = 0;
    w->faults.lan_loss_per_mille = 0;
    for (unsigned i = 1; i <= w->n_nodes; i++) {
        restart(w, i, 0);
    }
}

int64_t faults_over_at(const struct world *w)
{
    int64_t at = w->queue.now;

    for (unsigned i = 1; i <= w->n_nodes; i++) {
        at = w->stopped_until[i] > at ? w->stopped_until[i] : at;
    }
    return at;
}
