#include "base/err.h"
#include "base/event.h"
#include "base/hash.h"
#include "replication/replica_state.h"

/*
 * Upkeep - what a replica does of itself: status messages, deadlines, the cluster's clock, expiry,
 * making this node known, and noticing who leads
 */
enum {
    NODE_RETRY_MS = 1000,
    STEP_DOWN_AGAIN_MS = 2000,
};

struct instant upkeep_stamp(const struct replica *r)
{
    struct instant at[MEMBERS_MAX];
    struct status_times now = replica_times(r);
    struct wall_clocks walls = status_walls(&r->status, &now, at);

    return clock_stamp(&r->clock, now.monotonic, &walls);
}

int64_t upkeep_behind(const struct replica *r)
{
    struct status_times now = replica_times(r);

    return clock_behind(&r->clock, now.monotonic, status_wall_limit(&r->status, &now));
}

/* How far the cluster time that everyone goes by lags behind what a leader would write now. */
static int64_t clock_lag(const struct replica *r)
{
    return upkeep_stamp(r).ms - clock_estimate(&r->clock, replica_now(r)).ms;
}

/*
 * A leader has caught up when its own barrier is applied and the log's clock is right: after a
 * day off, what it says to a client must not count from yesterday.
 */
bool replica_is_caught_up(const struct replica *r)
{
    if (!r->is_started || guard_is_installing(r->guard)) {
        return false;
    }
    if (replica_is_leader(r)) {
        return replica_is_ready_leader(r) && clock_lag(r) <= CLOCK_LAG_MAX_MS;
    }
    return replica_leader(r) != 0 && r->catching_up.is_done;
}

bool replica_has_majority(const struct replica *r)
{
    return replica_leader(r) != 0 && status_has_majority(&r->status, replica_now(r));
}

/* A node whose disk is nearly full answers nobody: the others take its place. */
bool replica_may_serve(const struct replica *r)
{
    return replica_has_majority(r) && replica_is_caught_up(r) && r->port.has_space(r->port.data);
}

static void own_status(
    const struct replica *r, struct network_status networks[NETWORKS_MAX], struct peer_status *s)
{
    struct digest digest = store_digest(r->store);
    struct status_times now = replica_times(r);

    *s = (struct peer_status){
        .wall = now.wall,
        .monotonic = now.monotonic,
        .applied_index = replica_applied_index(r),
        .term = replica_term(r),
        .leader = replica_leader(r),
        .has_majority = replica_may_serve(r),
        .cluster_time = clock_estimate(&r->clock, now.monotonic),
        .n_networks = r->port.own_networks(r->port.data, networks),
        .networks = networks,
        .digest_high = digest.high,
        .digest_low = digest.low,
    };
}

/* Notes this node's own status, and sends it to the others when that is due. */
static void tell_status(struct replica *r)
{
    struct network_status networks[NETWORKS_MAX];
    struct peer_message m = { .kind = PEER_STATUS };
    struct status_times now = replica_times(r);

    own_status(r, networks, &m.status);
    status_heard(&r->status, r->status.self, &m.status, &now);
    clock_heard(&r->clock, m.status.cluster_time, now.monotonic, replica_is_ready_leader(r));
    r->upkeep.knows_holds = r->upkeep.knows_holds || replica_may_serve(r);
    if (instant_before(now.monotonic, r->upkeep.status_due)) {
        return;
    }
    r->upkeep.status_due = instant_add_ms(now.monotonic, r->config.status_ms);
    for (unsigned i = 0; i < r->status.n; i++) {
        if (i != r->status.self) {
            r->port.send(r->port.data, r->status.members[i].node, &m);
        }
    }
}

void upkeep_status_heard(struct replica *r, unsigned member, const struct peer_status *s)
{
    struct status_times now = replica_times(r);
    bool is_leader = r->status.members[member].node == replica_leader(r);

    status_heard(&r->status, member, s, &now);
    clock_heard(
        &r->clock,
        instant_add_ms(s->cluster_time, r->status.members[member].late_ms),
        now.monotonic,
        is_leader && s->has_majority);
    if (is_leader && s->has_majority && s->term == replica_term(r) &&
        !r->catching_up.is_target_known) {
        r->catching_up.is_target_known = true;
        r->catching_up.target = s->applied_index;
    }
}

static void role_changed(struct replica *r, const struct role *role)
{
    if (role->leader != 0 && role->leader != r->role.leader) {
        r->counters.leader_changes++;
        event_raise(EVENT_LEADER_CHANGED, "leader=%u term=%lu", role->leader, role->term);
    }
    r->catching_up = (struct catching_up){ .is_done = false };
    r->counters.proposals_retried += pending_retry_sent_before(&r->pending, INSTANT_NEVER);
    for (unsigned i = 0; i < r->status.n && role->leader != r->config.node; i++) {
        inbox_clear(&r->inboxes[i]);
    }
}

void upkeep_turn(struct replica *r)
{
    struct role role = { replica_leader(r), replica_term(r), replica_is_ready_leader(r) };
    bool was_done = r->catching_up.is_done;
    bool is_same = role.leader == r->role.leader && role.term == r->role.term;

    if (!is_same) {
        role_changed(r, &role);
    }
    if (r->catching_up.is_target_known && replica_applied_index(r) >= r->catching_up.target) {
        r->catching_up.is_done = true;
    }
    if (!is_same || role.is_ready != r->role.is_ready || was_done != r->catching_up.is_done) {
        r->role = role;
        r->upkeep.status_due = replica_now(r);
        tell_status(r); /* the others need not wait a whole interval to serve */
    }
}

static void expire_done(struct proposal *p, const struct result *result)
{
    struct replica *r = p->data;

    (void)result;
    r->upkeep.is_expire_busy = false;
}

static void expire(struct replica *r)
{
    struct ip4 at[EXPIRE_MAX];
    struct command c = { .kind = COMMAND_EXPIRE, .expire.at = at };

    if (!replica_is_ready_leader(r) || r->upkeep.is_expire_busy ||
        !r->port.has_space(r->port.data)) {
        return;
    }
    c.expire.n = store_expired(r->store, upkeep_stamp(r), at);
    r->upkeep.is_expire_busy =
        c.expire.n > 0 && proposer_add(r, &r->upkeep.expire, &c, UPKEEP_TIMEOUT_MS) == 0;
}

static void identity_used_twice(struct replica *r) __attribute__((__noreturn__));

static void identity_used_twice(struct replica *r)
{
    replica_fatal(
        r,
        "another data folder is already known under this node's id: give this node an id of its "
        "own, or bring the first folder back; a node that lost its disk may not vote again");
}

static void node_done(struct proposal *p, const struct result *result)
{
    struct replica *r = p->data;

    r->upkeep.is_node_busy = false;
    if (result->outcome == OUTCOME_CONFLICT) {
        identity_used_twice(r);
    }
}

/* Drawn from the folder's own random number; the first one in the log becomes the cluster's. */
static uint64_t proposed_cluster_id(const struct replica *r)
{
    return hash64(bytes_of_text(r->config.cluster), r->config.incarnation) | 1;
}

static void propose_node(struct replica *r)
{
    struct command c = {
        .kind = COMMAND_PUT_NODE,
        .put_node = {
            .node = r->config.node,
            .incarnation = r->config.incarnation,
            .address = bytes_of_text(r->status.members[r->status.self].address),
            .cluster_id = proposed_cluster_id(r),
        },
    };

    r->upkeep.node_not_before = instant_add_ms(replica_now(r), NODE_RETRY_MS);
    r->upkeep.is_node_busy = proposer_add(r, &r->upkeep.node, &c, UPKEEP_TIMEOUT_MS) == 0;
}

/*
 * Makes this node known once. A leader whose log's clock lags repeats it: an entry without
 * effect that carries the time.
 */
static void make_known(struct replica *r)
{
    bool is_current = replica_is_ready_leader(r) || replica_is_caught_up(r);
    uint64_t known = store_incarnation(r->store, r->config.node);
    bool is_behind = replica_is_ready_leader(r) && clock_lag(r) > CLOCK_LAG_MAX_MS;

    if (!replica_has_majority(r) || !is_current) {
        return;
    }
    if (known != 0 && known != r->config.incarnation) {
        identity_used_twice(r);
    }
    if ((known == 0 || is_behind) && !r->upkeep.is_node_busy &&
        !instant_before(replica_now(r), r->upkeep.node_not_before)) {
        propose_node(r);
    }
}

/* A leader whose disk is nearly full lets another lead, as soon as one can. */
static void leave_to_others(struct replica *r, struct instant now)
{
    if (replica_is_leader(r) && !r->port.has_space(r->port.data) &&
        !instant_before(now, r->upkeep.step_down_not_before)) {
        r->upkeep.step_down_not_before = instant_add_ms(now, STEP_DOWN_AGAIN_MS);
        replica_step_down(r);
    }
}

void upkeep_init(struct replica *r)
{
    r->upkeep.expire = (struct proposal){ .done = expire_done, .data = r };
    r->upkeep.node = (struct proposal){ .done = node_done, .data = r };
    r->upkeep.node_not_before = (struct instant){ INT64_MIN };
    notices_init(r);
    r->upkeep.status_due = (struct instant){ INT64_MIN };
    r->upkeep.step_down_not_before = (struct instant){ INT64_MIN };
}

void upkeep_tick(struct replica *r)
{
    struct instant now = replica_now(r);

    r->counters.proposals_timed_out += pending_expire(&r->pending, now);
    if (!replica_is_leader(r)) {
        r->counters.proposals_retried +=
            pending_retry_sent_before(&r->pending, instant_add_ms(now, -FORWARD_RETRY_MS));
    }
    tell_status(r);
    notices_tick(r);
    leave_to_others(r, now);
    expire(r);
    make_known(r);
}
