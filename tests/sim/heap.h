#ifndef SIM_HEAP_H
#define SIM_HEAP_H

/*
 * Heap - libraft's memory, owned by the node that runs
 *
 * A kill loses volatile state without a word to libraft: what it had allocated is freed here.
 */
enum { HEAP_OWNERS_MAX = 16 };

/* Routes raft_malloc() and friends through this heap. */
void heap_install(void);

/* Who allocates from now on; 0 is the world. Returns who did before. */
unsigned heap_set_owner(unsigned owner);

/* Who allocates now: the node that runs. */
unsigned heap_owner(void);

/* Frees everything that @owner allocated and has not freed. */
void heap_free_owner(unsigned owner);

#endif
