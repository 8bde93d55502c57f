#include <string.h>

#include "base/own.h"
#include "server/io/link.h"
#include "support/test.h"

TEST(the_loopback_interface_has_an_index_and_an_mtu)
{
    static const char names[][IFNAMSIZ] = { "lo", "no-such-link" };
    struct link_state links[ARRAY_LENGTH(names)];
    struct own_addresses own = { .n = 0 };

    assert_int_equal(link_read(names, ARRAY_LENGTH(names), links, &own), 0);
    assert_int_not_equal(links[0].index, 0);
    assert_true(links[0].mtu >= 576);
    assert_int_equal(links[1].index, 0);
    assert_int_equal(links[1].n_addresses, 0);
    assert_false(links[1].is_up);
    for (unsigned i = 0; i < links[0].n_addresses; i++) {
        assert_true(own_addresses_contain(&own, links[0].addresses[i].address));
    }
    assert_false(own_addresses_contain(&own, IP4_BROADCAST));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loopback_interface_has_an_index_and_an_mtu),
    };

    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
