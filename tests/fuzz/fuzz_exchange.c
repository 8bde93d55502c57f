#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/own.h"
#include "fuzz.h"
#include "proto/dhcp/client_id.h"
#include "proto/dhcp/option.h"
#include "support/one_node.h"

/*
 * Any datagrams to port 67, and a log that answers as it likes. The input is a sequence of
 * {how it comes, what the log and the network do, length of the datagram in two bytes, the datagram}.
 *
 * Whatever comes in: an ACK with an address speaks of a lease that is committed for this client
 * and held at least as long as it promises; without a majority nobody is offered an address or
 * told to give one up; silence where the log gave no answer; a reply is whole, is the client's,
 * and fits.
 *
 * One store serves all inputs (opening one costs more than an input); between two inputs every
 * lease ends.
 */
enum come {
    COME_UNICAST = 1,
    COME_ON_GUESTS = 2,
    COME_WITHOUT_MAJORITY = 4,
    COME_TO_DRAINING = 8,
    COME_LATER = 16,      /* 700 ms */
    COME_MUCH_LATER = 32, /* 5 minutes */
    COME_FIXED_PEER_GONE = 64,
};

static struct one_node node;
static bool may_refuse; /* a NAK may leave: the log, so a majority, has refused */
static struct message request;
static struct message reply;

static void check_length(const struct message *to)
{
    size_t limit = message_max_datagram(to);
    bool is_bootp = message_type(&reply) == MESSAGE_BOOTP;

    limit = (limit < 1500 ? limit : 1500) - MESSAGE_UDP_OVERHEAD;
    require(node.n_reply >= MESSAGE_SIZE_MIN);
    require(is_bootp || node.n_reply <= limit);
}

/* The address in the reply is committed for the client, and for as long as it says. */
static void check_address(void)
{
    struct lease row;
    struct bytes client = { NULL, 0 };
    struct seconds left = { 0 };

    require(lease_table_find(store_leases(node.store), reply.header.yiaddr, &row));
    require(row.state == LEASE_BOUND);
    if (message_type(&reply) == MESSAGE_ACK) { /* a BOOTREPLY has no room for option 61 */
        require(client_id_of(&reply, &client) == 0 && bytes_equal(row.client_key, client));
    }
    left = instant_seconds_until(row.held_until, node.cluster_time);
    require(message_lease_time(&reply).value <= left.value);
}

static void check_ack(void)
{
    bool has_lease = message_has(&reply, OPTION_LEASE_TIME);

    require(has_lease == !ip4_is_any(reply.header.yiaddr)); /* none to an INFORM */
    if (has_lease) {
        require(message_lease_time(&reply).value > 0);
        check_address();
    }
}

/* At the moment it is sent: a later command may end the lease again. */
static void check_reply(struct one_node *o)
{
    (void)o;
    require(message_parse(&reply, bytes_of(node.reply, node.n_reply)) == 0);
    require(reply.header.op == MESSAGE_BOOTREPLY);
    switch (message_type(&reply)) {
    case MESSAGE_ACK:
        check_ack();
        break;
    case MESSAGE_OFFER:
        require(node.view.has_majority && message_lease_time(&reply).value > 0);
        break;
    case MESSAGE_NAK:
        require(node.view.has_majority || may_refuse);
        require(ip4_is_any(reply.header.yiaddr));
        break;
    default:
        require(message_type(&reply) == MESSAGE_BOOTP);
        check_address();
        break;
    }
}

static void receive(uint8_t come, struct bytes datagram)
{
    struct arrival arrival = one_node_arrival(&node);
    unsigned before = node.n_sent;

    arrival.was_broadcast = (come & COME_UNICAST) == 0;
    arrival.source = lan_address(1, 102);
    if ((come & COME_ON_GUESTS) != 0) {
        arrival.network = bytes_of_text("guests");
        arrival.local = ip4_of(0x0a010001);
    }
    exchanges_receive(node.exchanges, &arrival, datagram);
    require(node.n_sent - before <= 1);
    if (node.n_sent != before) {
        require(message_parse(&request, datagram) == 0);
        require(reply.header.xid == request.header.xid);
        check_length(&request);
    }
}

/* The log answers everything that waits: as the store says, not at all, or with a refusal. */
static void answer(uint8_t how)
{
    static const enum outcome outcomes[] = {
        OUTCOME_TIMEOUT,  OUTCOME_STALE,   OUTCOME_REPEATED, OUTCOME_OVERLOADED,
        OUTCOME_CONFLICT, OUTCOME_TAKEN,   OUTCOME_RESERVED, OUTCOME_DECLINED,
        OUTCOME_BLOCKED,  OUTCOME_UNKNOWN, OUTCOME_INVALID,  OUTCOME_UNAVAILABLE,
    };

    unsigned before = node.n_sent;
    enum outcome outcome = outcomes[how % ARRAY_LENGTH(outcomes)];

    if (how < 64) {
        return; /* not yet */
    }
    if (how < 192) {
        may_refuse = true;
        one_node_commit(&node);
    } else {
        may_refuse = outcome == OUTCOME_TAKEN || outcome == OUTCOME_RESERVED ||
                     outcome == OUTCOME_DECLINED || outcome == OUTCOME_UNAVAILABLE;
        one_node_answer(&node, (struct result){ .outcome = outcome });
        require(may_refuse || node.n_sent == before);
        require(node.n_sent == before || message_type(&reply) == MESSAGE_NAK);
    }
    may_refuse = false;
}

/* Who was asked for an address uses it, or nobody does. */
static void answer_probes(uint8_t how)
{
    static const struct hardware squatter = {
        1, {2, 0, 0, 0, 0, 9},
         6
    };

    if (how % 4 < 2) {
        one_node_probed(&node, how % 2 == 0 ? NULL : &squatter);
    }
}

static void open_node(void)
{
    log_set_level(LOG_ERROR);
    require(one_node_open(&node) == 0);
    node.lan.subnets[0].conflict_detection = CONFLICT_DETECTION_YES;
    require(one_node_apply_settings(&node) == 0);
    node.on_send = check_reply;
    node.view.knows_holds = true;
}

static void step(uint8_t come, uint8_t how, struct bytes datagram)
{
    node.view.has_majority = (come & COME_WITHOUT_MAJORITY) == 0;
    node.view.nodes[0].is_serving = (come & COME_TO_DRAINING) == 0;
    node.view.nodes[1].is_serving = (come & COME_FIXED_PEER_GONE) == 0;
    node.view.nodes[2].is_serving = false;
    if ((come & COME_LATER) != 0) {
        one_node_wait(&node, 700);
    }
    if ((come & COME_MUCH_LATER) != 0) {
        one_node_wait(&node, 300000);
    }
    receive(come, datagram);
    answer_probes(how);
    answer(how);
    exchanges_tick(node.exchanges);
}

static void end_all_leases(void)
{
    struct ip4 addresses[EXPIRE_MAX];
    struct command c = { .kind = COMMAND_EXPIRE };

    one_node_wait(&node, 86400000);
    c.expire.n = store_expired(node.store, node.cluster_time, addresses);
    c.expire.at = addresses;
    if (c.expire.n > 0) {
        (void)one_node_apply(&node, c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_open;
    struct bytes rest = { data, size };

    if (!is_open) {
        open_node();
        is_open = true;
    }
    while (rest.n >= 4) {
        size_t n = (size_t)rest.at[2] << 8 | rest.at[3];
        struct bytes datagram = bytes_slice(rest, 4, n);

        step(rest.at[0], rest.at[1], datagram);
        rest = bytes_slice(rest, 4 + n, rest.n);
    }
    node.view.has_majority = false; /* nothing is offered any more */
    one_node_probed(&node, NULL);
    one_node_answer(&node, (struct result){ .outcome = OUTCOME_TIMEOUT });
    require(exchanges_is_quiet(node.exchanges));
    end_all_leases();
    return 0;
}
