#include "base/err.h"
#include "base/own.h"
#include "server/admin/call.h"
#include "server/admin/rows.h"
#include "server/policy/decision.h"

/* The status of this node as JSON; read on the loop thread, in well under a millisecond. */

static json_t *json_ip4(struct ip4 a)
{
    char text[IP4_TEXT_MAX];

    return json_string(ip4_format(a, text));
}

static json_t *json_instant(struct instant t)
{
    char text[INSTANT_TEXT_MAX];

    return json_string(instant_format(t, text));
}

static json_t *json_hex64(uint64_t value)
{
    return json_sprintf("%016llx", (unsigned long long)value);
}

static json_t *members(const struct replica *r)
{
    struct replica_peer peers[MEMBERS_MAX];
    unsigned n = replica_peers(r, peers);
    json_t *list = json_array();

    for (unsigned i = 0; i < n; i++) {
        (void)json_array_append_new(
            list,
            json_pack(
                "{s:I, s:s, s:b, s:b, s:I, s:b, s:I, s:I}",
                "node",
                (json_int_t)peers[i].node,
                "address",
                peers[i].address,
                "self",
                peers[i].is_self,
                "fresh",
                peers[i].is_fresh,
                "age_ms",
                (json_int_t)peers[i].age_ms,
                "majority",
                peers[i].has_majority,
                "applied_index",
                (json_int_t)peers[i].applied_index,
                "skew_ms",
                (json_int_t)peers[i].skew_ms));
    }
    return list;
}

static uint32_t threshold_of(const struct network *n, uint32_t node)
{
    for (unsigned i = 0; i < n->n_thresholds; i++) {
        if (n->thresholds[i].node == node) {
            return n->thresholds[i].ms;
        }
    }
    return 0;
}

/* The smallest threshold of those that serve, which `collapse` subtracts from all of them. */
static uint32_t fastest_of(const struct network *n, const struct serving_view *view)
{
    uint32_t fastest = UINT32_MAX;

    for (unsigned i = 0; i < view->n; i++) {
        uint32_t ms = threshold_of(n, view->nodes[i].node);

        fastest = view->nodes[i].is_serving && ms < fastest ? ms : fastest;
    }
    return n->collapse && fastest != UINT32_MAX ? fastest : 0;
}

static json_t *serving_nodes(const struct network *n, const struct serving_view *view)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < view->n; i++) {
        const struct serving_node *s = &view->nodes[i];
        uint32_t threshold = n == NULL ? 0 : threshold_of(n, s->node);
        uint32_t fastest = n == NULL ? 0 : fastest_of(n, view);

        (void)json_array_append_new(
            list,
            json_pack(
                "{s:I, s:b, s:o, s:I, s:I}",
                "node",
                (json_int_t)s->node,
                "serving",
                s->is_serving,
                "address",
                json_ip4(s->server_id),
                "threshold_ms",
                (json_int_t)threshold,
                "effective_ms",
                (json_int_t)(threshold > fastest ? threshold - fastest : 0)));
    }
    return list;
}

static json_t *networks(const struct admin_sources *sources)
{
    const struct network_map *map = store_map(sources->store);
    json_t *list = json_array();

    for (unsigned i = 0; i < sources->config->n_links; i++) {
        const struct node_link *link = &sources->config->links[i];
        struct udp_link_status status = udp_link_status(sources->udp, i);
        const struct network *network = network_map_by_name(map, link->network);
        struct serving_view view = { .n = 0 };

        replica_serving(sources->replica, link->network, &view);
        (void)json_array_append_new(
            list,
            json_pack(
                "{s:s, s:s, s:b, s:b, s:b, s:o, s:o}",
                "network",
                node_text(link->network),
                "interface",
                node_text(link->interface),
                "configured",
                network != NULL,
                "up",
                status.is_up,
                "open",
                status.is_open,
                "address",
                json_ip4(status.local),
                "nodes",
                serving_nodes(network, &view)));
    }
    return list;
}

static json_t *counters(const struct admin_sources *sources)
{
    const struct replica_counters *replica = replica_counters(sources->replica);
    const struct mesh_counters *mesh = mesh_counters(sources->mesh);
    const struct udp_counters *udp = udp_counters(sources->udp);
    const struct exchange_counters *exchanges = exchanges_counters(sources->exchanges);
    json_t *o = json_object();

#define X(name) (void)json_object_set_new(o, #name, json_integer((json_int_t)exchanges->name));
    EXCHANGE_COUNTERS(X)
#undef X
#define X(name) (void)json_object_set_new(o, #name, json_integer((json_int_t)replica->name));
    REPLICA_COUNTERS(X)
#undef X
#define X(name) \
    (void)json_object_set_new(o, "datagrams_" #name, json_integer((json_int_t)udp->name));
    UDP_COUNTERS(X)
#undef X
#define X(name) (void)json_object_set_new(o, "peers_" #name, json_integer((json_int_t)mesh->name));
    MESH_COUNTERS(X)
#undef X
    return o;
}

/* How often each kind of message came to each reason; what never happened is left out. */
static json_t *messages(const struct exchange_stats *stats)
{
    json_t *list = json_array();

    for (unsigned kind = 0; kind <= REQUEST_KIND_COUNT; kind++) {
        for (unsigned i = 0; i < REASON_COUNT; i++) {
            if (stats->counts[kind][i] > 0) {
                (void)json_array_append_new(
                    list,
                    json_pack(
                        "{s:s, s:s, s:I}",
                        "kind",
                        kind == REQUEST_KIND_COUNT ? "none" : request_kind_name(kind),
                        "reason",
                        reason_spec((enum reason)i)->name,
                        "count",
                        (json_int_t)stats->counts[kind][i]));
            }
        }
    }
    return list;
}

static json_t *latency(const char *path, const struct latency *l)
{
    json_t *buckets = json_array();

    for (unsigned i = 0; i <= LATENCY_BOUNDS; i++) {
        (void)json_array_append_new(
            buckets,
            json_pack(
                "{s:o, s:I}",
                "up_to_ms",
                i < LATENCY_BOUNDS ? json_integer(latency_bounds_ms[i]) : json_null(),
                "count",
                (json_int_t)l->buckets[i]));
    }
    return json_pack(
        "{s:s, s:o, s:I, s:I}",
        "from",
        path,
        "buckets",
        buckets,
        "sum_ms",
        (json_int_t)l->sum_ms,
        "count",
        (json_int_t)l->count);
}

static void add_cluster(json_t *o, const struct admin_sources *sources)
{
    const struct replica *r = sources->replica;
    const struct store *s = sources->store;
    char digest[DIGEST_TEXT_MAX];

    (void)json_object_set_new(o, "cluster_id", json_hex64(store_cluster_id(s)));
    (void)json_object_set_new(o, "leader", json_integer((json_int_t)replica_leader(r)));
    (void)json_object_set_new(o, "is_leader", json_boolean(replica_is_leader(r)));
    (void)json_object_set_new(o, "term", json_integer((json_int_t)replica_term(r)));
    (void)json_object_set_new(o, "majority", json_boolean(replica_has_majority(r)));
    (void)json_object_set_new(o, "caught_up", json_boolean(replica_is_caught_up(r)));
    (void)json_object_set_new(o, "commit_index", json_integer((json_int_t)replica_commit_index(r)));
    (void)json_object_set_new(o, "applied_index", json_integer((json_int_t)store_applied_index(s)));
    (void)json_object_set_new(o, "digest", json_string(digest_format(store_digest(s), digest)));
    (void)json_object_set_new(o, "cluster_time", json_instant(replica_cluster_time(r)));
    (void)json_object_set_new(
        o, "settings_version", json_integer((json_int_t)network_map_version(store_map(s))));
    (void)json_object_set_new(
        o, "lease_rows", json_integer((json_int_t)lease_table_count(store_leases(s))));
    (void)json_object_set_new(
        o,
        "certificate_until_ms",
        json_integer((json_int_t)mesh_certificate_until(sources->mesh).ms));
}

json_t *admin_status(const struct admin_sources *sources)
{
    const struct exchange_stats *stats = exchanges_stats(sources->exchanges);
    json_t *o = json_pack(
        "{s:s, s:s, s:I}",
        "version",
        LEASEHOLD_VERSION,
        "cluster",
        node_text(sources->config->cluster),
        "node",
        (json_int_t)sources->config->node);

    if (o == NULL) {
        return NULL;
    }
    add_cluster(o, sources);
    (void)json_object_set_new(o, "members", members(sources->replica));
    (void)json_object_set_new(o, "networks", networks(sources));
    (void)json_object_set_new(o, "counters", counters(sources));
    (void)json_object_set_new(o, "messages", messages(stats));
    (void)json_object_set_new(
        o,
        "answers",
        json_pack(
            "[o, o]", latency("memory", &stats->from_memory), latency("log", &stats->from_log)));
    return o;
}
