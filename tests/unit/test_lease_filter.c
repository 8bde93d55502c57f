#include <string.h>

#include "base/own.h"
#include "server/admin/lease_filter.h"
#include "support/test.h"

static char error[LEASE_FILTER_ERROR_MAX];
static char sql[LEASE_FILTER_SQL_MAX];

TEST(no_filter_asks_for_all_leases_and_one_more_than_a_page)
{
    struct lease_filter f = { .limit = 0 };

    assert_string_equal(
        lease_filter_sql(&f, sql),
        "SELECT * FROM leases WHERE address_n > 0 ORDER BY address_n LIMIT 1001");
    assert_int_equal(f.limit, 1000);
}

TEST(filters_become_conditions)
{
    struct lease_filter f = { .limit = 0 };

    assert_true(lease_filter_set(&f, "address", "10.0.0.1", error));
    assert_true(lease_filter_set(&f, "hw-address", "02-00-00-00-AA-01", error));
    assert_true(lease_filter_set(&f, "client-id", "01:02:AB", error));
    assert_true(lease_filter_set(&f, "hostname", "o'brien*", error));
    assert_true(lease_filter_set(&f, "limit", "10", error));
    assert_true(lease_filter_set(&f, "after", "10.0.0.0", error));
    assert_string_equal(
        lease_filter_sql(&f, sql),
        "SELECT * FROM leases WHERE address_n > 167772160 AND address_n = 167772161 AND "
        "hw_address = '02:00:00:00:aa:01' AND client_id = '0102ab' AND "
        "hostname GLOB 'o''brien*' ORDER BY address_n LIMIT 11");
}

TEST(values_of_another_form_are_refused)
{
    static const struct {
        const char *key, *value;
    } rows[] = {
        {"address",     "10.0.0.1' OR 1=1"    },
        { "state",      "bound' --"           },
        { "network",    "lan'"                },
        { "hw-address", "02'00"               },
        { "hostname",   "line\nbreak"         },
        { "hostname",   ""                    },
        { "node",       "-1"                  },
        { "limit",      "0"                   },
        { "limit",      "10001"               },
        { "after",      "99999999999999999999"},
        { "sql",        "1"                   },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct lease_filter f = { .limit = 0 };

        assert_false(lease_filter_set(&f, rows[i].key, rows[i].value, error));
        assert_int_equal(f.n, 0);
    }
}

TEST(the_longest_values_fit_into_the_statement)
{
    struct lease_filter f = { .limit = 0 };
    char quotes[LEASE_FILTER_VALUE_MAX];

    memset(quotes, '\'', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = '\0';
    for (unsigned i = 0; i < LEASE_FILTER_KEYS_MAX; i++) {
        assert_true(lease_filter_set(&f, "hostname", quotes, error));
    }
    assert_false(lease_filter_set(&f, "hostname", quotes, error));
    assert_true(strlen(lease_filter_sql(&f, sql)) < LEASE_FILTER_SQL_MAX);
    assert_non_null(strstr(sql, "' ORDER BY address_n LIMIT 1001"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_filter_asks_for_all_leases_and_one_more_than_a_page),
        cmocka_unit_test(filters_become_conditions),
        cmocka_unit_test(values_of_another_form_are_refused),
        cmocka_unit_test(the_longest_values_fit_into_the_statement),
    };

    return cmocka_run_group_tests_name("lease_filter", tests, NULL, NULL);
}
