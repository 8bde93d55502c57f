#ifndef SCRIPT_H
#define SCRIPT_H

#include "proto/command.h"
#include "storage/store.h"

/*
 * Script - a random log: what one seed gives is the same every time
 *
 * Three nodes propose commands of every kind for 40 clients who want 34 addresses in two networks;
 * a few commands are repeated, a few are nonsense. Indexes have gaps, as a real log's have.
 */
struct script_entry {
    uint64_t index;
    uint8_t *data;
    size_t n;
};

struct script {
    unsigned n;
    struct script_entry *at;
};

void script_make(struct script *s, uint32_t seed, unsigned n_entries);
void script_free(struct script *s);

/* Applies entry @i and checks the results' form. Returns store_apply()'s code. */
int script_apply(struct store *store, const struct script *s, unsigned i);

/* Applies what @store has not applied yet, up to entry @end, and commits. Returns 0 or ERR_*. */
int script_replay(struct store *store, const struct script *s, unsigned end);

/* The place of the entry with @index; its number of entries when none; 0 for index 0 means none. */
unsigned script_find(const struct script *s, uint64_t index);

/* Fails the test when an invariant of docs/PROTOCOL.md does not hold. */
void script_check_invariants(const struct store *store);

/* The settings the script begins with: network "lan" (10.1.0.0/24, 10.1.1.0/24) and "guest". */
const struct settings *script_settings(void);

/* Encodes one entry; free() the data. */
struct script_entry script_encode(
    uint64_t index, struct instant time, const struct command *commands, unsigned n);

#endif
