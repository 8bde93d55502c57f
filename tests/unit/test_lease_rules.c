#include <string.h>

#include "storage/lease/table.h"
#include "storage/lease/transition.h"
#include "support/random.h"
#include "support/test.h"

/*
 * Random histories of the lease rules, with more clients than addresses
 *
 * Beside the table stands what each client has reason to believe: an address is mine until the
 * last expiry I was told, unless I gave it up after that. The rules hold when no belief is ever
 * broken. Each way to break a rule on purpose must be noticed, or this test would prove nothing.
 */
enum {
    ADDRESSES = 6, /* 0 is in no pool, 1 is reserved for client 0, the others are in a pool */
    CLIENTS = 10,
    NODES = 3,
    STEPS = 100000,
    BASE = 0x0a000010,
};

enum sabotage {
    SABOTAGE_NONE,
    SABOTAGE_NO_HOLD,      /* Bind takes an address that is held for another */
    SABOTAGE_SHRINK,       /* Bind forgets the earlier promise */
    SABOTAGE_RESERVED,     /* Bind ignores reservations */
    SABOTAGE_NO_MOVE,      /* the other bindings of a client go on */
    SABOTAGE_OLD_RELEASE,  /* Release obeys what was sent before the last renewal */
    SABOTAGE_OTHER_SERVER, /* Release obeys what was sent to another server */
    SABOTAGE_DECLINE,      /* Decline of an old offer takes a held address */
    SABOTAGE_EXPIRE,       /* Expire believes the one who proposed it */
    SABOTAGE_QUARANTINE,   /* an answer to a probe takes a held address */
};

struct belief {
    int64_t until_ms;
    int64_t told_ms;
    uint32_t server_id;
};

struct world {
    struct lease_table *table;
    uint32_t random;
    enum sabotage sabotage;
    int64_t now_ms;
    struct belief beliefs[CLIENTS][ADDRESSES];
    unsigned n_broken; /* rules, so far */
    unsigned n_done;   /* commands that changed something */
};

static void expect(struct world *w, bool holds)
{
    w->n_broken += holds ? 0 : 1;
}

static struct bytes key_of(unsigned client)
{
    static const char names[] = "abcdefghij";

    return bytes_of(&names[client], 1);
}

static struct transition_facts facts_of(const struct world *w, unsigned client, unsigned i)
{
    return (struct transition_facts){
        .now = { w->now_ms },
        .node = 1,
        .subnet_id = 0x0a000000,
        .in_pool = i != 0,
        .reserved_for_client = i == 1 && client == 0,
        .reserved_for_other = i == 1 && client != 0,
        .probation = { 20 },
    };
}

static const struct lease *row_at(const struct world *w, unsigned i, struct lease *room)
{
    return lease_table_find(w->table, ip4_of(BASE + i), room) ? room : NULL;
}

static void put(struct world *w, const struct lease *l)
{
    expect(w, lease_is_sound(l));
    assert_int_equal(lease_table_put(w->table, l), 0);
    w->n_done++;
}

/* What storage/apply does after a Bind. */
static void move_others(struct world *w, unsigned client, unsigned i)
{
    struct transition_facts facts = facts_of(w, client, i);
    uint64_t cursor = 0;
    struct lease l;

    while (lease_table_next_of_client(w->table, key_of(client), &cursor, &l)) {
        if (l.state == LEASE_BOUND && l.address.value != BASE + i) {
            unsigned other = l.address.value - BASE;

            assert_int_equal(transition_move(&l, &facts, &l), OUTCOME_DONE);
            put(w, &l);
            w->beliefs[client][other].until_ms = 0;
            cursor = 0;
        }
    }
}

static const struct lease *sabotaged(
    const struct world *w, const struct lease *old, unsigned client)
{
    bool is_own = old != NULL && bytes_equal(old->client_key, key_of(client));

    if ((w->sabotage == SABOTAGE_NO_HOLD && !is_own) ||
        (w->sabotage == SABOTAGE_SHRINK && is_own)) {
        return NULL;
    }
    return old;
}

static void check_bound(struct world *w, unsigned client, unsigned i, const struct lease *l)
{
    expect(w, l->expires_at.ms >= w->beliefs[client][i].until_ms);
    expect(w, i != 0 && (i != 1 || client == 0));
    for (unsigned other = 0; other < CLIENTS; other++) {
        expect(w, other == client || w->beliefs[other][i].until_ms <= w->now_ms);
    }
}

static void bind(struct world *w)
{
    unsigned client = random_below(&w->random, CLIENTS);
    unsigned i = random_below(&w->random, ADDRESSES);
    struct transition_facts facts = facts_of(w, client, i);
    uint32_t lease_s = 1 + random_below(&w->random, 60);
    struct bind_command c = {
        .address = { BASE + i },
        .client_key = key_of(client),
        .lease = { lease_s },
        .hold = { lease_s + random_below(&w->random, 10) },
        .server_id = { 1 + random_below(&w->random, NODES) },
    };
    struct lease room;
    const struct lease *old = sabotaged(w, row_at(w, i, &room), client);
    struct lease l;

    facts.reserved_for_other &= w->sabotage != SABOTAGE_RESERVED;
    if (transition_bind(old, &c, &facts, &l) != OUTCOME_DONE) {
        return;
    }
    check_bound(w, client, i, &l);
    w->beliefs[client][i] = (struct belief){ l.expires_at.ms, w->now_ms, c.server_id.value };
    put(w, &l);
    if (w->sabotage != SABOTAGE_NO_MOVE) {
        move_others(w, client, i);
    }
}

/* A message of the client, sent up to 10 s ago and held up on its way. */
struct parting {
    unsigned client, i;
    int64_t sent_ms;
    uint32_t server_id;
};

static struct parting random_parting(struct world *w)
{
    return (struct parting){
        .client = random_below(&w->random, CLIENTS),
        .i = random_below(&w->random, ADDRESSES),
        .sent_ms = w->now_ms - random_below(&w->random, 10000),
        .server_id = 1 + random_below(&w->random, NODES),
    };
}

/* Whoever has sent it after the last ACK, and named its server, has given the address up. */
static void forget_belief(struct world *w, const struct parting *p)
{
    struct belief *b = &w->beliefs[p->client][p->i];

    if (p->sent_ms > b->told_ms && p->server_id == b->server_id) {
        b->until_ms = 0;
    }
}

static void release(struct world *w)
{
    struct parting p = random_parting(w);
    struct transition_facts facts = facts_of(w, p.client, p.i);
    struct release_command c = {
        .address = { BASE + p.i },
        .client_key = key_of(p.client),
        .server_id = { w->sabotage == SABOTAGE_OTHER_SERVER ? 0 : p.server_id },
        .received_at = { w->sabotage == SABOTAGE_OLD_RELEASE ? INT64_MAX : p.sent_ms },
    };
    struct lease room;
    struct lease l;

    forget_belief(w, &p);
    if (transition_release(row_at(w, p.i, &room), &c, &facts, &l) == OUTCOME_DONE) {
        put(w, &l);
    }
}

static void decline(struct world *w)
{
    struct parting p = random_parting(w);
    struct transition_facts facts = facts_of(w, p.client, p.i);
    struct decline_command c = {
        .address = { BASE + p.i },
        .client_key = key_of(p.client),
        .server_id = { p.server_id },
        .received_at = { p.sent_ms },
        .offered = random_below(&w->random, 2) == 0,
    };
    struct lease room;
    const struct lease *old = row_at(w, p.i, &room);
    struct lease l;

    forget_belief(w, &p);
    if (transition_decline(w->sabotage == SABOTAGE_DECLINE ? NULL : old, &c, &facts, &l) ==
        OUTCOME_DONE) {
        put(w, &l);
    }
}

/* A node has found the address in use, by whom it cannot tell: by the client that holds it, too. */
static void quarantine(struct world *w)
{
    unsigned client = random_below(&w->random, CLIENTS);
    unsigned i = random_below(&w->random, ADDRESSES);
    struct transition_facts facts = facts_of(w, client, i);
    const struct quarantine_command c = {
        .address = { BASE + i },
        .client_key = key_of(client),
    };
    struct lease room;
    const struct lease *old = row_at(w, i, &room);
    struct lease l;

    if (transition_quarantine(w->sabotage == SABOTAGE_QUARANTINE ? NULL : old, &c, &facts, &l) ==
        OUTCOME_DONE) {
        for (unsigned other = 0; other < CLIENTS; other++) {
            expect(w, w->beliefs[other][i].until_ms <= w->now_ms);
        }
        put(w, &l);
    }
}

static void expire(struct world *w)
{
    unsigned i = random_below(&w->random, ADDRESSES);
    struct transition_facts facts = facts_of(w, 0, i);
    struct lease room;
    struct lease l;

    facts.now.ms += w->sabotage == SABOTAGE_EXPIRE ? 60000 : 0;
    if (transition_expire(row_at(w, i, &room), &facts, &l) == OUTCOME_DONE) {
        put(w, &l);
    }
}

/* Invariants 2, 3 and 4 over all rows; 1 is that the table has one row per address. */
static void check_rows(struct world *w)
{
    unsigned n_bound[CLIENTS] = { 0 };
    struct lease l;

    for (unsigned i = 0; i < ADDRESSES; i++) {
        if (row_at(w, i, &l) == NULL) {
            continue;
        }

        unsigned client = (unsigned)(l.client_key.at[0] - 'a');

        expect(w, !instant_before(l.held_until, l.expires_at));
        if (l.state == LEASE_BOUND) {
            n_bound[client]++;
            expect(w, i != 1 || client == 0);
        }
    }
    for (unsigned client = 0; client < CLIENTS; client++) {
        expect(w, n_bound[client] <= 1);
    }
}

static unsigned broken_rules(enum sabotage sabotage, uint32_t seed, unsigned *ret_n_done)
{
    static void (*const actions[])(struct world *) = {
        bind, bind, bind, bind, release, decline, expire, quarantine,
    };
    struct world w = { .random = seed, .sabotage = sabotage, .now_ms = 1000000 };

    assert_int_equal(lease_table_new(&w.table), 0);
    for (unsigned step = 0; step < STEPS && w.n_broken == 0; step++) {
        w.now_ms += random_below(&w.random, 4) == 0 ? random_below(&w.random, 8000) : 0;
        actions[random_below(&w.random, sizeof actions / sizeof actions[0])](&w);
        check_rows(&w);
    }
    w.table = lease_table_free(w.table);
    *ret_n_done = w.n_done;
    return w.n_broken;
}

TEST(no_history_breaks_what_a_client_was_told)
{
    for (uint32_t seed = 1; seed <= 3; seed++) {
        unsigned n_done = 0;

        assert_int_equal(broken_rules(SABOTAGE_NONE, seed, &n_done), 0);
        assert_true(n_done > STEPS / 10);
    }
}

TEST(every_sabotage_of_a_rule_is_noticed)
{
    for (int s = SABOTAGE_NO_HOLD; s <= SABOTAGE_QUARANTINE; s++) {
        unsigned n_done = 0;

        if (broken_rules((enum sabotage)s, 1, &n_done) == 0) {
            fail_msg("sabotage %d was not noticed", s);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_history_breaks_what_a_client_was_told),
        cmocka_unit_test(every_sabotage_of_a_rule_is_noticed),
    };

    return cmocka_run_group_tests_name("lease_rules", tests, NULL, NULL);
}
