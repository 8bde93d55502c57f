#include "support/client.h"

#include "base/check.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "support/test.h"

static void put_bytes(struct writer *w, uint8_t code, struct bytes value)
{
    if (value.n > 0) {
        message_build_option(w, code, value);
    }
}

static void put_address(struct writer *w, uint8_t code, struct ip4 address)
{
    if (!ip4_is_any(address)) {
        message_build_address(w, code, address);
    }
}

static uint32_t last_xid;

static struct bytes packet_of(struct packet *p, const struct client_says *says)
{
    struct message_header header = packet_header();

    header.hardware.address[5] = says->client;
    header.xid = says->xid == 0 ? ++last_xid : says->xid;
    header.secs = says->secs;
    header.flags = says->flags;
    header.ciaddr = says->ciaddr;
    header.giaddr = says->giaddr;
    packet_start(p, &header, says->type);
    put_address(&p->w, OPTION_REQUESTED_ADDRESS, says->wanted);
    put_address(&p->w, OPTION_SERVER_IDENTIFIER, says->server_id);
    if (says->lease > 0) {
        message_build_u32(&p->w, OPTION_LEASE_TIME, says->lease);
    }
    if (says->wants_rapid_commit) {
        message_build_option(&p->w, OPTION_RAPID_COMMIT, (struct bytes){ 0 });
    }
    put_bytes(&p->w, OPTION_PARAMETER_LIST, says->parameters);
    put_bytes(&p->w, OPTION_CLIENT_IDENTIFIER, says->client_id);
    put_bytes(&p->w, OPTION_HOST_NAME, says->host_name);
    put_bytes(&p->w, OPTION_CLIENT_FQDN, says->fqdn);
    put_bytes(&p->w, OPTION_AGENT_INFO, says->agent_info);
    return packet_end(p);
}

unsigned client_say(struct one_node *o, struct client_says says)
{
    static struct packet packet;
    struct arrival arrival = one_node_arrival(o);
    unsigned before = o->n_sent;

    if (says.is_unicast) {
        arrival.was_broadcast = false;
        arrival.source = says.ciaddr;
        arrival.destination = arrival.local;
    }
    exchanges_receive(o->exchanges, &arrival, packet_of(&packet, &says));
    return o->n_sent - before;
}

const struct message *client_heard(const struct one_node *o)
{
    static struct message message;

    require(message_parse(&message, (struct bytes){ o->reply, o->n_reply }) == 0);
    return &message;
}

struct client_says client_selecting(uint8_t client, struct ip4 address, struct ip4 server_id)
{
    return (struct client_says){
        .type = MESSAGE_REQUEST, .client = client, .wanted = address, .server_id = server_id
    };
}

struct client_says client_renewing(uint8_t client, struct ip4 address)
{
    return (struct client_says){
        .type = MESSAGE_REQUEST, .client = client, .ciaddr = address, .is_unicast = true
    };
}

void client_assert_heard(const struct one_node *o, enum message_type type, struct ip4 yiaddr)
{
    const struct message *m = client_heard(o);

    assert_int_equal(message_type(m), type);
    assert_int_equal(m->header.yiaddr.value, yiaddr.value);
}

struct ip4 client_get_offer(struct one_node *o, uint8_t client)
{
    struct client_says discover = { .type = MESSAGE_DISCOVER, .client = client };

    assert_int_equal(client_say(o, discover), 1);
    assert_int_equal(message_type(client_heard(o)), MESSAGE_OFFER);
    return client_heard(o)->header.yiaddr;
}

struct ip4 client_get_lease(struct one_node *o, uint8_t client)
{
    struct ip4 address = client_get_offer(o, client);

    assert_int_equal(client_say(o, client_selecting(client, address, lan_address(1, 1))), 0);
    one_node_commit(o);
    client_assert_heard(o, MESSAGE_ACK, address);
    return address;
}
