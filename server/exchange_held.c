#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "server/exchange_parts.h"

/*
 * Exchange, held - messages that were left to another node, for the case that it is gone
 *
 * A node that dies is noticed after the peers' timeout; a client that asked it in the meantime
 * repeats itself only seconds later. So what all nodes heard and this one left to others is kept
 * for HELD_MS, and judged again when the serving nodes have changed. One message per slot: a
 * later one of the client, or of another client with the same slot, takes its place.
 */
enum {
    HELD_SLOTS = 1024,
    HELD_MS = 5000, /* by then every client has repeated itself (RFC 2131 4.1) */
};

struct held {
    struct instant until; /* 0: empty */
    struct instant since; /* cluster time */
    uint64_t client;      /* hash of client and network */
    uint64_t serving;     /* hash of who served when it was left to others */
    struct arrival arrival;
    uint16_t n;
    uint8_t datagram[EXCHANGE_DATAGRAM_MAX];
};

struct held_table {
    struct held slots[HELD_SLOTS]; /* memory is taken as it is used */
};

int held_table_new(struct held_table **ret_table)
{
    struct held_table *t = calloc(1, sizeof *t);

    if (t == NULL) {
        return ERR_NOMEM;
    }
    *ret_table = t;
    return 0;
}

struct held_table *held_table_free(struct held_table *t)
{
    free(t);
    return NULL;
}

static uint64_t hash_of_client(struct client_place place)
{
    return hash64(place.client, place.network);
}

static uint64_t hash_of_serving(const struct serving_view *view)
{
    uint64_t hash = view->has_majority;

    for (unsigned i = 0; i < view->n; i++) {
        const uint32_t of_node[] = { view->nodes[i].node, view->nodes[i].is_serving };

        hash = hash64(bytes_of(of_node, sizeof of_node), hash);
    }
    return hash;
}

static bool was_left_to_others(enum reason reason)
{
    return reason == REASON_BELOW_THRESHOLD || reason == REASON_NOT_MY_TURN ||
           reason == REASON_PEER_CHOSEN || reason == REASON_NO_MAJORITY ||
           reason == REASON_NOT_SERVING;
}

void held_note(
    struct held_table *t,
    const struct exchange *e,
    struct bytes datagram,
    struct instant cluster_time)
{
    uint64_t client = hash_of_client(e->place);
    struct held *h = &t->slots[client % HELD_SLOTS];
    bool is_kept =
        !e->turn.answers && e->arrival.was_broadcast && was_left_to_others(e->decision.reason);

    if (!is_kept) {
        h->until.ms = h->client == client ? 0 : h->until.ms;
        return;
    }
    h->until = instant_add_ms(e->now, HELD_MS);
    h->since = cluster_time;
    h->client = client;
    h->serving = hash_of_serving(&e->view);
    h->arrival = e->arrival;
    h->n = (uint16_t)datagram.n;
    memcpy(h->datagram, datagram.at, datagram.n);
}

bool held_next(
    struct held_table *t,
    const struct proposer_port *log,
    struct instant now,
    unsigned *cursor,
    struct held_message *ret_message)
{
    while (*cursor < HELD_SLOTS) {
        struct held *h = &t->slots[(*cursor)++];
        struct serving_view view;

        if (!instant_before(now, h->until)) {
            continue;
        }
        log->serving(log->data, h->arrival.network, &view);
        if (hash_of_serving(&view) == h->serving) {
            continue;
        }
        h->until.ms = 0;
        ret_message->arrival = h->arrival;
        ret_message->since = h->since;
        ret_message->n = h->n;
        memcpy(ret_message->datagram, h->datagram, h->n);
        return true;
    }
    return false;
}
