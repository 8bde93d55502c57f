#include <stdlib.h>

#include "replication/replica_state.h"

/*
 * Notices - what a replica tells operators of majority, peers and clocks
 *
 * An election of a second is no loss of the majority, and a peer that restarts is not down.
 */
enum {
    QUORUM_LOST_MS = 2000,
    QUORUM_REGAINED_MS = 1000,
    PEER_DOWN_MS = 2000, /* beyond the peers' timeout */
    PEER_UP_MS = 1000,
    SKEW_MS = 1000,
    SKEW_GONE_MS = 10000,
    SKEW_FROM_MS = 2000,
    SKEW_UNTIL_MS = 1500,
};

void notices_init(struct replica *r)
{
    struct notices *n = &r->notices;

    n->quorum_lost = (struct event_latch){ .on_ms = QUORUM_LOST_MS, .off_ms = QUORUM_REGAINED_MS };
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        n->peer_down[i] = (struct event_latch){ .on_ms = PEER_DOWN_MS, .off_ms = PEER_UP_MS };
        n->skew[i] = (struct event_latch){ .on_ms = SKEW_MS, .off_ms = SKEW_GONE_MS };
    }
}

static void notice_majority(struct replica *r, struct instant now)
{
    struct event_latch *l = &r->notices.quorum_lost;

    if (event_latch_note(l, !replica_has_majority(r), now)) {
        event_raise(
            l->is_on ? EVENT_QUORUM_LOST : EVENT_QUORUM_REGAINED,
            "node=%u leader=%u",
            r->config.node,
            replica_leader(r));
    }
}

static void notice_peer(struct replica *r, unsigned i, struct instant now)
{
    struct event_latch *l = &r->notices.peer_down[i];

    if (event_latch_note(l, !status_is_fresh(&r->status, i, now), now)) {
        event_raise(
            l->is_on ? EVENT_PEER_DOWN : EVENT_PEER_UP, "peer=%u", r->status.members[i].node);
    }
}

/* A clock that is not heard says nothing, so it changes nothing. */
static void notice_skew(struct replica *r, unsigned i, struct instant now)
{
    struct event_latch *l = &r->notices.skew[i];
    int64_t skew_ms = r->status.members[i].skew_ms;
    int64_t limit_ms = l->is_on ? SKEW_UNTIL_MS : SKEW_FROM_MS;

    if (status_is_fresh(&r->status, i, now) &&
        event_latch_note(l, llabs(skew_ms) >= limit_ms, now)) {
        event_raise(
            l->is_on ? EVENT_SKEW : EVENT_SKEW_GONE,
            "peer=%u ms=%lld",
            r->status.members[i].node,
            (long long)skew_ms);
    }
}

void notices_tick(struct replica *r)
{
    struct instant now = replica_now(r);

    notice_majority(r, now);
    for (unsigned i = 0; i < r->status.n; i++) {
        if (i != r->status.self) {
            notice_peer(r, i, now);
            notice_skew(r, i, now);
        }
    }
}
