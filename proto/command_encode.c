#include <string.h>

#include "base/check.h"
#include "base/writer.h"
#include "proto/command.pb-c.h"
#include "proto/command_codec.h"
#include "proto/command_entry.h"
#include "proto/peer.h"

/* A command as generated code wants it, borrowing everything. */
struct message {
    Leasehold__V1__Command command;

    union {
        Leasehold__V1__Bind bind;
        Leasehold__V1__Release release;
        Leasehold__V1__Decline decline;
        Leasehold__V1__Expire expire;
        Leasehold__V1__PutSettings put_settings;
        Leasehold__V1__PutNode put_node;
        Leasehold__V1__Quarantine quarantine;
        Leasehold__V1__PutReservation put_reservation;
        Leasehold__V1__DeleteReservation delete_reservation;
        Leasehold__V1__Block block;
        Leasehold__V1__Unblock unblock;
        Leasehold__V1__RevokeLease revoke_lease;
    } body;

    uint32_t addresses[EXPIRE_MAX];
    char text[MEMBER_ADDRESS_MAX];
};

static ProtobufCBinaryData lend(struct bytes b)
{
    union {
        const uint8_t *borrowed;
        uint8_t *unchanged; /* packing only reads */
    } at = { .borrowed = b.at };

    return (ProtobufCBinaryData){ .len = b.n, .data = at.unchanged };
}

static void make_bind(const struct bind_command *c, struct message *m)
{
    Leasehold__V1__Bind *b = &m->body.bind;

    leasehold__v1__bind__init(b);
    b->address = c->address.value;
    b->client_key = lend(c->client_key);
    b->hw_type = c->hw_type;
    b->hw_address = lend(c->hw_address);
    b->lease_s = c->lease.value;
    b->hold_s = c->hold.value;
    b->server_id = c->server_id.value;
    b->relay = c->relay.value;
    b->hostname = lend(c->hostname);
    b->agent_info = lend(c->agent_info);
    b->vendor_class = lend(c->vendor_class);
    b->user_class = lend(c->user_class);
    b->settings_version = c->settings_version;
    b->received_at_ms = (uint64_t)c->received_at.ms;
    b->unasked = c->is_unasked;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_BIND;
    m->command.bind = b;
}

static void make_release(const struct release_command *c, struct message *m)
{
    Leasehold__V1__Release *r = &m->body.release;

    leasehold__v1__release__init(r);
    r->address = c->address.value;
    r->client_key = lend(c->client_key);
    r->server_id = c->server_id.value;
    r->received_at_ms = (uint64_t)c->received_at.ms;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_RELEASE;
    m->command.release = r;
}

static void make_decline(const struct decline_command *c, struct message *m)
{
    Leasehold__V1__Decline *d = &m->body.decline;

    leasehold__v1__decline__init(d);
    d->address = c->address.value;
    d->client_key = lend(c->client_key);
    d->server_id = c->server_id.value;
    d->received_at_ms = (uint64_t)c->received_at.ms;
    d->offered = c->offered;
    d->hw_type = c->hw_type;
    d->hw_address = lend(c->hw_address);
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_DECLINE;
    m->command.decline = d;
}

static void make_expire(const struct expire_command *c, struct message *m)
{
    Leasehold__V1__Expire *e = &m->body.expire;

    leasehold__v1__expire__init(e);
    for (unsigned i = 0; i < c->n; i++) {
        m->addresses[i] = c->at[i].value;
    }
    e->n_addresses = c->n;
    e->addresses = m->addresses;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_EXPIRE;
    m->command.expire = e;
}

static void make_put_settings(const struct put_settings_command *c, struct message *m)
{
    Leasehold__V1__PutSettings *p = &m->body.put_settings;

    leasehold__v1__put_settings__init(p);
    p->version = c->version;
    p->document = lend(c->document);
    p->source = lend(c->source);
    p->comment = lend(c->comment);
    p->author = lend(c->author);
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_PUT_SETTINGS;
    m->command.put_settings = p;
}

static void make_put_node(const struct put_node_command *c, struct message *m)
{
    Leasehold__V1__PutNode *p = &m->body.put_node;

    leasehold__v1__put_node__init(p);
    if (c->address.n > 0) {
        memcpy(m->text, c->address.at, c->address.n);
    }
    m->text[c->address.n] = '\0';
    p->node = c->node;
    p->incarnation = c->incarnation;
    p->address = m->text;
    p->cluster_id = c->cluster_id;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_PUT_NODE;
    m->command.put_node = p;
}

static void make_put_reservation(const struct put_reservation_command *c, struct message *m)
{
    Leasehold__V1__PutReservation *p = &m->body.put_reservation;

    leasehold__v1__put_reservation__init(p);
    p->id = c->id;
    p->expected_version = c->expected_version;
    p->reservation = lend(c->reservation);
    p->author = lend(c->author);
    p->subnet = c->subnet_id;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_PUT_RESERVATION;
    m->command.put_reservation = p;
}

static void make_delete_reservation(const struct delete_reservation_command *c, struct message *m)
{
    Leasehold__V1__DeleteReservation *d = &m->body.delete_reservation;

    leasehold__v1__delete_reservation__init(d);
    d->id = c->id;
    d->expected_version = c->expected_version;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_DELETE_RESERVATION;
    m->command.delete_reservation = d;
}

/* Our kinds have the numbers of the messages'. */
static void make_block(const struct block_command *c, struct message *m)
{
    Leasehold__V1__Block *b = &m->body.block;

    leasehold__v1__block__init(b);
    b->kind = (Leasehold__V1__BlockKind)c->subject.kind;
    b->value = lend(c->subject.value);
    b->comment = lend(c->comment);
    b->author = lend(c->author);
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_BLOCK;
    m->command.block = b;
}

static void make_unblock(const struct unblock_command *c, struct message *m)
{
    Leasehold__V1__Unblock *u = &m->body.unblock;

    leasehold__v1__unblock__init(u);
    u->kind = (Leasehold__V1__BlockKind)c->subject.kind;
    u->value = lend(c->subject.value);
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_UNBLOCK;
    m->command.unblock = u;
}

static void make_quarantine(const struct quarantine_command *c, struct message *m)
{
    Leasehold__V1__Quarantine *q = &m->body.quarantine;

    leasehold__v1__quarantine__init(q);
    q->address = c->address.value;
    q->client_key = lend(c->client_key);
    q->hw_type = c->hw_type;
    q->hw_address = lend(c->hw_address);
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_QUARANTINE;
    m->command.quarantine = q;
}

static void make_revoke_lease(const struct revoke_lease_command *c, struct message *m)
{
    Leasehold__V1__RevokeLease *r = &m->body.revoke_lease;

    leasehold__v1__revoke_lease__init(r);
    r->address = c->address.value;
    r->client_key = lend(c->client_key);
    r->how = (Leasehold__V1__Revocation)c->how;
    m->command.body_case = LEASEHOLD__V1__COMMAND__BODY_REVOKE_LEASE;
    m->command.revoke_lease = r;
}

static void make_message(const struct command *c, struct message *m)
{
    require(command_is_within_limits(c));
    leasehold__v1__command__init(&m->command);
    m->command.origin = c->origin;
    m->command.boot_id = c->boot_id;
    m->command.sequence = c->sequence;
    switch (c->kind) {
    case COMMAND_BIND:
        make_bind(&c->bind, m);
        break;
    case COMMAND_RELEASE:
        make_release(&c->release, m);
        break;
    case COMMAND_DECLINE:
        make_decline(&c->decline, m);
        break;
    case COMMAND_EXPIRE:
        make_expire(&c->expire, m);
        break;
    case COMMAND_PUT_SETTINGS:
        make_put_settings(&c->put_settings, m);
        break;
    case COMMAND_PUT_NODE:
        make_put_node(&c->put_node, m);
        break;
    case COMMAND_QUARANTINE:
        make_quarantine(&c->quarantine, m);
        break;
    case COMMAND_PUT_RESERVATION:
        make_put_reservation(&c->put_reservation, m);
        break;
    case COMMAND_DELETE_RESERVATION:
        make_delete_reservation(&c->delete_reservation, m);
        break;
    case COMMAND_BLOCK:
        make_block(&c->block, m);
        break;
    case COMMAND_UNBLOCK:
        make_unblock(&c->unblock, m);
        break;
    case COMMAND_REVOKE_LEASE:
        make_revoke_lease(&c->revoke_lease, m);
        break;
    }
}

size_t command_encoded_size(const struct command *c)
{
    struct message m;

    make_message(c, &m);
    return leasehold__v1__command__get_packed_size(&m.command);
}

size_t command_encode(const struct command *c, uint8_t *out)
{
    struct message m;

    make_message(c, &m);
    return leasehold__v1__command__pack(&m.command, out);
}

static void make_batch(
    const struct batch *b, ProtobufCBinaryData *commands, Leasehold__V1__Batch *ret_message)
{
    require(b->n_commands >= 1 && b->n_commands <= BATCH_COMMANDS_MAX);
    require(b->cluster_time.ms >= 0 && !instant_is_never(b->cluster_time));
    for (unsigned i = 0; i < b->n_commands; i++) {
        require(b->commands[i].n > 0);
        commands[i] = lend(b->commands[i]);
    }
    leasehold__v1__batch__init(ret_message);
    ret_message->cluster_time_ms = (uint64_t)b->cluster_time.ms;
    ret_message->digest_index = b->digest_index;
    ret_message->digest_high = b->digest_high;
    ret_message->digest_low = b->digest_low;
    ret_message->n_commands = b->n_commands;
    ret_message->commands = commands;
}

static size_t padded(size_t n)
{
    return (ENTRY_HEADER + n + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
}

size_t batch_encoded_size(const struct batch *b)
{
    ProtobufCBinaryData commands[BATCH_COMMANDS_MAX];
    Leasehold__V1__Batch m;

    make_batch(b, commands, &m);
    return padded(leasehold__v1__batch__get_packed_size(&m));
}

size_t batch_encode(const struct batch *b, uint8_t *out)
{
    ProtobufCBinaryData commands[BATCH_COMMANDS_MAX];
    Leasehold__V1__Batch m;

    make_batch(b, commands, &m);

    size_t n = leasehold__v1__batch__pack(&m, out + ENTRY_HEADER);
    struct writer header = writer_of(out, ENTRY_HEADER);

    ensure(n <= SETTINGS_ENCODED_MAX);
    writer_u16(&header, ENTRY_FORMAT);
    writer_u16(&header, 0);
    writer_u32(&header, (uint32_t)n);
    memset(out + ENTRY_HEADER + n, 0, padded(n) - ENTRY_HEADER - n);
    return padded(n);
}
