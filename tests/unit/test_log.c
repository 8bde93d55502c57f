#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "support/test.h"

static const char *escaped(const char *raw, size_t n)
{
    static char out[LOG_TEXT_MAX];

    return log_text(bytes_of(raw, n), out, sizeof out);
}

TEST(plain_text_is_left_alone)
{
    assert_string_equal(escaped("printer-2.office_1:/x", 21), "printer-2.office_1:/x");
    assert_string_equal(escaped("", 0), "");
}

TEST(whatever_could_change_the_line_is_escaped)
{
    assert_string_equal(escaped("a b", 3), "a\\x20b");
    assert_string_equal(escaped("a\nevent=x", 9), "a\\x0aevent\\x3dx");
    assert_string_equal(escaped("\x1b[31m", 5), "\\x1b[31m");
    assert_string_equal(escaped("\"'`\\", 4), "\\x22\\x27\\x60\\x5c");
    assert_string_equal(escaped("\0\x7f\xff\r", 4), "\\x00\\x7f\\xff\\x0d");
}

TEST(no_byte_leaves_anything_unprintable)
{
    for (int c = 0; c < 256; c++) {
        char raw = (char)c;
        const char *text = escaped(&raw, 1);

        for (const char *p = text; *p != '\0'; p++) {
            assert_true(*p > ' ' && *p < 127 && *p != '"' && *p != '=');
        }
    }
}

TEST(too_long_a_text_ends_in_dots_and_stays_in_its_buffer)
{
    char raw[64];
    char out[64];

    memset(raw, 'a', sizeof raw);
    for (size_t size = 8; size <= 20; size++) {
        for (size_t n = 0; n < 24; n++) {
            memset(out, 0x55, sizeof out);
            (void)log_text(bytes_of(raw, n), out, size);
            assert_int_equal(strlen(out), n < size ? n : size - 1);
            assert_int_equal(strstr(out, "...") != NULL, n >= size);
            assert_int_equal(out[size], 0x55);
        }
    }
    assert_string_equal(log_text(bytes_of("\n\n\n", 3), out, 8), "\\x0a...");
}

TEST(levels_are_cumulative)
{
    log_set_level(LOG_WARNING);
    assert_true(log_is_on(LOG_ERROR));
    assert_true(log_is_on(LOG_WARNING));
    assert_false(log_is_on(LOG_INFO));
    assert_false(log_is_on(LOG_DEBUG));
    log_set_level(LOG_INFO);
}

TEST(a_burst_passes_and_the_rest_is_counted)
{
    struct log_limit limit = { .burst = 3, .interval_ms = 1000 };
    unsigned suppressed = 9;

    for (int i = 0; i < 3; i++) {
        assert_true(log_limit_pass(&limit, 5000, &suppressed));
        assert_int_equal(suppressed, 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_false(log_limit_pass(&limit, 5999, &suppressed));
    }
    assert_true(log_limit_pass(&limit, 6000, &suppressed));
    assert_int_equal(suppressed, 4);
    assert_false(log_limit_pass(&limit, 6001, &suppressed));
    assert_true(log_limit_pass(&limit, 7000, &suppressed));
    assert_int_equal(suppressed, 1);
}

TEST(a_quiet_time_refills_the_burst_and_no_more)
{
    struct log_limit limit = { .burst = 2, .interval_ms = 10 };
    unsigned suppressed = 0;

    for (int64_t now_ms = 1000; now_ms < 4000; now_ms += 1000) {
        assert_true(log_limit_pass(&limit, now_ms, &suppressed));
        assert_true(log_limit_pass(&limit, now_ms, &suppressed));
        assert_false(log_limit_pass(&limit, now_ms, &suppressed));
    }
}

TEST(every_error_has_its_sentence)
{
    static const int errors[] = { ERR_NOMEM, ERR_IO, ERR_CORRUPT, ERR_CONFIG, ERR_LIMIT, ERR_BUG };

    for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
        assert_true(errors[i] < 0);
        assert_string_not_equal(err_str(errors[i]), "unknown error");
    }
    assert_string_equal(err_str(-12345), "unknown error");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_left_alone),
        cmocka_unit_test(whatever_could_change_the_line_is_escaped),
        cmocka_unit_test(no_byte_leaves_anything_unprintable),
        cmocka_unit_test(too_long_a_text_ends_in_dots_and_stays_in_its_buffer),
        cmocka_unit_test(levels_are_cumulative),
        cmocka_unit_test(a_burst_passes_and_the_rest_is_counted),
        cmocka_unit_test(a_quiet_time_refills_the_burst_and_no_more),
        cmocka_unit_test(every_error_has_its_sentence),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
