#include "base/check.h"
#include "replication/peer/handshake.h"
#include "replication/peer/mesh_state.h"

/*
 * Mesh, greeting - Hello in both directions, and what a good one changes
 */
static void say_hello(struct mesh *m, struct connection *c, uint32_t to_node)
{
    struct peer_message hello = {
        .kind = PEER_HELLO,
        .hello = {
            .protocol = PEER_PROTOCOL,
            .cluster = bytes_of_text(m->config.cluster),
            .cluster_id = m->port.cluster_id(m->port.data),
            .node = m->config.node,
            .incarnation = m->config.incarnation,
            .boot_id = m->config.boot_id,
            .to_node = to_node,
        },
    };

    if (connection_send(c, &hello, NULL, NULL) != 0) {
        connection_close(c);
    }
}

void mesh_greet(void *data, struct connection *c)
{
    say_hello(data, c, c->node);
}

void mesh_log_refusal(
    struct mesh *m, struct link *l, const char *event, const struct connection *c, struct bytes why)
{
    struct log_limit *limit = l != NULL ? &l->log_limit : &m->log_limit;
    char address[MEMBER_ADDRESS_MAX], text[LOG_TEXT_MAX];
    unsigned n_suppressed;

    if (log_limit_pass(limit, (int64_t)uv_now(m->config.loop), &n_suppressed)) {
        log_warning(
            event,
            "peer=%u address=%s reason=\"%s\" suppressed=%u",
            l != NULL ? l->node : 0,
            transport_peer_address(&c->transport, address, sizeof address),
            log_sentence(why, text, sizeof text),
            n_suppressed);
    }
}

static void refuse(struct mesh *m, struct connection *c, uint32_t node, const char *reason)
{
    struct peer_message refusal = { .kind = PEER_REFUSAL, .refusal = bytes_of_text(reason) };

    m->counters.refused_hellos++;
    mesh_log_refusal(m, mesh_link(m, node), "peer-refused", c, refusal.refusal);
    (void)connection_send(c, &refusal, NULL, NULL);
    connection_close_when_sent(c);
}

void mesh_link_down(struct mesh *m, struct link *l)
{
    l->current = NULL;
    snapshot_receiver_reset(&l->receiver);
    mesh_fail_snapshot(m, l);
    log_info("peer-disconnected", "peer=%u address=%s", l->node, l->address);
    m->port.peer_changed(m->port.data, l->node, false);
}

static void link_up(struct mesh *m, struct link *l, struct connection *c)
{
    if (l->current != NULL) { /* the peer is back before we noticed that it was gone */
        connection_close(l->current);
        mesh_link_down(m, l);
    }
    if (c->is_dialler) {
        l->dialling = NULL;
    }
    mesh_set_stranger(m, c, false);
    connection_set_up(c);
    l->current = c;
    m->counters.connected++;
    log_info("peer-connected", "peer=%u address=%s", l->node, l->address);
    m->port.peer_changed(m->port.data, l->node, true);
}

static int judge(
    struct mesh *m,
    const struct connection *c,
    const struct link *l,
    const struct peer_hello *h,
    char refusal[PEER_REFUSAL_MAX])
{
    struct handshake_self self = {
        .cluster = bytes_of_text(m->config.cluster),
        .cluster_id = m->port.cluster_id(m->port.data),
        .node = m->config.node,
    };
    struct handshake_known known = {
        .is_member = l != NULL,
        .expected = c->node,
        .certified = transport_node(&c->transport),
    };

    if (l != NULL) {
        known.incarnation = m->port.incarnation(m->port.data, h->node);
    }
    if (l != NULL && l->current != NULL) {
        known.is_connected = true;
        known.live_incarnation = l->current->incarnation;
        known.live_boot_id = l->current->boot_id;
    }
    return handshake_judge(&self, &known, h, refusal);
}

static void receive_hello(struct mesh *m, struct connection *c, const struct peer_hello *h)
{
    struct link *l = mesh_link(m, h->node);
    char refusal[PEER_REFUSAL_MAX];

    if (judge(m, c, l, h, refusal) != 0) {
        refuse(m, c, h->node, refusal);
        return;
    }
    c->node = h->node;
    c->incarnation = h->incarnation;
    c->boot_id = h->boot_id;
    if (!c->is_dialler) {
        say_hello(m, c, h->node);
    }
    if (c->state != CONNECTION_CLOSING) {
        link_up(m, l, c);
    }
}

/* The first message of a connection: a Hello, or why there will be none. */
void mesh_greeting(struct mesh *m, struct connection *c, const struct peer_message *message)
{
    require(c->state == CONNECTION_GREETING);
    if (message->kind == PEER_HELLO) {
        receive_hello(m, c, &message->hello);
        return;
    }
    if (message->kind == PEER_REFUSAL && c->is_dialler) {
        mesh_refused(m, mesh_link(m, c->node), c, message->refusal);
    } else {
        m->counters.refused_garbage++;
    }
    connection_close(c);
}

void mesh_refused(struct mesh *m, struct link *l, const struct connection *c, struct bytes reason)
{
    mesh_log_refusal(m, l, "peer-refuses-us", c, reason);
    l->dial_at = uv_now(m->config.loop) + MESH_REFUSED_RETRY_MS;
    m->port.refused(m->port.data, l->node, reason);
}
