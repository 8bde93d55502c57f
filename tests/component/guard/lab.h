#ifndef GUARD_LAB_H
#define GUARD_LAB_H

#include <raft.h>
#include <raft/fixture.h>
#include <stdbool.h>
#include <stdint.h>

#include "replication/guard.h"

/*
 * Lab - a scenario that breaks libraft when a rule of the guard is off
 *
 * A scenario runs in a process of its own, because what it provokes may stop or crash it. The
 * cluster below is libraft's fixture (virtual time, simulated disk and network) with the guard on
 * every node, and with faults under the guard.
 */
enum lab_verdict {
    LAB_SAFE = 10, /* exit codes of the scenario's process */
    LAB_BROKEN,    /* a promise of Raft was broken, or the cluster stands still */
    LAB_STOPPED,   /* the guard ended the process */
    LAB_CRASHED,
};

typedef enum lab_verdict lab_scenario(uint32_t rules_off);

/* Runs @scenario with the rules of the mask @rules_off switched off. */
enum lab_verdict lab_try(lab_scenario *scenario, uint32_t rules_off);
const char *lab_verdict_name(enum lab_verdict verdict);

/* For struct guard_options: ends the scenario's process with LAB_STOPPED. */
void lab_fatal(void *data, const char *reason) __attribute__((__noreturn__));

enum {
    LAB_NODES_MAX = 5,
    LAB_INDEX_MAX = 512,
    LAB_PUTS_MAX = 256,
    LAB_ELECTION_MS = 1000, /* the fixture's */
    LAB_HEARTBEAT_MS = 100,
};

struct lab_node {
    struct raft *raft;
    struct guard *guard;
    struct raft_fsm fsm;
    struct raft_io inner;            /* the fixture's functions */
    raft_io_recv_cb receive;         /* the guard's */
    uint64_t applied[LAB_INDEX_MAX]; /* values, by index */

    bool append_fails; /* the next one: reported as RAFT_NOSPACE, and not stored */
    bool snapshot_fails, result_fails;
    struct raft_io_append *failed_append;
    struct raft_io_snapshot_put *failed_put;

    unsigned n_snapshot_puts, most_entries;
    size_t most_bytes;
    bool has_sent_garbage;    /* a message to nobody */
    bool has_put_uncommitted; /* a snapshot of a configuration that may be taken back */
};

struct lab_put {
    struct raft_apply req;
    uint64_t value;
    raft_index index;
    bool is_done;
    int status;
};

struct lab {
    struct raft_fixture fixture;
    unsigned n;
    struct lab_node nodes[LAB_NODES_MAX];
    unsigned n_puts;
    struct lab_put puts[LAB_PUTS_MAX];
};

/* A cluster of @n nodes that is not started: a scenario may change the disks first. */
struct lab *lab_new(unsigned n, const struct guard_options *options);
void lab_start(struct lab *lab);
void lab_free(struct lab *lab);

/* A started cluster of three with node 0 as the leader. */
struct lab *lab_led_by_0(uint32_t rules_off);

/* Runs for @ms of virtual time, or until @condition holds. Returns whether it does. */
void lab_run(struct lab *lab, unsigned ms);
bool lab_run_until(struct lab *lab, bool (*condition)(struct lab *), unsigned ms);

/* Proposes @value on node @i, which must be the leader. */
struct lab_put *lab_put(struct lab *lab, unsigned i, uint64_t value);
void lab_put_many(struct lab *lab, unsigned i, uint64_t first, unsigned n);

/* Cuts the links between two nodes, or between one and all others, without a trace for them. */
void lab_cut(struct lab *lab, unsigned a, unsigned b);
void lab_join(struct lab *lab, unsigned a, unsigned b);
void lab_isolate(struct lab *lab, unsigned i);
void lab_rejoin(struct lab *lab, unsigned i);

/* Makes node @i the first to stand for election. */
void lab_prefer(struct lab *lab, unsigned i);
bool lab_is_leader(struct lab *lab, unsigned i);

/* Two nodes have applied different values at one index. */
bool lab_is_diverged(const struct lab *lab);

/* Nodes that have stored @value at @index. */
unsigned lab_n_stored(const struct lab *lab, raft_index index, uint64_t value);

/* Whether node @i would load after a restart what it has in memory. */
bool lab_disk_agrees(struct lab *lab, unsigned i);

/* Gives @m to node @i as if it had come from the network. */
void lab_deliver(struct lab *lab, unsigned i, struct raft_message *m);

/* An append message as libraft wants to receive it, with values of 8 bytes. */
struct raft_message lab_append_message(
    raft_id from, struct raft_append_entries header, const uint64_t values[], raft_term term);

#endif
