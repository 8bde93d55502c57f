#include <stdlib.h>
#include <sys/mman.h>

#include "base/check.h"
#include "guard/disk_node.h"
#include "guard/scenarios.h"

enum {
    N_SEEDS = 3,
    N_STEPS = 100,
    INDEX_MAX = 2048,
    APPEND_MAX = 8,
};

/* The log of whoever leads; shared with the process that loads the node's folder. */
static struct story {
    unsigned seed;
    raft_term term;
    raft_index first, last; /* what is before `first` is in a snapshot only */
    raft_index commit;      /* no later leader lacks what is before */
    raft_term terms[INDEX_MAX];
} * story;

static unsigned draw(unsigned n)
{
    return (unsigned)rand_r(&story->seed) % n;
}

static raft_id leader(void)
{
    return 2 + story->term % 2;
}

/* Sends the entries from @from on as the leader does: as many as have one term. */
static void send_from(struct disk_node *node, raft_index from)
{
    struct raft_append_entries a = { .term = story->term,
                                     .prev_log_index = from - 1,
                                     .prev_log_term = story->terms[from - 1],
                                     .leader_commit = story->commit };
    raft_term term = from <= story->last ? story->terms[from] : 0;

    while (from + a.n_entries <= story->last && story->terms[from + a.n_entries] == term) {
        a.n_entries++;
    }
    disk_node_append(node, leader(), a, term);
}

static void extend(unsigned n)
{
    for (unsigned i = 0; i < n && story->last + 1 < INDEX_MAX; i++) {
        story->terms[++story->last] = story->term;
    }
}

static void change_leader(struct disk_node *node)
{
    raft_index common = story->commit + draw((unsigned)(story->last - story->commit) + 1);

    story->term++;
    story->last = common;
    extend(1 + draw(APPEND_MAX));
    send_from(node, common + 1);
}

/* Everything is committed; the node gets it as a snapshot, and a little more. */
static void install(struct disk_node *node)
{
    extend(1 + draw(APPEND_MAX));
    story->first = story->commit = story->last;
    disk_node_install(node, leader(), story->term, story->last, story->term);
}

/* What the node lacks, from the last point that it is sure to share. */
static void catch_up(struct disk_node *node)
{
    raft_index commit = node->raft.commit_index;
    raft_index start = commit < story->first ? story->first : commit;

    for (raft_index i = start + 1; i <= story->last; i++) {
        if (i == start + 1 || story->terms[i] != story->terms[i - 1]) {
            send_from(node, i);
        }
    }
}

static void step(struct disk_node *node)
{
    switch (draw(12)) {
    case 0:
    case 1:
    case 2:
        change_leader(node);
        break;
    case 3:
        install(node);
        break;
    case 4:
    case 5:
        catch_up(node);
        break;
    case 6:
    case 7:
        extend(1 + draw(APPEND_MAX));
        catch_up(node);
        break;
    default: /* a snapshot is due at every fourth entry */
        story->commit += draw((unsigned)(story->last - story->commit) + 1);
        send_from(node, story->last + 1);
        break;
    }
}

static raft_term last_term(const struct raft_log *l)
{
    return l->front == l->back ? l->snapshot.last_term
                               : l->entries[(l->back + l->size - 1) % l->size].term;
}

/* Logs with the same last entry are the same. */
static bool is_equal(const struct disk_node *node, raft_index index)
{
    return node->raft.last_stored == index && node->raft.snapshot.put.data == NULL &&
           last_term(&node->raft.log) == story->terms[index];
}

static void tell(struct disk_node *node)
{
    story->term = 1;
    story->first = story->last = story->commit = 1;
    story->terms[1] = 1;
    for (unsigned i = 0; i < N_STEPS; i++) {
        step(node);
        for (unsigned k = draw(6); k > 0; k--) {
            (void)uv_run(&node->loop, draw(4) == 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
            guard_poll(node->guard);
        }
    }
    for (unsigned i = 0; i < 3 && !is_equal(node, story->last); i++) {
        disk_node_install(node, leader(), story->term, story->first, story->terms[story->first]);
        catch_up(node);
        (void)disk_node_run_until(node, is_equal, story->last);
    }
}

static bool is_as_told(const struct disk_node_found *found)
{
    if (found->last != story->last || found->snapshot > found->last) {
        return false;
    }
    for (raft_index i = found->first; i <= found->last; i++) {
        if (i > story->first && found->entries[i - found->first].term != story->terms[i]) {
            return false;
        }
    }
    return true;
}

enum lab_verdict logs_are_replaced_at_random(uint32_t rules_off)
{
    story = mmap(NULL, sizeof *story, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(story != MAP_FAILED);
    for (unsigned seed = 1; seed <= N_SEEDS; seed++) {
        struct disk_node_found found;

        *story = (struct story){ .seed = seed };
        if (!disk_node_run(tell, rules_off, &found)) {
            return LAB_STOPPED;
        }
        if (!is_as_told(&found)) {
            return LAB_BROKEN;
        }
    }
    return LAB_SAFE;
}
