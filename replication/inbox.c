#include "replication/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"

void inbox_init(struct inbox *in)
{
    memset(in, 0, sizeof *in);
    STAILQ_INIT(&in->queue);
}

static void drop_queue(struct inbox *in)
{
    while (in->n > 0) {
        free(inbox_take(in));
    }
    ensure(in->n_bytes == 0);
}

void inbox_deinit(struct inbox *in)
{
    drop_queue(in);
}

bool inbox_meet(struct inbox *in, uint64_t boot_id)
{
    if (boot_id > in->boot_id) {
        drop_queue(in);
        inbox_init(in);
        in->boot_id = boot_id;
    }
    return boot_id == in->boot_id;
}

bool inbox_is_under_way(const struct inbox *in, uint64_t sequence)
{
    return in->under_way[sequence % INBOX_RING] == sequence;
}

int inbox_put(struct inbox *in, uint64_t sequence, struct bytes encoded)
{
    struct inbox_item *item;

    require(sequence > 0);
    if (inbox_is_under_way(in, sequence)) {
        return INBOX_UNDER_WAY;
    }
    if (in->n == INBOX_COMMANDS_MAX || in->n_bytes + encoded.n > INBOX_BYTES_MAX) {
        return INBOX_FULL;
    }
    item = malloc(sizeof *item + encoded.n);
    if (item == NULL) {
        return ERR_NOMEM;
    }
    item->sequence = sequence;
    item->n = encoded.n;
    memcpy(item->bytes, encoded.at, encoded.n);
    STAILQ_INSERT_TAIL(&in->queue, item, link);
    in->n++;
    in->n_bytes += encoded.n;
    in->under_way[sequence % INBOX_RING] = sequence;
    return 0;
}

const struct inbox_item *inbox_first(const struct inbox *in)
{
    return STAILQ_FIRST(&in->queue);
}

struct inbox_item *inbox_take(struct inbox *in)
{
    struct inbox_item *item = STAILQ_FIRST(&in->queue);

    require(item != NULL);
    STAILQ_REMOVE_HEAD(&in->queue, link);
    in->n--;
    in->n_bytes -= item->n;
    return item;
}

static void forget(struct inbox *in, uint64_t sequence)
{
    if (inbox_is_under_way(in, sequence)) {
        in->under_way[sequence % INBOX_RING] = 0;
    }
}

bool inbox_has_room(const struct inbox *in)
{
    return in->n_results < INBOX_RESULTS_MAX;
}

void inbox_answer(
    struct inbox *in, uint64_t boot_id, uint64_t sequence, const struct result *result)
{
    if (boot_id != in->boot_id) {
        return;
    }
    require(inbox_has_room(in));
    forget(in, sequence);
    in->results[in->n_results++] =
        (struct sequenced_result){ .sequence = sequence, .result = *result };
}

void inbox_lose(struct inbox *in, uint64_t boot_id, uint64_t sequence)
{
    if (boot_id == in->boot_id) {
        forget(in, sequence);
        in->has_lost = true;
    }
}

void inbox_clear(struct inbox *in)
{
    in->has_lost = in->has_lost || in->n > 0;
    drop_queue(in);
    memset(in->under_way, 0, sizeof in->under_way);
}

bool inbox_results(struct inbox *in, struct peer_results *ret_message)
{
    if (in->n_results == 0 && !in->has_lost) {
        return false;
    }
    *ret_message = (struct peer_results){
        .boot_id = in->boot_id,
        .n = in->n_results,
        .results = in->results,
        .not_leader = in->has_lost,
    };
    in->n_results = 0;
    in->has_lost = false;
    return true;
}
