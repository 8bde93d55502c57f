#include "replication/status.h"

#include <string.h>

#include "base/check.h"

static void insert_sorted(struct status_table *t, const struct replica_member *m)
{
    unsigned i = t->n++;

    for (; i > 0 && t->members[i - 1].node > m->id; i--) {
        t->members[i] = t->members[i - 1];
    }
    t->members[i] = (struct member){ .node = m->id };
    memcpy(t->members[i].address, m->address, sizeof m->address);
}

bool status_init(struct status_table *t, const struct replica_config *config)
{
    int self;

    memset(t, 0, sizeof *t);
    t->timeout_ms = config->peer_timeout_ms;
    require(config->n_members <= MEMBERS_MAX);
    for (unsigned i = 0; i < config->n_members; i++) {
        if (status_index_of(t, config->members[i].id) >= 0) {
            return false;
        }
        insert_sorted(t, &config->members[i]);
    }
    self = status_index_of(t, config->node);
    t->self = (unsigned)self;
    return self >= 0;
}

int status_index_of(const struct status_table *t, uint32_t node)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (t->members[i].node == node) {
            return (int)i;
        }
    }
    return -1;
}

/* The index of a network of @m, or -1. */
static int network_index(const struct member *m, struct bytes name)
{
    for (unsigned i = 0; i < m->n_networks; i++) {
        if (bytes_equal(bytes_of_text(m->networks[i].name), name)) {
            return (int)i;
        }
    }
    return -1;
}

/* A place for a network: a new one while there are any, else one that is not in use. */
static struct member_network *place_for(struct member *m)
{
    if (m->n_networks < NETWORKS_MAX) {
        return &m->networks[m->n_networks++];
    }
    for (unsigned i = 0; i < NETWORKS_MAX; i++) {
        if (!m->networks[i].is_open) {
            return &m->networks[i];
        }
    }
    return NULL;
}

static void network_heard(struct member *m, const struct network_status *s)
{
    int i = network_index(m, s->network);
    struct member_network *network = i >= 0 ? &m->networks[i] : place_for(m);

    if (network == NULL) {
        return;
    }
    if (i < 0) {
        *network = (struct member_network){ .is_open = false };
        memcpy(network->name, s->network.at, s->network.n);
    }
    network->is_open = s->link_up && s->socket_open && !s->draining;
    if (!ip4_is_any(s->server_id)) {
        network->server_id = s->server_id;
    }
}

/*
 * How late a message is read, by the monotonic clocks of both ends: against the quickest one, which
 * gives way by a millisecond a message, as the clocks drift.
 */
static void note_delay(struct member *m, const struct peer_status *s, struct instant monotonic)
{
    int64_t offset = monotonic.ms - s->monotonic.ms;

    m->late_ms = 0;
    if (s->monotonic.ms == 0) {
        return;
    }
    if (!m->has_offset || offset <= m->offset_ms) {
        m->offset_ms = offset;
    } else {
        m->offset_ms++;
    }
    m->has_offset = true;
    m->late_ms = offset - m->offset_ms;
}

void status_connected(struct status_table *t, unsigned i)
{
    t->members[i].has_offset = false;
}

void status_heard(
    struct status_table *t, unsigned i, const struct peer_status *s, const struct status_times *now)
{
    struct member *m = &t->members[i];

    require(i < t->n);
    m->is_heard = true;
    m->heard_at = now->monotonic;
    m->wall = s->wall;
    note_delay(m, s, now->monotonic);
    m->skew_ms = s->wall.ms + m->late_ms - now->wall.ms;
    m->applied_index = s->applied_index;
    m->term = s->term;
    m->leader = s->leader;
    m->has_majority = s->has_majority;
    for (unsigned k = 0; k < m->n_networks; k++) {
        m->networks[k].is_open = false;
    }
    for (unsigned k = 0; k < s->n_networks; k++) {
        size_t length = s->networks[k].network.n;

        if (length > 0 && length < NETWORK_NAME_MAX) {
            network_heard(m, &s->networks[k]);
        }
    }
}

bool status_is_fresh(const struct status_table *t, unsigned i, struct instant monotonic)
{
    const struct member *m = &t->members[i];

    return i == t->self || (m->is_heard && monotonic.ms - m->heard_at.ms <= t->timeout_ms);
}

unsigned status_count_fresh(const struct status_table *t, struct instant monotonic)
{
    unsigned n = 0;

    for (unsigned i = 0; i < t->n; i++) {
        n += status_is_fresh(t, i, monotonic);
    }
    return n;
}

bool status_has_majority(const struct status_table *t, struct instant monotonic)
{
    return status_count_fresh(t, monotonic) * 2 > t->n;
}

struct wall_clocks status_walls(
    const struct status_table *t, const struct status_times *now, struct instant at[MEMBERS_MAX])
{
    struct wall_clocks walls = { .n_members = t->n, .at = at };

    for (unsigned i = 0; i < t->n; i++) {
        const struct member *m = &t->members[i];

        if (i == t->self) {
            at[walls.n++] = now->wall;
        } else if (status_is_fresh(t, i, now->monotonic) && m->late_ms <= STATUS_LATE_MS) {
            at[walls.n++] = instant_add_ms(m->wall, now->monotonic.ms - m->heard_at.ms);
        }
    }
    return walls;
}

struct wall_range {
    unsigned n;
    struct instant first, second, last; /* the latest, the one before it, the earliest */
};

/* What the clocks that were ever heard say at @now at most. */
static struct wall_range wall_range(const struct status_table *t, const struct status_times *now)
{
    struct wall_range range = { 0, { INT64_MIN }, { INT64_MIN }, { INT64_MAX } };

    for (unsigned i = 0; i < t->n; i++) {
        const struct member *m = &t->members[i];
        int64_t since = now->monotonic.ms - m->heard_at.ms + m->late_ms;
        struct instant wall = i == t->self ? now->wall : instant_add_ms(m->wall, since);

        if (i != t->self && !m->is_heard) {
            continue;
        }
        range.n++;
        range.second =
            instant_max(range.second, instant_before(wall, range.first) ? wall : range.first);
        range.first = instant_max(range.first, wall);
        range.last = instant_before(wall, range.last) ? wall : range.last;
    }
    return range;
}

struct instant status_wall_limit(const struct status_table *t, const struct status_times *now)
{
    struct wall_range range = wall_range(t, now);
    bool agree = range.n == t->n && range.first.ms - range.last.ms <= STATUS_RIGHT_MS;
    bool is_one_wrong = range.n == t->n && t->n >= 3;

    if (agree) {
        return range.first;
    }
    return instant_add_ms(is_one_wrong ? range.second : range.first, STATUS_RIGHT_MS);
}

void status_describe(
    const struct status_table *t,
    unsigned i,
    struct instant monotonic,
    struct replica_peer *ret_peer)
{
    const struct member *m = &t->members[i];

    *ret_peer = (struct replica_peer){
        .node = m->node,
        .is_self = i == t->self,
        .is_fresh = status_is_fresh(t, i, monotonic),
        .age_ms = m->is_heard ? monotonic.ms - m->heard_at.ms : -1,
        .has_majority = m->has_majority,
        .applied_index = m->applied_index,
        .skew_ms = m->skew_ms,
    };
    memcpy(ret_peer->address, m->address, sizeof m->address);
}

void status_serving(
    const struct status_table *t,
    struct bytes network,
    struct instant monotonic,
    struct serving_view *ret_view)
{
    ret_view->n = t->n;
    for (unsigned i = 0; i < t->n; i++) {
        const struct member *m = &t->members[i];
        int k = network_index(m, network);
        bool is_open = k >= 0 && m->networks[k].is_open;

        ret_view->nodes[i] = (struct serving_node){
            .node = m->node,
            .is_self = i == t->self,
            .is_serving = is_open && m->has_majority && status_is_fresh(t, i, monotonic),
            .server_id = k >= 0 ? m->networks[k].server_id : IP4_ANY,
        };
    }
}
