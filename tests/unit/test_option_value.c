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

static const struct {
    const char *name;
    const char *items[ITEMS_MAX];
    const char *bytes;
    size_t n;
} good[] = {
    {"subnet-mask",                  { "255.255.255.0" },                      "\xff\xff\xff\0",                    4 },
    { "routers",                     { "10.0.0.1", "10.0.0.2" },               "\n\0\0\1\n\0\0\2",                  8 },
    { "time-offset",                 { "-3600" },                              "\xff\xff\xf1\xf0",                  4 },
    { "interface-mtu",               { "1500" },                               "\5\xdc",                            2 },
    { "default-ip-ttl",              { "64" },                                 "@",                                 1 },
    { "ip-forwarding",               { "true" },                               "\1",                                1 },
    { "ip-forwarding",               { "false" },                              "\0",                                1 },
    { "path-mtu-plateau-table",      { "68", "1500" },                         "\0D\5\xdc",                         4 },
    { "arp-cache-timeout",           { "1m" },                                 "\0\0\0<",                           4 },
    { "host-name",                   { "printer" },                            "printer",                           7 },
    { "root-path",                   { "nfs:/x y" },                           "nfs:/x y",                          8 },
    { "static-routes",               { "10.1.0.0 10.0.0.1" },                  "\n\1\0\0\n\0\0\1",                  8 },
 /* RFC 3442: the width, then only the octets it covers */
    { "classless-static-routes",
     { "0.0.0.0/0 10.0.0.1", "10.0.0.0/8 10.0.0.2", "10.17.0.0/17 10.0.0.3" },
     "\0\n\0\0\1\10\n\n\0\0\2\21\n\21\0\n\0\0\3",                                                                   19},
    { "domain-search",               { "a.b", "c.b" },                         "\1a\1b\0\1c\xc0\2",                 9 },
    { "v4-access-domain",            { "a.b", "c.b" },                         "\1a\1b\0\1c\1b\0",                  10},
 /* RFC 3361: 1 is addresses, 0 is names */
    { "sip-servers",                 { "10.0.0.1" },                           "\1\n\0\0\1",                        5 },
    { "sip-servers",                 { "a.b" },                                "\0\1a\1b\0",                        6 },
    { "vendor-encapsulated-options", { "0x0104" },                             "\1\4",                              2 },
 /* RFC 2610: a flag before the rest */
    { "slp-directory-agent",         { "true 10.0.0.1 10.0.0.2" },             "\1\n\0\0\1\n\0\0\2",                9 },
    { "slp-service-scope",           { "false a b" },                          "\0a b",                             4 },
    { "isns",                        { "1 2 3 4 10.0.0.1" },                   "\0\1\0\2\0\3\0\0\0\4\n\0\0\1",      14},
    { "rdnss-selection",             { "1 10.0.0.1 10.0.0.2 a.b c" },          "\1\n\0\0\1\n\0\0\2\1a\1b\0\1c\0",   17},
    { "v4-portparams",               { "4 8 258" },                            "\4\10\1\2",                         4 },
    { "option-6rd",
     { "8 32 2001:db8:: 10.0.0.1" },
     "\10 \40\1\r\270\0\0\0\0\0\0\0\0\0\0\0\0\n\0\0\1",                                                             22},
    { "option-dhcp4o6-s46-saddr",    { "2001:db8::1" },                        " \1\r\270\0\0\0\0\0\0\0\0\0\0\0\1", 16},
 /* RFC 3925: one block for an enterprise, each of its data with a length */
    { "vivco-suboptions",
     { "9 ab", "9 0x0102", "4491 c" },
     "\0\0\0\t\6\2ab\2\1\2\0\0\21\213\2\1c",                                                                        18},
    { "vivso-suboptions",            { "4491 2 0x0102", "4491 3 x y" },        "\0\0\21\213\t\2\2\1\2\3\3x y",      14},
    { "v4-pcp-server",               { "10.0.0.1 10.0.0.2", "10.0.0.3" },      "\10\n\0\0\1\n\0\0\2\4\n\0\0\3",     14},
    { "v4-sztp-redirect",            { "https://a" },                          "\0\thttps://a",                     11},
 /* RFC 9463: only a name, or all; the parameters in the order of their keys */
    { "v4-dnr",                      { "1 a.b" },                              "\0\10\0\1\5\1a\1b\0",               10},
    { "v4-dnr",
     { "1 a.b 10.0.0.1,10.0.0.2 dohpath=/q{?dns} port=853 alpn=dot,h2" },
     "\0\56\0\1\5\1a\1b\0\10\n\0\0\1\n\0\0\2\0\1\0\7\3dot\2h2\0\3\0\2\3U\0\7\0\10/q{?dns}",                         48},
    { "geoloc",
     { "0x000102030405060708090a0b0c0d0e0f" },
     "\0\1\2\3\4\5\6\7\10\t\n\13\14\r\16\17",                                                                       16},
    { "subnet-mask",                 { "0xff" },                               "\xff",                              1 },
    { "option-224",                  { "0x0a0b" },                             "\n\13",                             2 },
    { "rapid-commit",                { NULL },                                 "",                                  0 },
    { "rapid-commit",                { "true" },                               "",                                  0 },
};

TEST(text_becomes_the_bytes_of_the_rfc)
{
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct option_text text;
        struct bytes value;

        assert_int_equal(build(good[i].name, good[i].items, &text, &value), 0);
        if (!bytes_equal(value, bytes_of(good[i].bytes, good[i].n))) {
            char hex[256];

            fail_msg("%s: %s", good[i].name, bytes_format_hex(value, 0, hex, sizeof hex));
        }
    }
}

static const struct {
    const char *name;
    const char *items[ITEMS_MAX];
    int outcome;
    size_t at;
} bad[] = {
    {"subnet-mask",                  { NULL },                              OPTION_VALUE_TOO_FEW,               0},
    { "subnet-mask",                 { "1.2.3.4", "1.2.3.4" },              OPTION_VALUE_TOO_MANY,              1},
    { "routers",                     { "10.0.0.1", "10.0.0" },              OPTION_VALUE_NOT_AN_ADDRESS,        1},
    { "default-ip-ttl",              { "0" },                               OPTION_VALUE_OUT_OF_RANGE,          0},
    { "default-ip-ttl",              { "256" },                             OPTION_VALUE_OUT_OF_RANGE,          0},
    { "default-ip-ttl",              { "-1" },                              OPTION_VALUE_OUT_OF_RANGE,          0},
    { "default-ip-ttl",              { "99999999999999999999" },            OPTION_VALUE_OUT_OF_RANGE,          0},
    { "default-ip-ttl",              { "ten" },                             OPTION_VALUE_NOT_A_NUMBER,          0},
    { "default-ip-ttl",              { "" },                                OPTION_VALUE_NOT_A_NUMBER,          0},
    { "default-ip-ttl",              { "-" },                               OPTION_VALUE_NOT_A_NUMBER,          0},
    { "path-mtu-plateau-table",      { "68", "67" },                        OPTION_VALUE_OUT_OF_RANGE,          1},
    { "time-offset",                 { "2147483648" },                      OPTION_VALUE_OUT_OF_RANGE,          0},
    { "arp-cache-timeout",           { "soon" },                            OPTION_VALUE_NOT_A_DURATION,        0},
    { "ip-forwarding",               { "yes" },                             OPTION_VALUE_NOT_A_BOOLEAN,         0},
    { "static-routes",               { "10.1.0.0" },                        OPTION_VALUE_NOT_A_PAIR,            0},
    { "static-routes",               { "10.1.0.0 x" },                      OPTION_VALUE_NOT_A_PAIR,            0},
    { "classless-static-routes",     { "10.0.0.1/8 10.0.0.2" },             OPTION_VALUE_NOT_A_ROUTE,           0},
    { "classless-static-routes",     { "10.0.0.0/8" },                      OPTION_VALUE_NOT_A_ROUTE,           0},
    { "classless-static-routes",     { "10.0.0.0/8 gate" },                 OPTION_VALUE_NOT_A_ROUTE,           0},
    { "domain-name",                 { "not a name" },                      OPTION_VALUE_NOT_A_DOMAIN,          0},
    { "domain-search",               { "a.b", "" },                         OPTION_VALUE_NOT_A_DOMAIN,          1},
    { "v4-access-domain",            { "a.b", "..", "c" },                  OPTION_VALUE_NOT_A_DOMAIN,          1},
    { "sip-servers",                 { "10.0.0.1", "a.b" },                 OPTION_VALUE_NOT_AN_ADDRESS,        1},
    { "sip-servers",                 { "a.b", "a b" },                      OPTION_VALUE_NOT_A_DOMAIN,          1},
    { "root-path",                   { "a\nb" },                            OPTION_VALUE_NOT_TEXT,              0},
    { "root-path",                   { "" },                                OPTION_VALUE_TOO_SHORT,             1},
    { "option-224",                  { "abc" },                             OPTION_VALUE_NOT_HEX,               0},
    { "vendor-encapsulated-options", { "0x0" },                             OPTION_VALUE_NOT_HEX,               0},
    { "routers",                     { "0xzz" },                            OPTION_VALUE_NOT_HEX,               0},
    { "rapid-commit",                { "false" },                           OPTION_VALUE_NOT_A_BOOLEAN,         0},
    { "vendor-encapsulated-options", { "text" },                            OPTION_VALUE_NOT_A_MAPPING,         0},
    { "slp-directory-agent",         { "true" },                            OPTION_VALUE_NOT_A_RECORD,          0},
    { "slp-directory-agent",         { "1 10.0.0.1" },                      OPTION_VALUE_NOT_A_BOOLEAN,         0},
    { "v4-portparams",               { "4 8 258 1" },                       OPTION_VALUE_NOT_A_RECORD,          0},
    { "v4-portparams",               { "4 256 258" },                       OPTION_VALUE_OUT_OF_RANGE,          0},
    { "option-6rd",                  { "8 32 2001:db8::1::2 10.0.0.1" },    OPTION_VALUE_NOT_IP6,               0},
    { "vivco-suboptions",            { "9 ab", "9" },                       OPTION_VALUE_NOT_ENTERPRISE_DATA,   1},
    { "vivco-suboptions",            { "nine ab" },                         OPTION_VALUE_NOT_A_NUMBER,          0},
    { "vivco-suboptions",            { "9 0x0" },                           OPTION_VALUE_NOT_HEX,               0},
    { "vivso-suboptions",            { "4491 2" },                          OPTION_VALUE_NOT_ENTERPRISE_OPTION, 0},
    { "vivso-suboptions",            { "4491 256 x" },                      OPTION_VALUE_NOT_ENTERPRISE_OPTION, 0},
    { "v4-pcp-server",               { "10.0.0.1 x" },                      OPTION_VALUE_NOT_AN_ADDRESS,        0},
    { "v4-sztp-redirect",            { "" },                                OPTION_VALUE_TOO_SHORT,             0},
    { "v4-dnr",                      { "a.b" },                             OPTION_VALUE_NOT_A_RESOLVER,        0},
    { "v4-dnr",                      { "1 a..b" },                          OPTION_VALUE_NOT_A_DOMAIN,          0},
    { "v4-dnr",                      { "1 a.b alpn=dot" },                  OPTION_VALUE_NOT_A_RESOLVER,        0},
    { "v4-dnr",                      { "1 a.b 10.0.0.1 alpn=dot alpn=h2" }, OPTION_VALUE_NOT_A_RESOLVER,        0},
    { "v4-dnr",                      { "1 a.b 10.0.0.1 key4=0x0a000001" },  OPTION_VALUE_NOT_A_RESOLVER,        0},
    { "v4-dnr",                      { "1 a.b 10.0.0.1 port=65536" },       OPTION_VALUE_NOT_A_RESOLVER,        0},
    { "v4-dnr",                      { "1 a.b 10.0.0.1 alpn=dot,,h2" },     OPTION_VALUE_NOT_A_RESOLVER,        0},
};

TEST(what_is_wrong_is_said_with_its_item)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct option_text text;
        struct bytes value;

        assert_int_equal(build(bad[i].name, bad[i].items, &text, &value), bad[i].outcome);
        assert_int_equal(text.at, bad[i].at);
        assert_non_null(option_value_str(bad[i].outcome));
    }
}

TEST(sub_options_have_a_code_and_a_length_and_at_most_255_octets)
{
    static const struct {
        uint8_t container;
        const char *name;
        const char *items[ITEMS_MAX];
        const char *bytes;
        size_t n;
    } rows[] = {
        {43,   "pxe-discovery-control",   { "8" },                        "\6\1\10",                       3 },
        { 43,
         "pxe-boot-servers",              { "0 10.0.0.1", "1 10.0.0.2" },
         "\10\16\0\0\1\n\0\0\1\0\1\1\n\0\0\2",                                                             16},
        { 43,  "pxe-boot-menu",           { "0 Local disk" },             "\t\r\0\0\nLocal disk",          15},
        { 43,  "pxe-menu-prompt",         { "10 Press F8" },              "\n\t\nPress F8",                11},
        { 43,  "pxe-boot-item",           { "1 2" },                      "G\4\0\1\0\2",                   6 },
        { 43,  "sub-option-128",          { "0x01" },                     "\200\1\1",                      3 },
        { 122, "ccc-provisioning-server", { "a.b" },                      "\3\6\0\1a\1b\0",                8 },
        { 122, "ccc-as-retry",            { "1 2 3" },                    "\4\14\0\0\0\1\0\0\0\2\0\0\0\3", 14},
        { 139, "mos-command-servers",     { "10.0.0.1" },                 "\2\4\n\0\0\1",                  6 },
        { 140, "mos-event-names",         { "a" },                        "\3\3\1a\0",                     5 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct option_spec *spec = option_sub_by_name(rows[i].container, rows[i].name);
        struct option_text text = { .items = rows[i].items, .n_items = count(rows[i].items) };
        struct writer w = writer_of(buffer, sizeof buffer);

        assert_non_null(spec);
        assert_int_equal(option_sub_build(spec, &text, &w), 0);
        assert_true(bytes_equal(writer_done(&w), bytes_of(rows[i].bytes, rows[i].n)));
    }
    assert_null(option_sub_by_name(43, "ccc-realm"));
    assert_null(option_sub_by_name(43, "sub-option-255"));
    assert_null(option_sub_by_name(43, "sub-option-0"));
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
        cmocka_unit_test(sub_options_have_a_code_and_a_length_and_at_most_255_octets),
        cmocka_unit_test(a_value_of_the_greatest_length_is_built_and_one_more_is_not),
        cmocka_unit_test(a_full_buffer_is_too_long_for_every_type),
    };

    return cmocka_run_group_tests_name("option_value", tests, NULL, NULL);
}
