#include <string.h>

#include "base/err.h"
#include "storage/lease/table.h"
#include "support/heap.h"
#include "support/random.h"
#include "support/sample_lease.h"
#include "support/test.h"

static struct lease_table *table;

static int set_up(void **state)
{
    (void)state;
    return lease_table_new(&table);
}

static int tear_down(void **state)
{
    (void)state;
    heap_fail_after(-1);
    table = lease_table_free(table);
    return heap_in_use() == 0 ? 0 : -1;
}

static void put(uint32_t address, const char *client, enum lease_state lease_state)
{
    struct lease l = sample_lease(address, client);

    l.state = lease_state;
    assert_int_equal(lease_table_put(table, &l), 0);
}

/* The last octets of a client's rows in the order of the table, as text. */
static const char *rows_of(const char *client)
{
    static char text[64];
    struct lease l;
    uint64_t cursor = 0;
    size_t n = 0;

    while (lease_table_next_of_client(table, bytes_of_text(client), &cursor, &l)) {
        assert_true(bytes_equal(l.client_key, bytes_of_text(client)));
        text[n++] = (char)('0' + (l.address.value & 255));
    }
    text[n] = '\0';
    return text;
}

TEST(a_row_is_found_with_every_field)
{
    struct lease in = sample_lease(0x0a000005, "a");
    struct lease out;

    assert_false(lease_table_find(table, in.address, &out));
    assert_int_equal(lease_table_put(table, &in), 0);
    assert_true(lease_table_find(table, in.address, &out));
    assert_true(leases_are_equal(&in, &out));
    assert_int_equal(lease_table_count(table), 1);
    assert_false(lease_table_find(table, ip4_of(0x0a000006), &out));
}

TEST(a_row_may_be_replaced_by_one_that_borrows_from_it)
{
    struct lease expected = sample_lease(5, "a");
    struct lease l;

    put(5, "a", LEASE_BOUND);
    assert_true(lease_table_find(table, ip4_of(5), &l));
    l.hostname = l.user_class;
    l.user_class = l.client_key;
    expected.hostname = expected.user_class;
    expected.user_class = expected.client_key;
    assert_int_equal(lease_table_put(table, &l), 0);
    assert_true(lease_table_find(table, ip4_of(5), &l));
    assert_true(leases_are_equal(&l, &expected));
}

TEST(a_row_that_changes_its_client_is_found_by_the_new_one_alone)
{
    put(5, "a", LEASE_BOUND);
    put(5, "b", LEASE_BOUND);
    assert_string_equal(rows_of("a"), "");
    assert_string_equal(rows_of("b"), "5");
    assert_int_equal(lease_table_count(table), 1);
}

TEST(bound_and_declined_rows_of_a_client_come_before_remembered_ones)
{
    put(1, "a", LEASE_BOUND);
    put(2, "a", LEASE_RELEASED);
    put(3, "a", LEASE_DECLINED);
    put(4, "a", LEASE_EXPIRED);
    put(5, "a", LEASE_BOUND);
    assert_string_equal(rows_of("a"), "53142");
    put(5, "a", LEASE_EXPIRED);
    assert_string_equal(rows_of("a"), "31542");
    lease_table_remove(table, ip4_of(3));
    lease_table_remove(table, ip4_of(2));
    assert_string_equal(rows_of("a"), "154");
}

TEST(a_revoked_row_hides_no_quarantined_row_behind_it)
{
    struct instant now = { 0 };

    put(1, "a", LEASE_DECLINED);
    put(2, "a", LEASE_DECLINED);
    put(3, "a", LEASE_RELEASED);
    put(4, "a", LEASE_REVOKED);
    assert_string_equal(rows_of("a"), "4213");
    assert_int_equal(lease_table_count_quarantined(table, bytes_of_text("a"), now, 9), 2);
    assert_int_equal(lease_table_count_quarantined(table, bytes_of_text("a"), now, 1), 1);
}

TEST(rows_are_numbered_in_the_order_in_which_they_came_and_keep_their_number)
{
    put(9, "a", LEASE_BOUND);
    put(3, "b", LEASE_BOUND);
    put(9, "c", LEASE_BOUND);
    put(5, "b", LEASE_BOUND);
    assert_int_equal(lease_table_number(table, ip4_of(9)), 1);
    assert_int_equal(lease_table_number(table, ip4_of(3)), 2);
    assert_int_equal(lease_table_number(table, ip4_of(5)), 3);
    assert_int_equal(lease_table_number(table, ip4_of(4)), 0);
}

TEST(a_block_shows_who_has_a_row_and_which_is_remembered)
{
    struct lease_block block;

    put(64, "a", LEASE_BOUND);
    put(65, "b", LEASE_EXPIRED);
    put(127, "c", LEASE_RELEASED);
    put(128, "d", LEASE_DECLINED);
    block = lease_table_block(table, ip4_of(64));
    assert_true(block.used == (UINT64_C(1) << 63 | 3));
    assert_true(block.remembered == (UINT64_C(1) << 63 | 2));
    lease_table_remove(table, ip4_of(127));
    put(65, "b", LEASE_BOUND);
    block = lease_table_block(table, ip4_of(64));
    assert_true(block.used == 3 && block.remembered == 0);
    block = lease_table_block(table, ip4_of(0xffffffc0));
    assert_true(block.used == 0 && block.remembered == 0);
}

static uint64_t next_block(enum lease_block_kind kind, uint64_t from, uint64_t end)
{
    return lease_table_next_block(table, kind, from, end);
}

TEST(blocks_without_anything_of_a_kind_are_passed_over)
{
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0x10000, 0x30000), 0x10000);
    assert_int_equal(next_block(LEASE_BLOCK_REMEMBERED, 0x10000, 0x30000), 0x30000);
    for (uint32_t a = 0x10000; a < 0x22000; a++) { /* more than a chunk */
        put(a, "a", LEASE_BOUND);
    }
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0x10000, 0x30000), 0x22000);
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0x10000, 0x21fc0), 0x21fc0);
    assert_int_equal(next_block(LEASE_BLOCK_REMEMBERED, 0x10000, 0x30000), 0x30000);
    lease_table_remove(table, ip4_of(0x1fffe));
    put(0x20041, "a", LEASE_EXPIRED);
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0x10000, 0x30000), 0x1ffc0);
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0x20000, 0x30000), 0x22000);
    assert_int_equal(next_block(LEASE_BLOCK_REMEMBERED, 0x10000, 0x30000), 0x20040);
    assert_int_equal(next_block(LEASE_BLOCK_REMEMBERED, 0x20080, 0x30000), 0x30000);
    put(0x1fffe, "a", LEASE_BOUND);
    put(0x20041, "a", LEASE_BOUND);
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0x10000, 0x30000), 0x22000);
    assert_int_equal(next_block(LEASE_BLOCK_REMEMBERED, 0x10000, 0x30000), 0x30000);
    assert_int_equal(next_block(LEASE_BLOCK_UNUSED, 0xffffffc0, UINT64_C(1) << 32), 0xffffffc0);
}

TEST(all_rows_are_visited_by_address_while_the_table_changes)
{
    static const uint32_t addresses[] = { 0x7f000001, 0x80000000, 0x8000ffff, 0xffffffff };
    uint64_t cursor = 0;
    struct lease l;

    for (unsigned i = 0; i < 4; i++) {
        put(addresses[i], "a", LEASE_BOUND);
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_true(lease_table_next(table, &cursor, &l));
        assert_int_equal(l.address.value, addresses[i]);
        lease_table_remove(table, l.address);
        put(addresses[i] - 1, "b", LEASE_BOUND);
    }
    assert_false(lease_table_next(table, &cursor, &l));
    assert_int_equal(lease_table_count(table), 4);
}

TEST(a_cleared_table_is_as_new)
{
    struct lease l;
    uint64_t cursor = 0;

    for (uint32_t a = 1; a < 5000; a++) {
        put(a, "a", LEASE_EXPIRED);
    }
    lease_table_clear(table);
    assert_int_equal(lease_table_count(table), 0);
    assert_false(lease_table_next(table, &cursor, &l));
    assert_string_equal(rows_of("a"), "");
    put(7, "a", LEASE_BOUND);
    assert_string_equal(rows_of("a"), "7");
}

/* The naive model: an array, searched from end to end. */
enum {
    MODEL_ADDRESSES = 300,
    MODEL_CLIENTS = 90,
    MODEL_BASE = 0x0a00ff80, /* across a chunk of 65536 */
};

static struct {
    bool used;
    unsigned client;
    enum lease_state state;
    int64_t renewed_ms;
} model[MODEL_ADDRESSES];

static const char *client_name(unsigned client)
{
    static char names[MODEL_CLIENTS][4];

    names[client][0] = 'c';
    names[client][1] = (char)('0' + client / 10);
    names[client][2] = (char)('0' + client % 10);
    return names[client];
}

static void check_client(unsigned client)
{
    bool seen[MODEL_ADDRESSES] = { false };
    bool remembered = false;
    uint64_t cursor = 0;
    struct lease l;

    while (lease_table_next_of_client(table, bytes_of_text(client_name(client)), &cursor, &l)) {
        bool is_past = l.state == LEASE_RELEASED || l.state == LEASE_EXPIRED;

        assert_true(is_past || !remembered);
        remembered = is_past;
        seen[l.address.value - MODEL_BASE] = true;
    }
    for (unsigned i = 0; i < MODEL_ADDRESSES; i++) {
        assert_int_equal(seen[i], model[i].used && model[i].client == client);
    }
}

static void check_address(unsigned i)
{
    struct ip4 a = ip4_of(MODEL_BASE + i);
    struct lease_block block = lease_table_block(table, ip4_of(a.value & ~63u));
    struct lease l;
    bool is_past = model[i].state == LEASE_RELEASED || model[i].state == LEASE_EXPIRED;

    assert_int_equal(lease_table_find(table, a, &l), model[i].used);
    assert_int_equal(block.used >> (a.value & 63) & 1, model[i].used);
    assert_int_equal(block.remembered >> (a.value & 63) & 1, model[i].used && is_past);
    if (model[i].used) {
        assert_true(bytes_equal(l.client_key, bytes_of_text(client_name(model[i].client))));
        assert_int_equal(l.state, model[i].state);
        assert_int_equal(l.renewed_at.ms, model[i].renewed_ms);
    }
}

TEST(a_random_history_leaves_what_a_naive_model_has)
{
    uint32_t r = 1;
    unsigned n = 0;

    for (int step = 0; step < 100000; step++) {
        unsigned i = random_below(&r, MODEL_ADDRESSES);
        struct lease l = sample_lease(MODEL_BASE + i, "");

        n -= model[i].used ? 1 : 0;
        model[i].used = random_below(&r, 3) != 0;
        model[i].client = random_below(&r, MODEL_CLIENTS);
        model[i].state = (enum lease_state)(LEASE_BOUND + random_below(&r, 4));
        model[i].renewed_ms = step;
        n += model[i].used ? 1 : 0;
        l.client_key = bytes_of_text(client_name(model[i].client));
        l.state = model[i].state;
        l.renewed_at.ms = step;
        if (model[i].used) {
            assert_int_equal(lease_table_put(table, &l), 0);
        } else {
            lease_table_remove(table, l.address);
        }
        assert_int_equal(lease_table_count(table), n);
        check_address(random_below(&r, MODEL_ADDRESSES));
        check_client(random_below(&r, MODEL_CLIENTS));
    }
}

TEST(without_memory_a_put_changes_nothing)
{
    struct lease l = sample_lease(0x0b000001, "new");
    struct lease found;
    int failures = 0;

    for (uint32_t a = 1; a <= 1024; a++) { /* the next row needs a slab and a chunk */
        put(a, "a", LEASE_BOUND);
    }
    heap_fail_after(0);
    while (lease_table_put(table, &l) == ERR_NOMEM) {
        assert_int_equal(lease_table_count(table), 1024);
        assert_false(lease_table_find(table, l.address, &found));
        assert_string_equal(rows_of("new"), "");
        assert_true(lease_table_block(table, ip4_of(0x0b000000)).used == 0);
        heap_fail_after(++failures);
    }
    assert_true(failures >= 3); /* the slab, the chunk, the texts */
    assert_true(lease_table_find(table, l.address, &found));
    heap_fail_after(0);
    l.hostname = bytes_of_text("other");
    assert_int_equal(lease_table_put(table, &l), ERR_NOMEM);
    assert_true(lease_table_find(table, l.address, &found));
    assert_true(bytes_equal(found.hostname, bytes_of_text("printer")));
}

TEST(a_million_rows_would_fit_in_200_mb)
{
    enum { ROWS = 100000 };
    struct lease l = sample_lease(0, "");
    size_t before = heap_in_use();
    uint32_t key[2] = { 0 };

    l.client_key = bytes_of(key, 7);
    for (uint32_t i = 0; i < ROWS; i++) {
        key[0] = i;
        l.address.value = 0x0a000001 + i;
        assert_int_equal(lease_table_put(table, &l), 0);
    }
    assert_true((heap_in_use() - before) / ROWS < 200);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        CASE(a_row_is_found_with_every_field),
        CASE(a_row_may_be_replaced_by_one_that_borrows_from_it),
        CASE(a_row_that_changes_its_client_is_found_by_the_new_one_alone),
        CASE(bound_and_declined_rows_of_a_client_come_before_remembered_ones),
        CASE(a_revoked_row_hides_no_quarantined_row_behind_it),
        CASE(rows_are_numbered_in_the_order_in_which_they_came_and_keep_their_number),
        CASE(a_block_shows_who_has_a_row_and_which_is_remembered),
        CASE(blocks_without_anything_of_a_kind_are_passed_over),
        CASE(all_rows_are_visited_by_address_while_the_table_changes),
        CASE(a_cleared_table_is_as_new),
        CASE(a_random_history_leaves_what_a_naive_model_has),
        CASE(without_memory_a_put_changes_nothing),
        CASE(a_million_rows_would_fit_in_200_mb),
    };

    return cmocka_run_group_tests_name("lease_table", tests, NULL, NULL);
}
