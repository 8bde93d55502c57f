#ifndef SERVER_EXCHANGE_PARTS_H
#define SERVER_EXCHANGE_PARTS_H

#include "base/log.h"
#include "proto/dhcp/reply.h"
#include "server/exchange.h"
#include "server/policy/admission.h"
#include "server/policy/choose.h"
#include "server/policy/classify.h"
#include "server/policy/decide.h"
#include "server/policy/observed.h"
#include "server/policy/offers.h"
#include "server/policy/probed.h"
#include "server/policy/rogue.h"

/*
 * Exchange parts - what the files of the exchange share, and nobody else
 *
 *   exchange.c          one datagram: read it, ask the policy, act on the verdict
 *   exchange_turn.c     the questions to the policy, and the soft state they need
 *   exchange_propose.c  the commands to the log, and what its results lead to
 *   exchange_pools.c    how full the pools are, and who is let in then
 *   exchange_probe.c    an OFFER, which may have to wait until its address was looked for
 *   exchange_rogue.c    replies of servers that are no members
 *   exchange_wait.c     the exchanges that wait, for the log or for the network
 *   exchange_held.c     what was left to another node, for the case that it is gone
 *   exchange_reply.c    the reply: which options, where to
 *   exchange_backup.c   tells when this node stands in for a faster one
 *   exchange_report.c   one log line and one count per exchange
 */
enum {
    EXCHANGE_DATAGRAM_MAX = 1500,
    EXCHANGE_REPLY_MAX = 1500 - MESSAGE_UDP_OVERHEAD,
    EXCHANGE_BUCKETS = 1024, /* a power of two */
};

/* One datagram in work. Borrows from the datagram, the map in force and itself. */
struct exchange {
    struct arrival arrival;
    struct instant now;        /* monotonic */
    struct instant held_since; /* cluster time it was left to another node; -1: it just came */
    struct message message;
    bool has_request; /* `request` is valid */
    struct request request;
    bool has_scope; /* `scope` and `place` are valid */
    struct scope scope;
    struct client_place place;
    struct class_set classes; /* after exchange_classify() */
    struct serving_view view;
    struct responder_verdict turn;
    struct decision decision;
    bool has_waited;        /* for the log */
    unsigned n_offers;      /* OFFERs in a row, this one included */
    struct waiting *probed; /* its address was looked for, and it goes on; else NULL */
};

/* A proposal or a question on its way, with what the reply will need: the request is parsed again
 * then. */
struct waiting {
    struct proposal proposal;
    struct probe probe; /* for the network; from here to n_offers */
    bool is_asking;
    struct instant began;
    int64_t elapsed_ms; /* the responder's */
    unsigned n_probes, n_offers;
    struct exchanges *all;
    struct waiting *next; /* in its bucket, or in the free list */
    struct decision decision;
    struct ip4 server_id;
    struct arrival arrival;
    bool is_stranger;
    uint64_t hash; /* of client, network and verdict */
    uint64_t network;
    uint16_t n_client, n_datagram;
    uint8_t client[CLIENT_KEY_MAX];
    uint8_t datagram[EXCHANGE_DATAGRAM_MAX];
};

struct waiting_table {
    unsigned n, n_strangers;
    uint64_t seed;
    struct waiting *free;
    struct waiting *buckets[EXCHANGE_BUCKETS];
    struct waiting at[EXCHANGES_MAX]; /* memory is taken as it is used */
};

/* An address that was found in use, on its way into quarantine. */
struct quarantine {
    bool is_busy;
    struct proposal proposal;
    struct exchanges *all;
    struct ip4 address;
    struct hardware seen;
    enum probe_kind kind;
};

struct exchanges {
    struct store *store;
    struct proposer_port proposer;
    struct exchange_port port;
    struct offers *offers;
    struct observed *observed;     /* any message that goes unanswered */
    struct observed *choosing;     /* REQUESTs that name a peer */
    struct client_table *given_up; /* clients that gave a lease up; until their next one */
    struct waiting_table *waiting; /* for the log */
    struct waiting_table *probing; /* for the network */
    struct probed *probed;
    struct rogues *rogues;
    struct pool_watches *pools;
    struct admission admission;
    struct log_limit rogue_limit;
    struct quarantine quarantines[QUARANTINES_MAX];
    struct held_table *held;
    struct backup_table *backup;
    struct exchange_stats stats;
    struct exchange_counters counters;
    struct log_limit limits[LOG_DEBUG + 1];
    struct exchange current;
    struct choice choice;
    uint8_t reply[EXCHANGE_REPLY_MAX];
};

/* exchange.c */

/* Reads @datagram into @e. False when that is the end of it, with its reason. */
bool exchange_read(
    struct exchanges *x, struct exchange *e, const struct arrival *arrival, struct bytes datagram);

void exchange_silence(struct exchange *e, enum reason reason);
enum message_type exchange_ack_type(const struct exchange *e);

/* Does what was decided, and reports. */
void exchange_act(struct exchanges *x, struct exchange *e, struct instant cluster_time);

/* exchange_turn.c */

/* Is it this node's turn? False: the end of it, with its reason. */
bool exchange_take_turn(struct exchanges *x, struct exchange *e, struct instant cluster_time);

/* Finds the classes of the client. */
void exchange_classify(const struct exchanges *x, struct exchange *e);

void exchange_decide(struct exchanges *x, struct exchange *e, struct instant cluster_time);

/* exchange_propose.c: sends the command of a PROPOSE_* decision; reports, now or at the result. */
void exchange_propose(struct exchanges *x, struct exchange *e, struct instant cluster_time);

/* A binding exists from now on: what was soft about the client is settled. */
void exchange_settle(struct exchanges *x, const struct exchange *e);

/* exchange_pools.c */
int pool_watches_new(struct pool_watches **ret_watches);
struct pool_watches *pool_watches_free(struct pool_watches *w);

/* Counts the pools and raises their events. */
void exchange_pools_tick(struct exchanges *x);

/* May the client of @e, if it is a stranger, have the address that was decided? Counts it. */
bool exchange_admits(struct exchanges *x, const struct exchange *e);

/* exchange_probe.c */

/* Offers the address, at once or when the network has been asked for it; reports. */
void exchange_offer(struct exchanges *x, struct exchange *e);

/* True when the address of the decision is being looked for: it will be acted on after that. */
bool exchange_looks_first(struct exchanges *x, struct exchange *e);

/* Withdraws every question, and every quarantine that waits for the log. */
void exchange_probes_cancel(struct exchanges *x);

/* exchange_wait.c */

int waiting_table_new(struct waiting_table **ret_table, uint64_t seed);
struct waiting_table *waiting_table_free(struct waiting_table *t);

/* The exchange of this client that waits for a result of this verdict, or NULL. */
struct waiting *waiting_find(
    const struct waiting_table *t, struct client_place place, enum verdict verdict);

/* Takes a free slot for @e; NULL when EXCHANGES_MAX are waiting, or STRANGERS_MAX and @e is of one. */
struct waiting *waiting_begin(struct waiting_table *t, const struct exchange *e);

/* The client has asked again: the reply goes to this message instead. */
void waiting_replace(struct waiting *w, const struct exchange *e);

void waiting_end(struct waiting_table *t, struct waiting *w);

/* exchange_held.c */
struct held_message {
    struct arrival arrival;
    struct instant since; /* cluster time */
    uint16_t n;
    uint8_t datagram[EXCHANGE_DATAGRAM_MAX];
};

int held_table_new(struct held_table **ret_table);
struct held_table *held_table_free(struct held_table *t);

/* Keeps the message of @e when it was left to another node; forgets the client's earlier one. */
void held_note(
    struct held_table *t,
    const struct exchange *e,
    struct bytes datagram,
    struct instant cluster_time);

/* Takes the next message whose serving nodes are not those of then. Start with *@cursor = 0. */
bool held_next(
    struct held_table *t,
    const struct proposer_port *log,
    struct instant now,
    unsigned *cursor,
    struct held_message *ret_message);

/* exchange_backup.c */
int backup_table_new(struct backup_table **ret_table);
struct backup_table *backup_table_free(struct backup_table *t);

/* This node has answered @e. */
void backup_note(struct exchanges *x, const struct exchange *e);
void backup_tick(struct backup_table *t, struct instant now);

/* exchange_reply.c: builds and sends. A NAK says the decision's reason; @lease is 0 without. */
void exchange_reply(
    struct exchanges *x, struct exchange *e, enum message_type type, struct seconds lease);

/* exchange_report.c: counts and logs how @e ended, by its decision. */
void exchange_report(struct exchanges *x, const struct exchange *e);

#endif
