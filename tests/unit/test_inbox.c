#include <stdlib.h>

#include "replication/inbox.h"
#include "support/test.h"

static struct inbox in;
static const struct result fine = { .outcome = OUTCOME_DONE, .index = 9 };

static int fresh(void **state)
{
    (void)state;
    inbox_init(&in);
    return inbox_meet(&in, 100) ? 0 : -1;
}

static int done(void **state)
{
    (void)state;
    inbox_deinit(&in);
    return 0;
}

static uint64_t take(void)
{
    struct inbox_item *item = inbox_take(&in);
    uint64_t sequence = item->sequence;

    free(item);
    return sequence;
}

TEST(a_command_is_queued_once_until_its_result_is_known)
{
    struct bytes c = bytes_of("abc", 3);

    assert_int_equal(inbox_put(&in, 1, c), 0);
    assert_int_equal(inbox_put(&in, 1, c), INBOX_UNDER_WAY);
    assert_int_equal(take(), 1);
    assert_int_equal(inbox_put(&in, 1, c), INBOX_UNDER_WAY);
    inbox_answer(&in, 100, 1, &fine);
    assert_int_equal(inbox_put(&in, 1, c), 0);
}

TEST(results_go_back_in_one_message)
{
    struct peer_results m;

    inbox_answer(&in, 100, 1, &fine);
    inbox_answer(&in, 100, 2, &fine);
    assert_true(inbox_results(&in, &m));
    assert_int_equal(m.boot_id, 100);
    assert_int_equal(m.n, 2);
    assert_int_equal(m.results[1].sequence, 2);
    assert_false(m.not_leader);
    assert_false(inbox_results(&in, &m));
}

TEST(a_lost_command_may_come_again_and_the_peer_is_told)
{
    struct bytes c = bytes_of("abc", 3);
    struct peer_results m;

    assert_int_equal(inbox_put(&in, 5, c), 0);
    assert_int_equal(take(), 5);
    inbox_lose(&in, 100, 5);
    assert_true(inbox_results(&in, &m));
    assert_true(m.not_leader);
    assert_int_equal(inbox_put(&in, 5, c), 0);
}

TEST(a_newer_boot_ends_the_older)
{
    struct peer_results m;

    assert_int_equal(inbox_put(&in, 1, bytes_of("abc", 3)), 0);
    assert_true(inbox_meet(&in, 101));
    assert_null(inbox_first(&in));
    inbox_answer(&in, 100, 1, &fine);
    assert_false(inbox_results(&in, &m));
    assert_false(inbox_meet(&in, 100));
}

TEST(commands_and_bytes_are_bounded)
{
    static uint8_t big[INBOX_BYTES_MAX];

    for (unsigned i = 1; i <= INBOX_COMMANDS_MAX; i++) {
        assert_int_equal(inbox_put(&in, i, bytes_of("a", 1)), 0);
    }
    assert_int_equal(inbox_put(&in, 4000, bytes_of("a", 1)), INBOX_FULL);
    inbox_clear(&in);
    assert_int_equal(inbox_put(&in, 1, bytes_of(big, sizeof big)), 0);
    assert_int_equal(inbox_put(&in, 2, bytes_of("a", 1)), INBOX_FULL);
}

TEST(clearing_tells_the_peer_only_when_something_was_dropped)
{
    struct peer_results m;

    inbox_clear(&in);
    assert_false(inbox_results(&in, &m));
    assert_int_equal(inbox_put(&in, 1, bytes_of("abc", 3)), 0);
    inbox_clear(&in);
    assert_true(inbox_results(&in, &m));
    assert_true(m.not_leader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_command_is_queued_once_until_its_result_is_known, fresh, done),
        cmocka_unit_test_setup_teardown(results_go_back_in_one_message, fresh, done),
        cmocka_unit_test_setup_teardown(
            a_lost_command_may_come_again_and_the_peer_is_told, fresh, done),
        cmocka_unit_test_setup_teardown(a_newer_boot_ends_the_older, fresh, done),
        cmocka_unit_test_setup_teardown(commands_and_bytes_are_bounded, fresh, done),
        cmocka_unit_test_setup_teardown(
            clearing_tells_the_peer_only_when_something_was_dropped, fresh, done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
