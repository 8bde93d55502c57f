#include <string.h>

#include "base/check.h"
#include "proto/peer.pb-c.h"
#include "proto/peer_codec.h"

enum { TEXTS_MAX = NETWORKS_MAX * NETWORK_NAME_MAX };

_Static_assert((int)TEXTS_MAX >= PEER_REFUSAL_MAX, "room for every text of a message");
_Static_assert(
    (int)TEXTS_MAX >= MEMBERS_MAX * MEMBER_ADDRESS_MAX, "room for every text of a message");

/* A message in the generated form, over the caller's bytes; on the stack of one call. */
struct encoding {
    Leasehold__V1__PeerMessage message;

    union {
        Leasehold__V1__Hello hello;
        Leasehold__V1__Refusal refusal;
        Leasehold__V1__Status status;
        Leasehold__V1__Forward forward;
        Leasehold__V1__Results results;
        Leasehold__V1__RaftVote vote;
        Leasehold__V1__RaftVoteResult vote_result;
        Leasehold__V1__RaftAppend append;
        Leasehold__V1__RaftAppendResult append_result;
        Leasehold__V1__RaftSnapshotChunk chunk;
        Leasehold__V1__RaftTimeoutNow timeout_now;
    } body;

    union {
        struct {
            Leasehold__V1__NetworkStatus at[NETWORKS_MAX];
            Leasehold__V1__NetworkStatus *list[NETWORKS_MAX];
        } networks;

        struct {
            Leasehold__V1__Result at[PEER_COMMANDS_MAX];
            Leasehold__V1__Result *list[PEER_COMMANDS_MAX];
        } results;

        struct {
            Leasehold__V1__RaftEntry at[PEER_APPEND_ENTRIES_MAX];
            Leasehold__V1__RaftEntry *list[PEER_APPEND_ENTRIES_MAX];
        } entries;

        struct {
            Leasehold__V1__RaftServer at[MEMBERS_MAX];
            Leasehold__V1__RaftServer *list[MEMBERS_MAX];
        } servers;

        ProtobufCBinaryData commands[PEER_COMMANDS_MAX];
    } parts;

    char texts[TEXTS_MAX];
    size_t n_texts;
};

/* The generated types hold bytes without const, but packing only reads them. */
static ProtobufCBinaryData lend(struct bytes b)
{
    ProtobufCBinaryData data = { .len = b.n };

    memcpy(&data.data, &b.at, sizeof data.data);
    return data;
}

/* The generated types want a NUL after a text. */
static char *lend_text(struct encoding *e, struct bytes text, size_t size)
{
    char *copy = e->texts + e->n_texts;

    require(text.n < size && text.n < sizeof e->texts - e->n_texts);
    if (text.n > 0) {
        memcpy(copy, text.at, text.n);
    }
    copy[text.n] = '\0';
    e->n_texts += text.n + 1;
    return copy;
}

static void fill_hello(struct encoding *e, const struct peer_hello *h)
{
    Leasehold__V1__Hello *p = &e->body.hello;

    leasehold__v1__hello__init(p);
    p->protocol = h->protocol;
    p->cluster = lend_text(e, h->cluster, CLUSTER_NAME_MAX);
    p->cluster_id = h->cluster_id;
    p->node = h->node;
    p->incarnation = h->incarnation;
    p->boot_id = h->boot_id;
    p->to_node = h->to_node;
}

static void fill_refusal(struct encoding *e, struct bytes reason)
{
    leasehold__v1__refusal__init(&e->body.refusal);
    e->body.refusal.reason = lend_text(e, reason, PEER_REFUSAL_MAX);
}

static void fill_status(struct encoding *e, const struct peer_status *s)
{
    Leasehold__V1__Status *p = &e->body.status;

    require(s->n_networks <= NETWORKS_MAX && s->wall.ms >= 0 && s->cluster_time.ms >= 0);
    leasehold__v1__status__init(p);
    p->wall_ms = (uint64_t)s->wall.ms;
    p->applied_index = s->applied_index;
    p->term = s->term;
    p->leader = s->leader;
    p->has_majority = s->has_majority;
    p->cluster_time_ms = (uint64_t)s->cluster_time.ms;
    p->digest_high = s->digest_high;
    p->digest_low = s->digest_low;
    p->monotonic_ms = (uint64_t)s->monotonic.ms;
    p->n_networks = s->n_networks;
    p->networks = e->parts.networks.list;
    for (unsigned i = 0; i < s->n_networks; i++) {
        const struct network_status *from = &s->networks[i];
        Leasehold__V1__NetworkStatus *to = p->networks[i] = &e->parts.networks.at[i];

        leasehold__v1__network_status__init(to);
        to->network = lend_text(e, from->network, NETWORK_NAME_MAX);
        to->link_up = from->link_up;
        to->socket_open = from->socket_open;
        to->draining = from->draining;
        to->server_id = from->server_id.value;
    }
}

static void fill_forward(struct encoding *e, const struct peer_forward *f)
{
    Leasehold__V1__Forward *p = &e->body.forward;

    require(f->n <= PEER_COMMANDS_MAX);
    leasehold__v1__forward__init(p);
    p->n_commands = f->n;
    p->commands = e->parts.commands;
    for (unsigned i = 0; i < f->n; i++) {
        p->commands[i] = lend(f->commands[i]);
    }
}

static void fill_result(Leasehold__V1__Result *to, const struct sequenced_result *from)
{
    const struct result *r = &from->result;

    require(r->at.ms >= 0 && r->expires_at.ms >= 0 && r->held_until.ms >= 0);
    leasehold__v1__result__init(to);
    to->sequence = from->sequence;
    to->outcome = (uint32_t)r->outcome;
    to->index = r->index;
    to->at_ms = (uint64_t)r->at.ms;
    to->expires_at_ms = (uint64_t)r->expires_at.ms;
    to->held_until_ms = (uint64_t)r->held_until.ms;
}

static void fill_results(struct encoding *e, const struct peer_results *r)
{
    Leasehold__V1__Results *p = &e->body.results;

    require(r->n <= PEER_COMMANDS_MAX);
    leasehold__v1__results__init(p);
    p->boot_id = r->boot_id;
    p->not_leader = r->not_leader;
    p->n_results = r->n;
    p->results = e->parts.results.list;
    for (unsigned i = 0; i < r->n; i++) {
        p->results[i] = &e->parts.results.at[i];
        fill_result(p->results[i], &r->results[i]);
    }
}

static void fill_vote(struct encoding *e, const struct peer_vote *v)
{
    Leasehold__V1__RaftVote *p = &e->body.vote;

    leasehold__v1__raft_vote__init(p);
    p->term = v->term;
    p->candidate = v->candidate;
    p->last_index = v->last_index;
    p->last_term = v->last_term;
    p->disrupt_leader = v->disrupt_leader;
    p->pre_vote = v->pre_vote;
}

static void fill_vote_result(struct encoding *e, const struct peer_vote_result *v)
{
    Leasehold__V1__RaftVoteResult *p = &e->body.vote_result;

    leasehold__v1__raft_vote_result__init(p);
    p->term = v->term;
    p->granted = v->granted;
    p->pre_vote = v->pre_vote;
}

static void fill_append(struct encoding *e, const struct peer_append *a)
{
    Leasehold__V1__RaftAppend *p = &e->body.append;

    require(a->n <= PEER_APPEND_ENTRIES_MAX);
    leasehold__v1__raft_append__init(p);
    p->term = a->term;
    p->prev_index = a->prev_index;
    p->prev_term = a->prev_term;
    p->leader_commit = a->leader_commit;
    p->n_entries = a->n;
    p->entries = e->parts.entries.list;
    for (unsigned i = 0; i < a->n; i++) {
        Leasehold__V1__RaftEntry *to = p->entries[i] = &e->parts.entries.at[i];

        leasehold__v1__raft_entry__init(to);
        to->term = a->entries[i].term;
        to->type = a->entries[i].type;
        to->data = lend(a->entries[i].data);
    }
}

static void fill_append_result(struct encoding *e, const struct peer_append_result *a)
{
    Leasehold__V1__RaftAppendResult *p = &e->body.append_result;

    leasehold__v1__raft_append_result__init(p);
    p->term = a->term;
    p->rejected = a->rejected;
    p->last_index = a->last_index;
}

static void fill_chunk(struct encoding *e, const struct peer_snapshot_chunk *c)
{
    Leasehold__V1__RaftSnapshotChunk *p = &e->body.chunk;

    require(c->n_servers <= MEMBERS_MAX && c->data.n <= PEER_CHUNK_MAX);
    require(c->offset <= c->total && c->data.n <= c->total - c->offset);
    leasehold__v1__raft_snapshot_chunk__init(p);
    p->term = c->term;
    p->last_index = c->last_index;
    p->last_term = c->last_term;
    p->configuration_index = c->configuration_index;
    p->total = c->total;
    p->offset = c->offset;
    p->data = lend(c->data);
    p->n_servers = c->n_servers;
    p->servers = e->parts.servers.list;
    for (unsigned i = 0; i < c->n_servers; i++) {
        Leasehold__V1__RaftServer *to = p->servers[i] = &e->parts.servers.at[i];

        leasehold__v1__raft_server__init(to);
        to->id = c->servers[i].id;
        to->address = lend_text(e, c->servers[i].address, MEMBER_ADDRESS_MAX);
        to->role = c->servers[i].role;
    }
}

static void fill_timeout_now(struct encoding *e, const struct peer_timeout_now *t)
{
    Leasehold__V1__RaftTimeoutNow *p = &e->body.timeout_now;

    leasehold__v1__raft_timeout_now__init(p);
    p->term = t->term;
    p->last_index = t->last_index;
    p->last_term = t->last_term;
}

/* Points the message at its body; @field and @CASE are the generated names of the oneof. */
#define SET_BODY(e, field, CASE, filled)                                \
    ((e)->message.body_case = LEASEHOLD__V1__PEER_MESSAGE__BODY_##CASE, \
     (e)->message.field = &(filled))

static void fill(struct encoding *e, const struct peer_message *m)
{
    leasehold__v1__peer_message__init(&e->message);
    e->n_texts = 0;
    switch (m->kind) {
    case PEER_HELLO:
        fill_hello(e, &m->hello);
        SET_BODY(e, hello, HELLO, e->body.hello);
        return;
    case PEER_REFUSAL:
        fill_refusal(e, m->refusal);
        SET_BODY(e, refusal, REFUSAL, e->body.refusal);
        return;
    case PEER_STATUS:
        fill_status(e, &m->status);
        SET_BODY(e, status, STATUS, e->body.status);
        return;
    case PEER_FORWARD:
        fill_forward(e, &m->forward);
        SET_BODY(e, forward, FORWARD, e->body.forward);
        return;
    case PEER_RESULTS:
        fill_results(e, &m->results);
        SET_BODY(e, results, RESULTS, e->body.results);
        return;
    case PEER_VOTE:
        fill_vote(e, &m->vote);
        SET_BODY(e, vote, VOTE, e->body.vote);
        return;
    case PEER_VOTE_RESULT:
        fill_vote_result(e, &m->vote_result);
        SET_BODY(e, vote_result, VOTE_RESULT, e->body.vote_result);
        return;
    case PEER_APPEND:
        fill_append(e, &m->append);
        SET_BODY(e, append, APPEND, e->body.append);
        return;
    case PEER_APPEND_RESULT:
        fill_append_result(e, &m->append_result);
        SET_BODY(e, append_result, APPEND_RESULT, e->body.append_result);
        return;
    case PEER_SNAPSHOT_CHUNK:
        fill_chunk(e, &m->snapshot_chunk);
        SET_BODY(e, snapshot_chunk, SNAPSHOT_CHUNK, e->body.chunk);
        return;
    case PEER_TIMEOUT_NOW:
        fill_timeout_now(e, &m->timeout_now);
        SET_BODY(e, timeout_now, TIMEOUT_NOW, e->body.timeout_now);
        return;
    }
    check_failed("require", "a kind of peer message", __FILE__, __LINE__, __func__);
}

size_t peer_encoded_size(const struct peer_message *m)
{
    struct encoding e;

    fill(&e, m);
    return protobuf_c_message_get_packed_size(&e.message.base);
}

/* Packing through a buffer writes every byte once; packing into memory moves nested messages. */
struct output {
    ProtobufCBuffer base;
    uint8_t *at;
    size_t n;
};

static void output_append(ProtobufCBuffer *base, size_t n, const uint8_t *data)
{
    struct output *o = (struct output *)base;

    if (n > 0) {
        memcpy(o->at + o->n, data, n);
    }
    o->n += n;
}

size_t peer_encode(const struct peer_message *m, uint8_t *out)
{
    struct output o = { .base.append = output_append, .at = out };
    struct encoding e;

    fill(&e, m);
    (void)protobuf_c_message_pack_to_buffer(&e.message.base, &o.base);
    return o.n;
}
