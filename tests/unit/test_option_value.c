#include <string.h>

#include "base/own.h"
#include "proto/dhcp/option.h"
#include "support/test.h"

enum { ITEMS_MAX = 4 };

static uint8_t buffer[2048];

static size_t count(const char *const *items)
{
    size_t n = 0;

    while (n < ITEMS_MAX && items[n] != NULL) {
        n++;
    }
    return n;
}

/* Builds the value of the option @name; sets *@text to how far it came. */
static int build(
    const char *name, const char *const *items, struct option_text *text, struct bytes *ret_value)
{
    const struct option_spec *spec = option_by_name(name);
    struct writer w = writer_of(buffer, sizeof buffer);

    assert_non_null(spec);
    *text = (struct option_text){ .items = items, .n_items = count(items) };

    int r = option_value_build(spec, text, &w);

    *ret_value = writer_done(&w);
    return r;
}

TEST(text_becomes_the_bytes_of_the_rfc)
{
    static const struct {
        const char *name;
        const char *items[ITEMS_MAX];
        const char *bytes;
        size_t n;
    } rows[] = {
        {"subnet-mask",                  { "255.255.255.0" },                      "\xff\xff\xff\0",    4 },
        { "routers",                     { "10.0.0.1", "10.0.0.2" },               "\n\0\0\1\n\0\0\2",  8 },
        { "time-offset",                 { "-3600" },                              "\xff\xff\xf1\xf0",  4 },
        { "interface-mtu",               { "1500" },                               "\5\xdc",            2 },
        { "default-ip-ttl",              { "64" },                                 "@",                 1 },
        { "ip-forwarding",               { "true" },                               "\1",                1 },
        { "ip-forwarding",               { "false" },                              "\0",                1 },
        { "path-mtu-plateau-table",      { "68", "1500" },                         "\0D\5\xdc",         4 },
        { "arp-cache-timeout",           { "1m" },                                 "\0\0\0<",           4 },
        { "host-name",                   { "printer" },                            "printer",           7 },
        { "root-path",                   { "nfs:/x y" },                           "nfs:/x y",          8 },
        { "static-routes",               { "10.1.0.0 10.0.0.1" },                  "\n\1\0\0\n\0\0\1",  8 },
 /* RFC 3442: the width, then only the octets it covers */
        { "classless-static-routes",
         { "0.0.0.0/0 10.0.0.1", "10.0.0.0/8 10.0.0.2", "10.17.0.0/17 10.0.0.3" },
         "\0\n\0\0\1\10\n\n\0\0\2\21\n\21\0\n\0\0\3",                                                   19},
        { "domain-search",               { "a.b", "c.b" },                         "\1a\1b\0\1c\xc0\2", 9 },
        { "v4-access-domain",            { "a.b", "c.b" },                         "\1a\1b\0\1c\1b\0",  10},
 /* RFC 3361: 1 is addresses, 0 is names */
        { "sip-servers",                 { "10.0.0.1" },                           "\1\n\0\0\1",        5 },
        { "sip-servers",                 { "a.b" },                                "\0\1a\1b\0",        6 },
        { "vendor-encapsulated-options", { "0x0104" },                             "\1\4",              2 },
        { "subnet-mask",                 { "0xff" },                               "\xff",              1 },
        { "option-224",                  { "0x0a0b" },                             "\n\13",             2 },
        { "rapid-commit",                { NULL },                                 "",                  0 },
        { "rapid-commit",                { "true" },                               "",                  0 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct option_text text;
        struct bytes value;

        assert_int_equal(build(rows[i].name, rows[i].items, &text, &value), 0);
        assert_true(bytes_equal(value, bytes_of(rows[i].bytes, rows[i].n)));
    }
}

TEST(what_is_wrong_is_said_with_its_item)
{
    static const struct {
        const char *name;
        const char *items[ITEMS_MAX];
        int outcome;
        size_t at;
    } rows[] = {
        {"subnet-mask",                  { NULL },                   OPTION_VALUE_TOO_FEW,        0},
        { "subnet-mask",                 { "1.2.3.4", "1.2.3.4" },   OPTION_VALUE_TOO_MANY,       1},
        { "routers",                     { "10.0.0.1", "10.0.0" },   OPTION_VALUE_NOT_AN_ADDRESS, 1},
        { "default-ip-ttl",              { "0" },                    OPTION_VALUE_OUT_OF_RANGE,   0},
        { "default-ip-ttl",              { "256" },                  OPTION_VALUE_OUT_OF_RANGE,   0},
        { "default-ip-ttl",              { "-1" },                   OPTION_VALUE_OUT_OF_RANGE,   0},
        { "default-ip-ttl",              { "99999999999999999999" }, OPTION_VALUE_OUT_OF_RANGE,   0},
        { "default-ip-ttl",              { "ten" },                  OPTION_VALUE_NOT_A_NUMBER,   0},
        { "default-ip-ttl",              { "" },                     OPTION_VALUE_NOT_A_NUMBER,   0},
        { "default-ip-ttl",              { "-" },                    OPTION_VALUE_NOT_A_NUMBER,   0},
        { "path-mtu-plateau-table",      { "68", "67" },             OPTION_VALUE_OUT_OF_RANGE,   1},
        { "time-offset",                 { "2147483648" },           OPTION_VALUE_OUT_OF_RANGE,   0},
        { "arp-cache-timeout",           { "soon" },                 OPTION_VALUE_NOT_A_DURATION, 0},
        { "ip-forwarding",               { "yes" },                  OPTION_VALUE_NOT_A_BOOLEAN,  0},
        { "static-routes",               { "10.1.0.0" },             OPTION_VALUE_NOT_A_PAIR,     0},
        { "static-routes",               { "10.1.0.0 x" },           OPTION_VALUE_NOT_A_PAIR,     0},
        { "classless-static-routes",     { "10.0.0.1/8 10.0.0.2" },  OPTION_VALUE_NOT_A_ROUTE,    0},
        { "classless-static-routes",     { "10.0.0.0/8" },           OPTION_VALUE_NOT_A_ROUTE,    0},
        { "classless-static-routes",     { "10.0.0.0/8 gate" },      OPTION_VALUE_NOT_A_ROUTE,    0},
        { "domain-name",                 { "not a name" },           OPTION_VALUE_NOT_A_DOMAIN,   0},
        { "domain-search",               { "a.b", "" },              OPTION_VALUE_NOT_A_DOMAIN,   1},
        { "v4-access-domain",            { "a.b", "..", "c" },       OPTION_VALUE_NOT_A_DOMAIN,   1},
        { "sip-servers",                 { "10.0.0.1", "a.b" },      OPTION_VALUE_NOT_AN_ADDRESS, 1},
        { "sip-servers",                 { "a.b", "a b" },           OPTION_VALUE_NOT_A_DOMAIN,   1},
        { "root-path",                   { "a\nb" },                 OPTION_VALUE_NOT_TEXT,       0},
        { "root-path",                   { "" },                     OPTION_VALUE_TOO_SHORT,      1},
        { "vendor-encapsulated-options", { "abc" },                  OPTION_VALUE_NOT_HEX,        0},
        { "vendor-encapsulated-options", { "0x0" },                  OPTION_VALUE_NOT_HEX,        0},
        { "routers",                     { "0xzz" },                 OPTION_VALUE_NOT_HEX,        0},
        { "rapid-commit",                { "false" },                OPTION_VALUE_NOT_A_BOOLEAN,  0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct option_text text;
        struct bytes value;

        assert_int_equal(build(rows[i].name, rows[i].items, &text, &value), rows[i].outcome);
        assert_int_equal(text.at, rows[i].at);
        assert_non_null(option_value_str(rows[i].outcome));
    }
}

TEST(a_value_of_the_greatest_length_is_built_and_one_more_is_not)
{
    static char longest[OPTION_VALUE_MAX + 2];
    const char *items[ITEMS_MAX] = { longest };
    struct option_text text;
    struct bytes value;

    memset(longest, 'x', OPTION_VALUE_MAX);
    assert_int_equal(build("root-path", items, &text, &value), 0);
    assert_int_equal(value.n, OPTION_VALUE_MAX);
    longest[OPTION_VALUE_MAX] = 'x';
    assert_int_equal(build("root-path", items, &text, &value), OPTION_VALUE_TOO_LONG);
}

TEST(a_full_buffer_is_too_long_for_every_type)
{
    static const char *const items[] = { "0x0102", "10.0.0.1", "text" };
    static const char *const names[] = { "option-224", "routers", "root-path" };

    for (size_t i = 0; i < ARRAY_LENGTH(items); i++) {
        struct option_text text = { .items = &items[i], .n_items = 1 };
        struct writer w = writer_of(buffer, 1);

        assert_int_equal(
            option_value_build(option_by_name(names[i]), &text, &w), OPTION_VALUE_TOO_LONG);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_the_bytes_of_the_rfc),
        cmocka_unit_test(what_is_wrong_is_said_with_its_item),
        cmocka_unit_test(a_value_of_the_greatest_length_is_built_and_one_more_is_not),
        cmocka_unit_test(a_full_buffer_is_too_long_for_every_type),
    };

    return cmocka_run_group_tests_name("option_value", tests, NULL, NULL);
}
