#ifndef REPLICATION_PEER_CONNECTION_H
#define REPLICATION_PEER_CONNECTION_H

#include <raft.h>
#include <sys/queue.h>
#include <uv.h>

#include "proto/peer.h"
#include "replication/peer/frame.h"
#include "replication/peer/transport.h"

/*
 * Connection - one connection to another node: frames out, frames in
 *
 *   DIALLING ---> GREETING ---> UP ---> CLOSING ---> (closed)
 *       |             |                    ^
 *       +-------------+--------------------+
 *
 * The mesh owns it, moves it from GREETING to UP when the handshake is done, and frees it in
 * `closed`, which comes once, from the loop. What is sent in one turn of the loop goes out
 * together at its end (connection_flush), as one write. The queue of unsent bytes is bounded.
 */
enum {
    CONNECTION_QUEUE_MAX = 8 * 1024 * 1024, /* unsent bytes; what would pass it is refused */
    CONNECTION_QUEUE_LOW = 512 * 1024,      /* below it, the next piece of a snapshot goes out */
    CONNECTION_BUNDLE_MAX = 64 * 1024,      /* a bundle that has grown so far does not wait */
};

enum connection_state {
    CONNECTION_DIALLING,
    CONNECTION_GREETING,
    CONNECTION_UP,
    CONNECTION_CLOSING,
};

struct connection;

struct connection_owner {
    void *data;
    void (*connected)(void *data, struct connection *c); /* what was dialled can be spoken to */
    void (*message)(void *data, struct connection *c, struct bytes encoded);
    /* What arrives is of no use: a tls_outcome, transport_reason() tells more. It closes itself. */
    void (*refused)(void *data, struct connection *c, int outcome);
    void (*drained)(void *data, struct connection *c);
    void (*closed)(void *data, struct connection *c);
};

struct bundle;

struct connection {
    TAILQ_ENTRY(connection) link; /* the mesh's */
    struct transport transport;
    uv_connect_t request;
    const struct connection_owner *owner;
    enum connection_state state;
    bool is_dialler;
    bool is_stranger; /* accepted, and counted by the mesh as nobody yet */
    bool closes_when_sent;
    uint32_t node;                 /* who it is: dialled, or known by its Hello; 0: nobody yet */
    uint64_t incarnation, boot_id; /* of its Hello */
    uint64_t opened_at, heard_at;  /* uv_now() */
    size_t n_queued;
    struct bundle *bundle; /* that has not gone out; NULL: nothing was sent in this turn */
    struct frame_reader reader;
};

TAILQ_HEAD(connection_list, connection);

/* What a connection is made of. */
struct connection_config {
    uv_loop_t *loop;
    struct tls *tls; /* NULL: plain TCP */
    const struct connection_owner *owner;
};

/*
 * Begins to connect to @node at @address. Returns 0, ERR_NOMEM or ERR_IO (nothing is left behind).
 */
int connection_dial(
    struct connection **ret_connection,
    const struct connection_config *config,
    uint32_t node,
    const struct sockaddr *address);

/* Takes the next one that @listener has. Returns 0, ERR_NOMEM or ERR_IO. */
int connection_accept(
    struct connection **ret_connection,
    const struct connection_config *config,
    uv_stream_t *listener);

enum connection_send_outcome {
    CONNECTION_REFUSED = 1, /* closing, or the queue is full */
};

/*
 * Sends a copy of @m with the next flush. With a @request, @sent is called once, from the loop,
 * when the bytes are with the kernel or the connection has ended; not when an error or outcome is
 * returned.
 * Returns 0, ERR_NOMEM or CONNECTION_REFUSED.
 */
int connection_send(
    struct connection *c,
    const struct peer_message *m,
    struct raft_io_send *request,
    raft_io_send_cb sent);

/* Sends what waits; before the loop sleeps. */
void connection_flush(struct connection *c);

/* The handshake is done. */
void connection_set_up(struct connection *c);

/* Closes now, or as soon as what is queued has been sent. */
void connection_close(struct connection *c);
void connection_close_when_sent(struct connection *c);

struct connection *connection_free(struct connection *c); /* after `closed` */

#endif
