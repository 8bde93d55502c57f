#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/event.h"
#include "server/exchange_parts.h"

/*
 * Exchange, backup - says when this node answers although another one has a lower threshold
 *
 * Of each network it is told with the first answer, and over when there was none for a while.
 */
enum { QUIET_MS = 30000 };

struct backup {
    char network[NETWORK_NAME_MAX];
    uint32_t node;
    struct event_latch latch;
    struct instant answered_at; /* monotonic */
};

struct backup_table {
    unsigned n;
    struct backup at[NETWORKS_MAX];
};

int backup_table_new(struct backup_table **ret_table)
{
    *ret_table = calloc(1, sizeof **ret_table);
    return *ret_table == NULL ? ERR_NOMEM : 0;
}

struct backup_table *backup_table_free(struct backup_table *t)
{
    free(t);
    return NULL;
}

/* Of the network; NULL when there are too many. */
static struct backup *find(struct backup_table *t, struct bytes network)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (bytes_equal(bytes_of_text(t->at[i].network), network)) {
            return &t->at[i];
        }
    }
    if (t->n == NETWORKS_MAX || network.n >= NETWORK_NAME_MAX) {
        return NULL;
    }

    struct backup *b = &t->at[t->n++];

    *b = (struct backup){ .latch = { .off_ms = 1000 } };
    memcpy(b->network, network.at, network.n);
    return b;
}

static void note(struct backup *b, struct instant now)
{
    if (event_latch_note(&b->latch, now.ms - b->answered_at.ms < QUIET_MS, now)) {
        event_raise(
            b->latch.is_on ? EVENT_BACKUP_ANSWERING : EVENT_BACKUP_QUIET,
            "network=%s node=%u",
            b->network,
            b->node);
    }
}

/* A renewal by unicast goes to whoever the client knows, backup or not. */
static bool is_choice(enum request_kind kind)
{
    return kind != REQUEST_RENEWING && kind != REQUEST_INFORM;
}

/* True when another node of the cluster has a lower threshold than this one. */
static bool is_backup(const struct network *network, const struct serving_view *view)
{
    uint32_t own = responder_threshold(network, view->self);

    for (unsigned i = 0; i < view->n; i++) {
        if (responder_threshold(network, view->nodes[i].node) < own) {
            return true;
        }
    }
    return false;
}

void backup_note(struct exchanges *x, const struct exchange *e)
{
    const struct network *network = e->scope.network;
    struct serving_view view;
    struct backup *b = NULL;

    if (!e->has_scope || network->n_thresholds == 0 || !is_choice(e->request.kind)) {
        return;
    }
    x->proposer.serving(x->proposer.data, network->name, &view);
    b = is_backup(network, &view) ? find(x->backup, network->name) : NULL;
    if (b != NULL) {
        b->node = view.self;
        b->answered_at = e->now;
        note(b, e->now);
    }
}

void backup_tick(struct backup_table *t, struct instant now)
{
    for (unsigned i = 0; i < t->n; i++) {
        note(&t->at[i], now);
    }
}
