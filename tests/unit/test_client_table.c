#include <stdio.h>

#include "server/policy/client_table.h"
#include "server/policy/observed.h"
#include "server/policy/offers.h"
#include "support/test.h"

static const struct ip4 a100 = { 0xc0a80164 };
static const struct ip4 a101 = { 0xc0a80165 };

static struct instant at(int64_t ms)
{
    return (struct instant){ ms };
}

static struct client_place place(const char *client)
{
    return client_place_of(bytes_of_text(client), bytes_of_text("lan"));
}

/* The place of client number @i; the text lives until the next call. */
static struct client_place numbered(unsigned i)
{
    static char text[16];

    (void)snprintf(text, sizeof text, "client-%u", i);
    return place(text);
}

TEST(a_client_is_another_in_another_network)
{
    CLEANUP(client_table_freep) struct client_table *t = NULL;
    struct client_place other = client_place_of(bytes_of_text("c1"), bytes_of_text("guests"));

    assert_int_equal(client_table_new(&t, 8, 1), 0);
    assert_non_null(client_table_touch(t, place("c1"), at(1)));
    assert_non_null(client_table_find(t, place("c1")));
    assert_null(client_table_find(t, other));
    assert_null(client_table_find(t, place("c2")));
}

TEST(the_oldest_gives_way_and_a_touch_makes_young)
{
    CLEANUP(client_table_freep) struct client_table *t = NULL;

    assert_int_equal(client_table_new(&t, 2, 1), 0);
    assert_non_null(client_table_touch(t, place("c1"), at(1)));
    assert_non_null(client_table_touch(t, place("c2"), at(2)));
    assert_non_null(client_table_touch(t, place("c1"), at(3)));
    assert_non_null(client_table_touch(t, place("c3"), at(4)));
    assert_int_equal(client_table_count(t), 2);
    assert_null(client_table_find(t, place("c2")));
    assert_non_null(client_table_find(t, place("c1")));
}

TEST(all_are_found_while_the_table_grows_and_shrinks)
{
    enum { N = 5000 };
    CLEANUP(client_table_freep) struct client_table *t = NULL;

    assert_int_equal(client_table_new(&t, N, 7), 0);
    for (unsigned i = 0; i < N; i++) {
        struct client_note *note = client_table_touch(t, numbered(i), at(i));

        assert_non_null(note);
        client_table_set_address(t, note, ip4_of(1 + i));
    }
    for (unsigned i = 0; i < N; i++) {
        struct client_note *note = client_table_find(t, numbered(i));

        assert_non_null(note);
        assert_ptr_equal(note, client_table_find_address(t, ip4_of(1 + i)));
    }
    client_table_forget(t, at(N / 2));
    assert_int_equal(client_table_count(t), N / 2);
    assert_null(client_table_find_address(t, ip4_of(N / 2)));
    assert_non_null(client_table_find_address(t, ip4_of(N / 2 + 1)));
    for (unsigned i = N / 2; i < N; i++) {
        client_table_remove(t, numbered(i));
    }
    assert_int_equal(client_table_count(t), 0);
}

static const struct offers_message said = { 7, { 0 } };

static unsigned offer(
    struct offers *o, struct client_place where, struct ip4 address, struct instant now)
{
    return offers_put(o, where, address, said, now);
}

TEST(rule_39_an_offer_is_kept_for_its_client_and_from_others)
{
    CLEANUP(offers_freep) struct offers *o = NULL;

    assert_int_equal(offers_new(&o, 8, 1), 0);
    assert_int_equal(offer(o, place("c1"), a100, at(0)), 1);
    assert_true(ip4_equal(offers_of(o, place("c1"), at(1)), a100));
    assert_true(offers_is_to_other(o, place("c2"), a100, at(1)));
    assert_false(offers_is_to_other(o, place("c1"), a100, at(1)));
    assert_false(offers_is_to_other(o, place("c2"), a101, at(1)));
}

TEST(an_offer_ends_with_its_life)
{
    CLEANUP(offers_freep) struct offers *o = NULL;

    assert_int_equal(offers_new(&o, 8, 1), 0);
    (void)offer(o, place("c1"), a100, at(0));
    assert_true(offers_is_to_other(o, place("c2"), a100, at(OFFERS_LIFE_MS - 1)));
    assert_false(offers_is_to_other(o, place("c2"), a100, at(OFFERS_LIFE_MS)));
    assert_true(ip4_is_any(offers_of(o, place("c1"), at(OFFERS_LIFE_MS))));
    offers_tick(o, at(OFFERS_LIFE_MS - 1));
    assert_int_equal(offers_count(o), 1);
    offers_tick(o, at(OFFERS_LIFE_MS));
    assert_int_equal(offers_count(o), 0);
}

TEST(an_address_is_on_offer_to_one_client)
{
    CLEANUP(offers_freep) struct offers *o = NULL;

    assert_int_equal(offers_new(&o, 8, 1), 0);
    (void)offer(o, place("c1"), a100, at(0));
    (void)offer(o, place("c2"), a100, at(1));
    assert_true(ip4_is_any(offers_of(o, place("c1"), at(2))));
    assert_true(ip4_equal(offers_of(o, place("c2"), at(2)), a100));
    (void)offer(o, place("c2"), a101, at(3));
    assert_false(offers_is_to_other(o, place("c1"), a100, at(4)));
    assert_int_equal(offers_count(o), 1);
}

TEST(rule_26_offers_that_are_not_taken_up_are_counted)
{
    CLEANUP(offers_freep) struct offers *o = NULL;

    assert_int_equal(offers_new(&o, 8, 1), 0);
    assert_int_equal(offer(o, place("c1"), a100, at(0)), 1);
    assert_int_equal(offer(o, place("c1"), a100, at(4000)), 2);
    assert_int_equal(offer(o, place("c1"), a100, at(4000 + OFFERS_LIFE_MS)), 1);
    offers_remove(o, place("c1"));
    assert_int_equal(offer(o, place("c1"), a100, at(8000 + OFFERS_LIFE_MS)), 1);
}

TEST(rule_66_a_message_is_a_copy_by_its_xid_and_relay_for_a_moment)
{
    struct offers_message other_xid = { 8, { 0 } };
    struct offers_message other_relay = { 7, { 0xc0a80002 } };
    CLEANUP(offers_freep) struct offers *o = NULL;

    assert_int_equal(offers_new(&o, 8, 1), 0);
    assert_false(offers_is_copy(o, place("c1"), said, at(0)));
    (void)offer(o, place("c1"), a100, at(0));
    assert_true(offers_is_copy(o, place("c1"), said, at(OFFERS_COPY_MS - 1)));
    assert_false(offers_is_copy(o, place("c1"), said, at(OFFERS_COPY_MS)));
    assert_false(offers_is_copy(o, place("c1"), other_xid, at(1)));
    assert_false(offers_is_copy(o, place("c1"), other_relay, at(1)));
    assert_false(offers_is_copy(o, place("c2"), said, at(1)));
}

static struct observed_moment moment(int64_t ms, int64_t last_committed)
{
    return (struct observed_moment){ at(ms), at(1000000 + ms), at(last_committed) };
}

TEST(rule_44_a_client_goes_unanswered_since_its_first_message)
{
    CLEANUP(observed_freep) struct observed *o = NULL;

    assert_int_equal(observed_new(&o, 8, 1), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(100, -1)), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(4100, -1)), 4000);
    assert_int_equal(observed_note(o, place("c2"), moment(4200, -1)), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(12100, -1)), 12000);
}

TEST(a_lease_that_commits_on_any_node_ends_the_observation)
{
    CLEANUP(observed_freep) struct observed *o = NULL;

    assert_int_equal(observed_new(&o, 8, 1), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(100, 999999)), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(5100, 1000099)), 5000);
    assert_int_equal(observed_note(o, place("c1"), moment(9100, 1006000)), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(9200, 1006000)), 100);
    observed_remove(o, place("c1"));
    assert_int_equal(observed_note(o, place("c1"), moment(9300, 1006000)), 0);
}

TEST(two_quiet_minutes_end_the_observation)
{
    CLEANUP(observed_freep) struct observed *o = NULL;

    assert_int_equal(observed_new(&o, 8, 1), 0);
    assert_int_equal(observed_note(o, place("c1"), moment(0, -1)), 0);
    assert_int_equal(
        observed_note(o, place("c1"), moment(OBSERVED_QUIET_MS - 1, -1)), OBSERVED_QUIET_MS - 1);
    assert_int_equal(observed_note(o, place("c1"), moment(2 * OBSERVED_QUIET_MS - 1, -1)), 0);
    observed_tick(o, at(3 * OBSERVED_QUIET_MS - 2));
    assert_int_equal(observed_count(o), 1);
    observed_tick(o, at(3 * OBSERVED_QUIET_MS - 1));
    assert_int_equal(observed_count(o), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_another_in_another_network),
        cmocka_unit_test(the_oldest_gives_way_and_a_touch_makes_young),
        cmocka_unit_test(all_are_found_while_the_table_grows_and_shrinks),
        cmocka_unit_test(rule_39_an_offer_is_kept_for_its_client_and_from_others),
        cmocka_unit_test(an_offer_ends_with_its_life),
        cmocka_unit_test(an_address_is_on_offer_to_one_client),
        cmocka_unit_test(rule_66_a_message_is_a_copy_by_its_xid_and_relay_for_a_moment),
        cmocka_unit_test(rule_26_offers_that_are_not_taken_up_are_counted),
        cmocka_unit_test(rule_44_a_client_goes_unanswered_since_its_first_message),
        cmocka_unit_test(a_lease_that_commits_on_any_node_ends_the_observation),
        cmocka_unit_test(two_quiet_minutes_end_the_observation),
    };

    return cmocka_run_group_tests_name("client_table", tests, NULL, NULL);
}
