#ifndef REPLICATION_INBOX_H
#define REPLICATION_INBOX_H

#include <sys/queue.h>

#include "proto/peer.h"

/*
 * Inbox - what one peer has forwarded to this leader, and the results on their way back
 *
 * A command is queued once, however often the peer repeats it, until its result is known.
 * Bounded in commands and bytes. Pure.
 */
enum {
    INBOX_COMMANDS_MAX = 2048,
    INBOX_BYTES_MAX = 4 * 1024 * 1024,
    INBOX_RING = 4096, /* sequences that are recognised as being under way */
    INBOX_RESULTS_MAX = 256,
};

struct inbox_item {
    STAILQ_ENTRY(inbox_item) link;
    uint64_t sequence;
    size_t n;
    uint8_t bytes[];
};

STAILQ_HEAD(inbox_queue, inbox_item);

struct inbox {
    uint64_t boot_id; /* the latest seen of the peer; 0: none */
    unsigned n;
    size_t n_bytes;
    struct inbox_queue queue;
    uint64_t under_way[INBOX_RING]; /* by sequence % INBOX_RING */
    unsigned n_results;
    struct sequenced_result results[INBOX_RESULTS_MAX];
    bool has_lost; /* commands were dropped without a result: the peer must ask again */
};

enum inbox_outcome {
    INBOX_UNDER_WAY = 1, /* already queued or in an entry */
    INBOX_FULL = 2,
};

void inbox_init(struct inbox *in);
void inbox_deinit(struct inbox *in);

/* The peer speaks with @boot_id: a newer one ends everything of the older. False for an older. */
bool inbox_meet(struct inbox *in, uint64_t boot_id);

/* Queues a copy of @encoded, of the boot id that was met. Returns 0, ERR_NOMEM or an outcome. */
int inbox_put(struct inbox *in, uint64_t sequence, struct bytes encoded);
bool inbox_is_under_way(const struct inbox *in, uint64_t sequence);

/* The oldest queued command, or NULL; and: hands it over, to be freed with free(). */
const struct inbox_item *inbox_first(const struct inbox *in);
struct inbox_item *inbox_take(struct inbox *in);

/* Keeps a result for the peer unless it has a new boot id. There must be room. */
void inbox_answer(
    struct inbox *in, uint64_t boot_id, uint64_t sequence, const struct result *result);
bool inbox_has_room(const struct inbox *in);

/* A command that was taken came to nothing: the peer may send it again. */
void inbox_lose(struct inbox *in, uint64_t boot_id, uint64_t sequence);

/* Drops what is queued: this node leads no more. */
void inbox_clear(struct inbox *in);

/* Fills in a message for the peer; false when there is nothing to say. */
bool inbox_results(struct inbox *in, struct peer_results *ret_message);

#endif
