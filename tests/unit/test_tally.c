#include <string.h>

#include "storage/lease/table.h"
#include "support/random.h"
#include "support/sample_lease.h"
#include "support/test.h"

enum { ADDRESSES = 500, HARDWARES = 40, CIRCUITS = 20, STEPS = 100000 };

static const struct ip4 relay = { 0x0a010001 };
static uint8_t hw[HARDWARES][6];
static uint8_t circuits[CIRCUITS][3];

static void fill_names(void)
{
    for (unsigned i = 0; i < HARDWARES; i++) {
        hw[i][5] = (uint8_t)(i + 1);
    }
    for (unsigned i = 0; i < CIRCUITS; i++) {
        memcpy(circuits[i], (uint8_t[]){ 1, 1, (uint8_t)i }, 3);
    }
}

static struct lease random_lease(uint32_t *seed)
{
    struct lease l = sample_lease(1 + random_below(seed, ADDRESSES), "a");
    unsigned i = random_below(seed, HARDWARES + 1);
    unsigned k = random_below(seed, CIRCUITS + 1);

    l.state = (enum lease_state)(LEASE_BOUND + random_below(seed, 4));
    l.hw_address = i < HARDWARES ? bytes_of(hw[i], 6) : (struct bytes){ NULL, 0 };
    l.agent_info = k < CIRCUITS ? bytes_of(circuits[k], 3) : (struct bytes){ NULL, 0 };
    l.relay = relay;
    return l;
}

static uint32_t count_slowly(const struct lease_table *t, uint64_t tag)
{
    uint64_t cursor = 0;
    uint32_t n = 0;
    struct lease l;

    while (lease_table_next(t, &cursor, &l)) {
        n += l.state == LEASE_BOUND && (tally_tag_of_hardware(l.hw_type, l.hw_address) == tag ||
                                        tally_tag_of_circuit(l.relay, l.agent_info) == tag);
    }
    return n;
}

static void check_all(const struct lease_table *t)
{
    for (unsigned i = 0; i < HARDWARES; i++) {
        uint64_t tag = tally_tag_of_hardware(1, bytes_of(hw[i], 6));

        assert_int_equal(tally_count(lease_table_tally(t), tag), count_slowly(t, tag));
    }
    for (unsigned i = 0; i < CIRCUITS; i++) {
        uint64_t tag = tally_tag_of_circuit(relay, bytes_of(circuits[i], 3));

        assert_int_equal(tally_count(lease_table_tally(t), tag), count_slowly(t, tag));
    }
}

TEST(the_tally_is_what_counting_the_rows_gives_after_any_changes)
{
    struct lease_table *t = NULL;
    uint32_t seed = 7;

    fill_names();
    assert_int_equal(lease_table_new(&t), 0);
    assert_int_equal(lease_table_set_tally(t, true), 0);
    for (unsigned step = 0; step < STEPS; step++) {
        struct lease l = random_lease(&seed);

        if (random_below(&seed, 4) == 0) {
            lease_table_remove(t, l.address);
        } else {
            assert_int_equal(lease_table_put(t, &l), 0);
        }
        if (step % 5000 == 0) {
            check_all(t);
        }
    }
    check_all(t);
    assert_int_equal(lease_table_set_tally(t, false), 0);
    assert_int_equal(
        tally_count(lease_table_tally(t), tally_tag_of_hardware(1, bytes_of(hw[0], 6))), 0);
    assert_int_equal(lease_table_set_tally(t, true), 0); /* of the rows that are there */
    check_all(t);
    lease_table_clear(t);
    assert_int_equal(lease_table_tally(t)->n, 0);
    t = lease_table_free(t);
}

TEST(circuits_are_told_apart_by_their_relay_and_hardware_by_its_type)
{
    struct bytes circuit = bytes_of("\x01\x01x", 3);
    struct bytes longer = bytes_of("\x02\x01r\x01\x01x", 6); /* with a remote id before it */

    assert_true(tally_tag_of_circuit(relay, circuit) == tally_tag_of_circuit(relay, longer));
    assert_true(tally_tag_of_circuit(relay, circuit) != tally_tag_of_circuit(ip4_of(1), circuit));
    assert_true(tally_tag_of_circuit(relay, (struct bytes){ NULL, 0 }) == 0);
    assert_true(tally_tag_of_circuit(relay, bytes_of("\x01\x09x", 3)) == 0); /* malformed */
    assert_true(tally_tag_of_hardware(1, circuit) != tally_tag_of_hardware(6, circuit));
    assert_true(tally_tag_of_hardware(1, (struct bytes){ NULL, 0 }) == 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tally_is_what_counting_the_rows_gives_after_any_changes),
        cmocka_unit_test(circuits_are_told_apart_by_their_relay_and_hardware_by_its_type),
    };

    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
