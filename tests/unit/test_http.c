#include <string.h>

#include "base/own.h"
#include "server/admin/http.h"
#include "support/test.h"

TEST(a_star_of_a_path_stands_for_what_is_up_to_the_next_character_and_no_slash)
{
    static const struct {
        const char *pattern, *path, *first, *second; /* NULL: no match */
    } rows[] = {
        {"/v1/leases",           "/v1/leases",                  "",           ""     },
        { "/v1/leases",          "/v1/leases/",                 NULL,         NULL   },
        { "/v1/leases/*",        "/v1/leases/",                 NULL,         NULL   },
        { "/v1/leases/*",        "/v1/leases/10.0.0.1",         "10.0.0.1",   ""     },
        { "/v1/leases/*",        "/v1/leases/a/b",              NULL,         NULL   },
        { "/v1/leases/*:revoke", "/v1/leases/10.0.0.1:revoke",  "10.0.0.1",   ""     },
        { "/v1/leases/*:revoke", "/v1/leases/10.0.0.1:release", NULL,         NULL   },
        { "/v1/leases/*:revoke", "/v1/leases/:revoke",          NULL,         NULL   },
        { "/v1/blocks/*/*",      "/v1/blocks/hw-address/02:00", "hw-address", "02:00"},
        { "/v1/blocks/*/*",      "/v1/blocks/hw-address",       NULL,         NULL   },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        char captures[HTTP_CAPTURES_MAX][HTTP_CAPTURE_MAX] = { "", "" };
        bool matches = http_match(rows[i].pattern, rows[i].path, captures);

        assert_int_equal(matches, rows[i].first != NULL);
        if (matches) {
            assert_string_equal(captures[0], rows[i].first);
            assert_string_equal(captures[1], rows[i].second);
        }
    }
}

TEST(what_is_too_long_for_a_star_does_not_match)
{
    char captures[HTTP_CAPTURES_MAX][HTTP_CAPTURE_MAX];
    char path[HTTP_CAPTURE_MAX + 2] = "/";

    memset(path + 1, 'a', HTTP_CAPTURE_MAX);
    assert_false(http_match("/*", path, captures));
    path[HTTP_CAPTURE_MAX] = '\0';
    assert_true(http_match("/*", path, captures));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_of_a_path_stands_for_what_is_up_to_the_next_character_and_no_slash),
        cmocka_unit_test(what_is_too_long_for_a_star_does_not_match),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
