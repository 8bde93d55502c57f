#include "proto/dhcp/option.h"
#include "support/test.h"

TEST(names_and_codes_find_each_other)
{
    static const struct {
        const char *name;
        uint8_t code;
    } rows[] = {
        {"subnet-mask",              1  },
        { "routers",                 3  },
        { "domain-name-servers",     6  },
        { "host-name",               12 },
        { "domain-name",             15 },
        { "ntp-servers",             42 },
        { "boot-file-name",          67 },
        { "domain-search",           119},
        { "classless-static-routes", 121},
        { "capwap-ac-v4",            138},
        { "tftp-server-address",     150},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_ptr_equal(option_by_name(rows[i].name), option_spec(rows[i].code));
        assert_string_equal(option_spec(rows[i].code)->name, rows[i].name);
    }
    assert_null(option_by_name("router"));
    assert_null(option_by_name(""));
}

TEST(every_code_answers_to_its_number)
{
    assert_ptr_equal(option_by_name("option-3"), option_spec(OPTION_ROUTERS));
    assert_string_equal(option_by_name("option-224")->name, "option-224");
    assert_int_equal(option_by_name("option-224")->code, 224);
    assert_int_equal(option_by_name("option-224")->type, OPTION_TYPE_BYTES);
    assert_null(option_by_name("option-0"));
    assert_null(option_by_name("option-255"));
    assert_null(option_by_name("option-03"));
    for (unsigned code = 1; code < 255; code++) {
        assert_int_equal(option_spec((uint8_t)code)->code, code);
    }
    assert_null(option_spec(OPTION_PAD));
    assert_null(option_spec(OPTION_END));
}

TEST(rows_come_in_the_order_of_codes_and_make_sense)
{
    const struct option_spec *previous = NULL;
    size_t n = 0;

    for (const struct option_spec *spec = option_next(NULL); spec != NULL;
         spec = option_next(spec)) {
        assert_true(previous == NULL || previous->code < spec->code);
        assert_true(spec->min <= spec->max);
        assert_ptr_equal(option_by_name(spec->name), spec);
        assert_false((spec->flags & OPTION_SET) != 0 && (spec->flags & OPTION_OWN) != 0);
        assert_true((spec->flags & OPTION_PLAIN) == 0 || (spec->flags & OPTION_SET) != 0);
        previous = spec;
        n++;
    }
    assert_true(n > 120);
}

TEST(what_the_server_decides_itself_is_not_for_settings)
{
    static const uint8_t own[] = { 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 80, 82, 118 };

    for (size_t i = 0; i < sizeof own; i++) {
        assert_true((option_spec(own[i])->flags & OPTION_OWN) != 0);
        assert_true((option_spec(own[i])->flags & OPTION_SET) == 0);
    }
}

TEST(types_have_names)
{
    enum option_type type = OPTION_TYPE_BYTES;

    assert_string_equal(option_type_name(OPTION_TYPE_IP4_LIST), "ip4-list");
    assert_true(option_type_by_name("classless-routes", &type));
    assert_int_equal(type, OPTION_TYPE_CLASSLESS_ROUTES);
    assert_false(option_type_by_name("ipv4", &type));
    assert_int_equal(type, OPTION_TYPE_CLASSLESS_ROUTES);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_codes_find_each_other),
        cmocka_unit_test(every_code_answers_to_its_number),
        cmocka_unit_test(rows_come_in_the_order_of_codes_and_make_sense),
        cmocka_unit_test(what_the_server_decides_itself_is_not_for_settings),
        cmocka_unit_test(types_have_names),
    };

    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
