/*
 * leasehold-sim: whole clusters in one process and in virtual time
 *
 * One seed is one run: the same seed gives the same run on every machine.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/own.h"
#include "sim/breaks.h"
#include "sim/check.h"
#include "sim/client.h"
#include "sim/faults.h"
#include "sim/heap.h"
#include "sim/settings.h"

enum { RUN_MS = 120000, MENDED_MS = 10000, CALM_MS = 35000, HUSH_MS = 2000 };

struct options {
    uint64_t first, n;
    bool is_verbose;
    unsigned n_nodes; /* 0: the seed decides */
};

static void run_until(struct world *w, int64_t end)
{
    struct event e;

    while (w->queue.n > 0 && w->queue.heap[0].at <= end && event_next(&w->queue, &e)) {
        if (e.node == 0) {
            e.fire(e.data);
        } else if (w->queue.now < w->stopped_until[e.node]) {
            e.at = w->stopped_until[e.node];
            event_schedule(&w->queue, e);
        } else if (node_is_alive(w->nodes[e.node]) && node_life(w->nodes[e.node]) == e.life) {
            node_run(w->nodes[e.node], e.fire, e.data);
        } else if (e.drop != NULL) {
            e.drop(e.data);
        }
    }
    w->queue.now = end;
}

static void world_init(struct world *w, const struct options *o, uint64_t seed)
{
    static const uint32_t headrooms[] = { 0, 4, 12, 24 };
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    *w = (struct world){ .seed = seed, .random = random_of(seed), .is_verbose = o->is_verbose };
    (void)snprintf(w->folder, sizeof w->folder, "%s/leasehold-sim.XXXXXX", folder);
    require(mkdtemp(w->folder) != NULL);
    w->queue.now = 1000000;
    w->n_nodes = o->n_nodes != 0 ? o->n_nodes : random_chance(&w->random, 200) ? 5 : 3;
    w->faults = (struct world_faults){
        .loss_per_mille = 2,
        .lan_loss_per_mille = (unsigned)random_between(&w->random, 0, 100),
        .latency_max = (unsigned)random_between(&w->random, 1, 40),
        .disk_max = (unsigned)random_between(&w->random, 1, 30),
        .mean_ms = (unsigned)random_between(&w->random, 500, 6000),
    };
    w->headroom_s = headrooms[random_below(&w->random, ARRAY_LENGTH(headrooms))];
    (void)check_new(w);
    breaks_begin(w);
    for (unsigned i = 1; i <= w->n_nodes; i++) {
        w->nodes[i] = node_new(w, i);
    }
    (void)lan_new(w, (unsigned)random_between(&w->random, SIM_POOL_SIZE, 3 * SIM_POOL_SIZE));
}

static void world_deinit(struct world *w)
{
    event_queue_deinit(&w->queue);
    for (unsigned i = 1; i <= w->n_nodes; i++) {
        w->nodes[i] = node_free(w->nodes[i]);
    }
    w->lan = lan_free(w->lan);
    w->check = check_free(w->check);
    (void)rmdir(w->folder);
}

static void report(const struct world *w)
{
    const struct lan_counts *n = lan_counts(w->lan);

    (void)printf(
        "seed %llu: %u nodes, %llu faults, %llu steps checked, %llu offers, %llu acks (%llu bound,"
        " %llu rapid, %llu renewed), %llu naks, %llu released, %llu declined, %llu rebooted, %llu "
        "expired,"
        " %llu squatted\n",
        (unsigned long long)w->seed,
        w->n_nodes,
        (unsigned long long)faults_count(),
        (unsigned long long)check_count(w->check),
        (unsigned long long)n->offers,
        (unsigned long long)n->acks,
        (unsigned long long)n->bound,
        (unsigned long long)n->rapid,
        (unsigned long long)n->renewed,
        (unsigned long long)n->naks,
        (unsigned long long)n->released,
        (unsigned long long)n->declined,
        (unsigned long long)n->rebooted,
        (unsigned long long)n->expired,
        (unsigned long long)n->squatted);
}

static void run_seed(const struct options *o, uint64_t seed)
{
    struct world w;

    world_init(&w, o, seed);
    for (unsigned i = 1; i <= w.n_nodes; i++) {
        node_start(w.nodes[i]);
    }
    sim_settings_propose(&w);
    faults_begin(&w);
    run_until(&w, w.queue.now + RUN_MS);
    lan_calm(w.lan);
    faults_end(&w);
    run_until(&w, faults_over_at(&w));
    run_until(&w, w.queue.now + MENDED_MS);
    check_liveness(w.check);
    run_until(&w, w.queue.now + CALM_MS);
    lan_hush(w.lan);
    run_until(&w, w.queue.now + HUSH_MS);
    check_end(w.check);
    report(&w);
    world_deinit(&w);
}

static void usage(FILE *to)
{
    (void)fputs(
        "Usage: leasehold-sim [OPTION]... [SEED]\n"
        "Runs simulated clusters and checks the invariants after every step.\n\n"
        "  -s, --seeds N        run N seeds, from SEED (default 1) on\n"
        "  -n, --nodes N        nodes, 1 to 5 (default: the seed decides, 3 or 5)\n"
        "  -b, --break WHAT     break a rule on purpose; the run must then fail:\n",
        to);
    for (unsigned i = BREAK_NOTHING + 1; i < BREAK_COUNT; i++) {
        (void)fprintf(
            to, "        %-16s %s\n", break_name((enum sim_break)i), break_text((enum sim_break)i));
    }
    (void)fputs(
        "  -v, --verbose        say what happens\n"
        "  -h, --help           this text\n\n"
        "Exit status: 0 every invariant held, 1 one did not, 2 usage.\n",
        to);
}

static bool parse_option(struct options *o, int option)
{
    switch (option) {
    case 's':
        o->n = strtoull(optarg, NULL, 10);
        return o->n > 0;
    case 'n':
        o->n_nodes = (unsigned)strtoul(optarg, NULL, 10);
        return o->n_nodes >= 1 && o->n_nodes <= SIM_NODES_MAX;
    case 'b':
        return break_rule(optarg);
    case 'v':
        o->is_verbose = true;
        return true;
    default:
        return false;
    }
}

static bool parse_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"seeds",    required_argument, NULL, 's'},
        { "nodes",   required_argument, NULL, 'n'},
        { "break",   required_argument, NULL, 'b'},
        { "verbose", no_argument,       NULL, 'v'},
        { "help",    no_argument,       NULL, 'h'},
        { NULL,      0,                 NULL, 0  },
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "s:n:b:vh", known, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(0);
        }
        if (!parse_option(o, option)) {
            return false;
        }
    }
    if (optind < argc) {
        o->first = strtoull(argv[optind++], NULL, 10);
    }
    return optind == argc && o->first > 0;
}

int main(int argc, char **argv)
{
    struct options o = { .first = 1, .n = 1 };

    if (!parse_options(&o, argc, argv)) {
        usage(stderr);
        return 2;
    }
    heap_install();
    log_set_level(o.is_verbose ? LOG_INFO : LOG_ERROR);
    for (uint64_t i = 0; i < o.n; i++) {
        run_seed(&o, o.first + i);
    }
    return 0;
}
