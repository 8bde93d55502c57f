#include "sim/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/option.h"
#include "sim/check.h"
#include "sim/node.h"
#include "sim/outgoing.h"

enum client_state { CLIENT_OFF, SELECTING, REQUESTING, BOUND, RENEWING, REBINDING, REBOOTING };

enum { RETRY_MIN_MS = 1000, RETRY_MAX_MS = 4000, TRIES_MAX = 4, DATAGRAM_MAX = OUTGOING_MAX };

struct client {
    struct world *world;
    unsigned number;
    enum client_state state;
    uint8_t key[9]; /* hardware type and address, or option 61 */
    uint8_t n_key;
    bool sends_client_id, lies_about_secs, wants_rapid_commit;
    bool reboots_after_release; /* with the address that it gave back, as RFC 2131 lets it */
    int64_t drift_ppm;          /* of its clock */
    uint32_t wanted_lease;      /* option 51; 0: none */
    int64_t asks_since;         /* for an address; 0: it has one, or wants none */
    uint32_t xid;
    int64_t began; /* this exchange, for secs and for the lease */
    unsigned tries;
    uint64_t timer; /* the one that counts; older ones are ignored */
    struct ip4 address, server_id;
    bool has_belief;
    int64_t until, t1, t2; /* of the belief */
};

struct lan {
    struct world *world;
    unsigned n;
    bool is_calm, is_hushed;
    struct ip4 squatted; /* in use by a host that was never given it, until the LAN is calm */
    struct lan_counts counts;
    struct client clients[LAN_CLIENTS_MAX];
};

struct timer {
    struct client *client;
    uint64_t number;
    void (*act)(struct client *c);
};

struct datagram {
    struct world *world;
    unsigned node;
    uint64_t life; /* of the node it is for: its socket ends with it */
    struct arrival arrival;
    bool is_covered; /* a reply, by what a majority has stored */
    size_t n;
    uint8_t at[DATAGRAM_MAX];
};

static struct lan *lan_of(struct client *c)
{
    return c->world->lan;
}

struct ip4 lan_node_address(unsigned node)
{
    return ip4_of(0x0a000000u + node);
}

static void fire_timer(void *data)
{
    struct timer t = *(struct timer *)data;

    free(data);
    if (t.client->timer == t.number && !lan_of(t.client)->is_hushed) {
        t.act(t.client);
    }
}

/* Does @act after @ms, unless another timer of the client is set before. */
static void set_timer(struct client *c, int64_t ms, void (*act)(struct client *c))
{
    struct timer *t = malloc(sizeof *t);

    require(t != NULL);
    *t = (struct timer){ c, ++c->timer, act };
    world_schedule(
        c->world,
        &(struct event){
            .at = c->world->queue.now + (ms > 0 ? ms : 1),
            .fire = fire_timer,
            .drop = free,
            .data = t,
        });
}

/* ---- sending */

/* What the client takes for @s seconds. */
static int64_t client_ms(const struct client *c, uint32_t s)
{
    return (int64_t)s * 1000 + (int64_t)s * c->drift_ppm / 1000;
}

/* Completes @o with what is the same in all that the client sends. */
static struct outgoing complete(const struct client *c, const struct outgoing *o)
{
    bool may_ask = o->type == MESSAGE_DISCOVER || o->type == MESSAGE_REQUEST;
    struct outgoing all = *o;

    all.client = c->number;
    all.xid = c->xid;
    all.secs = c->lies_about_secs ? 0 : (uint16_t)((c->world->queue.now - c->began) / 1000);
    all.lease = may_ask ? c->wanted_lease : 0;
    all.client_id = bytes_of(c->key, c->sends_client_id ? c->n_key : 0);
    return all;
}

static void arrive(void *data)
{
    struct datagram *d = data;

    if (world_defer(d->world, d->node, arrive, free, d)) {
        return;
    }
    if (node_life(d->world->nodes[d->node]) == d->life) {
        node_datagram(d->world, d->node, &d->arrival, bytes_of(d->at, d->n));
    }
    free(d);
}

static void send_to(struct client *c, const struct outgoing *o, unsigned node)
{
    struct world *w = c->world;
    struct datagram *d = calloc(1, sizeof *d);
    struct outgoing all = complete(c, o);

    require(d != NULL);
    d->world = w;
    d->node = node;
    d->life = node_life(w->nodes[node]);
    d->n = outgoing_build(&all, d->at);
    d->arrival = (struct arrival){
        .network = bytes_of_text("lan"),
        .local = lan_node_address(node),
        .source = o->ciaddr,
        .source_port = 68,
        .destination = o->to,
        .was_broadcast = ip4_equal(o->to, IP4_BROADCAST),
        .mtu = 1500,
    };
    if (w->lan_cut[node] || random_chance(&w->random, w->faults.lan_loss_per_mille)) {
        free(d);
        return;
    }
    d->arrival.received.ms = w->queue.now + random_between(&w->random, 1, 5);
    world_schedule(
        w,
        &(struct event){ .at = d->arrival.received.ms, .fire = arrive, .drop = free, .data = d });
}

static void send_message(struct client *c, const struct outgoing *o)
{
    for (unsigned node = 1; node <= c->world->n_nodes; node++) {
        if (ip4_equal(o->to, IP4_BROADCAST) || ip4_equal(o->to, lan_node_address(node))) {
            send_to(c, o, node);
        }
    }
}

/* ---- what a client believes */

static void forget(struct client *c)
{
    c->has_belief = false;
}

static void believe(struct client *c, struct ip4 address, int64_t until)
{
    struct lan *l = lan_of(c);
    char text[IP4_TEXT_MAX];

    world_say(
        c->world,
        "client %u has %s until %lld, asked at %lld",
        c->number,
        ip4_format(address, text),
        (long long)until,
        (long long)c->began);

    for (unsigned i = 0; i < l->n; i++) {
        struct client *other = &l->clients[i];

        if (other != c && other->has_belief && other->until > c->world->queue.now &&
            ip4_equal(other->address, address)) {
            world_fail(
                c->world,
                "address %s twice: client %u until %lld, client %u until %lld",
                ip4_format(address, text),
                other->number,
                (long long)other->until,
                c->number,
                (long long)until);
        }
    }
    c->has_belief = true;
    c->address = address;
    c->until = until;
}

/* ---- the state machine of RFC 2131 figure 5 */

static void discover(struct client *c);
static void renew(struct client *c);

static int64_t retry_delay(struct client *c)
{
    return random_between(&c->world->random, RETRY_MIN_MS, RETRY_MAX_MS);
}

static void begin(struct client *c)
{
    forget(c);
    c->state = SELECTING;
    c->reboots_after_release = false;
    c->asks_since = c->asks_since == 0 ? c->world->queue.now : c->asks_since;
    c->began = c->world->queue.now;
    c->xid = (uint32_t)random_below(&c->world->random, UINT32_MAX);
    c->tries = 0;
    discover(c);
}

static void discover(struct client *c)
{
    struct outgoing o = { .type = MESSAGE_DISCOVER, .to = IP4_BROADCAST };

    o.wanted = random_chance(&c->world->random, 300) ? c->address : IP4_ANY;
    o.wants_rapid_commit = c->wants_rapid_commit;
    send_message(c, &o);
    set_timer(c, retry_delay(c), discover);
}

/* SELECTING's REQUEST: RFC 2131 table 4. */
static void request(struct client *c)
{
    struct outgoing o = { .type = MESSAGE_REQUEST,
                          .wanted = c->address,
                          .server_id = c->server_id,
                          .to = IP4_BROADCAST };

    if (c->tries++ >= TRIES_MAX) {
        begin(c);
        return;
    }
    send_message(c, &o);
    set_timer(c, retry_delay(c), request);
}

static bool is_rebooting_early(const struct client *c)
{
    return c->has_belief && c->until > c->world->queue.now;
}

static void reboot(struct client *c)
{
    struct outgoing o = { .type = MESSAGE_REQUEST, .wanted = c->address, .to = IP4_BROADCAST };

    if (c->tries++ >= TRIES_MAX || !(is_rebooting_early(c) || c->reboots_after_release)) {
        begin(c);
        return;
    }
    send_message(c, &o);
    set_timer(c, retry_delay(c), reboot);
}

static void power_on(struct client *c)
{
    c->state = REBOOTING;
    c->began = c->world->queue.now;
    c->xid = (uint32_t)random_below(&c->world->random, UINT32_MAX);
    c->tries = 0;
    lan_of(c)->counts.rebooted++;
    reboot(c);
}

static void renew(struct client *c)
{
    int64_t now = c->world->queue.now;
    struct outgoing o = { .type = MESSAGE_REQUEST, .ciaddr = c->address, .to = c->server_id };

    if (now >= c->until) {
        lan_of(c)->counts.expired++;
        begin(c);
        return;
    }
    if (c->state == BOUND) {
        c->began = now;
        c->xid = (uint32_t)random_below(&c->world->random, UINT32_MAX);
    }
    c->state = now >= c->t2 ? REBINDING : RENEWING;
    o.to = c->state == REBINDING ? IP4_BROADCAST : o.to;
    send_message(c, &o);

    int64_t delay = retry_delay(c);

    set_timer(c, now + delay < c->until ? delay : c->until - now, renew);
}

static void release(struct client *c)
{
    struct outgoing o = {
        .type = MESSAGE_RELEASE,
        .ciaddr = c->address,
        .server_id = c->server_id,
        .to = c->server_id,
    };

    lan_of(c)->counts.released++;
    forget(c);
    c->state = CLIENT_OFF;
    send_message(c, &o);
    c->reboots_after_release = random_chance(&c->world->random, 300);
    if (c->reboots_after_release) {
        set_timer(c, random_between(&c->world->random, 1, 8000), power_on);
    } else {
        set_timer(c, random_between(&c->world->random, 500, 20000), begin);
    }
}

static void decline(struct client *c)
{
    struct outgoing o = { .type = MESSAGE_DECLINE,
                          .wanted = c->address,
                          .server_id = c->server_id,
                          .to = IP4_BROADCAST };

    lan_of(c)->counts.declined++;
    forget(c);
    c->state = CLIENT_OFF;
    send_message(c, &o);
    set_timer(c, random_between(&c->world->random, 2000, 10000), begin);
}

static void power_off(struct client *c)
{
    c->state = CLIENT_OFF;
    set_timer(c, random_between(&c->world->random, 500, 20000), power_on);
}

/* ---- receiving */

static uint32_t seconds_option(const struct message *m, uint8_t code, uint32_t otherwise)
{
    struct ip4 value = message_address(m, code);

    return message_has(m, code) ? value.value : otherwise;
}

static void on_bound(struct client *c)
{
    struct random *r = &c->world->random;
    int64_t now = c->world->queue.now;

    if (!lan_of(c)->is_calm && random_chance(r, 20)) {
        decline(c);
    } else if (!lan_of(c)->is_calm && random_chance(r, 150)) {
        set_timer(c, random_between(r, 1, c->until - now), release);
    } else if (!lan_of(c)->is_calm && random_chance(r, 150)) {
        set_timer(c, random_between(r, 1, c->until - now), power_off);
    } else {
        set_timer(c, c->t1 - now, renew);
    }
}

static void on_ack(struct client *c, const struct message *m)
{
    uint32_t lease = message_lease_time(m).value;
    struct lan *l = lan_of(c);

    require(lease > 0);
    l->counts.acks++;
    l->counts.bound += c->state == REQUESTING ? 1 : 0;
    l->counts.rapid += c->state == SELECTING ? 1 : 0;
    l->counts.renewed += c->state == RENEWING || c->state == REBINDING ? 1 : 0;
    if (c->has_belief && !ip4_equal(c->address, m->header.yiaddr)) {
        world_fail(c->world, "client %u asked for one address and was given another", c->number);
    }
    c->server_id = message_server_identifier(m);
    c->reboots_after_release = false;
    c->asks_since = 0;
    believe(c, m->header.yiaddr, c->began + client_ms(c, lease));
    c->t1 = c->began + client_ms(c, seconds_option(m, 58, lease / 2));
    c->t2 = c->began + client_ms(c, seconds_option(m, 59, lease / 8 * 7));
    c->state = BOUND;
    on_bound(c);
}

static void on_offer(struct client *c, const struct message *m)
{
    lan_of(c)->counts.offers++;
    c->address = m->header.yiaddr;
    c->server_id = message_server_identifier(m);
    c->state = REQUESTING;
    c->tries = 0;
    c->began = c->world->queue.now;
    request(c);
}

static void on_nak(struct client *c)
{
    lan_of(c)->counts.naks++;
    forget(c);
    c->state = CLIENT_OFF;
    set_timer(c, random_between(&c->world->random, 200, 2000), begin);
}

static void on_reply(struct client *c, const struct datagram *d, const struct message *m)
{
    if (m->header.xid != c->xid) {
        return;
    }
    switch (message_type(m)) {
    case MESSAGE_OFFER:
        if (c->state == SELECTING) {
            on_offer(c, m);
        }
        return;
    case MESSAGE_ACK:
        if (c->state == REQUESTING || c->state >= RENEWING ||
            (c->state == SELECTING && message_has(m, OPTION_RAPID_COMMIT))) {
            check_ack(c->world->check, d->node, d->is_covered, m);
            on_ack(c, m);
        }
        return;
    case MESSAGE_NAK:
        if (c->state == REQUESTING || c->state >= RENEWING) {
            on_nak(c);
        }
        return;
    default:
        world_fail(c->world, "client %u got message type %u", c->number, message_type(m));
    }
}

static void reach(void *data)
{
    struct datagram *d = data;
    struct message m;

    if (message_parse(&m, bytes_of(d->at, d->n)) != 0) {
        world_fail(d->world, "node %u sent a malformed reply", d->node);
    }

    unsigned number = (unsigned)m.header.hardware.address[4] << 8 | m.header.hardware.address[5];
    struct lan *l = d->world->lan;

    require(number >= 1 && number <= l->n);
    on_reply(&l->clients[number - 1], d, &m);
    free(d);
}

void lan_deliver(struct world *w, unsigned node, struct bytes reply)
{
    struct datagram *d = calloc(1, sizeof *d);

    require(d != NULL && reply.n <= sizeof d->at);
    *d = (struct datagram){ .world = w, .node = node, .n = reply.n };
    d->is_covered = check_is_covered(w->check, reply);
    memcpy(d->at, reply.at, reply.n);
    if (w->lan_cut[node] || random_chance(&w->random, w->faults.lan_loss_per_mille)) {
        free(d);
        return;
    }
    world_schedule(
        w,
        &(struct event){
            .at = w->queue.now + random_between(&w->random, 1, 5),
            .fire = reach,
            .drop = free,
            .data = d,
        });
}

/* ---- who has an address */

static bool client_has(const struct client *c, struct ip4 address)
{
    return c->has_belief && c->until > c->world->queue.now && ip4_equal(c->address, address);
}

static struct hardware hardware_of(unsigned number)
{
    return (struct hardware){
        .type = 1, .n = 6, .address = {2, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}
    };
}

bool lan_answers(struct world *w, unsigned node, struct ip4 address, struct hardware *ret_hardware)
{
    struct lan *l = w->lan;

    if (w->lan_cut[node] || random_chance(&w->random, w->faults.lan_loss_per_mille)) {
        return false;
    }
    if (!l->is_calm && ip4_equal(address, l->squatted)) {
        l->counts.squatted++;
        *ret_hardware = hardware_of(0xffff);
        return true;
    }
    for (unsigned i = 0; i < l->n; i++) {
        if (client_has(&l->clients[i], address)) {
            *ret_hardware = hardware_of(l->clients[i].number);
            return true;
        }
    }
    return false;
}

/* ---- the LAN */

static void make_client(struct lan *l, unsigned i)
{
    struct client *c = &l->clients[i];
    struct random *r = &l->world->random;

    *c = (struct client){ .world = l->world, .number = i + 1 };
    c->sends_client_id = random_chance(r, 500);
    c->lies_about_secs = random_chance(r, 300);
    c->wants_rapid_commit = random_chance(r, 300);
    c->drift_ppm = random_between(r, -50, 50);
    c->wanted_lease = random_chance(r, 300) ? (uint32_t)random_between(r, 4, 40) : 0;
    c->n_key = c->sends_client_id ? 9 : 7;
    memcpy(c->key, c->sends_client_id ? "\xff\x02\x00" : "\x01\x02\x00", 3);
    c->key[c->n_key - 2] = (uint8_t)(c->number >> 8);
    c->key[c->n_key - 1] = (uint8_t)c->number;
    set_timer(c, random_between(r, 1, 15000), begin);
}

struct lan *lan_new(struct world *w, unsigned n_clients)
{
    struct lan *l = calloc(1, sizeof *l);

    require(l != NULL && n_clients <= LAN_CLIENTS_MAX);
    l->world = w;
    l->n = n_clients;
    l->squatted = ip4_of(SIM_POOL_FIRST + (uint32_t)random_below(&w->random, SIM_POOL_SIZE));
    w->lan = l;
    for (unsigned i = 0; i < n_clients; i++) {
        make_client(l, i);
    }
    return l;
}

struct lan *lan_free(struct lan *l)
{
    free(l);
    return NULL;
}

void lan_calm(struct lan *l)
{
    l->is_calm = true;
}

void lan_hush(struct lan *l)
{
    l->is_hushed = true;
}

unsigned lan_count_waiting(const struct lan *l, int64_t since)
{
    unsigned n = 0;

    for (unsigned i = 0; i < l->n; i++) {
        n += l->clients[i].asks_since != 0 && l->clients[i].asks_since <= since;
    }
    return n;
}

const struct lan_counts *lan_counts(const struct lan *l)
{
    return &l->counts;
}

bool lan_next_belief(const struct lan *l, unsigned *cursor, struct belief *ret_belief)
{
    for (; *cursor < l->n; (*cursor)++) {
        const struct client *c = &l->clients[*cursor];

        if (c->has_belief && c->until > l->world->queue.now) {
            *ret_belief =
                (struct belief){ c->number, c->address, c->until, bytes_of(c->key, c->n_key) };
            (*cursor)++;
            return true;
        }
    }
    return false;
}
