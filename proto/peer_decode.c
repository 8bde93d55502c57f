#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/err.h"
#include "proto/peer.pb-c.h"
#include "proto/peer_codec.h"

/*
 * What a message may need beyond its own length: the most elements that any kind may have, in the
 * generated form and in ours. A message that wants more has elements beyond its limit.
 */
enum { DECODE_SPARE = 512 * 1024 };

struct peer_decoder {
    struct arena arena;
    ProtobufCAllocator allocator;
    size_t budget; /* what is left of this message's */
};

/* Lends memory until the next message, or NULL when this one has used up its budget. */
static void *lend(struct peer_decoder *d, size_t n)
{
    if (n > d->budget) {
        return NULL;
    }
    d->budget -= n;
    return arena_alloc(&d->arena, n);
}

static void *lend_array(struct peer_decoder *d, size_t n, size_t size)
{
    return n > d->budget / size ? NULL : lend(d, n * size);
}

static void *allocator_alloc(void *decoder, size_t n)
{
    return lend(decoder, n);
}

static void allocator_keep(void *decoder, void *at)
{
    (void)decoder;
    (void)at;
}

int peer_decoder_new(struct peer_decoder **ret_decoder)
{
    struct peer_decoder *d = calloc(1, sizeof *d);

    if (d == NULL) {
        return ERR_NOMEM;
    }
    arena_init(&d->arena);
    d->allocator = (ProtobufCAllocator){ allocator_alloc, allocator_keep, d };
    *ret_decoder = d;
    return 0;
}

struct peer_decoder *peer_decoder_free(struct peer_decoder *d)
{
    if (d != NULL) {
        arena_deinit(&d->arena);
        free(d);
    }
    return NULL;
}

static bool take_text(const char *text, size_t size, struct bytes *ret_text)
{
    *ret_text = bytes_of_text(text);
    return ret_text->n < size;
}

static bool take_instant(uint64_t ms, struct instant *ret_instant)
{
    *ret_instant = (struct instant){ (int64_t)ms };
    return ms <= INT64_MAX;
}

static bool take_hello(const Leasehold__V1__Hello *p, struct peer_hello *h)
{
    h->protocol = p->protocol;
    h->cluster_id = p->cluster_id;
    h->node = p->node;
    h->incarnation = p->incarnation;
    h->boot_id = p->boot_id;
    h->to_node = p->to_node;
    return take_text(p->cluster, CLUSTER_NAME_MAX, &h->cluster);
}

static bool take_network(const Leasehold__V1__NetworkStatus *p, struct network_status *n)
{
    n->link_up = p->link_up;
    n->socket_open = p->socket_open;
    n->draining = p->draining;
    n->server_id = (struct ip4){ p->server_id };
    return take_text(p->network, NETWORK_NAME_MAX, &n->network);
}

static bool take_status(
    struct peer_decoder *d, const Leasehold__V1__Status *p, struct peer_status *s)
{
    struct network_status *networks;

    if (p->n_networks > NETWORKS_MAX || !take_instant(p->wall_ms, &s->wall) ||
        !take_instant(p->cluster_time_ms, &s->cluster_time)) {
        return false;
    }
    s->applied_index = p->applied_index;
    s->term = p->term;
    s->leader = p->leader;
    s->has_majority = p->has_majority;
    s->digest_high = p->digest_high;
    s->digest_low = p->digest_low;
    s->monotonic.ms = (int64_t)(p->monotonic_ms & INT64_MAX);
    networks = lend_array(d, p->n_networks, sizeof *networks);
    if (networks == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->n_networks; i++) {
        if (!take_network(p->networks[i], &networks[i])) {
            return false;
        }
    }
    s->n_networks = (unsigned)p->n_networks;
    s->networks = networks;
    return true;
}

static bool take_forward(
    struct peer_decoder *d, const Leasehold__V1__Forward *p, struct peer_forward *f)
{
    struct bytes *commands;

    if (p->n_commands > PEER_COMMANDS_MAX) {
        return false;
    }
    commands = lend_array(d, p->n_commands, sizeof *commands);
    if (commands == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->n_commands; i++) {
        commands[i] = bytes_of(p->commands[i].data, p->commands[i].len);
    }
    f->n = (unsigned)p->n_commands;
    f->commands = commands;
    return true;
}

#define X(name, number, text) +1

enum { N_OUTCOMES = 0 OUTCOME_MAP(X) };

#undef X

static bool take_result(const Leasehold__V1__Result *p, struct sequenced_result *s)
{
    struct result *r = &s->result;

    s->sequence = p->sequence;
    r->outcome = (enum outcome)p->outcome;
    r->index = p->index;
    return p->outcome < N_OUTCOMES && take_instant(p->at_ms, &r->at) &&
           take_instant(p->expires_at_ms, &r->expires_at) &&
           take_instant(p->held_until_ms, &r->held_until);
}

static bool take_results(
    struct peer_decoder *d, const Leasehold__V1__Results *p, struct peer_results *r)
{
    struct sequenced_result *results;

    if (p->n_results > PEER_COMMANDS_MAX) {
        return false;
    }
    results = lend_array(d, p->n_results, sizeof *results);
    if (results == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->n_results; i++) {
        if (!take_result(p->results[i], &results[i])) {
            return false;
        }
    }
    r->boot_id = p->boot_id;
    r->not_leader = p->not_leader;
    r->n = (unsigned)p->n_results;
    r->results = results;
    return true;
}

static bool take_append(
    struct peer_decoder *d, const Leasehold__V1__RaftAppend *p, struct peer_append *m)
{
    struct peer_entry *entries;
    size_t size = 0;

    if (p->n_entries > PEER_APPEND_ENTRIES_MAX) {
        return false;
    }
    entries = lend_array(d, p->n_entries, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->n_entries; i++) {
        const Leasehold__V1__RaftEntry *from = p->entries[i];

        entries[i] = (struct peer_entry){ .term = from->term,
                                          .type = from->type,
                                          .data = bytes_of(from->data.data, from->data.len) };
        size += from->data.len;
    }
    *m = (struct peer_append){ .term = p->term,
                               .prev_index = p->prev_index,
                               .prev_term = p->prev_term,
                               .leader_commit = p->leader_commit,
                               .n = (unsigned)p->n_entries,
                               .entries = entries };
    return size <= PEER_APPEND_BYTES_MAX || p->n_entries == 1;
}

static bool take_chunk(
    struct peer_decoder *d,
    const Leasehold__V1__RaftSnapshotChunk *p,
    struct peer_snapshot_chunk *c)
{
    struct peer_server *servers;

    if (p->n_servers > MEMBERS_MAX || p->data.len > PEER_CHUNK_MAX || p->offset > p->total ||
        p->data.len > p->total - p->offset) {
        return false;
    }
    servers = lend_array(d, p->n_servers, sizeof *servers);
    if (servers == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->n_servers; i++) {
        servers[i].id = p->servers[i]->id;
        servers[i].role = p->servers[i]->role;
        if (!take_text(p->servers[i]->address, MEMBER_ADDRESS_MAX, &servers[i].address)) {
            return false;
        }
    }
    *c = (struct peer_snapshot_chunk){ .term = p->term,
                                       .last_index = p->last_index,
                                       .last_term = p->last_term,
                                       .configuration_index = p->configuration_index,
                                       .n_servers = (unsigned)p->n_servers,
                                       .servers = servers,
                                       .total = p->total,
                                       .offset = p->offset,
                                       .data = bytes_of(p->data.data, p->data.len) };
    return true;
}

static bool take_vote(const Leasehold__V1__RaftVote *p, struct peer_vote *v)
{
    *v = (struct peer_vote){ .term = p->term,
                             .candidate = p->candidate,
                             .last_index = p->last_index,
                             .last_term = p->last_term,
                             .disrupt_leader = p->disrupt_leader,
                             .pre_vote = p->pre_vote };
    return true;
}

static bool take_vote_result(const Leasehold__V1__RaftVoteResult *p, struct peer_vote_result *v)
{
    *v = (struct peer_vote_result){ .term = p->term,
                                    .granted = p->granted,
                                    .pre_vote = p->pre_vote };
    return true;
}

static bool take_append_result(
    const Leasehold__V1__RaftAppendResult *p, struct peer_append_result *r)
{
    *r = (struct peer_append_result){ .term = p->term,
                                      .rejected = p->rejected,
                                      .last_index = p->last_index };
    return true;
}

static bool take_timeout_now(const Leasehold__V1__RaftTimeoutNow *p, struct peer_timeout_now *t)
{
    *t = (struct peer_timeout_now){ .term = p->term,
                                    .last_index = p->last_index,
                                    .last_term = p->last_term };
    return true;
}

/* Fills in @m with what @p says. Returns false when it has no body, or one outside a limit. */
static bool take(
    struct peer_decoder *d, const Leasehold__V1__PeerMessage *p, struct peer_message *m)
{
    switch (p->body_case) {
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_HELLO:
        m->kind = PEER_HELLO;
        return take_hello(p->hello, &m->hello);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_REFUSAL:
        m->kind = PEER_REFUSAL;
        return take_text(p->refusal->reason, PEER_REFUSAL_MAX, &m->refusal);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_STATUS:
        m->kind = PEER_STATUS;
        return take_status(d, p->status, &m->status);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_FORWARD:
        m->kind = PEER_FORWARD;
        return take_forward(d, p->forward, &m->forward);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_RESULTS:
        m->kind = PEER_RESULTS;
        return take_results(d, p->results, &m->results);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_VOTE:
        m->kind = PEER_VOTE;
        return take_vote(p->vote, &m->vote);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_VOTE_RESULT:
        m->kind = PEER_VOTE_RESULT;
        return take_vote_result(p->vote_result, &m->vote_result);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_APPEND:
        m->kind = PEER_APPEND;
        return take_append(d, p->append, &m->append);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_APPEND_RESULT:
        m->kind = PEER_APPEND_RESULT;
        return take_append_result(p->append_result, &m->append_result);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_SNAPSHOT_CHUNK:
        m->kind = PEER_SNAPSHOT_CHUNK;
        return take_chunk(d, p->snapshot_chunk, &m->snapshot_chunk);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY_TIMEOUT_NOW:
        m->kind = PEER_TIMEOUT_NOW;
        return take_timeout_now(p->timeout_now, &m->timeout_now);
    case LEASEHOLD__V1__PEER_MESSAGE__BODY__NOT_SET:
    case _LEASEHOLD__V1__PEER_MESSAGE__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return false;
}

int peer_decode(struct peer_decoder *d, struct bytes encoded, struct peer_message *ret_message)
{
    Leasehold__V1__PeerMessage *p;
    struct peer_message m;

    if (encoded.n > PEER_MESSAGE_MAX) {
        return PEER_MALFORMED;
    }
    arena_reset(&d->arena);
    d->budget = encoded.n + DECODE_SPARE;
    p = leasehold__v1__peer_message__unpack(&d->allocator, encoded.n, encoded.at);
    if (p == NULL || !take(d, p, &m)) {
        return d->arena.is_exhausted ? ERR_NOMEM : PEER_MALFORMED;
    }
    *ret_message = m;
    return 0;
}
