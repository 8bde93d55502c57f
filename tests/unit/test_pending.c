#include <stdlib.h>

#include "replication/pending.h"
#include "support/test.h"

static struct pending_table table;
static struct proposal proposals[PROPOSALS_MAX];

static int fresh(void **state)
{
    (void)state;
    pending_init(&table);
    return 0;
}

static int done(void **state)
{
    (void)state;
    pending_deinit(&table);
    return 0;
}

static struct replica_pending *add(unsigned k, size_t n, int64_t deadline)
{
    struct bytes encoded = bytes_of(calloc(1, n), n);
    uint64_t sequence = pending_next_sequence(&table);

    assert_true(sequence > 0);
    assert_true(
        pending_add(&table, &proposals[k], sequence, encoded, (struct instant){ deadline }));
    return proposals[k].pending;
}

static struct replica_pending *take(int64_t now)
{
    struct replica_pending *p = pending_first(&table);

    pending_take(&table, p, (struct instant){ now });
    return p;
}

TEST(sequences_start_at_one_and_go_out_in_order)
{
    for (unsigned i = 0; i < 3; i++) {
        (void)add(i, 8, 1000);
    }
    for (uint64_t s = 1; s <= 3; s++) {
        assert_int_equal(take(0)->sequence, s);
    }
    assert_null(pending_first(&table));
}

TEST(a_retried_command_keeps_its_sequence_and_its_place)
{
    for (unsigned i = 0; i < 4; i++) {
        (void)add(i, 8, 1000);
    }
    (void)take(5);
    (void)take(6);
    (void)take(7);
    assert_int_equal(pending_retry_sent_before(&table, (struct instant){ 7 }), 2);
    assert_int_equal(take(8)->sequence, 1);
    assert_int_equal(take(8)->sequence, 2);
    assert_int_equal(take(8)->sequence, 4);
}

TEST(a_result_is_handed_out_once)
{
    struct result result = { .outcome = OUTCOME_TAKEN, .index = 7 };
    struct proposal *p;
    struct result got;

    (void)add(0, 8, 1000);
    pending_resolve(&table, pending_find(&table, 1), &result);
    assert_null(pending_find(&table, 1));
    assert_true(pending_pop(&table, &p, &got));
    assert_ptr_equal(p, &proposals[0]);
    assert_int_equal(got.outcome, OUTCOME_TAKEN);
    assert_null(p->pending);
    assert_false(pending_pop(&table, &p, &got));
}

TEST(a_deadline_gives_timeout_whether_waiting_or_sent)
{
    struct proposal *p;
    struct result got;

    (void)add(0, 8, 100);
    (void)add(1, 8, 100);
    (void)add(2, 8, 101);
    (void)take(1);
    assert_int_equal(pending_expire(&table, (struct instant){ 99 }), 0);
    assert_int_equal(pending_expire(&table, (struct instant){ 100 }), 2);
    assert_true(pending_pop(&table, &p, &got));
    assert_int_equal(got.outcome, OUTCOME_TIMEOUT);
    assert_true(pending_is_expecting(&table));
}

TEST(a_full_table_refuses)
{
    for (unsigned i = 0; i < PROPOSALS_MAX; i++) {
        (void)add(i, 1, 1000);
    }
    assert_int_equal(pending_next_sequence(&table), 0);
}

TEST(sequences_on_their_way_stay_within_what_the_store_tells_apart)
{
    struct replica_pending *stays = add(0, 1, 1000);

    for (unsigned i = 1; i < PENDING_SPAN; i++) {
        pending_drop(&table, add(1, 1, 1000));
    }
    assert_int_equal(pending_next_sequence(&table), 0);
    pending_drop(&table, stays);
    assert_int_equal(pending_next_sequence(&table), PENDING_SPAN + 1);
}

TEST(bytes_are_bounded)
{
    size_t n = PENDING_BYTES_MAX / 2 + 1;
    struct bytes more = bytes_of(calloc(1, n), n);

    (void)add(0, n, 1000);
    assert_false(pending_add(&table, &proposals[1], 2, more, (struct instant){ 1000 }));
    free((void *)(uintptr_t)more.at);
}

TEST(backdating_brings_a_retry_forward_and_never_back)
{
    (void)add(0, 8, 1000);
    (void)take(50);
    pending_backdate(&table, (struct instant){ 20 });
    pending_backdate(&table, (struct instant){ 90 });
    assert_int_equal(pending_retry_sent_before(&table, (struct instant){ 20 }), 0);
    assert_int_equal(pending_retry_sent_before(&table, (struct instant){ 21 }), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sequences_start_at_one_and_go_out_in_order, fresh, done),
        cmocka_unit_test_setup_teardown(
            a_retried_command_keeps_its_sequence_and_its_place, fresh, done),
        cmocka_unit_test_setup_teardown(a_result_is_handed_out_once, fresh, done),
        cmocka_unit_test_setup_teardown(
            a_deadline_gives_timeout_whether_waiting_or_sent, fresh, done),
        cmocka_unit_test_setup_teardown(a_full_table_refuses, fresh, done),
        cmocka_unit_test_setup_teardown(
            sequences_on_their_way_stay_within_what_the_store_tells_apart, fresh, done),
        cmocka_unit_test_setup_teardown(bytes_are_bounded, fresh, done),
        cmocka_unit_test_setup_teardown(
            backdating_brings_a_retry_forward_and_never_back, fresh, done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
