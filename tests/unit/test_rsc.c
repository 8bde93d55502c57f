#include <string.h>

#include "server/migrate/plan.h"
#include "server/migrate/rsc.h"
#include "server/migrate/rsc_value.h"
#include "support/test.h"

static struct plan *plan;

static int setup(void **state)
{
    (void)state;
    return plan_new(&plan);
}

static int teardown(void **state)
{
    (void)state;
    plan = plan_free(plan);
    return 0;
}

static struct rsc_reader reader_of_text(const char *text)
{
    struct rsc_reader r;

    rsc_reader_init(&r, bytes_of_text(text), &plan->arena);
    return r;
}

static void assert_value(const struct rsc_command *c, const char *key, const char *expected)
{
    const struct bytes *value = rsc_value(c, key);

    assert_non_null(value);
    assert_int_equal(value->n, strlen(expected));
    assert_memory_equal(value->at, expected, value->n);
}

/* Reads the only command of @text. */
static struct rsc_command only(const char *text)
{
    struct rsc_reader r = reader_of_text(text);
    struct rsc_command c;
    struct rsc_command none;

    assert_int_equal(rsc_read(&r, &c), 0);
    assert_int_equal(rsc_read(&r, &none), RSC_END);
    return c;
}

TEST(the_menu_is_written_with_spaces_or_slashes_and_stays_until_the_next)
{
    static const char *const menus[] = {
        "/ip dhcp-server lease\nadd address=10.0.0.1\n",
        "/ip/dhcp-server/lease\r\nadd address=10.0.0.1\r\n",
        "\xef\xbb\xbf/ip dhcp-server lease add address=10.0.0.1",
        "# a comment with \\\n/ip  dhcp-server  lease ; add address=10.0.0.1 ;",
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(menus); i++) {
        struct rsc_command c = only(menus[i]);

        assert_string_equal(c.menu, "ip dhcp-server lease");
        assert_string_equal(c.verb, "add");
        assert_value(&c, "address", "10.0.0.1");
    }
}

TEST(a_line_is_wrapped_between_words_within_a_word_and_within_quotes)
{
    struct rsc_command c = only("/ip pool add name=\\\n    \"two w\\\n    ords\" comment=x\\\n"
                                "y \\\n    ranges=a-b\n");

    assert_value(&c, "name", "two words");
    assert_value(&c, "comment", "xy");
    assert_value(&c, "ranges", "a-b");
}

TEST(a_wrap_within_quotes_takes_the_indent_and_keeps_a_space_that_is_meant)
{
    struct rsc_command c = only("/ip pool add name=\"a\\\n    \\_b\"\n");

    assert_value(&c, "name", "a b");
}

TEST(escapes_of_quoted_values_are_undone)
{
    struct rsc_command c =
        only("/ip pool add name=\"q\\\" b\\\\ n\\n t\\t d\\$ u\\? s\\_ x\\C4\\E8\"");

    assert_value(&c, "name", "q\" b\\ n\n t\t d$ u? s  x\xc4\xe8");
}

TEST(unset_keys_have_no_value_and_words_are_their_own_key)
{
    struct rsc_command c = only("/ip pool set [ find default=yes ] !next-pool name=\"\" 0");

    assert_null(rsc_value(&c, "next-pool"));
    assert_value(&c, "name", "");
    assert_value(&c, "[ find default=yes ]", "");
    assert_value(&c, "0", "");
}

TEST(a_line_that_cannot_be_read_is_told_and_the_next_one_is_read)
{
    struct rsc_reader r = reader_of_text("/ip pool\nadd name=\"open\nadd name=b\n");
    struct rsc_command c;

    assert_int_equal(rsc_read(&r, &c), RSC_MALFORMED);
    assert_int_equal(c.line, 2);
    assert_int_equal(rsc_read(&r, &c), 0);
    assert_int_equal(c.line, 3);
    assert_value(&c, "name", "b");
}

TEST(an_export_that_is_not_whole_says_so)
{
    struct rsc_reader r = reader_of_text("# 2024-05-20 12:00:00 by RouterOS 7.14.3\n"
                                         "#error exporting \"/ip/dhcp-server/lease\" (timeout)\n");
    struct rsc_command c;

    assert_int_equal(rsc_read(&r, &c), RSC_END);
    assert_true(r.is_incomplete);
    assert_false(r.is_version_6);
}

TEST(the_lines_of_commands_are_counted_through_wraps)
{
    struct rsc_reader r = reader_of_text("/ip pool\nadd name=a \\\n  ranges=b\n\nadd name=c\n");
    struct rsc_command c;

    assert_int_equal(rsc_read(&r, &c), 0);
    assert_int_equal(c.line, 2);
    assert_int_equal(rsc_read(&r, &c), 0);
    assert_int_equal(c.line, 5);
}

TEST(times_are_read_in_every_form)
{
    static const struct {
        const char *text;
        uint64_t seconds;
        bool is_time;
    } rows[] = {
        {"10m",           600,        true },
        { "1w2d3h4m5s",   788645,     true },
        { "03:04:05",     11045,      true },
        { "1w2d03:04:05", 788645,     true },
        { "0s",           0,          true },
        { "none",         0,          true },
        { "forever",      UINT32_MAX, true },
        { "10",           0,          false},
        { "1m1h",         0,          false},
        { "03:99:00",     0,          false},
        { "03:04",        0,          false},
        { "",             0,          false},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t seconds = 0;

        assert_int_equal(rsc_parse_time(bytes_of_text(rows[i].text), &seconds), rows[i].is_time);
        assert_int_equal(seconds, rows[i].seconds);
    }
}

TEST(client_ids_are_compared_by_their_octets)
{
    static const struct {
        const char *text, *octets;
    } rows[] = {
        {"1:2:0:0:0:0:e",         "01:02:00:00:00:00:0e"},
        { "01:02:00:00:00:00:0E", "01:02:00:00:00:00:0e"},
        { "64:31:50:27:3E:3F",    "64:31:50:27:3e:3f"   },
        { "0xff2947",             "ff:29:47"            },
        { "box",                  "62:6f:78"            },
        { "1:2:zz",               "31:3a:32:3a:7a:7a"   },
        { "x",                    NULL                  },
        { "1:",                   "31:3a"               },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *octets = rsc_client_id(plan, bytes_of_text(rows[i].text));

        if (rows[i].octets == NULL) {
            assert_null(octets);
        } else {
            assert_string_equal(octets, rows[i].octets);
        }
    }
    assert_true(rsc_is_plain_client_id("01:02:00:00:00:00:0e", "02:00:00:00:00:0e"));
    assert_false(rsc_is_plain_client_id("ff:02:00:00:00:00:0e", "02:00:00:00:00:0e"));
}

TEST(option_values_follow_their_grammar)
{
    static const struct rsc_names names = { .gateway = "192.168.1.1" };

    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"'text'",              "0x74657874"    },
        { "'10.10.10.10'",      "0x0a0a0a0a"    },
        { "s'10.1'",            "0x31302e31"    },
        { "'10'",               "0x0a"          },
        { "'1000'",             "0x31303030"    },
        { "0x0a0B",             "0x0a0b"        },
        { "0x01'vards'",        "0x017661726473"},
        { "$(NETWORK_GATEWAY)", "0xc0a80101"    },
        { "'a'$(HOSTNAME)",     NULL            },
        { "'open",              NULL            },
        { "0xabc",              NULL            },
        { "",                   NULL            },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *why = NULL;
        const char *hex = rsc_option_value(plan, bytes_of_text(rows[i].text), &names, &why);

        if (rows[i].hex == NULL) {
            assert_null(hex);
            assert_non_null(why);
        } else {
            assert_string_equal(hex, rows[i].hex);
        }
    }
}

TEST(text_is_utf8_or_of_the_charset_and_holds_nothing_that_moves_a_cursor)
{
    assert_string_equal(
        plan_decode(plan, bytes_of_text("\xd0\x94\xd0\xb8"), "windows-1251"), "\xd0\x94\xd0\xb8");
    assert_string_equal(
        plan_decode(plan, bytes_of_text("\xc4\xe8"), "windows-1251"), "\xd0\x94\xd0\xb8");
    assert_string_equal(
        plan_decode(plan, bytes_of_text("a\x1b[31m\r\n\xc2\x9b\xe2\x80\xae z"), "windows-1252"),
        "a[31m z");
    assert_string_equal(plan_decode(plan, bytes_of_text("\xff"), "no-such-charset"), "\\xff");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(the_menu_is_written_with_spaces_or_slashes_and_stays_until_the_next),
        CASE(a_line_is_wrapped_between_words_within_a_word_and_within_quotes),
        CASE(a_wrap_within_quotes_takes_the_indent_and_keeps_a_space_that_is_meant),
        CASE(escapes_of_quoted_values_are_undone),
        CASE(unset_keys_have_no_value_and_words_are_their_own_key),
        CASE(a_line_that_cannot_be_read_is_told_and_the_next_one_is_read),
        CASE(an_export_that_is_not_whole_says_so),
        CASE(the_lines_of_commands_are_counted_through_wraps),
        CASE(times_are_read_in_every_form),
        CASE(client_ids_are_compared_by_their_octets),
        CASE(option_values_follow_their_grammar),
        CASE(text_is_utf8_or_of_the_charset_and_holds_nothing_that_moves_a_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
