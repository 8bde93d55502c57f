#include "support/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proto/command_codec.h"
#include "proto/settings_codec.h"
#include "support/random.h"

enum {
    CLIENTS = 40,
    NODES = 3,
    RESERVATIONS = 6, /* made by commands */
    COMMANDS_MAX = 8, /* in one entry */
};

#define LAN_A UINT32_C(0x0a010000)
#define LAN_B UINT32_C(0x0a010100)
#define GUEST UINT32_C(0x0a020000)

/* clang-format off */
static const struct ip4_range excludes[] = { { { LAN_A + 14 }, { LAN_A + 15 } } };
static const struct pool pool_a[] = {
    { .range = { { LAN_A + 10 }, { LAN_A + 24 } }, .n_excludes = 1, .excludes = excludes }
};
static const struct pool pool_b[] = { { .range = { { LAN_B + 10 }, { LAN_B + 19 } } } };
static const struct pool pool_g[] = { { .range = { { GUEST + 10 }, { GUEST + 19 } } } };
static const struct reservation reservations[] = {
    { .hw_type = 1, .hw_address = { (const uint8_t *)"\x02\x00\x00\x00\x00\x07", 6 },
      .address = { LAN_A + 12 }, .hostname = { (const uint8_t *)"seven", 5 } },
    { .client_id = { (const uint8_t *)"client-8", 8 }, .address = { LAN_A + 99 } },
    { .duid = { (const uint8_t *)"\x00\x03\x01", 3 }, .circuit_id = { (const uint8_t *)"p9", 2 },
      .remote_id = { (const uint8_t *)"\x00r", 2 } },
};
#define TIMES { .min = { 60 }, .default_ = { 300 }, .max = { 600 }, .headroom = { 300 } }
static const struct subnet lan_subnets[] = {
    { .prefix = { { LAN_A }, 24 }, .times = TIMES, .n_pools = 1, .pools = pool_a,
      .n_reservations = 3, .reservations = reservations },
    { .prefix = { { LAN_B }, 24 }, .times = TIMES, .n_pools = 1, .pools = pool_b },
};
static const struct subnet guest_subnets[] = {
    { .prefix = { { GUEST }, 24 }, .times = TIMES, .n_pools = 1, .pools = pool_g },
};
static const struct network networks[] = {
    { .name = { (const uint8_t *)"lan", 3 }, .collapse = true, .retry_step_ms = 1000,
      .probation = { 120 }, .n_subnets = 2, .subnets = lan_subnets },
    { .name = { (const uint8_t *)"guest", 5 }, .collapse = true, .retry_step_ms = 1000,
      .probation = { 120 }, .n_subnets = 1, .subnets = guest_subnets },
};
/* clang-format on */
static const struct settings all_settings = { .n_networks = 2, .networks = networks };

const struct settings *script_settings(void)
{
    return &all_settings;
}

/* What one command borrows from. */
struct texts {
    char key[16];
    uint8_t hw[6];
    struct ip4 addresses[4];
    uint8_t *document;
    struct arena arena;
};

struct making {
    uint32_t seed;
    struct instant now;
    uint64_t sequences[NODES + 1];
    uint64_t version;
    struct texts texts[COMMANDS_MAX];
};

static struct ip4 some_address(struct making *m)
{
    static const uint32_t bases[] = { LAN_A, LAN_A, LAN_B, GUEST };
    uint32_t base = bases[random_below(&m->seed, 4)];

    if (random_below(&m->seed, 50) == 0) {
        return ip4_of(LAN_A + 99);
    }
    return ip4_of(base + 9 + random_below(&m->seed, base == LAN_A ? 17 : 12));
}

static struct bytes some_client(struct making *m, struct texts *t)
{
    unsigned client = random_below(&m->seed, CLIENTS);

    (void)snprintf(t->key, sizeof t->key, "client-%u", client);
    t->hw[0] = 2;
    t->hw[5] = (uint8_t)client;
    return bytes_of_text(t->key);
}

static void make_bind(struct making *m, struct command *c, struct texts *t)
{
    uint32_t lease = 60 + random_below(&m->seed, 300);

    c->kind = COMMAND_BIND;
    c->bind = (struct bind_command){
        .address = some_address(m),
        .client_key = some_client(m, t),
        .hw_type = 1,
        .hw_address = bytes_of(t->hw, sizeof t->hw),
        .lease = { random_below(&m->seed, 40) == 0 ? 0xffffffff : lease },
        .server_id = { LAN_A + c->origin },
        .hostname = bytes_of_text(random_below(&m->seed, 2) ? "printer" : ""),
    };
    c->bind.hold = c->bind.lease;
    if (!seconds_is_infinite(c->bind.lease)) {
        c->bind.hold.value += random_below(&m->seed, 2) * 150;
    }
    if (random_below(&m->seed, 3) == 0) {
        c->bind.agent_info = bytes_of("\x01\x02p7\x02\x01r", 7);
        c->bind.relay = ip4_of(LAN_B + 1);
    }
}

static void make_release(struct making *m, struct command *c, struct texts *t)
{
    c->kind = COMMAND_RELEASE;
    c->release = (struct release_command){
        .address = some_address(m),
        .client_key = some_client(m, t),
        .received_at = instant_add_ms(m->now, 1),
    };
}

static void make_decline(struct making *m, struct command *c, struct texts *t)
{
    c->kind = COMMAND_DECLINE;
    c->decline = (struct decline_command){
        .address = some_address(m),
        .client_key = some_client(m, t),
        .received_at = instant_add_ms(m->now, 1),
        .offered = random_below(&m->seed, 2) == 0,
    };
}

static void make_quarantine(struct making *m, struct command *c, struct texts *t)
{
    c->kind = COMMAND_QUARANTINE;
    c->quarantine = (struct quarantine_command){
        .address = some_address(m),
        .client_key = some_client(m, t),
        .hw_type = 1,
        .hw_address = bytes_of(t->hw, sizeof t->hw),
    };
}

static void make_expire(struct making *m, struct command *c, struct texts *t)
{
    c->kind = COMMAND_EXPIRE;
    c->expire = (struct expire_command){ 4, t->addresses };
    for (unsigned i = 0; i < 4; i++) {
        t->addresses[i] = some_address(m);
    }
}

static void make_put_settings(struct making *m, struct command *c, struct texts *t)
{
    size_t n = 0;

    if (random_below(&m->seed, 4) > 0 || m->version == 0) {
        m->version++; /* else it comes again, and is stale */
    }
    ensure(settings_encode(&all_settings, &t->document, &n) == 0);
    c->kind = COMMAND_PUT_SETTINGS;
    c->put_settings = (struct put_settings_command){
        .version = m->version,
        .document = bytes_of(t->document, n),
        .source = bytes_of_text("networks: [lan, guest]\n"),
        .comment = bytes_of_text("again"),
        .author = bytes_of_text("root"),
    };
}

static void make_put_node(struct making *m, struct command *c)
{
    c->kind = COMMAND_PUT_NODE;
    c->put_node = (struct put_node_command){
        .node = c->origin,
        .incarnation = 1000 + c->origin + random_below(&m->seed, 8) / 7,
        .address = bytes_of_text("10.0.0.1:6767"),
        .cluster_id = 77,
    };
}

/* Of a few ids, so that there is something to change and to delete. */
static void make_put_reservation(struct making *m, struct command *c, struct texts *t)
{
    struct reservation r = {
        .address = some_address(m),
        .client_id = some_client(m, t),
        .comment = bytes_of_text(random_below(&m->seed, 2) ? "by hand" : ""),
    };

    if (random_below(&m->seed, 2) == 0) {
        r.client_id.n = 0;
        r.hw_type = 1;
        r.hw_address = bytes_of(t->hw, sizeof t->hw);
    }
    arena_init(&t->arena);
    c->kind = COMMAND_PUT_RESERVATION;
    c->put_reservation = (struct put_reservation_command){
        .id = 1 + random_below(&m->seed, RESERVATIONS),
        .author = bytes_of_text("root"),
    };
    ensure(reservation_encode(&r, &t->arena, &c->put_reservation.reservation) == 0);
}

static void make_block(struct making *m, struct command *c, struct texts *t)
{
    struct block_subject subject = { BLOCK_CLIENT_ID, some_client(m, t) };

    if (random_below(&m->seed, 2) == 0) {
        subject = (struct block_subject){ BLOCK_HW_ADDRESS, bytes_of(t->hw, sizeof t->hw) };
    }
    if (random_below(&m->seed, 2) == 0) {
        c->kind = COMMAND_BLOCK;
        c->block = (struct block_command){ .subject = subject };
    } else {
        c->kind = COMMAND_UNBLOCK;
        c->unblock.subject = subject;
    }
}

static void make_operator_command(struct making *m, struct command *c, struct texts *t)
{
    switch (random_below(&m->seed, 5)) {
    case 4:
        c->kind = COMMAND_REVOKE_LEASE;
        c->revoke_lease.address = some_address(m);
        c->revoke_lease.client_key = some_client(m, t);
        c->revoke_lease.how = (enum revocation)(1 + random_below(&m->seed, REVOCATION_RELEASE));
        break;
    case 0:
        make_block(m, c, t);
        break;
    case 1:
        c->kind = COMMAND_DELETE_RESERVATION;
        c->delete_reservation.id = 1 + random_below(&m->seed, RESERVATIONS);
        break;
    default:
        make_put_reservation(m, c, t);
        break;
    }
}

static void make_command(struct making *m, struct command *c, struct texts *t)
{
    unsigned dice = random_below(&m->seed, 100);
    uint32_t node = 1 + random_below(&m->seed, NODES);
    bool repeats = m->sequences[node] > 0 && random_below(&m->seed, 20) == 0;

    *c = (struct command){
        .origin = node,
        .boot_id = 5,
        .sequence = repeats ? 1 + random_below(&m->seed, (uint32_t)m->sequences[node])
                            : ++m->sequences[node],
    };
    if (m->version == 0) {
        make_put_settings(m, c, t);
    } else if (dice < 66) {
        make_bind(m, c, t);
    } else if (dice < 70) {
        make_operator_command(m, c, t);
    } else if (dice < 80) {
        make_release(m, c, t);
    } else if (dice < 85) {
        make_decline(m, c, t);
    } else if (dice < 88) {
        make_quarantine(m, c, t);
    } else if (dice < 96) {
        make_expire(m, c, t);
    } else if (dice < 98) {
        make_put_node(m, c);
    } else {
        make_put_settings(m, c, t);
    }
}

struct script_entry script_encode(
    uint64_t index, struct instant time, const struct command *commands, unsigned n)
{
    struct bytes encoded[BATCH_COMMANDS_MAX];
    struct batch b = { .cluster_time = time, .n_commands = n, .commands = encoded };
    struct script_entry e = { .index = index };

    for (unsigned i = 0; i < n; i++) {
        uint8_t *text = malloc(command_encoded_size(&commands[i]));

        require(text != NULL);
        encoded[i] = bytes_of(text, command_encode(&commands[i], text));
    }
    e.n = batch_encoded_size(&b);
    e.data = malloc(e.n);
    require(e.data != NULL);
    ensure(batch_encode(&b, e.data) == e.n);
    for (unsigned i = 0; i < n; i++) {
        free((void *)(uintptr_t)encoded[i].at);
    }
    return e;
}

static struct script_entry make_entry(struct making *m, uint64_t index)
{
    struct command commands[COMMANDS_MAX];
    unsigned n = 1 + random_below(&m->seed, COMMANDS_MAX);
    struct script_entry e;

    m->now = instant_add_ms(m->now, 500 + random_below(&m->seed, 30000));
    memset(m->texts, 0, sizeof m->texts);
    for (unsigned i = 0; i < n; i++) {
        make_command(m, &commands[i], &m->texts[i]);
    }
    e = script_encode(index, m->now, commands, n);
    for (unsigned i = 0; i < n; i++) {
        free(m->texts[i].document);
        arena_deinit(&m->texts[i].arena);
    }
    return e;
}

void script_make(struct script *s, uint32_t seed, unsigned n_entries)
{
    struct making m = { .seed = seed, .now = { 1700000000000 } };
    uint64_t index = 2;

    s->n = n_entries;
    s->at = calloc(n_entries, sizeof *s->at);
    require(s->at != NULL && seed != 0);
    for (unsigned i = 0; i < n_entries; i++) {
        s->at[i] = make_entry(&m, index);
        index += 1 + random_below(&m.seed, 10) / 9;
    }
}

void script_free(struct script *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        free(s->at[i].data);
    }
    free(s->at);
    *s = (struct script){ .n = 0 };
}

int script_apply(struct store *store, const struct script *s, unsigned i)
{
    struct result results[BATCH_COMMANDS_MAX];
    struct store_entry e = { s->at[i].index, 3, bytes_of(s->at[i].data, s->at[i].n) };
    bool skipped = false;
    int r = store_apply(store, &e, results, &skipped);

    ensure(implies(r == 0, !skipped));
    ensure(implies(r == 0, results[0].index == e.index));
    ensure(implies(r == 0, results[0].at.ms == store_cluster_time(store).ms));
    return r;
}

unsigned script_find(const struct script *s, uint64_t index)
{
    for (unsigned i = 0; i < s->n; i++) {
        if (s->at[i].index == index) {
            return i;
        }
    }
    return s->n;
}

int script_replay(struct store *store, const struct script *s, unsigned end)
{
    for (unsigned i = 0; i < end; i++) {
        int r = s->at[i].index <= store_applied_index(store) ? 0 : script_apply(store, s, i);

        if (r != 0) {
            return r;
        }
    }
    return store_commit(store);
}

/* Invariant 2: no other bound row of the client in the same network. */
static void check_client(const struct store *store, const struct lease *l)
{
    const struct network *network = NULL;
    uint64_t cursor = 0;
    struct lease other;

    (void)network_map_subnet_of(store_map(store), l->address, &network);
    while (lease_table_next_of_client(store_leases(store), l->client_key, &cursor, &other)) {
        const struct network *of_other = NULL;

        (void)network_map_subnet_of(store_map(store), other.address, &of_other);
        ensure(
            other.state != LEASE_BOUND || ip4_equal(other.address, l->address) ||
            of_other != network);
    }
}

/* Invariant 3. */
static void check_reservation(const struct store *store, const struct lease *l)
{
    const struct reservation *r = network_map_reservation_of_address(store_map(store), l->address);

    ensure(implies(
        r != NULL,
        bytes_equal(l->client_key, r->client_id) || bytes_equal(l->hw_address, r->hw_address)));
}

void script_check_invariants(const struct store *store)
{
    uint64_t cursor = 0;
    struct lease l;

    while (lease_table_next(store_leases(store), &cursor, &l)) {
        ensure(!instant_before(l.held_until, l.expires_at)); /* invariant 4 */
        if (l.state == LEASE_BOUND) {
            check_client(store, &l);
        }
        if (l.state == LEASE_BOUND && lease_is_held(&l, store_cluster_time(store))) {
            check_reservation(store, &l);
        }
    }
}
