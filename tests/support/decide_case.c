#include "support/decide_case.h"

#include "support/test.h"

struct lan lan;
struct network_map *map;
struct lease_table *leases;
struct message message;
struct request request;
static struct scope scope;
struct decide_facts facts;
struct ip4 offered_to_other;

const struct ip4 my_id = { 0xc0a80101 };

static bool is_offered_to_other(void *data, struct ip4 address)
{
    (void)data;
    return ip4_equal(address, offered_to_other);
}

void scene(enum request_kind kind, struct ip4 address)
{
    struct arrival arrival = { .network = bytes_of_text("lan"), .local = my_id };
    enum reason reason = REASON_COUNT;

    map = network_map_free(map);
    map = lan_map(&lan);
    assert_non_null(map);
    message = (struct message){
        .header = { .hardware = { .type = 1, .address = { 2, 0, 0, 0, 0, 1 }, .n = 6 } }
    };
    request = (struct request){
        .message = &message, .kind = kind, .client = bytes_of_text("c1"), .address = address
    };
    assert_true(scope_of(map, &arrival, &request, &scope, &reason));
    offered_to_other = IP4_ANY;
    facts = (struct decide_facts){
        .request = &request,
        .scope = &scope,
        .map = map,
        .leases = leases,
        .now = {NOW_MS},
        .headroom = { .now = { NOW_MS }    },
        .server_id = my_id,
        .share = { 0,     1 },
        .is_offered = is_offered_to_other,
    };
}

int decide_case_setup(void **state)
{
    (void)state;
    lan_init(&lan);
    return lease_table_new(&leases);
}

int decide_case_teardown(void **state)
{
    (void)state;
    leases = lease_table_free(leases);
    map = network_map_free(map);
    return 0;
}

struct lease row_of(struct ip4 address, const char *client, enum lease_state state)
{
    bool is_live = state == LEASE_BOUND || state == LEASE_DECLINED;

    return (struct lease){
        .address = address,
        .state = state,
        .subnet_id = address.value & 0xffffff00u,
        .client_key = bytes_of_text(client),
        .hw_type = 1,
        .started_at = { NOW_MS - 60000 },
        .renewed_at = { NOW_MS - 60000 },
        .expires_at = { is_live ? NOW_MS + 540000 : NOW_MS - 1000 },
        .held_until = { is_live ? NOW_MS + 840000 : NOW_MS - 1000 },
        .node = 2,
        .server_id = my_id,
    };
}

void put(struct ip4 address, const char *client, enum lease_state state)
{
    struct lease row = row_of(address, client, state);

    assert_int_equal(lease_table_put(leases, &row), 0);
}

struct decision decided(void)
{
    struct decision d;

    decide(&facts, &d);
    return d;
}

void assert_decided(enum verdict verdict, enum reason reason)
{
    struct decision d = decided();

    assert_string_equal(reason_spec(d.reason)->name, reason_spec(reason)->name);
    assert_int_equal(d.verdict, verdict);
}

void assert_offered(struct ip4 address)
{
    assert_decided(VERDICT_OFFER, REASON_OFFERED);
    assert_int_equal(decided().address.value, address.value);
}
