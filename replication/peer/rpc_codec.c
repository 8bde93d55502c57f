#include "replication/peer/rpc_codec.h"

#include <string.h>

#include "base/check.h"
#include "base/err.h"

/* Terms and indexes are counted up from 1; nobody gets near this, and sums of two still fit. */
#define COUNT_MAX ((uint64_t)INT64_MAX)

enum {
    ENTRY_ALIGNMENT = 8,      /* libraft 0.15 loses entries of other lengths at a restart */
    CONFIGURATION_FORMAT = 1, /* first byte of a RAFT_CHANGE entry */
    CONFIGURATION_HEADER = 1 + 8,
};

static struct peer_append say_append(
    const struct raft_append_entries *a, struct peer_entry entries[PEER_APPEND_ENTRIES_MAX])
{
    require(a->n_entries <= PEER_APPEND_ENTRIES_MAX);
    for (unsigned i = 0; i < a->n_entries; i++) {
        const struct raft_entry *e = &a->entries[i];

        entries[i] = (struct peer_entry){ e->term, e->type, bytes_of(e->buf.base, e->buf.len) };
    }
    return (struct peer_append){ .term = a->term,
                                 .prev_index = a->prev_log_index,
                                 .prev_term = a->prev_log_term,
                                 .leader_commit = a->leader_commit,
                                 .n = a->n_entries,
                                 .entries = entries };
}

static struct peer_vote say_vote(const struct raft_request_vote *v)
{
    return (struct peer_vote){ .term = v->term,
                               .candidate = v->candidate_id,
                               .last_index = v->last_log_index,
                               .last_term = v->last_log_term,
                               .disrupt_leader = v->disrupt_leader,
                               .pre_vote = v->pre_vote };
}

void rpc_codec_send(
    const struct raft_message *m,
    struct peer_entry entries[PEER_APPEND_ENTRIES_MAX],
    struct peer_message *ret_message)
{
    const struct raft_append_entries_result *result = &m->append_entries_result;
    const struct raft_request_vote_result *vote = &m->request_vote_result;
    const struct raft_timeout_now *now = &m->timeout_now;
    struct peer_message *p = ret_message;

    switch (m->type) {
    case RAFT_IO_APPEND_ENTRIES:
        *p =
            (struct peer_message){ PEER_APPEND, .append = say_append(&m->append_entries, entries) };
        return;
    case RAFT_IO_APPEND_ENTRIES_RESULT:
        *p = (struct peer_message){
            PEER_APPEND_RESULT,
            .append_result = {result->term, result->rejected, result->last_log_index}
        };
        return;
    case RAFT_IO_REQUEST_VOTE:
        *p = (struct peer_message){ PEER_VOTE, .vote = say_vote(&m->request_vote) };
        return;
    case RAFT_IO_REQUEST_VOTE_RESULT:
        *p = (struct peer_message){
            PEER_VOTE_RESULT, .vote_result = {vote->term, vote->vote_granted, vote->pre_vote}
        };
        return;
    case RAFT_IO_TIMEOUT_NOW:
        *p = (struct peer_message){
            PEER_TIMEOUT_NOW, .timeout_now = {now->term, now->last_log_index, now->last_log_term}
        };
        return;
    default:
        check_failed("require", "a message of one piece", __FILE__, __LINE__, __func__);
    }
}

static bool is_count(uint64_t n)
{
    return n <= COUNT_MAX;
}

static uint64_t read_u64_le(const uint8_t *at)
{
    uint64_t n = 0;

    for (int i = 7; i >= 0; i--) {
        n = n << 8 | at[i];
    }
    return n;
}

/* Whether libraft's decoder, which does not look where the bytes end, would stay inside @b. */
static bool is_configuration(struct bytes b)
{
    uint64_t n;

    if (b.n < CONFIGURATION_HEADER || b.at[0] != CONFIGURATION_FORMAT) {
        return false;
    }
    n = read_u64_le(b.at + 1);
    b = bytes_slice(b, CONFIGURATION_HEADER, b.n);
    if (n == 0 || n > MEMBERS_MAX) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) { /* id, address and its NUL, role */
        const uint8_t *end = b.n > 8 ? memchr(b.at + 8, '\0', b.n - 8) : NULL;

        if (end == NULL || (size_t)(end - b.at) + 2 > b.n || read_u64_le(b.at) == 0) {
            return false;
        }
        if (end[1] > RAFT_SPARE) {
            return false;
        }
        b = bytes_slice(b, (size_t)(end - b.at) + 2, b.n);
    }
    return true;
}

static bool is_entry(const struct peer_entry *e, uint64_t message_term)
{
    if (e->term == 0 || e->term > message_term || e->data.n == 0 ||
        e->data.n % ENTRY_ALIGNMENT != 0) {
        return false;
    }
    switch (e->type) {
    case RAFT_COMMAND:
    case RAFT_BARRIER:
        return true;
    case RAFT_CHANGE:
        return is_configuration(e->data);
    default:
        return false;
    }
}

static int copy_entries(const struct peer_append *p, struct raft_append_entries *a)
{
    size_t size = 0;
    uint8_t *batch;

    for (unsigned i = 0; i < p->n; i++) {
        size += p->entries[i].data.n;
    }
    a->entries = raft_malloc(p->n * sizeof *a->entries);
    batch = raft_malloc(size);
    if (a->entries == NULL || batch == NULL) {
        raft_free(a->entries);
        raft_free(batch);
        return ERR_NOMEM;
    }
    a->n_entries = p->n;
    for (unsigned i = 0, at = 0; i < p->n; i++) {
        const struct peer_entry *e = &p->entries[i];

        a->entries[i] = (struct raft_entry){
            .term = e->term,
            .type = (unsigned short)e->type,
            .buf = {batch + at, e->data.n},
            .batch = batch
        };
        memcpy(batch + at, e->data.at, e->data.n);
        at += (unsigned)e->data.n;
    }
    return 0;
}

static int receive_append(const struct peer_append *p, struct raft_append_entries *a)
{
    if (p->term == 0 || !is_count(p->term) || !is_count(p->prev_index) || p->prev_term > p->term ||
        !is_count(p->leader_commit) || p->n > PEER_APPEND_ENTRIES_MAX) {
        return RPC_CODEC_REFUSED;
    }
    for (unsigned i = 0; i < p->n; i++) {
        uint64_t before = i == 0 ? p->prev_term : p->entries[i - 1].term;

        if (!is_entry(&p->entries[i], p->term) || p->entries[i].term < before) {
            return RPC_CODEC_REFUSED;
        }
    }
    *a = (struct raft_append_entries){ .term = p->term,
                                       .prev_log_index = p->prev_index,
                                       .prev_log_term = p->prev_term,
                                       .leader_commit = p->leader_commit };
    return p->n == 0 ? 0 : copy_entries(p, a);
}

static int receive_result(
    const struct peer_append_result *p, struct raft_append_entries_result *result)
{
    *result = (struct raft_append_entries_result){ .term = p->term,
                                                   .rejected = p->rejected,
                                                   .last_log_index = p->last_index };
    return is_count(p->term) && is_count(p->rejected) && is_count(p->last_index)
               ? 0
               : RPC_CODEC_REFUSED;
}

static int receive_vote(const struct peer_vote *p, uint32_t from, struct raft_request_vote *v)
{
    *v = (struct raft_request_vote){ .term = p->term,
                                     .candidate_id = p->candidate,
                                     .last_log_index = p->last_index,
                                     .last_log_term = p->last_term,
                                     .disrupt_leader = p->disrupt_leader,
                                     .pre_vote = p->pre_vote };
    return p->candidate == from && p->term > 0 && is_count(p->term) && is_count(p->last_index) &&
                   p->last_term <= p->term
               ? 0
               : RPC_CODEC_REFUSED;
}

static int receive_vote_result(
    const struct peer_vote_result *p, struct raft_request_vote_result *result)
{
    *result = (struct raft_request_vote_result){ .term = p->term,
                                                 .vote_granted = p->granted,
                                                 .pre_vote = (raft_tribool)p->pre_vote };
    return is_count(p->term) && p->pre_vote <= raft_tribool_false ? 0 : RPC_CODEC_REFUSED;
}

static int receive_timeout_now(const struct peer_timeout_now *p, struct raft_timeout_now *now)
{
    *now = (struct raft_timeout_now){ .term = p->term,
                                      .last_log_index = p->last_index,
                                      .last_log_term = p->last_term };
    return is_count(p->term) && is_count(p->last_index) && p->last_term <= p->term
               ? 0
               : RPC_CODEC_REFUSED;
}

/* Fills in the type and the body of @m. Returns 0, ERR_NOMEM or RPC_CODEC_REFUSED. */
static int receive_body(const struct peer_message *p, uint32_t from, struct raft_message *m)
{
    switch ((int)p->kind) {
    case PEER_APPEND:
        m->type = RAFT_IO_APPEND_ENTRIES;
        return receive_append(&p->append, &m->append_entries);
    case PEER_APPEND_RESULT:
        m->type = RAFT_IO_APPEND_ENTRIES_RESULT;
        return receive_result(&p->append_result, &m->append_entries_result);
    case PEER_VOTE:
        m->type = RAFT_IO_REQUEST_VOTE;
        return receive_vote(&p->vote, from, &m->request_vote);
    case PEER_VOTE_RESULT:
        m->type = RAFT_IO_REQUEST_VOTE_RESULT;
        return receive_vote_result(&p->vote_result, &m->request_vote_result);
    case PEER_TIMEOUT_NOW:
        m->type = RAFT_IO_TIMEOUT_NOW;
        return receive_timeout_now(&p->timeout_now, &m->timeout_now);
    default:
        return RPC_CODEC_REFUSED;
    }
}

int rpc_codec_receive(
    const struct peer_message *p,
    uint32_t from,
    const char *address,
    struct raft_message *ret_message)
{
    struct raft_message m = { .server_id = from, .server_address = address };
    int r;

    require(from > 0 && address != NULL);
    r = receive_body(p, from, &m);
    if (r != 0) {
        return r;
    }
    *ret_message = m;
    return 0;
}

void rpc_codec_discard(struct raft_message *m)
{
    if (m->type == RAFT_IO_APPEND_ENTRIES && m->append_entries.n_entries > 0) {
        raft_free(m->append_entries.entries[0].batch);
        raft_free(m->append_entries.entries);
        m->append_entries.n_entries = 0;
        m->append_entries.entries = NULL;
    }
    if (m->type == RAFT_IO_INSTALL_SNAPSHOT) {
        raft_free(m->install_snapshot.data.base);
        m->install_snapshot.data = (struct raft_buffer){ NULL, 0 };
        raft_configuration_close(&m->install_snapshot.conf);
        raft_configuration_init(&m->install_snapshot.conf);
    }
}
