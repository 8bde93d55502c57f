#include "replication/peer/mesh.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/peer/mesh_state.h"

enum {
    BACKLOG = 128,
    LOG_INTERVAL_MS = 60000,
    LOG_BURST = 1,
    LINK_LOG_BURST = 3, /* one mistake after the other is put right within a minute */
};

struct link *mesh_link(struct mesh *m, uint32_t node)
{
    for (unsigned i = 0; i < m->n_links; i++) {
        if (m->links[i].node == node) {
            return &m->links[i];
        }
    }
    return NULL;
}

void mesh_set_stranger(struct mesh *m, struct connection *c, bool is_stranger)
{
    if (c->is_stranger != is_stranger) {
        c->is_stranger = is_stranger;
        m->n_strangers = is_stranger ? m->n_strangers + 1 : m->n_strangers - 1;
    }
}

bool mesh_is_up(const struct mesh *m, uint32_t node)
{
    for (unsigned i = 0; i < m->n_links; i++) {
        if (m->links[i].node == node) {
            return m->links[i].current != NULL;
        }
    }
    return false;
}

const struct mesh_counters *mesh_counters(const struct mesh *m)
{
    return &m->counters;
}

/* ---- What connections tell */

static bool is_raft(enum peer_message_kind kind)
{
    return kind >= PEER_VOTE;
}

static void handle(struct mesh *m, struct connection *c, const struct peer_message *message)
{
    struct link *l = mesh_link(m, c->node);

    if (l->current != c) {
        return; /* replaced by a newer one */
    }
    if (is_raft(message->kind)) {
        if (mesh_receive_raft(m, l, message) != 0) {
            m->counters.refused_garbage++;
            connection_close(c);
        }
    } else if (message->kind == PEER_REFUSAL) { /* of the Hello that we answered its own with */
        mesh_refused(m, l, c, message->refusal);
        connection_close(c);
    } else {
        m->port.receive(m->port.data, l->node, message);
    }
}

static void on_message(void *data, struct connection *c, struct bytes encoded)
{
    struct mesh *m = data;
    struct peer_message message;

    if (peer_decode(m->decoder, encoded, &message) != 0) {
        m->counters.refused_garbage++;
        connection_close(c);
    } else if (c->state == CONNECTION_GREETING) {
        mesh_greeting(m, c, &message);
    } else {
        handle(m, c, &message);
    }
}

static void on_drained(void *data, struct connection *c)
{
    struct link *l = mesh_link(data, c->node);

    if (l->current == c) {
        mesh_continue_snapshot(data, l);
    }
}

static void maybe_closed(struct mesh *m)
{
    if (m->is_closing && m->n_handles == 0 && TAILQ_EMPTY(&m->connections)) {
        mesh_run_failed(m);
        m->closed(m->closed_data);
    }
}

static void on_connection_closed(void *data, struct connection *c)
{
    struct mesh *m = data;
    struct link *l = mesh_link(m, c->node);
    uint64_t again = uv_now(m->config.loop) + MESH_RETRY_MS;
    bool was_current = l != NULL && l->current == c;

    TAILQ_REMOVE(&m->connections, c, link);
    mesh_set_stranger(m, c, false);
    if (l != NULL && l->dialling == c) {
        l->dialling = NULL;
    }
    if (l != NULL && l->dial_at < again) {
        l->dial_at = again;
    }
    (void)connection_free(c);
    if (was_current) {
        mesh_link_down(m, l);
    }
    maybe_closed(m);
}

/* ---- Accepting and dialling */

/* The oldest goes, not the newest: a peer says who it is at once, so it gets in during a flood. */
static void evict_stranger(struct mesh *m)
{
    struct connection *c = TAILQ_FIRST(&m->connections);

    while (c != NULL && !c->is_stranger) {
        c = TAILQ_NEXT(c, link);
    }
    require(c != NULL);
    m->counters.refused_strangers++;
    mesh_set_stranger(m, c, false);
    connection_close(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct mesh *m = listener->data;
    struct connection *c;

    if (status != 0 || connection_accept(&c, &m->connecting, listener) != 0) {
        return;
    }
    m->counters.accepted++;
    if (m->n_strangers == MESH_STRANGERS_MAX) {
        evict_stranger(m);
    }
    mesh_set_stranger(m, c, true);
    TAILQ_INSERT_TAIL(&m->connections, c, link);
}

static void dial(struct mesh *m, struct link *l)
{
    const struct sockaddr *address = (const struct sockaddr *)&l->socket_address;
    struct connection *c;

    l->dial_at = uv_now(m->config.loop) + MESH_RETRY_MS;
    if (connection_dial(&c, &m->connecting, l->node, address) != 0) {
        return;
    }
    l->dialling = c;
    TAILQ_INSERT_TAIL(&m->connections, c, link);
}

static bool is_silent(const struct connection *c, uint64_t now)
{
    switch (c->state) {
    case CONNECTION_DIALLING:
    case CONNECTION_GREETING:
        return now - c->opened_at > MESH_HELLO_MS;
    case CONNECTION_UP:
        return now - c->heard_at > MESH_SILENCE_MS;
    case CONNECTION_CLOSING:
        return false;
    }
    return false;
}

static void on_tick(uv_timer_t *timer)
{
    struct mesh *m = timer->data;
    uint64_t now = uv_now(m->config.loop);
    struct connection *c;

    TAILQ_FOREACH(c, &m->connections, link)
    {
        if (is_silent(c, now)) {
            m->counters.refused_silent++;
            connection_close(c);
        }
    }
    mesh_trust_tick(m);
    for (unsigned i = 0; i < m->n_links; i++) {
        struct link *l = &m->links[i];
        bool is_mine = l->node > m->config.node; /* the lower id dials */

        if (is_mine && l->current == NULL && l->dialling == NULL && now >= l->dial_at) {
            dial(m, l);
        }
    }
}

/* Before the loop sleeps, and after the owner's own turn, which began later (libuv runs the
 * youngest first). */
static void on_flush(uv_prepare_t *prepare)
{
    struct mesh *m = prepare->data;
    struct connection *c;

    TAILQ_FOREACH(c, &m->connections, link)
    {
        connection_flush(c);
    }
}

void mesh_send(struct mesh *m, uint32_t node, const struct peer_message *message)
{
    struct link *l = mesh_link(m, node);

    if (l == NULL || l->current == NULL || connection_send(l->current, message, NULL, NULL) != 0) {
        m->counters.dropped_messages++;
    }
}

/* ---- Life */

/* Reads "a.b.c.d:port". */
static bool parse_address(const char *text, struct sockaddr_storage *ret_address)
{
    char host[MEMBER_ADDRESS_MAX];
    const char *colon = strrchr(text, ':');
    char *end;
    unsigned long port = colon != NULL ? strtoul(colon + 1, &end, 10) : 0;

    if (port == 0 || port > UINT16_MAX || *end != '\0' || (size_t)(colon - text) >= sizeof host) {
        log_error("address", "address=%s expected=\"1.2.3.4:6767\"", text);
        return false;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    if (uv_ip4_addr(host, (int)port, (struct sockaddr_in *)ret_address) != 0) {
        log_error("address", "address=%s expected=\"1.2.3.4:6767\"", text);
        return false;
    }
    return true;
}

static bool add_links(struct mesh *m)
{
    for (unsigned i = 0; i < m->config.n_members; i++) {
        const struct replica_member *member = &m->config.members[i];
        struct link *l = &m->links[m->n_links];

        if (member->id == m->config.node) {
            if (m->config.listen[0] == '\0') {
                memcpy(m->config.listen, member->address, sizeof member->address);
            }
            continue;
        }
        l->node = member->id;
        l->log_limit =
            (struct log_limit){ .burst = LINK_LOG_BURST, .interval_ms = LOG_INTERVAL_MS };
        memcpy(l->address, member->address, sizeof member->address);
        if (!parse_address(l->address, &l->socket_address)) {
            return false;
        }
        m->n_links++;
    }
    return true;
}

int mesh_new(struct mesh **ret_mesh, const struct mesh_config *config, const struct mesh_port *port)
{
    struct mesh *m = calloc(1, sizeof *m);
    int rv;

    if (m == NULL) {
        return ERR_NOMEM;
    }
    m->config = *config;
    m->port = *port;
    m->log_limit = (struct log_limit){ .burst = LOG_BURST, .interval_ms = LOG_INTERVAL_MS };
    m->owner = (struct connection_owner){
        .data = m,
        .connected = mesh_greet,
        .message = on_message,
        .refused = mesh_distrust,
        .drained = on_drained,
        .closed = on_connection_closed,
    };
    m->connecting = (struct connection_config){
        .loop = config->loop,
        .tls = config->tls,
        .owner = &m->owner,
    };
    TAILQ_INIT(&m->connections);
    rv = add_links(m) ? peer_decoder_new(&m->decoder) : ERR_CONFIG;
    if (rv != 0) {
        (void)mesh_free(m);
        return rv;
    }
    *ret_mesh = m;
    return 0;
}

struct mesh *mesh_free(struct mesh *m)
{
    if (m != NULL) {
        require(m->n_handles == 0 && TAILQ_EMPTY(&m->connections) && m->failed == NULL);
        m->decoder = peer_decoder_free(m->decoder);
        free(m);
    }
    return NULL;
}

static int listen_on(struct mesh *m)
{
    struct sockaddr_storage address = { 0 };
    int rv;

    if (!parse_address(m->config.listen, &address)) {
        return ERR_CONFIG;
    }
    rv = uv_tcp_bind(&m->listener, (const struct sockaddr *)&address, 0);
    rv = rv == 0 ? uv_listen((uv_stream_t *)&m->listener, BACKLOG, on_connection) : rv;
    if (rv != 0) {
        log_error(
            "listen",
            "address=%s reason=\"%s\" next=\"free the port, or change cluster.listen\"",
            m->config.listen,
            uv_strerror(rv));
        return ERR_IO;
    }
    return 0;
}

int mesh_open(struct mesh *m)
{
    require(!m->is_open);
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that hung up is an error of the write */
    if (uv_tcp_init(m->config.loop, &m->listener) != 0) {
        return ERR_IO;
    }
    (void)uv_timer_init(m->config.loop, &m->tick);
    (void)uv_timer_init(m->config.loop, &m->later);
    (void)uv_prepare_init(m->config.loop, &m->flush);
    m->listener.data = m;
    m->tick.data = m;
    m->later.data = m;
    m->flush.data = m;
    m->n_handles = 4;
    m->is_open = true;
    m->certificates_at = uv_now(m->config.loop) + MESH_CERTIFICATES_MS;
    (void)uv_prepare_start(&m->flush, on_flush);
    (void)uv_timer_start(&m->tick, on_tick, 0, MESH_TICK_MS);
    return listen_on(m);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct mesh *m = handle->data;

    m->n_handles--;
    maybe_closed(m);
}

void mesh_close(struct mesh *m, void (*closed)(void *data), void *data)
{
    struct connection *c;

    require(m->is_open && !m->is_closing);
    m->is_closing = true;
    m->closed = closed;
    m->closed_data = data;
    uv_close((uv_handle_t *)&m->listener, on_handle_closed);
    uv_close((uv_handle_t *)&m->tick, on_handle_closed);
    uv_close((uv_handle_t *)&m->later, on_handle_closed);
    uv_close((uv_handle_t *)&m->flush, on_handle_closed);
    TAILQ_FOREACH(c, &m->connections, link)
    {
        connection_close(c);
    }
}
