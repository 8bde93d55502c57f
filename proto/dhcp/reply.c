#include "proto/dhcp/reply.h"

#include <string.h>

#include "base/check.h"
#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"

enum {
    MTU_DEFAULT = 1500,
    COOKIE_SIZE = 4,
    END_SIZE = 1,
    OVERLOAD_SIZE = 3,
    SNAME_AT = 44,
    FILE_AT = 108,
    CODES = 256,
    OWN_VALUES_SIZE = 32, /* values of 51, 53, 54, 58 and 59 */
};

/* Where an option goes. The bit of option 52 that says so is the field's own number. */
enum field {
    FIELD_OPTIONS = 0,
    FIELD_FILE = 1,
    FIELD_SNAME = 2,
    FIELD_COUNT = 3,
    FIELD_NONE = FIELD_COUNT, /* it did not fit */
};

struct item {
    struct bytes value;
    uint8_t code;
    uint8_t field; /* of enum field */
};

/* The options of one reply, chosen, in order, and given their places. */
struct plan {
    const struct reply *reply;
    struct item items[CODES]; /* a code is chosen once at most */
    size_t n;
    size_t n_must; /* the first of them: without these there is no reply */
    const struct reply_option *candidate[CODES]; /* by code; NULL: none, or chosen already */
    struct reply_option times[2];                /* 58 and 59 as candidates */
    struct writer own;                           /* lends room to the values made here */
    uint8_t own_values[OWN_VALUES_SIZE];
    size_t room[FIELD_COUNT]; /* bytes left in each field */
};

static void choose(struct plan *p, uint8_t code, struct bytes value)
{
    p->items[p->n++] = (struct item){ .value = value, .code = code };
}

/* Keeps a value of four octets in the plan. */
static struct bytes own_u32(struct plan *p, uint32_t value)
{
    writer_u32(&p->own, value);
    return bytes_of(p->own.at + p->own.n - 4, 4);
}

static bool is_binding(const struct reply *reply)
{
    return reply->type == MESSAGE_OFFER || reply->type == MESSAGE_ACK;
}

/* 53, 54 and 51, in this order (RFC 2131 Table 3), and what says that it is a rapid commit. */
static void choose_must(struct plan *p)
{
    const struct reply *reply = p->reply;

    if (reply->type == MESSAGE_BOOTP) {
        return;
    }
    writer_u8(&p->own, (uint8_t)reply->type);
    choose(p, OPTION_MESSAGE_TYPE, bytes_of(p->own_values, 1));
    choose(p, OPTION_SERVER_IDENTIFIER, own_u32(p, reply->server_id.value));
    if (is_binding(reply) && reply->lease.value > 0) {
        choose(p, OPTION_LEASE_TIME, own_u32(p, reply->lease.value));
    }
    if (reply->is_rapid_commit) {
        choose(p, OPTION_RAPID_COMMIT, (struct bytes){ 0 });
    }
    p->n_must = p->n;
}

static void add_time(struct plan *p, size_t at, uint8_t code, struct seconds time)
{
    const struct reply *reply = p->reply;
    bool has_end = reply->lease.value > 0 && !seconds_is_infinite(reply->lease);

    if (is_binding(reply) && has_end && time.value > 0) {
        p->times[at] = (struct reply_option){ code, true, own_u32(p, time.value) };
        p->candidate[code] = &p->times[at];
    }
}

/* Fills in the candidates: the first of each code, none that only the builder may write. */
static void list_candidates(struct plan *p)
{
    const struct reply *reply = p->reply;

    for (size_t i = reply->n_options; i-- > 0;) {
        const struct option_spec *spec = option_spec(reply->options[i].code);

        if (spec != NULL && (spec->flags & OPTION_OWN) == 0) {
            p->candidate[spec->code] = &reply->options[i];
        }
    }
    add_time(p, 0, OPTION_RENEWAL_TIME, reply->t1);
    add_time(p, 1, OPTION_REBINDING_TIME, reply->t2);
}

static void choose_candidate(struct plan *p, uint8_t code)
{
    const struct reply_option *option = p->candidate[code];

    if (option != NULL) {
        p->candidate[code] = NULL;
        choose(p, code, option->value);
    }
}

/* What the client asked for, in its order; the mask comes before routers (RFC 2132 3.3). */
static void choose_asked(struct plan *p, struct bytes list)
{
    bool asks_for_mask = list.n > 0 && memchr(list.at, OPTION_SUBNET_MASK, list.n) != NULL;
    const struct reply_option *mask = p->candidate[OPTION_SUBNET_MASK];
    bool has_mask = mask != NULL && (asks_for_mask || mask->is_forced);

    for (size_t i = 0; i < list.n; i++) {
        if (list.at[i] == OPTION_ROUTERS && has_mask) {
            choose_candidate(p, OPTION_SUBNET_MASK);
        }
        choose_candidate(p, list.at[i]);
    }
}

/* What a client gets that sends no list (RFC 2131 4.3.1 leaves it to us). */
static void choose_plain(struct plan *p)
{
    for (unsigned code = 1; code < OPTION_END; code++) {
        if (p->candidate[code] != NULL && (option_spec((uint8_t)code)->flags & OPTION_PLAIN) != 0) {
            choose_candidate(p, (uint8_t)code);
        }
    }
}

static void choose_forced(struct plan *p)
{
    if (p->candidate[OPTION_SUBNET_MASK] != NULL && p->candidate[OPTION_SUBNET_MASK]->is_forced) {
        choose_candidate(p, OPTION_SUBNET_MASK);
    }
    for (size_t i = 0; i < p->reply->n_options; i++) {
        const struct reply_option *option = &p->reply->options[i];
        const struct option_spec *spec = option_spec(option->code);

        if (spec != NULL && p->candidate[option->code] == option && option->is_forced &&
            (spec->flags & OPTION_ASKED) == 0) {
            choose_candidate(p, option->code);
        }
    }
    choose_candidate(p, OPTION_RENEWAL_TIME);
    choose_candidate(p, OPTION_REBINDING_TIME);
}

/* Copies option @code of the request into the plan, if it was sent. */
static void choose_echo(struct plan *p, uint8_t code)
{
    struct bytes value = message_option(p->reply->request, code);

    if (value.at != NULL) {
        choose(p, code, value);
    }
}

static void choose_parameters(struct plan *p)
{
    const struct message *request = p->reply->request;

    list_candidates(p);
    if (message_has(request, OPTION_PARAMETER_LIST)) {
        choose_asked(p, message_parameter_list(request));
    } else {
        choose_plain(p);
    }
    choose_forced(p);
    if (p->reply->type == MESSAGE_BOOTP) {
        return;
    }
    if (p->reply->fqdn.n > 0) {
        choose(p, OPTION_CLIENT_FQDN, p->reply->fqdn);
    }
    choose_echo(p, OPTION_SUBNET_SELECTION);
}

static void choose_options(struct plan *p)
{
    choose_must(p);
    if (p->reply->type != MESSAGE_NAK) {
        choose_parameters(p);
    } else if (p->reply->message.n > 0) {
        choose(p, OPTION_MESSAGE, p->reply->message);
    }
    if (p->reply->type != MESSAGE_BOOTP && !p->reply->omit_client_id) {
        choose_echo(p, OPTION_CLIENT_IDENTIFIER);
    }
}

/* Bytes that option 82 of the request takes in the reply. */
static size_t agent_info_size(const struct message *request)
{
    struct bytes value = message_option(request, OPTION_AGENT_INFO);

    return value.at == NULL ? 0 : message_option_size(value.n);
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * The longest message that may be sent, in bytes of UDP payload. To a BOOTP client that names
 * no size it is 300, not counting what the relay will take out (RFC 1534 2, RFC 1542 2.1).
 */
static size_t limit_of(const struct reply *reply, size_t size)
{
    const struct message *request = reply->request;
    size_t mtu = reply->mtu == 0 ? (size_t)MTU_DEFAULT : reply->mtu;
    size_t datagram = mtu < MESSAGE_DATAGRAM_MIN ? (size_t)MESSAGE_DATAGRAM_MIN : mtu;

    if (reply->type == MESSAGE_BOOTP && !message_has(request, OPTION_MAX_MESSAGE_SIZE)) {
        size_t limit = MESSAGE_SIZE_MIN + agent_info_size(request);

        return min_size(size, min_size(limit, datagram - MESSAGE_UDP_OVERHEAD));
    }
    datagram = min_size(datagram, message_max_datagram(request));
    return min_size(size, datagram - MESSAGE_UDP_OVERHEAD);
}

static size_t size_of_items(const struct plan *p)
{
    size_t size = 0;

    for (size_t i = 0; i < p->n; i++) {
        size += message_option_size(p->items[i].value.n);
    }
    return size;
}

/* Gives @item the first field that has room for all of it. */
static void place_item(struct plan *p, struct item *item)
{
    size_t size = message_option_size(item->value.n);

    item->field = FIELD_OPTIONS;
    while (item->field < FIELD_COUNT && p->room[item->field] < size) {
        item->field++;
    }
    if (item->field < FIELD_COUNT) {
        p->room[item->field] -= size;
    }
}

static bool is_vital(const struct plan *p, size_t at)
{
    return at < p->n_must || (option_spec(p->items[at].code)->flags & OPTION_VITAL) != 0;
}

/* Opens the header's name fields to options, where they hold no name. */
static void open_fields(struct plan *p)
{
    const struct reply *reply = p->reply;

    if (is_binding(reply)) {
        p->room[FIELD_FILE] = reply->file.n == 0 ? MESSAGE_FILE_SIZE - END_SIZE : 0;
        p->room[FIELD_SNAME] = reply->sname.n == 0 ? MESSAGE_SNAME_SIZE - END_SIZE : 0;
    }
    if (p->room[FIELD_FILE] + p->room[FIELD_SNAME] > 0) {
        p->room[FIELD_OPTIONS] -= min_size(OVERLOAD_SIZE, p->room[FIELD_OPTIONS]);
    }
}

/*
 * Places every item, or as many as fit: what must be sent and vital ones before others, each of
 * these in order. Returns 0 or REPLY_NO_ROOM.
 */
static int place_items(struct plan *p, size_t limit)
{
    size_t taken =
        MESSAGE_HEADER_SIZE + COOKIE_SIZE + END_SIZE + agent_info_size(p->reply->request);

    if (taken > limit) {
        return REPLY_NO_ROOM;
    }
    p->room[FIELD_OPTIONS] = limit - taken;
    if (size_of_items(p) <= p->room[FIELD_OPTIONS]) {
        return 0;
    }
    open_fields(p);
    for (size_t i = 0; i < p->n; i++) {
        if (is_vital(p, i)) {
            place_item(p, &p->items[i]);
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        if (!is_vital(p, i)) {
            place_item(p, &p->items[i]);
        }
    }
    for (size_t i = 0; i < p->n_must; i++) {
        if (p->items[i].field != FIELD_OPTIONS) {
            return REPLY_NO_ROOM;
        }
    }
    return 0;
}

/* @name if a field of @size octets holds it and a NUL. */
static struct bytes whole_name(struct bytes name, size_t size)
{
    return name.n < size ? name : (struct bytes){ 0 };
}

static struct message_header header_of(const struct reply *reply)
{
    const struct message_header *request = &reply->request->header;
    bool is_nak = reply->type == MESSAGE_NAK;
    bool keeps_ciaddr = reply->type == MESSAGE_ACK || reply->type == MESSAGE_BOOTP;
    struct message_header h = {
        .op = MESSAGE_BOOTREPLY,
        .hardware = request->hardware,
        .xid = request->xid,
        .flags = request->flags,
        .ciaddr = keeps_ciaddr ? request->ciaddr : IP4_ANY,
        .giaddr = request->giaddr,
    };

    if (is_nak) {
        /* The client may not have the address it names: the relay is to broadcast (4.3.2). */
        h.flags |= ip4_is_any(h.giaddr) ? 0 : MESSAGE_FLAG_BROADCAST;
        return h;
    }
    h.yiaddr = reply->yiaddr;
    h.siaddr = reply->siaddr;
    h.file = whole_name(reply->file, MESSAGE_FILE_SIZE);
    h.sname = whole_name(reply->sname, MESSAGE_SNAME_SIZE);
    return h;
}

static void build_items(const struct plan *p, enum field field, size_t from, struct writer *w)
{
    for (size_t i = from; i < p->n; i++) {
        if (p->items[i].field == field) {
            message_build_option(w, p->items[i].code, p->items[i].value);
        }
    }
}

/* Fills the header field at @at with the options placed there. Returns its bit of option 52. */
static uint8_t build_field(const struct plan *p, enum field field, uint8_t *at, size_t size)
{
    struct writer w = writer_of(at, size);

    build_items(p, field, 0, &w);
    if (w.n == 0) {
        return 0;
    }
    writer_u8(&w, OPTION_END);
    ensure(!w.overrun);
    return (uint8_t)field;
}

static void build_message(const struct plan *p, struct writer *w)
{
    const struct message *request = p->reply->request;
    struct message_header header = header_of(p->reply);

    message_build_header(w, &header);

    uint8_t overload = build_field(p, FIELD_FILE, w->at + FILE_AT, MESSAGE_FILE_SIZE);

    overload |= build_field(p, FIELD_SNAME, w->at + SNAME_AT, MESSAGE_SNAME_SIZE);
    for (size_t i = 0; i < p->n_must; i++) {
        message_build_option(w, p->items[i].code, p->items[i].value);
    }
    if (overload != 0) {
        message_build_u8(w, OPTION_OVERLOAD, overload);
    }
    build_items(p, FIELD_OPTIONS, p->n_must, w);
    if (message_has(request, OPTION_AGENT_INFO)) {
        message_build_option(w, OPTION_AGENT_INFO, message_option(request, OPTION_AGENT_INFO));
    }
    message_build_end(w);
}

int reply_build(const struct reply *reply, uint8_t *buffer, size_t size, size_t *ret_n)
{
    require(size >= MESSAGE_SIZE_MIN);

    struct writer w = writer_of(buffer, size);
    struct plan p; /* too large to clear all of it for every reply */

    p.reply = reply;
    p.n = 0;
    p.n_must = 0;
    p.own = writer_of(p.own_values, sizeof p.own_values);
    memset(p.candidate, 0, sizeof p.candidate);
    memset(p.room, 0, sizeof p.room);
    choose_options(&p);
    ensure(!p.own.overrun);

    int r = place_items(&p, limit_of(reply, size));

    if (r != 0) {
        return r;
    }
    build_message(&p, &w);
    ensure(!w.overrun);
    *ret_n = w.n;
    return 0;
}
