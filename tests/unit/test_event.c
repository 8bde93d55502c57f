#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/own.h"
#include "support/test.h"

struct heard {
    unsigned n;
    enum event_kind kind;
    char fields[EVENT_FIELDS_MAX];
};

static void hear(void *data, enum event_kind kind, const char *fields)
{
    struct heard *h = data;

    h->n++;
    h->kind = kind;
    memcpy(h->fields, fields, strlen(fields) + 1);
}

TEST(an_event_is_counted_and_heard_with_its_fields)
{
    struct heard heard = { .n = 0 };
    uint64_t before = event_counts()[EVENT_PEER_DOWN];

    event_listen(hear, &heard);
    event_raise(EVENT_PEER_DOWN, "peer=%u", 2u);
    event_listen(NULL, NULL);
    event_raise(EVENT_PEER_DOWN, "peer=%u", 3u);
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.kind, EVENT_PEER_DOWN);
    assert_string_equal(heard.fields, "peer=2");
    assert_int_equal(event_counts()[EVENT_PEER_DOWN], before + 2);
}

TEST(fields_that_are_too_long_are_cut)
{
    static char text[EVENT_FIELDS_MAX * 2];
    struct heard heard = { .n = 0 };

    memset(text, 'x', sizeof text - 1);
    event_listen(hear, &heard);
    event_raise(EVENT_SKEW, "text=%s", text);
    event_listen(NULL, NULL);
    assert_int_equal(strlen(heard.fields), EVENT_FIELDS_MAX - 1);
}

TEST(every_kind_has_a_name_of_its_own_and_a_sentence)
{
    for (unsigned i = 0; i < EVENT_COUNT; i++) {
        assert_true(strlen(event_text((enum event_kind)i)) > 10);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(event_name((enum event_kind)i), event_name((enum event_kind)k));
        }
    }
}

static bool note(struct event_latch *l, bool condition, int64_t ms)
{
    return event_latch_note(l, condition, (struct instant){ ms });
}

TEST(a_condition_counts_once_it_has_lasted)
{
    struct event_latch l = { .on_ms = 1000, .off_ms = 5000 };

    assert_false(note(&l, true, 0));
    assert_false(note(&l, true, 999));
    assert_true(note(&l, true, 1000));
    assert_false(note(&l, true, 9000));
    assert_true(l.is_on);
}

TEST(a_condition_that_passes_quickly_is_not_told)
{
    struct event_latch l = { .on_ms = 1000, .off_ms = 5000 };

    assert_false(note(&l, true, 0));
    assert_false(note(&l, false, 900));
    assert_false(note(&l, true, 950));
    assert_false(note(&l, true, 1900));
    assert_false(l.is_on);
}

TEST(an_end_that_does_not_last_is_no_end)
{
    struct event_latch l = { .on_ms = 0, .off_ms = 5000 };

    assert_true(note(&l, true, 0));
    assert_false(note(&l, false, 100));
    assert_false(note(&l, true, 5000));
    assert_false(note(&l, false, 5001));
    assert_true(note(&l, false, 10001));
    assert_false(l.is_on);
}

/* Down for one second, up for two, for an hour. */
TEST(what_flaps_for_an_hour_is_told_fewer_than_twenty_times)
{
    struct event_latch l = { .on_ms = 500, .off_ms = 1000 };
    unsigned n = 0;

    for (int64_t ms = 0; ms < 3600000; ms += 100) {
        n += note(&l, ms % 3000 < 1000, ms);
    }
    assert_in_range(n, 1, 19);
}

TEST(after_a_quiet_time_an_end_is_told_as_soon_as_the_first_time)
{
    struct event_latch l = { .on_ms = 0, .off_ms = 1000 };

    for (int64_t at = 0; at < 4 * 10000; at += 10000) {
        assert_true(note(&l, true, at));
        (void)note(&l, false, at + 1);
        (void)note(&l, false, at + 9999);
    }
    assert_int_equal(l.flaps, 3);
    (void)note(&l, false, 100000);
    assert_true(note(&l, true, 100000 + EVENT_FLAP_MS));
    assert_int_equal(l.flaps, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_counted_and_heard_with_its_fields),
        cmocka_unit_test(fields_that_are_too_long_are_cut),
        cmocka_unit_test(every_kind_has_a_name_of_its_own_and_a_sentence),
        cmocka_unit_test(a_condition_counts_once_it_has_lasted),
        cmocka_unit_test(a_condition_that_passes_quickly_is_not_told),
        cmocka_unit_test(an_end_that_does_not_last_is_no_end),
        cmocka_unit_test(what_flaps_for_an_hour_is_told_fewer_than_twenty_times),
        cmocka_unit_test(after_a_quiet_time_an_end_is_told_as_soon_as_the_first_time),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
