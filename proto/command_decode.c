#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "base/reader.h"
#include "proto/command.pb-c.h"
#include "proto/command_codec.h"
#include "proto/command_entry.h"

struct command_decoder {
    struct arena batch, command; /* what the last decode of each kind lent */
};

static void *alloc_in_arena(void *arena, size_t n)
{
    return arena_alloc(arena, n);
}

static void keep_until_reset(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

static struct bytes borrow(ProtobufCBinaryData b)
{
    return bytes_of(b.data, b.len);
}

/* Reads the body of @m into @c. False when a number does not fit its type. */
typedef bool body_reader(const Leasehold__V1__Command *m, struct arena *a, struct command *c);

static bool read_bind(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    const Leasehold__V1__Bind *b = m->bind;

    (void)a;
    c->bind = (struct bind_command){
        .address = ip4_of(b->address),
        .client_key = borrow(b->client_key),
        .hw_type = (uint8_t)b->hw_type,
        .hw_address = borrow(b->hw_address),
        .lease = { b->lease_s },
        .hold = { b->hold_s },
        .server_id = ip4_of(b->server_id),
        .relay = ip4_of(b->relay),
        .hostname = borrow(b->hostname),
        .agent_info = borrow(b->agent_info),
        .vendor_class = borrow(b->vendor_class),
        .user_class = borrow(b->user_class),
        .settings_version = b->settings_version,
        .received_at = { (int64_t)(b->received_at_ms & INT64_MAX) },
        .is_unasked = b->unasked != 0,
    };
    return b->hw_type <= UINT8_MAX && b->received_at_ms <= INT64_MAX;
}

static bool read_release(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    const Leasehold__V1__Release *r = m->release;

    (void)a;
    c->release = (struct release_command){
        .address = ip4_of(r->address),
        .client_key = borrow(r->client_key),
        .server_id = ip4_of(r->server_id),
        .received_at = { (int64_t)(r->received_at_ms & INT64_MAX) },
    };
    return r->received_at_ms <= INT64_MAX;
}

static bool read_decline(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    const Leasehold__V1__Decline *d = m->decline;

    (void)a;
    c->decline = (struct decline_command){
        .address = ip4_of(d->address),
        .client_key = borrow(d->client_key),
        .server_id = ip4_of(d->server_id),
        .received_at = { (int64_t)(d->received_at_ms & INT64_MAX) },
        .offered = d->offered != 0,
        .hw_type = (uint8_t)d->hw_type,
        .hw_address = borrow(d->hw_address),
    };
    return d->received_at_ms <= INT64_MAX && d->hw_type <= UINT8_MAX;
}

static bool read_expire(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    const Leasehold__V1__Expire *e = m->expire;

    if (e->n_addresses > EXPIRE_MAX) {
        return false;
    }

    struct ip4 *at = arena_array(a, e->n_addresses, sizeof *at);

    for (size_t i = 0; at != NULL && i < e->n_addresses; i++) {
        at[i] = ip4_of(e->addresses[i]);
    }
    c->expire = (struct expire_command){ (unsigned)e->n_addresses, at };
    return true;
}

static bool read_put_settings(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->put_settings = (struct put_settings_command){
        .version = m->put_settings->version,
        .document = borrow(m->put_settings->document),
        .source = borrow(m->put_settings->source),
        .comment = borrow(m->put_settings->comment),
        .author = borrow(m->put_settings->author),
    };
    return true;
}

static bool read_put_node(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->put_node = (struct put_node_command){
        .node = m->put_node->node,
        .incarnation = m->put_node->incarnation,
        .address = bytes_of_text(m->put_node->address),
        .cluster_id = m->put_node->cluster_id,
    };
    return true;
}

static bool read_put_reservation(
    const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->put_reservation = (struct put_reservation_command){
        .id = m->put_reservation->id,
        .expected_version = m->put_reservation->expected_version,
        .reservation = borrow(m->put_reservation->reservation),
        .author = borrow(m->put_reservation->author),
        .subnet_id = m->put_reservation->subnet,
    };
    return true;
}

static bool read_delete_reservation(
    const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->delete_reservation = (struct delete_reservation_command){
        .id = m->delete_reservation->id,
        .expected_version = m->delete_reservation->expected_version,
    };
    return true;
}

/* Our kinds have the numbers of the messages'; the limits tell whether it is one of them. */
static struct block_subject subject_of(Leasehold__V1__BlockKind kind, ProtobufCBinaryData value)
{
    return (struct block_subject){ (enum block_kind)kind, borrow(value) };
}

static bool read_block(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->block = (struct block_command){
        .subject = subject_of(m->block->kind, m->block->value),
        .comment = borrow(m->block->comment),
        .author = borrow(m->block->author),
    };
    return true;
}

static bool read_unblock(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->unblock.subject = subject_of(m->unblock->kind, m->unblock->value);
    return true;
}

static bool read_quarantine(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    const Leasehold__V1__Quarantine *q = m->quarantine;

    (void)a;
    c->quarantine = (struct quarantine_command){
        .address = ip4_of(q->address),
        .client_key = borrow(q->client_key),
        .hw_type = (uint8_t)q->hw_type,
        .hw_address = borrow(q->hw_address),
    };
    return q->hw_type <= UINT8_MAX;
}

static bool read_revoke_lease(const Leasehold__V1__Command *m, struct arena *a, struct command *c)
{
    (void)a;
    c->revoke_lease = (struct revoke_lease_command){
        .address = ip4_of(m->revoke_lease->address),
        .client_key = borrow(m->revoke_lease->client_key),
        .how = (enum revocation)m->revoke_lease->how,
    };
    return true;
}

static const struct body {
    Leasehold__V1__Command__BodyCase body_case;
    enum command_kind kind;
    body_reader *read;
} bodies[] = {
    {LEASEHOLD__V1__COMMAND__BODY_BIND,                COMMAND_BIND,            read_bind              },
    { LEASEHOLD__V1__COMMAND__BODY_RELEASE,            COMMAND_RELEASE,         read_release           },
    { LEASEHOLD__V1__COMMAND__BODY_DECLINE,            COMMAND_DECLINE,         read_decline           },
    { LEASEHOLD__V1__COMMAND__BODY_EXPIRE,             COMMAND_EXPIRE,          read_expire            },
    { LEASEHOLD__V1__COMMAND__BODY_PUT_SETTINGS,       COMMAND_PUT_SETTINGS,    read_put_settings      },
    { LEASEHOLD__V1__COMMAND__BODY_PUT_NODE,           COMMAND_PUT_NODE,        read_put_node          },
    { LEASEHOLD__V1__COMMAND__BODY_PUT_RESERVATION,    COMMAND_PUT_RESERVATION, read_put_reservation   },
    { LEASEHOLD__V1__COMMAND__BODY_DELETE_RESERVATION,
     COMMAND_DELETE_RESERVATION,                                                read_delete_reservation},
    { LEASEHOLD__V1__COMMAND__BODY_BLOCK,              COMMAND_BLOCK,           read_block             },
    { LEASEHOLD__V1__COMMAND__BODY_UNBLOCK,            COMMAND_UNBLOCK,         read_unblock           },
    { LEASEHOLD__V1__COMMAND__BODY_QUARANTINE,         COMMAND_QUARANTINE,      read_quarantine        },
    { LEASEHOLD__V1__COMMAND__BODY_REVOKE_LEASE,       COMMAND_REVOKE_LEASE,    read_revoke_lease      },
};

static const struct body *body_of(const Leasehold__V1__Command *m)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(bodies); i++) {
        if (bodies[i].body_case == m->body_case) {
            return &bodies[i];
        }
    }
    return NULL;
}

/* A field that this version does not know changes what the message means. */
static bool has_unknown_fields(const ProtobufCMessage *m)
{
    return m->n_unknown_fields > 0;
}

int command_decode(struct command_decoder *d, struct bytes encoded, struct command *ret_command)
{
    ProtobufCAllocator allocator = { alloc_in_arena, keep_until_reset, &d->command };
    const Leasehold__V1__Command *m = NULL;
    struct command c = { .origin = 0 };

    arena_reset(&d->command);
    if (encoded.n > SETTINGS_ENCODED_MAX) {
        return COMMAND_MALFORMED;
    }
    m = leasehold__v1__command__unpack(&allocator, encoded.n, encoded.at);
    if (m == NULL) {
        return d->command.is_exhausted ? ERR_NOMEM : COMMAND_MALFORMED;
    }

    const struct body *body = body_of(m);

    /* Each member of the oneof is a pointer to a message, and all of them begin alike. */
    if (has_unknown_fields(&m->base) || (body != NULL && has_unknown_fields(&m->bind->base))) {
        return COMMAND_FOREIGN;
    }
    if (body == NULL) {
        return COMMAND_MALFORMED;
    }
    c.origin = m->origin;
    c.boot_id = m->boot_id;
    c.sequence = m->sequence;
    c.kind = body->kind;

    bool fits = body->read(m, &d->command, &c);

    if (d->command.is_exhausted) {
        return ERR_NOMEM;
    }
    if (!fits || !command_is_within_limits(&c)) {
        return COMMAND_MALFORMED;
    }
    if (c.kind != COMMAND_PUT_SETTINGS && encoded.n > COMMAND_ENCODED_MAX) {
        return COMMAND_MALFORMED;
    }
    *ret_command = c;
    return 0;
}

/* Takes the frame off. Returns 0 or a command_decode_outcome. */
static int unframe(struct bytes entry, struct bytes *ret_message)
{
    struct reader r = reader_of(entry);
    unsigned format = reader_u16(&r);
    unsigned zero = reader_u16(&r);
    uint32_t n = reader_u32(&r);
    struct bytes message = reader_take(&r, n);

    if (entry.n >= ENTRY_HEADER && format > ENTRY_FORMAT) {
        return COMMAND_FOREIGN;
    }
    if (r.overrun || format != ENTRY_FORMAT || zero != 0 || r.rest.n >= ENTRY_ALIGN ||
        n > SETTINGS_ENCODED_MAX) {
        return COMMAND_MALFORMED;
    }
    *ret_message = message;
    return 0;
}

static bool batch_is_within_limits(const Leasehold__V1__Batch *m, size_t encoded)
{
    if (m->n_commands < 1 || m->n_commands > BATCH_COMMANDS_MAX) {
        return false;
    }
    for (size_t i = 0; i < m->n_commands; i++) {
        if (m->commands[i].len == 0) {
            return false;
        }
    }
    return m->cluster_time_ms < INT64_MAX && (encoded <= BATCH_ENCODED_MAX || m->n_commands == 1);
}

int batch_decode(struct command_decoder *d, struct bytes encoded, struct batch *ret_batch)
{
    ProtobufCAllocator allocator = { alloc_in_arena, keep_until_reset, &d->batch };
    const Leasehold__V1__Batch *m = NULL;
    struct bytes message;
    int r = unframe(encoded, &message);

    arena_reset(&d->batch);
    if (r != 0) {
        return r;
    }
    m = leasehold__v1__batch__unpack(&allocator, message.n, message.at);
    if (m == NULL) {
        return d->batch.is_exhausted ? ERR_NOMEM : COMMAND_MALFORMED;
    }
    if (has_unknown_fields(&m->base)) {
        return COMMAND_FOREIGN;
    }
    if (!batch_is_within_limits(m, message.n)) {
        return COMMAND_MALFORMED;
    }

    struct bytes *commands = arena_array(&d->batch, m->n_commands, sizeof *commands);

    if (commands == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < m->n_commands; i++) {
        commands[i] = borrow(m->commands[i]);
    }
    *ret_batch = (struct batch){
        .cluster_time = { (int64_t)m->cluster_time_ms },
        .digest_index = m->digest_index,
        .digest_high = m->digest_high,
        .digest_low = m->digest_low,
        .n_commands = (unsigned)m->n_commands,
        .commands = commands,
    };
    return 0;
}

int command_decoder_new(struct command_decoder **ret_decoder)
{
    struct command_decoder *d = malloc(sizeof *d);

    if (d == NULL) {
        return ERR_NOMEM;
    }
    arena_init(&d->batch);
    arena_init(&d->command);
    *ret_decoder = d;
    return 0;
}

struct command_decoder *command_decoder_free(struct command_decoder *d)
{
    if (d != NULL) {
        arena_deinit(&d->command);
        arena_deinit(&d->batch);
        free(d);
    }
    return NULL;
}
