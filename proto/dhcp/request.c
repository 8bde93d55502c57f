#include "proto/dhcp/request.h"

#include <string.h>

#include "base/own.h"
#include "base/reader.h"
#include "proto/dhcp/agent_info.h"
#include "proto/dhcp/client_id.h"
#include "proto/dhcp/fqdn.h"
#include "proto/dhcp/option.h"

/* REQUEST in its four states (RFC 2131 4.3.2). A server id beside a ciaddr is not heeded. */
static int classify_request(struct request *q)
{
    const struct message *m = q->message;

    if (!ip4_is_any(m->header.ciaddr)) {
        bool is_direct = q->origin.was_unicast && ip4_is_any(q->relay);

        q->kind = is_direct ? REQUEST_RENEWING : REQUEST_REBINDING;
        q->address = m->header.ciaddr;
        q->server_id = IP4_ANY;
        return 0;
    }
    q->kind = ip4_is_any(q->server_id) ? REQUEST_INIT_REBOOT : REQUEST_SELECTING;
    q->address = message_requested_address(m);
    return ip4_is_any(q->address) ? REQUEST_NO_ADDRESS : 0;
}

static int classify_inform(struct request *q)
{
    struct ip4 ciaddr = q->message->header.ciaddr;

    q->kind = REQUEST_INFORM;
    q->address = ip4_is_any(ciaddr) && ip4_is_any(q->relay) ? q->origin.source : ciaddr;
    return ip4_is_any(q->address) && ip4_is_any(q->relay) ? REQUEST_NO_ADDRESS : 0;
}

static int classify_bound(struct request *q, enum request_kind kind, struct ip4 address)
{
    q->kind = kind;
    q->address = address;
    return ip4_is_any(address) ? REQUEST_NO_ADDRESS : 0;
}

static int classify(struct request *q)
{
    const struct message *m = q->message;

    switch (message_type(m)) {
    case MESSAGE_BOOTP:
        q->kind = REQUEST_BOOTP;
        q->address = m->header.ciaddr;
        return message_has(m, OPTION_MESSAGE_TYPE) ? REQUEST_UNKNOWN_TYPE : 0;
    case MESSAGE_DISCOVER:
        q->kind = REQUEST_DISCOVER;
        q->address = message_requested_address(m);
        q->wants_rapid_commit = message_has(m, OPTION_RAPID_COMMIT);
        return 0;
    case MESSAGE_REQUEST:
        return classify_request(q);
    case MESSAGE_DECLINE:
        return classify_bound(q, REQUEST_DECLINE, message_requested_address(m));
    case MESSAGE_RELEASE:
        return classify_bound(q, REQUEST_RELEASE, m->header.ciaddr);
    case MESSAGE_INFORM:
        return classify_inform(q);
    default:
        return REQUEST_UNKNOWN_TYPE;
    }
}

/* Some clients send secs in the wrong byte order. */
static uint16_t repair_secs(uint16_t secs)
{
    return secs > 255 && (secs & 255) == 0 ? secs >> 8 : secs;
}

/* An address in sub-option @code of option 82; IP4_ANY when absent. Any length but 4 is a flaw. */
static int read_agent_address(struct bytes agent_info, uint8_t code, struct ip4 *address)
{
    struct bytes value = { 0 };
    int r = agent_info_find(agent_info, code, &value);

    if (r == AGENT_INFO_ABSENT) {
        return 0;
    }
    if (r != 0 || value.n != 4) {
        return REQUEST_BAD_AGENT_INFO;
    }

    struct reader reader = reader_of(value);

    *address = ip4_of(reader_u32(&reader));
    return 0;
}

/* Where the client is: link selection, then subnet selection, then the relay (RFC 3527 2). */
static int read_agent_info(struct request *q)
{
    struct bytes ignored = { 0 };
    int r = agent_info_find(q->agent_info, AGENT_INFO_RELAY_PORT, &ignored);

    if (r == AGENT_INFO_MALFORMED) {
        return REQUEST_BAD_AGENT_INFO;
    }
    q->relay_port = r == 0 && q->origin.source_port != 0 ? q->origin.source_port
                                                         : (uint16_t)MESSAGE_PORT_SERVER;
    q->link = message_address(q->message, OPTION_SUBNET_SELECTION);
    if (ip4_is_any(q->link)) {
        q->link = q->relay;
    }
    r = read_agent_address(q->agent_info, AGENT_INFO_LINK_SELECTION, &q->link);
    if (r != 0) {
        return r;
    }
    return read_agent_address(q->agent_info, AGENT_INFO_SERVER_ID_OVERRIDE, &q->server_id_override);
}

int request_of(const struct message *m, struct request_origin origin, struct request *ret_request)
{
    struct request q = {
        .message = m,
        .origin = origin,
        .relay = m->header.giaddr,
        .secs = repair_secs(m->header.secs),
        .server_id = message_server_identifier(m),
        .wanted_lease = message_lease_time(m),
        .parameters = message_parameter_list(m),
        .host_name = message_option(m, OPTION_HOST_NAME),
        .fqdn = message_option(m, OPTION_CLIENT_FQDN),
        .vendor_class = message_option(m, OPTION_VENDOR_CLASS),
        .user_class = message_option(m, OPTION_USER_CLASS),
        .agent_info = message_option(m, OPTION_AGENT_INFO),
    };

    if (m->header.op != MESSAGE_BOOTREQUEST) {
        return REQUEST_NOT_A_REQUEST;
    }
    if (client_id_of(m, &q.client) != 0) {
        return REQUEST_NO_CLIENT;
    }

    int r = read_agent_info(&q);

    if (r == 0) {
        r = classify(&q);
    }
    if (r != 0) {
        return r;
    }
    *ret_request = q;
    return 0;
}

char *request_client_name(const struct request *q, char *out)
{
    struct fqdn fqdn;

    if (fqdn_parse(q->fqdn, &fqdn) == 0 && fqdn.name[0] != '\0') {
        memcpy(out, fqdn.name, sizeof fqdn.name);
        return out;
    }
    return text_host_name(q->host_name, out);
}

const char *request_kind_name(enum request_kind kind)
{
    static const char *const names[REQUEST_KIND_COUNT] = {
        [REQUEST_DISCOVER] = "discover",
        [REQUEST_SELECTING] = "selecting",
        [REQUEST_INIT_REBOOT] = "init-reboot",
        [REQUEST_RENEWING] = "renewing",
        [REQUEST_REBINDING] = "rebinding",
        [REQUEST_RELEASE] = "release",
        [REQUEST_DECLINE] = "decline",
        [REQUEST_INFORM] = "inform",
        [REQUEST_BOOTP] = "bootp",
    };

    return names[kind];
}

const char *request_outcome_name(int outcome)
{
    static const char *const names[] = {
#define X(id, number, name, text) [number] = (name),
        REQUEST_OUTCOME_MAP(X)
#undef X
    };
    bool is_ours = outcome > 0 && (size_t)outcome < ARRAY_LENGTH(names);

    return is_ours ? names[outcome] : "unknown-outcome";
}
