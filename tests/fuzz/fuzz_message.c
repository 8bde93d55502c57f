#include <string.h>

#include "base/check.h"
#include "base/own.h"
#include "fuzz.h"
#include "proto/dhcp/agent_info.h"
#include "proto/dhcp/fqdn.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "proto/dhcp/reply.h"
#include "proto/dhcp/route.h"
#include "proto/dhcp/text.h"

/*
 * A datagram from anywhere: read, classified, routed and answered in every way. What has no
 * place in the datagram (size of the interface, which fields hold names) is taken from its xid.
 */
enum { CANDIDATES_MAX = 300 };

static struct message message;
static struct message answer;
static uint8_t buffer[1600];

static bool is_inside(struct bytes part, const uint8_t *at, size_t n)
{
    return part.at >= at && part.n <= n && (size_t)(part.at - at) <= n - part.n;
}

static void check_lent(const struct message *m, struct bytes part)
{
    bool is_in_datagram = is_inside(part, m->datagram.at, m->datagram.n);

    require(part.at == NULL || is_in_datagram || is_inside(part, m->scratch, sizeof m->scratch));
    require(part.at != NULL || part.n == 0);
}

static void check_message(const struct message *m)
{
    for (unsigned code = 0; code <= OPTION_END; code++) {
        struct bytes value = message_option(m, (uint8_t)code);

        check_lent(m, value);
        require(message_has(m, (uint8_t)code) == (value.at != NULL));
    }
    check_lent(m, m->header.sname);
    check_lent(m, m->header.file);
    require(m->header.hardware.n <= HARDWARE_ADDRESS_MAX);
    require(message_max_datagram(m) >= MESSAGE_DATAGRAM_MIN);
    require(!message_has(m, OPTION_PAD) && !message_has(m, OPTION_END));
}

static void check_names(const struct request *q)
{
    uint8_t own[FQDN_ANSWER_MAX];
    struct writer w = writer_of(own, sizeof own);
    char name[TEXT_HOST_NAME_MAX];
    struct fqdn fqdn;

    (void)request_client_name(q, name);
    require(name[0] == '\0' || text_is_domain(name));
    if (fqdn_parse(q->fqdn, &fqdn) == 0) {
        fqdn_answer(&fqdn, q->host_name, &w);
        require(!w.overrun && w.n >= 3);
    }
}

static void check_agent_info(struct bytes rest)
{
    struct agent_info_item item = { 0 };

    while (agent_info_next(&rest, &item) == 0) {
        check_lent(&message, item.value);
    }
}

static bool needs_address(enum request_kind kind)
{
    return kind != REQUEST_DISCOVER && kind != REQUEST_BOOTP && kind != REQUEST_INFORM;
}

static void check_request(const struct request *q)
{
    require(q->client.n > 0 && q->client.n <= 255);
    require(q->kind < REQUEST_KIND_COUNT);
    require(implies(needs_address(q->kind), !ip4_is_any(q->address)));
    check_lent(&message, q->parameters);
    check_lent(&message, q->vendor_class);
    check_lent(&message, q->user_class);
    check_lent(&message, q->agent_info);
    check_lent(&message, q->fqdn);
    check_names(q);
    check_agent_info(q->agent_info);
}

static void check_route(const struct request *q, enum message_type type)
{
    struct route route = route_of(q, type, ip4_of(0x0a000005), (q->message->header.xid & 1) != 0);

    require(!ip4_is_any(route.address));
    require((route.kind == ROUTE_RELAY) == !ip4_is_any(q->relay));
    require(
        implies(type == MESSAGE_NAK, route.kind == ROUTE_RELAY || route.kind == ROUTE_BROADCAST));
    require(implies(route.kind == ROUTE_RAW_UNICAST, route.hardware.n == 6));
}

/* What settings might hold: the message's own options, every other one forced. */
static size_t list_candidates(struct reply_option *candidates)
{
    size_t n = 0;

    for (unsigned code = 1; code < OPTION_END; code++) {
        struct bytes value = message_option(&message, (uint8_t)code);

        if (value.at != NULL) {
            candidates[n] = (struct reply_option){ (uint8_t)code, n % 2 == 0, value };
            n++;
        }
    }
    return n;
}

/* The longest reply that reply.h allows. */
static size_t limit_of(const struct reply *r)
{
    size_t mtu = r->mtu == 0 ? 1500 : r->mtu;
    size_t datagram = message_max_datagram(&message);

    if (r->type == MESSAGE_BOOTP && !message_has(&message, OPTION_MAX_MESSAGE_SIZE)) {
        struct bytes agent_info = message_option(&message, OPTION_AGENT_INFO);

        return 300 + (agent_info.at == NULL ? 0 : message_option_size(agent_info.n));
    }
    mtu = mtu < 576 ? 576 : mtu;
    return (datagram < mtu ? datagram : mtu) - MESSAGE_UDP_OVERHEAD;
}

/* An option of the answer is what a candidate says, whole. */
static void check_options(const struct reply *r)
{
    for (size_t i = 0; i < r->n_options; i++) {
        const struct reply_option *candidate = &r->options[i];
        struct bytes sent = message_option(&answer, candidate->code);

        if (sent.at != NULL && (option_spec(candidate->code)->flags & OPTION_OWN) == 0) {
            require(bytes_equal(sent, candidate->value));
        }
    }
}

static void check_answer(const struct reply *r, size_t n)
{
    struct bytes agent_info = message_option(&message, OPTION_AGENT_INFO);

    require(n >= MESSAGE_SIZE_MIN && n <= limit_of(r));
    require(message_parse(&answer, bytes_of(buffer, n)) == 0);
    check_message(&answer);
    require(answer.header.op == MESSAGE_BOOTREPLY);
    require(answer.header.xid == message.header.xid);
    require(message_type(&answer) == r->type);
    require(bytes_equal(message_option(&answer, OPTION_AGENT_INFO), agent_info));
    check_options(r);
}

static void check_reply(enum message_type type)
{
    static struct reply_option candidates[CANDIDATES_MAX];
    uint32_t whim = message.header.xid;
    struct reply r = {
        .request = &message,
        .type = type,
        .yiaddr = ip4_of(0x0a000005),
        .server_id = ip4_of(0x0a000001),
        .lease = { 3600 },
        .t1 = { 1800 },
        .t2 = { 3150 },
        .file = bytes_of("boot", (whim & 2) != 0 ? 4 : 0),
        .sname = bytes_of("name", (whim & 4) != 0 ? 4 : 0),
        .message = bytes_of_text("no"),
        .omit_client_id = (whim & 8) != 0,
        .mtu = (uint16_t)(whim >> 16),
        .options = candidates,
        .n_options = list_candidates(candidates),
    };
    size_t n = 0;

    if (reply_build(&r, buffer, sizeof buffer, &n) == 0) {
        check_answer(&r, n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum message_type types[] = {
        MESSAGE_BOOTP, MESSAGE_OFFER, MESSAGE_ACK, MESSAGE_NAK
    };
    struct request request;

    if (message_parse(&message, bytes_of(data, size)) != 0) {
        return 0;
    }
    check_message(&message);

    struct request_origin origin = {
        .was_unicast = message.header.hops % 2 == 0,
        .source = message.header.siaddr,
        .source_port = message.header.secs,
    };
    bool is_good = request_of(&message, origin, &request) == 0;

    if (is_good) {
        check_request(&request);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        check_reply(types[i]);
        if (is_good) {
            check_route(&request, types[i]);
        }
    }
    return 0;
}
