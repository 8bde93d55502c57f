#include "storage/lease/transition.h"
#include "support/sample_lease.h"
#include "support/test.h"

/* Leases that an operator ends. */

enum {
    NOW = 1000000,
    ADDRESS = 0x0a000005,
};

static struct transition_facts facts_now(void)
{
    return (struct transition_facts){
        .now = { NOW },
        .node = 2,
        .subnet_id = 0x0a000000,
        .in_pool = true,
    };
}

static struct bind_command bind_by(const char *client)
{
    return (struct bind_command){
        .address = { ADDRESS },
        .client_key = bytes_of_text(client),
        .lease = { 600 },
        .hold = { 900 },
    };
}

/* A row of client "a" whose hold ends at @held_until; renewed a minute ago. */
static struct lease row_of_a(enum lease_state lease_state, int64_t held_until)
{
    struct lease l = sample_lease(ADDRESS, "a");

    l.state = lease_state;
    l.renewed_at.ms = NOW - 60000;
    l.expires_at.ms = held_until - 5000;
    l.held_until.ms = held_until;
    return l;
}

static struct revoke_lease_command revoke_by(const char *client, enum revocation how)
{
    return (struct revoke_lease_command){ .address = { ADDRESS },
                                          .client_key = bytes_of_text(client),
                                          .how = how };
}

TEST(a_revoked_lease_stays_held_as_long_as_it_was_and_is_not_prolonged)
{
    struct transition_facts facts = facts_now();
    struct lease old = row_of_a(LEASE_BOUND, NOW + 60000);
    struct revoke_lease_command c = revoke_by("a", REVOCATION_AFTER_HOLD);
    struct bind_command by_a = bind_by("a");
    struct bind_command by_b = bind_by("b");
    struct release_command release = {
        .address = { ADDRESS },
        .client_key = bytes_of_text("a"),
        .server_id = old.server_id,
        .received_at = { NOW - 10 },
    };
    struct lease l;
    struct lease next;

    assert_int_equal(transition_revoke(&old, &c, &facts, &l), OUTCOME_DONE);
    assert_int_equal(l.state, LEASE_REVOKED);
    assert_int_equal(l.held_until.ms, old.held_until.ms); /* somebody may have promised it */
    assert_int_equal(l.expires_at.ms, old.expires_at.ms);
    assert_int_equal(lease_tenancy_end(&old, &l), TENANCY_GOES_ON);
    assert_int_equal(transition_bind(&l, &by_a, &facts, &next), OUTCOME_TAKEN);
    assert_int_equal(transition_bind(&l, &by_b, &facts, &next), OUTCOME_TAKEN);
    assert_int_equal(transition_expire(&l, &facts, &next), OUTCOME_STALE);
    assert_int_equal(transition_release(&l, &release, &facts, &next), OUTCOME_DONE);
    assert_int_equal(lease_tenancy_end(&l, &next), TENANCY_RELEASED);
    facts.now.ms = old.held_until.ms;
    assert_int_equal(transition_expire(&l, &facts, &next), OUTCOME_DONE);
    assert_int_equal(lease_tenancy_end(&l, &next), TENANCY_REVOKED);
    assert_int_equal(transition_bind(&l, &by_b, &facts, &next), OUTCOME_DONE);
    assert_int_equal(lease_tenancy_end(&l, &next), TENANCY_REVOKED);
}

TEST(a_forced_revocation_and_a_release_by_an_operator_free_the_address_at_once)
{
    static const struct {
        enum revocation how;
        enum lease_state state;
    } rows[] = {
        {REVOCATION_AT_ONCE,  LEASE_EXPIRED },
        { REVOCATION_RELEASE, LEASE_RELEASED}
    };

    for (unsigned i = 0; i < 2; i++) {
        struct transition_facts facts = facts_now();
        struct lease old = row_of_a(LEASE_REVOKED, NOW + 60000);
        struct revoke_lease_command c = revoke_by("a", rows[i].how);
        struct lease l;

        assert_int_equal(transition_revoke(&old, &c, &facts, &l), OUTCOME_DONE);
        assert_int_equal(l.state, rows[i].state);
        assert_int_equal(l.held_until.ms, NOW);
        assert_false(lease_is_held(&l, facts.now));
    }
}

TEST(only_the_lease_that_the_operator_saw_is_revoked)
{
    struct transition_facts facts = facts_now();
    struct lease bound = row_of_a(LEASE_BOUND, NOW + 60000);
    struct lease over = row_of_a(LEASE_BOUND, NOW - 1);
    struct lease declined = row_of_a(LEASE_DECLINED, NOW + 60000);
    struct revoke_lease_command by_a = revoke_by("a", REVOCATION_AT_ONCE);
    struct revoke_lease_command by_b = revoke_by("b", REVOCATION_AT_ONCE);
    struct lease l;

    assert_int_equal(transition_revoke(&bound, &by_b, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_revoke(&over, &by_a, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_revoke(&declined, &by_a, &facts, &l), OUTCOME_UNKNOWN);
    assert_int_equal(transition_revoke(NULL, &by_a, &facts, &l), OUTCOME_UNKNOWN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revoked_lease_stays_held_as_long_as_it_was_and_is_not_prolonged),
        cmocka_unit_test(a_forced_revocation_and_a_release_by_an_operator_free_the_address_at_once),
        cmocka_unit_test(only_the_lease_that_the_operator_saw_is_revoked),
    };

    return cmocka_run_group_tests_name("revoke", tests, NULL, NULL);
}
