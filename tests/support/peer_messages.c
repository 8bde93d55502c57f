#include "support/peer_messages.h"

#include <string.h>

enum { N_KINDS = PEER_TIMEOUT_NOW };

static uint8_t noise[PEER_APPEND_BYTES_MAX];
static char text[PEER_REFUSAL_MAX];
static struct network_status networks[NETWORKS_MAX];
static struct bytes commands[PEER_COMMANDS_MAX];
static struct sequenced_result results[PEER_COMMANDS_MAX];
static struct peer_entry entries[PEER_APPEND_ENTRIES_MAX];
static struct peer_server servers[MEMBERS_MAX];

/* splitmix64 */
static uint64_t draw(struct peer_messages *m)
{
    uint64_t x = m->seed += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* A number of any magnitude, often 0. */
static uint64_t number(struct peer_messages *m)
{
    return m->largest ? UINT64_MAX : draw(m) >> draw(m) % 64 & (0 - (draw(m) & 1));
}

static uint32_t small(struct peer_messages *m)
{
    return (uint32_t)number(m);
}

static bool flag(struct peer_messages *m)
{
    return m->largest || draw(m) % 2 == 0;
}

static size_t length(struct peer_messages *m, size_t most)
{
    if (m->largest) {
        return most;
    }
    return draw(m) % 3 == 0 ? draw(m) % (most + 1) : draw(m) % (most < 8 ? most + 1 : 8);
}

static struct bytes words(struct peer_messages *m, size_t size)
{
    return bytes_of(text, length(m, size - 1));
}

static struct bytes data(struct peer_messages *m, size_t most)
{
    return bytes_of(noise, length(m, most));
}

static struct instant instant(struct peer_messages *m)
{
    return (struct instant){ (int64_t)(number(m) & INT64_MAX) };
}

static struct peer_status status(struct peer_messages *m)
{
    struct peer_status s = { .wall = instant(m),
                             .applied_index = number(m),
                             .term = number(m),
                             .leader = small(m),
                             .has_majority = flag(m),
                             .cluster_time = instant(m),
                             .n_networks = (unsigned)length(m, NETWORKS_MAX),
                             .networks = networks,
                             .digest_high = number(m),
                             .digest_low = number(m) };

    for (unsigned i = 0; i < s.n_networks; i++) {
        networks[i] = (struct network_status){
            words(m, NETWORK_NAME_MAX), flag(m), flag(m), flag(m), { small(m) }
        };
    }
    return s;
}

static struct peer_forward forward(struct peer_messages *m)
{
    struct peer_forward f = { (unsigned)length(m, PEER_COMMANDS_MAX), commands };

    for (unsigned i = 0; i < f.n; i++) {
        commands[i] = data(m, 900);
    }
    return f;
}

static struct peer_results answer(struct peer_messages *m)
{
    struct peer_results r = { number(m), (unsigned)length(m, PEER_COMMANDS_MAX), results, flag(m) };

    for (unsigned i = 0; i < r.n; i++) {
        results[i].sequence = number(m);
        results[i].result.outcome =
            m->largest ? OUTCOME_OVERLOADED : (enum outcome)(draw(m) % (OUTCOME_OVERLOADED + 1));
        results[i].result.index = number(m);
        results[i].result.at = instant(m);
        results[i].result.expires_at = instant(m);
        results[i].result.held_until = instant(m);
    }
    return r;
}

static struct peer_append append(struct peer_messages *m)
{
    struct peer_append a = { .term = number(m),
                             .prev_index = number(m),
                             .prev_term = number(m),
                             .leader_commit = number(m),
                             .n = (unsigned)length(m, PEER_APPEND_ENTRIES_MAX),
                             .entries = entries };

    for (unsigned i = 0; i < a.n; i++) {
        entries[i].term = number(m);
        entries[i].type = small(m);
        entries[i].data = data(m, PEER_APPEND_BYTES_MAX / PEER_APPEND_ENTRIES_MAX);
    }
    return a;
}

static struct peer_snapshot_chunk chunk(struct peer_messages *m)
{
    struct peer_snapshot_chunk c = { .term = number(m),
                                     .last_index = number(m),
                                     .last_term = number(m),
                                     .configuration_index = number(m),
                                     .n_servers = (unsigned)length(m, MEMBERS_MAX),
                                     .servers = servers,
                                     .offset = number(m) / 2,
                                     .data = data(m, PEER_CHUNK_MAX) };

    c.total = c.offset + c.data.n;
    for (unsigned i = 0; i < c.n_servers; i++) {
        servers[i] = (struct peer_server){ number(m), words(m, MEMBER_ADDRESS_MAX), small(m) };
    }
    return c;
}

static void make_own(struct peer_messages *m)
{
    struct peer_message *out = &m->message;

    switch ((int)out->kind) {
    case PEER_HELLO:
        out->hello = (struct peer_hello){ small(m),  words(m, CLUSTER_NAME_MAX),
                                          number(m), small(m),
                                          number(m), number(m),
                                          small(m) };
        break;
    case PEER_REFUSAL:
        out->refusal = words(m, PEER_REFUSAL_MAX);
        break;
    case PEER_STATUS:
        out->status = status(m);
        break;
    case PEER_FORWARD:
        out->forward = forward(m);
        break;
    default:
        out->results = answer(m);
        break;
    }
}

static void make_raft(struct peer_messages *m)
{
    struct peer_message *out = &m->message;

    switch ((int)out->kind) {
    case PEER_VOTE:
        out->vote =
            (struct peer_vote){ number(m), number(m), number(m), number(m), flag(m), flag(m) };
        break;
    case PEER_VOTE_RESULT:
        out->vote_result = (struct peer_vote_result){ number(m), flag(m), small(m) };
        break;
    case PEER_APPEND:
        out->append = append(m);
        break;
    case PEER_APPEND_RESULT:
        out->append_result = (struct peer_append_result){ number(m), number(m), number(m) };
        break;
    case PEER_SNAPSHOT_CHUNK:
        out->snapshot_chunk = chunk(m);
        break;
    default:
        out->timeout_now = (struct peer_timeout_now){ number(m), number(m), number(m) };
        break;
    }
}

const struct peer_message *peer_messages_next(struct peer_messages *m)
{
    memset(text, 'x', sizeof text);
    m->message.kind = (enum peer_message_kind)(1 + m->n_made++ % N_KINDS);
    if (m->message.kind < PEER_VOTE) {
        make_own(m);
    } else {
        make_raft(m);
    }
    return &m->message;
}
