#include <stdlib.h>

#include "base/check.h"
#include "base/err.h"
#include "replication/peer/mesh_state.h"
#include "replication/peer/rpc_codec.h"

/*
 * Mesh, Raft's messages - out through io.send, in to the receive callback
 *
 * libraft 0.15 keeps using a request after io.send has returned or called back too early, and
 * frees twice after an error. So a send never fails in here: what cannot go out is put on a list
 * and told so from the loop.
 */
static void on_later(uv_timer_t *timer)
{
    mesh_run_failed(timer->data);
}

void mesh_run_failed(struct mesh *m)
{
    struct failed_send *f = m->failed;

    m->failed = NULL;
    while (f != NULL) {
        struct failed_send *next = f->next;

        f->sent(f->request, RAFT_NOCONNECTION);
        free(f);
        f = next;
    }
}

static void fail_later(struct mesh *m, struct raft_io_send *request, raft_io_send_cb sent)
{
    struct failed_send *f = malloc(sizeof *f);

    require(f != NULL);
    *f = (struct failed_send){ .next = m->failed, .request = request, .sent = sent };
    m->failed = f;
    m->counters.dropped_messages++;
    if (!m->is_closing) {
        (void)uv_timer_start(&m->later, on_later, 0, 0);
    }
}

void mesh_fail_snapshot(struct mesh *m, struct link *l)
{
    l->sender.is_active = false;
    if (l->snapshot_request != NULL) {
        fail_later(m, l->snapshot_request, l->snapshot_sent);
        l->snapshot_request = NULL;
    }
}

/* The next piece; the last one carries the request, so that its callback ends the snapshot. */
static void send_chunk(struct mesh *m, struct link *l, const struct peer_message *chunk)
{
    struct raft_io_send *request = l->sender.is_active ? NULL : l->snapshot_request;

    if (connection_send(l->current, chunk, request, l->snapshot_sent) != 0) {
        mesh_fail_snapshot(m, l);
    } else if (request != NULL) {
        l->snapshot_request = NULL;
    }
}

void mesh_continue_snapshot(struct mesh *m, struct link *l)
{
    struct peer_message chunk;

    while (l->current != NULL && l->current->n_queued < CONNECTION_QUEUE_LOW &&
           snapshot_sender_next(&l->sender, &chunk)) {
        send_chunk(m, l, &chunk);
    }
}

static void begin_snapshot(
    struct mesh *m,
    struct link *l,
    struct raft_io_send *request,
    const struct raft_message *message,
    raft_io_send_cb sent)
{
    if (l->snapshot_request != NULL || l->current == NULL ||
        !snapshot_sender_begin(&l->sender, &message->install_snapshot)) {
        fail_later(m, request, sent);
        return;
    }
    l->snapshot_request = request;
    l->snapshot_sent = sent;
    mesh_continue_snapshot(m, l);
}

/* A TimeoutNow of libraft comes without a callback. */
static void ignore_sent(struct raft_io_send *request, int status)
{
    (void)request;
    (void)status;
}

int mesh_send_raft(
    struct mesh *m,
    struct raft_io_send *request,
    const struct raft_message *message,
    raft_io_send_cb sent)
{
    struct link *l = mesh_link(m, (uint32_t)message->server_id);
    struct peer_entry entries[PEER_APPEND_ENTRIES_MAX];
    struct peer_message p;

    sent = sent != NULL ? sent : ignore_sent;
    if (l == NULL || l->current == NULL) {
        fail_later(m, request, sent);
    } else if (message->type == RAFT_IO_INSTALL_SNAPSHOT) {
        begin_snapshot(m, l, request, message, sent);
    } else {
        rpc_codec_send(message, entries, &p);
        if (connection_send(l->current, &p, request, sent) != 0) {
            fail_later(m, request, sent);
        }
    }
    return 0;
}

/* Returns 0, or another value when the connection should end. */
int mesh_receive_raft(struct mesh *m, struct link *l, const struct peer_message *message)
{
    struct raft_message raft;
    int rv;

    if (message->kind == PEER_SNAPSHOT_CHUNK) {
        rv = snapshot_receiver_add(
            &l->receiver, &message->snapshot_chunk, l->node, l->address, &raft);
        if (rv == SNAPSHOT_RECEIVER_MORE) {
            return 0;
        }
    } else {
        rv = rpc_codec_receive(message, l->node, l->address, &raft);
    }
    if (rv == 0) {
        m->port.receive_raft(m->port.data, &raft);
    }
    return rv;
}
