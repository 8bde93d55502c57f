#ifndef ONE_NODE_H
#define ONE_NODE_H

#include "server/exchange.h"
#include "support/lan.h"

/*
 * One node - exchanges over a real store, with the log and the sockets in the test's hand
 *
 * What is proposed waits in a queue until the test applies it or gives it an outcome; what is
 * sent is counted and the last reply kept. Node 1 of a cluster of three; time stands still
 * unless the test moves it.
 */
enum {
    ONE_NODE_QUEUE_MAX = 2048,
    ONE_NODE_REPLY_MAX = 2048,
};

struct one_node_proposal {
    struct proposal *proposal; /* NULL: answered or cancelled */
    size_t n;
    uint8_t encoded[COMMAND_ENCODED_MAX];
};

struct one_node {
    struct lan lan; /* one_node_apply_settings() puts it in force */
    char folder[32];
    struct store *store;
    struct exchanges *exchanges;
    struct serving_view view; /* nodes 1, 2, 3 at 192.168.1.1 to .3 */
    struct instant monotonic, cluster_time;
    uint64_t index, sequence, settings_version;

    bool cannot_probe; /* the network cannot be asked */
    unsigned n_probes; /* that wait for one_node_probed() */
    struct probe *probes[PROBES_MAX];

    bool is_overloaded; /* proposals are refused */
    unsigned n_proposed, n_cancelled;
    unsigned n_queued;
    struct one_node_proposal *queue; /* ONE_NODE_QUEUE_MAX */

    unsigned n_sent;
    struct arrival sent_on; /* of the request that the last reply is for */
    struct route route;
    size_t n_reply;
    uint8_t reply[ONE_NODE_REPLY_MAX];   /* the last one */
    void (*on_send)(struct one_node *o); /* called for each, unless it is NULL */
};

/* Opens a volatile store in a folder of its own and puts lan_init()'s settings in force. */
int one_node_open(struct one_node *o);
void one_node_close(struct one_node *o);

/* Applies `lan` as the next version of the settings. */
int one_node_apply_settings(struct one_node *o);

/* Applies a command of another node to the store. Returns its outcome. */
enum outcome one_node_apply(struct one_node *o, struct command c);

/* Applies what is queued, in order, and hands out the results. */
void one_node_commit(struct one_node *o);

/* Gives everything queued this result, without applying it. */
void one_node_answer(struct one_node *o, struct result result);

/* Answers the questions to the network: @hardware uses the addresses; NULL: nobody does. New ones
 * that are asked in the meantime wait. */
void one_node_probed(struct one_node *o, const struct hardware *hardware);

/* Both clocks go on. */
void one_node_wait(struct one_node *o, int64_t ms);

/* The last queued command; its bytes live until the next call. */
struct command one_node_last_command(struct one_node *o);

/* How a broadcast datagram comes in on the link of network lan, now. */
struct arrival one_node_arrival(const struct one_node *o);

#endif
