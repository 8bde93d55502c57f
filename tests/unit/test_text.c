#include <string.h>

#include "base/own.h"
#include "proto/dhcp/text.h"
#include "support/random.h"
#include "support/test.h"

static const char *cleaned(const char *raw, size_t n)
{
    static char out[TEXT_HOST_NAME_MAX];

    return text_host_name(bytes_of(raw, n), out);
}

TEST(rule_63_a_host_name_keeps_letters_digits_hyphen_dot_and_underscore_only)
{
    static const struct {
        const char *raw, *expected;
    } rows[] = {
        {"printer-2.office_1",      "printer-2.office_1"},
        { "Bob's \"laptop\"",       "Bobslaptop"        },
        { "$(reboot)`id`;rm -rf /", "rebootidrm-rf"     },
        { "<b>x</b>",               "bxb"               },
        { "a\r\nevent=fake",        "aeventfake"        },
        { "\x1b[31mred",            "31mred"            },
        { "caf\xc3\xa9",            "caf"               },
        { "..a..b..",               "a.b"               },
        { "-rf.-x",                 "rf.x"              },
        { "\x01\x02\xff",           ""                  },
        { "...",                    ""                  },
        { "",                       ""                  },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_string_equal(cleaned(rows[i].raw, strlen(rows[i].raw)), rows[i].expected);
    }
}

TEST(rule_63_a_host_name_ends_at_a_nul_and_is_limited)
{
    char raw[255];

    assert_string_equal(cleaned("host\0junk", 9), "host");
    memset(raw, 'a', sizeof raw);
    assert_int_equal(strlen(cleaned(raw, sizeof raw)), TEXT_LABEL_MAX);
    for (size_t i = 1; i < sizeof raw; i += 2) {
        raw[i] = '.';
    }
    assert_int_equal(strlen(cleaned(raw, sizeof raw)), TEXT_HOST_NAME_MAX - 1);
}

TEST(what_is_cleaned_is_a_domain_name)
{
    char raw[64];
    char out[TEXT_HOST_NAME_MAX];
    uint32_t seed = 5;

    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof raw; i++) {
            raw[i] = (char)random_next(&seed);
        }
        text_host_name(bytes_of(raw, sizeof raw), out);
        assert_true(out[0] == '\0' || text_is_domain(out));
    }
}

TEST(a_domain_name_has_sound_labels)
{
    char label[TEXT_LABEL_MAX + 2] = "";

    assert_true(text_is_domain("example"));
    assert_true(text_is_domain("_srv.a-1.Example"));
    assert_false(text_is_domain(""));
    assert_false(text_is_domain("."));
    assert_false(text_is_domain("a..b"));
    assert_false(text_is_domain(".a"));
    assert_false(text_is_domain("a."));
    assert_false(text_is_domain("-a"));
    assert_false(text_is_domain("a b"));
    memset(label, 'x', TEXT_LABEL_MAX);
    assert_true(text_is_domain(label));
    label[TEXT_LABEL_MAX] = 'x';
    assert_false(text_is_domain(label));
}

TEST(hex_is_pairs_of_digits_with_or_without_separators)
{
    static const struct {
        const char *text;
        size_t n; /* 0: refused */
    } rows[] = {
        {"0a0B",      2},
        { "0a:0b",    2},
        { "0a-0b:0c", 3},
        { "ff",       1},
        { "",         0},
        { "0",        0},
        { "0a0",      0},
        { "0a:",      0},
        { ":0a",      0},
        { "0a::0b",   0},
        { "0g",       0},
        { "0a 0b",    0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint8_t buffer[8];
        struct writer w = writer_of(buffer, sizeof buffer);

        assert_int_equal(text_parse_hex(rows[i].text, &w), rows[i].n > 0);
        assert_true(rows[i].n == 0 || w.n == rows[i].n);
    }
}

TEST(hex_that_does_not_fit_is_refused)
{
    uint8_t buffer[2];
    struct writer w = writer_of(buffer, sizeof buffer);

    assert_false(text_parse_hex("010203", &w));
}

TEST(durations_are_seconds_or_units_from_large_to_small)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } rows[] = {
        {"0",                            0                                            },
        { "600",                         600                                          },
        { "10m",                         600                                          },
        { "1h30m",                       5400                                         },
        { "1w2d3h4m5s",                  7 * 86400 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5},
        { "4294967294",                  4294967294                                   },
        { "infinite",                    0xffffffff                                   },
        { "4294967295",                  -1                                           },
        { "4294967294m",                 -1                                           },
        { "99999999999999999999999999s", -1                                           },
        { "",                            -1                                           },
        { "m",                           -1                                           },
        { "30m1h",                       -1                                           },
        { "1h1h",                        -1                                           },
        { "1h30",                        -1                                           },
        { "-5",                          -1                                           },
        { " 5",                          -1                                           },
        { "5 m",                         -1                                           },
        { "1.5h",                        -1                                           },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct seconds s = { 0 };
        bool is_good = text_parse_seconds(rows[i].text, &s);

        assert_int_equal(is_good, rows[i].seconds >= 0);
        assert_true(!is_good || s.value == (uint32_t)rows[i].seconds);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_63_a_host_name_keeps_letters_digits_hyphen_dot_and_underscore_only),
        cmocka_unit_test(rule_63_a_host_name_ends_at_a_nul_and_is_limited),
        cmocka_unit_test(what_is_cleaned_is_a_domain_name),
        cmocka_unit_test(a_domain_name_has_sound_labels),
        cmocka_unit_test(hex_is_pairs_of_digits_with_or_without_separators),
        cmocka_unit_test(hex_that_does_not_fit_is_refused),
        cmocka_unit_test(durations_are_seconds_or_units_from_large_to_small),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
