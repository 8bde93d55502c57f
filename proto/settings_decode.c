#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "proto/peer.h"
#include "proto/settings_codec.h"
#include "proto/settings_parts.h"

/*
 * Decoding: the messages live in an arena of their own and are gone at the end; the values are
 * copied into the document's.
 */
struct document {
    struct settings_document public; /* first: freed through it */
    struct arena arena;
};

uint32_t settings_at_most(struct settings_decoding *d, uint32_t value, uint32_t max)
{
    d->is_bad |= value > max;
    return value <= max ? value : 0;
}

void *settings_room(struct settings_decoding *d, size_t n, size_t max, size_t size)
{
    d->is_bad |= n > max;
    return n <= max ? arena_array(d->arena, n, size) : NULL;
}

struct bytes settings_decode_bytes(struct settings_decoding *d, ProtobufCBinaryData b)
{
    return arena_copy(d->arena, bytes_of(b.data, b.len));
}

struct option_list settings_decode_options(
    struct settings_decoding *d, Leasehold__V1__Option *const *at, size_t n)
{
    struct option_value *values = settings_room(d, n, UINT8_MAX, sizeof *values);

    if (values == NULL) {
        return (struct option_list){ .n = 0 };
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = (struct option_value){
            .code = (uint8_t)settings_at_most(d, at[i]->code, UINT8_MAX),
            .forced = at[i]->forced != 0,
            .value = settings_decode_bytes(d, at[i]->value),
        };
    }
    return (struct option_list){ (unsigned)n, values };
}

struct boot_settings settings_decode_boot(struct settings_decoding *d, const Leasehold__V1__Boot *m)
{
    if (m == NULL) {
        return (struct boot_settings){ .next_server = IP4_ANY };
    }
    return (struct boot_settings){
        .next_server = ip4_of(m->next_server),
        .server_name = settings_decode_bytes(d, m->server_name),
        .file = settings_decode_bytes(d, m->file),
    };
}

static struct ip4_range read_range(struct settings_decoding *d, const Leasehold__V1__Range *m)
{
    if (m == NULL) {
        d->is_bad = true;
        return (struct ip4_range){ .first = IP4_ANY };
    }
    return (struct ip4_range){ ip4_of(m->first), ip4_of(m->last) };
}

static void read_pool(struct settings_decoding *d, const Leasehold__V1__Pool *m, struct pool *p)
{
    struct ip4_range *excludes = settings_room(d, m->n_excludes, EXCLUDES_MAX, sizeof *excludes);

    p->range = read_range(d, m->range);
    p->classes = settings_decode_class_set(d, m->classes, m->n_classes);
    p->options = settings_decode_options(d, m->options, m->n_options);
    if (excludes == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_excludes; i++) {
        excludes[i] = read_range(d, m->excludes[i]);
    }
    p->excludes = excludes;
    p->n_excludes = (unsigned)m->n_excludes;
}

static void read_pools(
    struct settings_decoding *d, const Leasehold__V1__Subnet *m, struct subnet *s)
{
    struct pool *pools = settings_room(d, m->n_pools, POOLS_MAX, sizeof *pools);

    if (pools == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_pools; i++) {
        read_pool(d, m->pools[i], &pools[i]);
    }
    s->pools = pools;
    s->n_pools = (unsigned)m->n_pools;
}

static struct reservation read_reservation(
    struct settings_decoding *d, const Leasehold__V1__Reservation *r)
{
    return (struct reservation){
        .hw_type = (uint8_t)settings_at_most(d, r->hw_type, UINT8_MAX),
        .hw_address = settings_decode_bytes(d, r->hw_address),
        .client_id = settings_decode_bytes(d, r->client_id),
        .duid = settings_decode_bytes(d, r->duid),
        .circuit_id = settings_decode_bytes(d, r->circuit_id),
        .remote_id = settings_decode_bytes(d, r->remote_id),
        .address = ip4_of(r->address),
        .hostname = settings_decode_bytes(d, r->hostname),
        .options = settings_decode_options(d, r->options, r->n_options),
        .comment = settings_decode_bytes(d, r->comment),
        .tags = settings_decode_bytes(d, r->tags),
    };
}

static void read_reservations(
    struct settings_decoding *d, const Leasehold__V1__Subnet *m, struct subnet *s)
{
    struct reservation *values =
        settings_room(d, m->n_reservations, RESERVATIONS_MAX, sizeof *values);

    if (values == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_reservations; i++) {
        values[i] = read_reservation(d, m->reservations[i]);
    }
    s->reservations = values;
    s->n_reservations = (unsigned)m->n_reservations;
}

/* Not said in a document from before there was conflict detection: then there is none. */
static enum conflict_detection read_detection(
    struct settings_decoding *d, Leasehold__V1__ConflictDetection detection)
{
    uint32_t value = detection == 0 ? 0 : (uint32_t)detection - 1;

    return (enum conflict_detection)settings_at_most(d, value, CONFLICT_DETECTION_YES);
}

struct lease_moment settings_decode_moment(
    struct settings_decoding *d, const Leasehold__V1__Moment *m)
{
    if (m == NULL) {
        return (struct lease_moment){ { 0 }, 0 };
    }
    return (struct lease_moment){ { m->time_s }, settings_at_most(d, m->permille, 1000) };
}

static void read_subnet(
    struct settings_decoding *d, const Leasehold__V1__Subnet *m, struct subnet *s)
{
    s->prefix.network = ip4_of(m->network);
    s->prefix.length = (uint8_t)settings_at_most(d, m->prefix_length, 32);
    s->times = (struct lease_times){
        .min = { m->min_s },
        .default_ = { m->default_s },
        .max = { m->max_s },
        .headroom = { m->headroom_s },
        .renew = settings_decode_moment(d, m->renew),
        .rebind = settings_decode_moment(d, m->rebind),
    };
    s->options = settings_decode_options(d, m->options, m->n_options);
    s->boot = settings_decode_boot(d, m->boot);
    read_pools(d, m, s);
    read_reservations(d, m, s);
    s->conflict_detection = read_detection(d, m->conflict_detection);
}

static void read_subnets(
    struct settings_decoding *d, const Leasehold__V1__Network *m, struct network *n)
{
    struct subnet *subnets = settings_room(d, m->n_subnets, SUBNETS_MAX, sizeof *subnets);

    if (subnets == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_subnets; i++) {
        read_subnet(d, m->subnets[i], &subnets[i]);
    }
    n->subnets = subnets;
    n->n_subnets = (unsigned)m->n_subnets;
}

static void read_thresholds(
    struct settings_decoding *d, const Leasehold__V1__Network *m, struct network *n)
{
    struct threshold *values = settings_room(d, m->n_thresholds, MEMBERS_MAX, sizeof *values);

    if (values == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_thresholds; i++) {
        values[i] = (struct threshold){ m->thresholds[i]->node, m->thresholds[i]->ms };
    }
    n->thresholds = values;
    n->n_thresholds = (unsigned)m->n_thresholds;
}

/* The messages' enumerations begin at 1, ours at 0; "not said" wraps and is refused. */
static void read_modes(
    struct settings_decoding *d, const Leasehold__V1__Network *m, struct network *n)
{
    uint32_t source = (uint32_t)m->delay_source - 1;
    uint32_t authoritative = (uint32_t)m->authoritative - 1;
    uint32_t server_id = (uint32_t)m->server_id_mode - 1;

    n->delay_source = (enum delay_source)settings_at_most(d, source, DELAY_SOURCE_SECS);
    n->authoritative =
        (enum authoritative)settings_at_most(d, authoritative, AUTHORITATIVE_AFTER_10S);
    n->server_id_mode = (enum server_id_mode)settings_at_most(d, server_id, SERVER_ID_FIXED);
}

static struct network_limits read_limits(
    struct settings_decoding *d, const Leasehold__V1__Limits *m)
{
    if (m == NULL) {
        return (struct network_limits){ .declines = 0 };
    }
    return (struct network_limits){
        .leases_per_hardware = m->leases_per_hardware,
        .leases_per_circuit = m->leases_per_circuit,
        .declines = m->declines,
        .new_clients = m->new_clients,
        .new_clients_when_low = m->new_clients_when_low,
        .low_percent = settings_at_most(d, m->low_percent, 100),
    };
}

/* What older documents do not say is what was done then. */
static void read_message_modes(
    struct settings_decoding *d, const Leasehold__V1__Network *m, struct network *n)
{
    static const enum bootp_mode bootp_modes[] = {
        BOOTP_STATIC, BOOTP_NONE, BOOTP_STATIC, BOOTP_DYNAMIC
    };

    static const enum on_move on_moves[] = {
        ON_MOVE_NAK, ON_MOVE_NAK, ON_MOVE_SHRINK, ON_MOVE_KEEP
    };

    n->ignores_client_id = m->ignore_client_id != 0;
    n->always_broadcast = m->always_broadcast != 0;
    n->rapid_commit = m->rapid_commit != 0;
    n->bootp = bootp_modes[settings_at_most(d, (uint32_t)m->bootp, ARRAY_LENGTH(bootp_modes) - 1)];
    n->bootp_lease = (struct seconds){ m->bootp_lease_s };
    n->on_move = on_moves[settings_at_most(d, (uint32_t)m->on_move, ARRAY_LENGTH(on_moves) - 1)];
}

static void read_network(
    struct settings_decoding *d, const Leasehold__V1__Network *m, struct network *n)
{
    n->name = settings_decode_bytes(d, m->name);
    read_thresholds(d, m, n);
    n->collapse = m->collapse != 0;
    n->retry_step_ms = m->retry_step_ms;
    read_modes(d, m, n);
    n->server_id = ip4_of(m->server_id);
    n->probation = (struct seconds){ m->probation_s };
    n->echo_client_id = m->echo_client_id != 0;
    read_message_modes(d, m, n);
    n->options = settings_decode_options(d, m->options, m->n_options);
    n->boot = settings_decode_boot(d, m->boot);
    n->limits = read_limits(d, m->limits);
    read_subnets(d, m, n);
}

static void read_settings(
    struct settings_decoding *d, const Leasehold__V1__Settings *m, struct settings *s)
{
    struct network *networks = settings_room(d, m->n_networks, NETWORKS_MAX, sizeof *networks);

    s->options = settings_decode_options(d, m->options, m->n_options);
    settings_decode_classes(d, m, s);
    if (networks == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_networks; i++) {
        read_network(d, m->networks[i], &networks[i]);
    }
    s->networks = networks;
    s->n_networks = (unsigned)m->n_networks;
}

static void *alloc_in_arena(void *arena, size_t n)
{
    return arena_alloc(arena, n);
}

static void keep_until_reset(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

/* Fills @doc from @encoded; @scratch holds the messages meanwhile. */
static int decode_into(struct bytes encoded, struct arena *scratch, struct document *doc)
{
    ProtobufCAllocator allocator = { alloc_in_arena, keep_until_reset, scratch };
    struct settings_decoding d = { .arena = &doc->arena };
    const Leasehold__V1__Settings *m =
        leasehold__v1__settings__unpack(&allocator, encoded.n, encoded.at);

    if (m == NULL) {
        return scratch->is_exhausted ? ERR_NOMEM : SETTINGS_MALFORMED;
    }
    read_settings(&d, m, &doc->public.value);
    if (doc->arena.is_exhausted) {
        return ERR_NOMEM;
    }
    return d.is_bad ? SETTINGS_MALFORMED : 0;
}

int settings_decode(struct bytes encoded, struct settings_document **ret_document)
{
    struct document *doc = NULL;
    struct arena scratch;
    int result = SETTINGS_MALFORMED;

    if (encoded.n > SETTINGS_ENCODED_MAX) {
        return SETTINGS_MALFORMED;
    }
    doc = calloc(1, sizeof *doc);
    if (doc == NULL) {
        return ERR_NOMEM;
    }
    arena_init(&doc->arena);
    arena_init(&scratch);
    result = decode_into(encoded, &scratch, doc);
    arena_deinit(&scratch);
    if (result != 0) {
        (void)settings_document_free(&doc->public);
        return result;
    }
    *ret_document = &doc->public;
    return 0;
}

struct settings_document *settings_document_free(struct settings_document *d)
{
    struct document *doc = (struct document *)d;

    if (doc != NULL) {
        arena_deinit(&doc->arena);
        free(doc);
    }
    return NULL;
}

int reservation_decode(struct bytes encoded, struct arena *arena, struct reservation *ret_value)
{
    struct arena scratch;
    ProtobufCAllocator allocator = { alloc_in_arena, keep_until_reset, &scratch };
    struct settings_decoding d = { .arena = arena };
    int result = SETTINGS_MALFORMED;

    arena_init(&scratch);

    const Leasehold__V1__Reservation *m =
        leasehold__v1__reservation__unpack(&allocator, encoded.n, encoded.at);

    if (m != NULL && m->base.n_unknown_fields > 0) {
        result = SETTINGS_FOREIGN;
    } else if (m != NULL) {
        *ret_value = read_reservation(&d, m);
        result = d.is_bad ? SETTINGS_MALFORMED : 0;
    }
    if (scratch.is_exhausted || arena->is_exhausted) {
        result = ERR_NOMEM;
    }
    arena_deinit(&scratch);
    return result;
}
