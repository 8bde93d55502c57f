#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "proto/settings_codec.h"
#include "proto/settings_parts.h"

/*
 * Encoding: the tree of messages is made in an arena. A maker that finds the arena exhausted
 * leaves its list empty; settings_encode() asks the arena once, at the end.
 */

ProtobufCBinaryData settings_lend(struct bytes b)
{
    union {
        const uint8_t *borrowed;
        uint8_t *unchanged; /* packing only reads */
    } at = { .borrowed = b.at };

    return (ProtobufCBinaryData){ .len = b.n, .data = at.unchanged };
}

Leasehold__V1__Option **settings_encode_options(
    struct arena *a, struct option_list list, size_t *ret_n)
{
    Leasehold__V1__Option **at = arena_array(a, list.n, sizeof *at);
    Leasehold__V1__Option *each = arena_array(a, list.n, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < list.n; i++) {
        leasehold__v1__option__init(&each[i]);
        each[i].code = list.at[i].code;
        each[i].forced = list.at[i].forced;
        each[i].value = settings_lend(list.at[i].value);
        at[i] = &each[i];
    }
    *ret_n = list.n;
    return at;
}

Leasehold__V1__Boot *settings_encode_boot(struct arena *a, const struct boot_settings *b)
{
    Leasehold__V1__Boot *m = arena_array(a, 1, sizeof *m);

    if (m != NULL) {
        leasehold__v1__boot__init(m);
        m->next_server = b->next_server.value;
        m->server_name = settings_lend(b->server_name);
        m->file = settings_lend(b->file);
    }
    return m;
}

static Leasehold__V1__Range **make_ranges(
    struct arena *a, const struct ip4_range *ranges, unsigned n, size_t *ret_n)
{
    Leasehold__V1__Range **at = arena_array(a, n, sizeof *at);
    Leasehold__V1__Range *each = arena_array(a, n, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        leasehold__v1__range__init(&each[i]);
        each[i].first = ranges[i].first.value;
        each[i].last = ranges[i].last.value;
        at[i] = &each[i];
    }
    *ret_n = n;
    return at;
}

static Leasehold__V1__Pool **make_pools(struct arena *a, const struct subnet *s, size_t *ret_n)
{
    Leasehold__V1__Pool **at = arena_array(a, s->n_pools, sizeof *at);
    Leasehold__V1__Pool *each = arena_array(a, s->n_pools, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < s->n_pools; i++) {
        const struct pool *p = &s->pools[i];
        size_t n_range = 0;
        Leasehold__V1__Range **range = make_ranges(a, &p->range, 1, &n_range);

        leasehold__v1__pool__init(&each[i]);
        each[i].range = n_range == 1 ? range[0] : NULL;
        each[i].excludes = make_ranges(a, p->excludes, p->n_excludes, &each[i].n_excludes);
        each[i].classes = settings_encode_class_set(a, &p->classes, &each[i].n_classes);
        each[i].options = settings_encode_options(a, p->options, &each[i].n_options);
        at[i] = &each[i];
    }
    *ret_n = s->n_pools;
    return at;
}

static void make_reservation(
    struct arena *a, const struct reservation *r, Leasehold__V1__Reservation *m)
{
    leasehold__v1__reservation__init(m);
    m->hw_type = r->hw_type;
    m->hw_address = settings_lend(r->hw_address);
    m->client_id = settings_lend(r->client_id);
    m->duid = settings_lend(r->duid);
    m->circuit_id = settings_lend(r->circuit_id);
    m->remote_id = settings_lend(r->remote_id);
    m->address = r->address.value;
    m->hostname = settings_lend(r->hostname);
    m->options = settings_encode_options(a, r->options, &m->n_options);
    m->comment = settings_lend(r->comment);
    m->tags = settings_lend(r->tags);
}

static Leasehold__V1__Reservation **make_reservations(
    struct arena *a, const struct subnet *s, size_t *ret_n)
{
    Leasehold__V1__Reservation **at = arena_array(a, s->n_reservations, sizeof *at);
    Leasehold__V1__Reservation *each = arena_array(a, s->n_reservations, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < s->n_reservations; i++) {
        make_reservation(a, &s->reservations[i], &each[i]);
        at[i] = &each[i];
    }
    *ret_n = s->n_reservations;
    return at;
}

Leasehold__V1__Moment *settings_encode_moment(struct arena *a, struct lease_moment moment)
{
    Leasehold__V1__Moment *m = arena_array(a, 1, sizeof *m);

    if (m != NULL) {
        leasehold__v1__moment__init(m);
        m->time_s = moment.time.value;
        m->permille = moment.permille;
    }
    return m;
}

static void make_subnet(struct arena *a, const struct subnet *s, Leasehold__V1__Subnet *m)
{
    leasehold__v1__subnet__init(m);
    m->network = s->prefix.network.value;
    m->prefix_length = s->prefix.length;
    m->min_s = s->times.min.value;
    m->default_s = s->times.default_.value;
    m->max_s = s->times.max.value;
    m->headroom_s = s->times.headroom.value;
    m->renew = settings_encode_moment(a, s->times.renew);
    m->rebind = settings_encode_moment(a, s->times.rebind);
    m->options = settings_encode_options(a, s->options, &m->n_options);
    m->boot = settings_encode_boot(a, &s->boot);
    m->pools = make_pools(a, s, &m->n_pools);
    m->reservations = make_reservations(a, s, &m->n_reservations);
    m->conflict_detection = (Leasehold__V1__ConflictDetection)(s->conflict_detection + 1);
}

static Leasehold__V1__Subnet **make_subnets(struct arena *a, const struct network *n, size_t *ret_n)
{
    Leasehold__V1__Subnet **at = arena_array(a, n->n_subnets, sizeof *at);
    Leasehold__V1__Subnet *each = arena_array(a, n->n_subnets, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < n->n_subnets; i++) {
        make_subnet(a, &n->subnets[i], &each[i]);
        at[i] = &each[i];
    }
    *ret_n = n->n_subnets;
    return at;
}

static Leasehold__V1__Threshold **make_thresholds(
    struct arena *a, const struct network *n, size_t *ret_n)
{
    Leasehold__V1__Threshold **at = arena_array(a, n->n_thresholds, sizeof *at);
    Leasehold__V1__Threshold *each = arena_array(a, n->n_thresholds, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < n->n_thresholds; i++) {
        leasehold__v1__threshold__init(&each[i]);
        each[i].node = n->thresholds[i].node;
        each[i].ms = n->thresholds[i].ms;
        at[i] = &each[i];
    }
    *ret_n = n->n_thresholds;
    return at;
}

static Leasehold__V1__Limits *make_limits(struct arena *a, const struct network_limits *l)
{
    Leasehold__V1__Limits *m = arena_array(a, 1, sizeof *m);

    if (m != NULL) {
        leasehold__v1__limits__init(m);
        m->declines = l->declines;
        m->new_clients = l->new_clients;
        m->new_clients_when_low = l->new_clients_when_low;
        m->low_percent = l->low_percent;
        m->leases_per_hardware = l->leases_per_hardware;
        m->leases_per_circuit = l->leases_per_circuit;
    }
    return m;
}

static void make_message_modes(const struct network *n, Leasehold__V1__Network *m)
{
    static const Leasehold__V1__BootpMode bootp_modes[] = {
        [BOOTP_STATIC] = LEASEHOLD__V1__BOOTP_MODE__BOOTP_STATIC,
        [BOOTP_NONE] = LEASEHOLD__V1__BOOTP_MODE__BOOTP_NONE,
        [BOOTP_DYNAMIC] = LEASEHOLD__V1__BOOTP_MODE__BOOTP_DYNAMIC,
    };

    m->ignore_client_id = n->ignores_client_id;
    m->always_broadcast = n->always_broadcast;
    m->rapid_commit = n->rapid_commit;
    m->bootp = bootp_modes[n->bootp];
    m->bootp_lease_s = n->bootp_lease.value;
    m->on_move = (Leasehold__V1__OnMove)(n->on_move + 1);
}

/* Our enumerations begin at 0, those of the messages at 1: there 0 means "not said". */
static void make_network(struct arena *a, const struct network *n, Leasehold__V1__Network *m)
{
    leasehold__v1__network__init(m);
    m->name = settings_lend(n->name);
    m->thresholds = make_thresholds(a, n, &m->n_thresholds);
    m->collapse = n->collapse;
    m->retry_step_ms = n->retry_step_ms;
    m->delay_source = (Leasehold__V1__DelaySource)(n->delay_source + 1);
    m->authoritative = (Leasehold__V1__Authoritative)(n->authoritative + 1);
    m->server_id_mode = (Leasehold__V1__ServerIdMode)(n->server_id_mode + 1);
    m->server_id = n->server_id.value;
    m->probation_s = n->probation.value;
    m->echo_client_id = n->echo_client_id;
    make_message_modes(n, m);
    m->options = settings_encode_options(a, n->options, &m->n_options);
    m->boot = settings_encode_boot(a, &n->boot);
    m->subnets = make_subnets(a, n, &m->n_subnets);
    m->limits = make_limits(a, &n->limits);
}

static Leasehold__V1__Network **make_networks(
    struct arena *a, const struct settings *s, size_t *ret_n)
{
    Leasehold__V1__Network **at = arena_array(a, s->n_networks, sizeof *at);
    Leasehold__V1__Network *each = arena_array(a, s->n_networks, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < s->n_networks; i++) {
        make_network(a, &s->networks[i], &each[i]);
        at[i] = &each[i];
    }
    *ret_n = s->n_networks;
    return at;
}

static int pack(const Leasehold__V1__Settings *m, uint8_t **ret_encoded, size_t *ret_n)
{
    size_t n = leasehold__v1__settings__get_packed_size(m);

    if (n > SETTINGS_ENCODED_MAX) {
        return SETTINGS_TOO_LARGE;
    }

    uint8_t *encoded = malloc(n + 1); /* an empty document has no bytes */

    if (encoded == NULL) {
        return ERR_NOMEM;
    }
    *ret_n = leasehold__v1__settings__pack(m, encoded);
    *ret_encoded = encoded;
    return 0;
}

int settings_encode(const struct settings *s, uint8_t **ret_encoded, size_t *ret_n)
{
    Leasehold__V1__Settings m = LEASEHOLD__V1__SETTINGS__INIT;
    struct arena arena;
    int result = ERR_NOMEM;

    arena_init(&arena);
    m.options = settings_encode_options(&arena, s->options, &m.n_options);
    m.networks = make_networks(&arena, s, &m.n_networks);
    m.classes = settings_encode_classes(&arena, s, &m.n_classes);
    if (!arena.is_exhausted) {
        result = pack(&m, ret_encoded, ret_n);
    }
    arena_deinit(&arena);
    return result;
}

int reservation_encode(const struct reservation *r, struct arena *arena, struct bytes *ret_encoded)
{
    Leasehold__V1__Reservation m;

    make_reservation(arena, r, &m);
    if (arena->is_exhausted) {
        return ERR_NOMEM;
    }

    size_t n = leasehold__v1__reservation__get_packed_size(&m);
    uint8_t *encoded = arena_alloc(arena, n);

    if (encoded == NULL) {
        return ERR_NOMEM;
    }
    *ret_encoded = bytes_of(encoded, leasehold__v1__reservation__pack(&m, encoded));
    return 0;
}
