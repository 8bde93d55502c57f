#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/peer.h"
#include "storage/network.h"
#include "support/heap.h"
#include "support/sample_settings.h"
#include "support/test.h"

enum { PROBLEMS_MAX = 8 };

static struct sample_settings sample;
static struct settings_problem problems[PROBLEMS_MAX];

static unsigned check(void)
{
    unsigned n = 99;

    assert_int_equal(settings_check(&sample.settings, problems, PROBLEMS_MAX, &n), 0);
    return n;
}

TEST(the_sample_and_no_settings_at_all_are_without_fault)
{
    sample_settings_init(&sample);
    assert_int_equal(check(), 0);
    sample.settings.n_networks = 0;
    assert_int_equal(check(), 0);
}

static void upper_case_name(struct sample_settings *s)
{
    s->networks[1].name = bytes_of_text("Guest");
}

static void no_name(struct sample_settings *s)
{
    s->networks[1].name = bytes_of_text("");
}

static void long_name(struct sample_settings *s)
{
    s->networks[1].name =
        bytes_of_text("0123456789012345678901234567890123456789012345678901234567890123");
}

static void same_name(struct sample_settings *s)
{
    s->networks[1].name = s->networks[0].name;
}

static void node_0(struct sample_settings *s)
{
    s->thresholds[1].node = 0;
}

static void node_twice(struct sample_settings *s)
{
    s->thresholds[1].node = 1;
}

static void too_many_thresholds(struct sample_settings *s)
{
    s->networks[0].n_thresholds = 10;
}

static void fixed_server_id_missing(struct sample_settings *s)
{
    s->networks[1].server_id_mode = SERVER_ID_FIXED;
}

static void options_not_ascending(struct sample_settings *s)
{
    s->options[0].code = 6;
}

static void option_255(struct sample_settings *s)
{
    s->options[1].code = 255;
}

static void long_option(struct sample_settings *s)
{
    s->options[1].value.n = OPTION_VALUE_MAX + 1;
}

static void long_boot_file(struct sample_settings *s)
{
    s->lan[1].boot.file.n = 128;
}

static void long_boot_server(struct sample_settings *s)
{
    s->networks[1].boot.server_name.n = 64;
}

static void prefix_of_length_33(struct sample_settings *s)
{
    s->lan[1].prefix.length = 33;
}

static void prefix_of_length_0(struct sample_settings *s)
{
    s->lan[1].prefix.length = 0;
}

static void host_bits(struct sample_settings *s)
{
    s->lan[1].prefix.network.value |= 1;
}

static void loopback_inside(struct sample_settings *s)
{
    s->guest[0].prefix = (struct ip4_prefix){ { 0x7c000000 }, 6 };
}

static void multicast(struct sample_settings *s)
{
    s->guest[0].prefix = (struct ip4_prefix){ { 0xe0000000 }, 16 };
}

static void subnets_overlap(struct sample_settings *s)
{
    s->guest[0].prefix = (struct ip4_prefix){ { 0x0a000000 }, 8 };
    s->networks[0].n_subnets = 1;
}

static void subnet_twice(struct sample_settings *s)
{
    s->lan[1] = s->lan[0];
    s->lan[1].n_reservations = 0;
}

static void times_out_of_order(struct sample_settings *s)
{
    s->lan[1].times.max.value = 599;
}

static void min_time_0(struct sample_settings *s)
{
    s->lan[1].times.min.value = 0;
}

static void infinite_headroom(struct sample_settings *s)
{
    s->lan[1].times.headroom = SECONDS_INFINITE;
}

static void parts_out_of_order(struct sample_settings *s)
{
    s->lan[1].times.renew.permille = 875;
}

static void moments_out_of_order(struct sample_settings *s)
{
    s->lan[1].times.renew.time.value = 20;
    s->lan[1].times.rebind.time.value = 20;
}

static void rebind_at_the_end(struct sample_settings *s)
{
    s->lan[1].times.rebind.permille = 1000;
}

static void duid_that_is_not_matched(struct sample_settings *s)
{
    s->networks[0].ignores_client_id = true;
    s->reservations[1].duid = bytes_of_text("123");
}

static void pool_backwards(struct sample_settings *s)
{
    s->lan_pools[1].range.last.value = 0x0a000095;
}

static void pool_outside(struct sample_settings *s)
{
    s->lan_pools[1].range.last.value = 0x0a000101;
}

static void pool_with_broadcast(struct sample_settings *s)
{
    s->lan_pools[1].range.last.value = 0x0a0000ff;
}

static void pools_overlap(struct sample_settings *s)
{
    s->lan_pools[1].range.first.value = 0x0a000063;
}

static void exclude_outside(struct sample_settings *s)
{
    s->excludes[0].last.value = 0x0a000064;
}

static void exclude_backwards(struct sample_settings *s)
{
    s->excludes[0].last.value = s->excludes[0].first.value - 1;
}

static void too_many_pools(struct sample_settings *s)
{
    s->lan[0].n_pools = POOLS_MAX + 1;
}

static void too_many_excludes(struct sample_settings *s)
{
    s->lan_pools[0].n_excludes = EXCLUDES_MAX + 1;
}

static void too_many_addresses(struct sample_settings *s)
{
    s->guest[0].prefix = (struct ip4_prefix){ { 0x40000000 }, 3 };
    s->guest_pools[0].range = (struct ip4_range){ { 0x40000001 }, { 0x41000001 } };
}

static void reserved_outside(struct sample_settings *s)
{
    s->reservations[1].address.value = 0x0a000105;
}

static void reserved_broadcast(struct sample_settings *s)
{
    s->reservations[1].address.value = 0x0a0000ff;
}

static void reserved_twice(struct sample_settings *s)
{
    s->reservations[1].address = s->reservations[0].address;
}

static void same_client(struct sample_settings *s)
{
    s->reservations[1].client_id.n = 0;
    s->reservations[1].hw_address = s->reservations[0].hw_address;
    s->reservations[1].hw_type = 1;
}

static void same_client_id(struct sample_settings *s)
{
    s->reservations[0] = s->reservations[1];
    s->reservations[0].address.value = 0x0a000006;
}

static void client_of_nothing(struct sample_settings *s)
{
    s->reservations[1].client_id.n = 0;
}

static void same_client_without_address(struct sample_settings *s)
{
    same_client_id(s);
    s->reservations[0].address = IP4_ANY;
    s->reservations[1].address = IP4_ANY;
}

static void same_combination(struct sample_settings *s)
{
    s->reservations[0].circuit_id = bytes_of_text("port 1");
    s->reservations[1].client_id.n = 0;
    s->reservations[1].hw_type = 1;
    s->reservations[1].hw_address = s->reservations[0].hw_address;
    s->reservations[1].circuit_id = s->reservations[0].circuit_id;
}

static void short_duid(struct sample_settings *s)
{
    s->reservations[1].duid = bytes_of_text("12");
}

static void long_circuit_id(struct sample_settings *s)
{
    static const uint8_t octets[254];

    s->reservations[1].circuit_id = bytes_of(octets, sizeof octets);
}

static void long_remote_id(struct sample_settings *s)
{
    long_circuit_id(s);
    s->reservations[1].remote_id = s->reservations[1].circuit_id;
    s->reservations[1].circuit_id.n = 0;
}

static void short_client_id(struct sample_settings *s)
{
    s->reservations[1].client_id.n = 1;
}

static void long_hardware(struct sample_settings *s)
{
    s->reservations[0].hw_address = bytes_of_text("0123456789abcdefg");
}

static void long_hostname(struct sample_settings *s)
{
    s->reservations[1].hostname.n = HOSTNAME_MAX + 1;
}

static void too_many_networks(struct sample_settings *s)
{
    s->settings.n_networks = NETWORKS_MAX + 1;
}

static void too_many_subnets(struct sample_settings *s)
{
    s->networks[1].n_subnets = SUBNETS_MAX;
}

static void too_many_reservations(struct sample_settings *s)
{
    s->lan[0].n_reservations = RESERVATIONS_MAX + 1;
}

/* Each fault: the place where it is reported (network, subnet, pool, reservation, option). */
static const struct {
    void (*spoil)(struct sample_settings *s);
    int place[5];
    const char *words;
} faults[] = {
    {upper_case_name,              { 1, -1, -1, -1, -1 },  "name of a network"                              },
    { no_name,                     { 1, -1, -1, -1, -1 },  "name of a network"                              },
    { long_name,                   { 1, -1, -1, -1, -1 },  "name of a network"                              },
    { same_name,                   { 1, -1, -1, -1, -1 },  "another network lan"                            },
    { node_0,                      { 0, -1, -1, -1, -1 },  "node 0"                                         },
    { node_twice,                  { 0, -1, -1, -1, -1 },  "node 1 has two"                                 },
    { too_many_thresholds,         { 0, -1, -1, -1, -1 },  "10 delay thresholds"                            },
    { fixed_server_id_missing,     { 1, -1, -1, -1, -1 },  "server id 0.0.0.0"                              },
    { options_not_ascending,       { 0, 0, -1, -1, 1 },    "option 6: expected each code once"              },
    { option_255,                  { 0, 0, -1, -1, 1 },    "option 255 cannot be set"                       },
    { long_option,                 { 0, 0, -1, -1, 1 },    "1021 octets"                                    },
    { long_boot_file,              { 0, 1, -1, -1, -1 },   "boot file"                                      },
    { long_boot_server,            { 1, -1, -1, -1, -1 },  "boot server"                                    },
    { prefix_of_length_33,         { 0, 1, -1, -1, -1 },   "prefix length 33"                               },
    { prefix_of_length_0,          { 0, 1, -1, -1, -1 },   "prefix length 0"                                },
    { host_bits,                   { 0, 1, -1, -1, -1 },   "10.0.1.1/24 has host bits"                      },
    { loopback_inside,             { 1, 0, -1, -1, -1 },   "not for hosts"                                  },
    { multicast,                   { 1, 0, -1, -1, -1 },   "not for hosts"                                  },
    { subnets_overlap,             { 0, 0, -1, -1, -1 },   "10.0.0.0/24 overlaps"                           },
    { subnet_twice,                { 0, 1, -1, -1, -1 },   "10.0.0.0/24 overlaps"                           },
    { times_out_of_order,          { 0, 1, -1, -1, -1 },   "lease times 60, 600, 599 s"                     },
    { min_time_0,                  { 0, 1, -1, -1, -1 },   "shortest lease time"                            },
    { parts_out_of_order,          { 0, 1, -1, -1, -1 },   "renew before rebind"                            },
    { moments_out_of_order,        { 0, 1, -1, -1, -1 },   "renew before rebind"                            },
    { rebind_at_the_end,           { 0, 1, -1, -1, -1 },   "both before the end"                            },
    { duid_that_is_not_matched,    { 0, 0, -1, 1, -1 },    "a DUID matches nobody"                          },
    { infinite_headroom,           { 0, 1, -1, -1, -1 },   "headroom"                                       },
    { pool_backwards,              { 0, 0, 1, -1, -1 },    "pool 10.0.0.150-10.0.0.149 ends before"         },
    { pool_outside,                { 0, 0, 1, -1, -1 },    "host addresses of the subnet"                   },
    { pool_with_broadcast,         { 0, 0, 1, -1, -1 },    "host addresses of the subnet"                   },
    { pools_overlap,               { 0, 0, 1, -1, -1 },    "overlaps another pool"                          },
    { exclude_outside,             { 0, 0, 0, -1, -1 },    "exclude 10.0.0.20-10.0.0.100"                   },
    { exclude_backwards,           { 0, 0, 0, -1, -1 },    "exclude 10.0.0.20-10.0.0.19"                    },
    { too_many_pools,              { 0, 0, -1, -1, -1 },   "65 pools"                                       },
    { too_many_excludes,           { 0, 0, 0, -1, -1 },    "257 excludes"                                   },
    { too_many_addresses,          { 1, 0, -1, -1, -1 },   "pools of 16777217 addresses"                    },
    { reserved_outside,            { 0, 0, -1, 1, -1 },    "10.0.1.5: expected a host address"              },
    { reserved_broadcast,          { 0, 0, -1, 1, -1 },    "10.0.0.255: expected a host address"            },
    { reserved_twice,              { 0, 0, -1, 1, -1 },    "10.0.0.5 is reserved twice"                     },
    { same_client,                 { 0, 0, -1, 1, -1 },    "10.0.0.50: the client has another"              },
    { same_client_id,              { 0, 0, -1, 1, -1 },    "10.0.0.50: the client has another"              },
    { same_client_without_address, { 0, 0, -1, 1, -1 },    "another reservation in the subnet"              },
    { same_combination,            { 0, 0, -1, 1, -1 },    "10.0.0.50: the client has another"              },
    { client_of_nothing,           { 0, 0, -1, 1, -1 },    "names no client"                                },
    { short_client_id,             { 0, 0, -1, 1, -1 },    "client id of 1 octets: expected 2 to 255"       },
    { short_duid,                  { 0, 0, -1, 1, -1 },    "DUID of 2 octets: expected 3 to 250"            },
    { long_circuit_id,             { 0, 0, -1, 1, -1 },    "circuit id of 254 octets: expected 1 to 253"    },
    { long_remote_id,              { 0, 0, -1, 1, -1 },    "remote id of 254 octets"                        },
    { long_hardware,               { 0, 0, -1, 0, -1 },    "hardware address of 17 octets: expected 1 to 16"},
    { long_hostname,               { 0, 0, -1, 1, -1 },    "host name"                                      },
    { too_many_networks,           { -1, -1, -1, -1, -1 }, "65 networks"                                    },
    { too_many_subnets,            { -1, -1, -1, -1, -1 }, "4098 subnets"                                   },
    { too_many_reservations,       { -1, -1, -1, -1, -1 }, "200001 reservations"                            },
};

static bool is_at(const struct settings_problem *p, const int place[5])
{
    return p->network == place[0] && p->subnet == place[1] && p->pool == place[2] &&
           p->reservation == place[3] && p->option == place[4];
}

TEST(each_fault_is_the_only_one_told_and_at_its_place)
{
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        sample_settings_init(&sample);
        sample.guest[0].n_pools = faults[i].spoil == loopback_inside ||
                                          faults[i].spoil == multicast ||
                                          faults[i].spoil == subnets_overlap
                                      ? 0
                                      : 1;
        faults[i].spoil(&sample);
        if (check() != 1) {
            fail_msg("%s: not one problem", faults[i].words);
        }
        if (strstr(problems[0].text, faults[i].words) == NULL) {
            fail_msg("\"%s\" instead of \"%s\"", problems[0].text, faults[i].words);
        }
        if (!is_at(&problems[0], faults[i].place)) {
            fail_msg("%s: at another place", faults[i].words);
        }
    }
}

TEST(all_faults_are_counted_and_those_told_for_which_there_is_room)
{
    unsigned n = 0;

    sample_settings_init(&sample);
    upper_case_name(&sample);
    node_twice(&sample);
    pools_overlap(&sample);
    short_client_id(&sample);
    min_time_0(&sample);
    assert_int_equal(check(), 5);
    memset(problems, 0, sizeof problems);
    assert_int_equal(settings_check(&sample.settings, problems, 2, &n), 0);
    assert_int_equal(n, 5);
    assert_true(problems[1].text[0] != '\0' && problems[2].text[0] == '\0');
    assert_int_equal(settings_check(&sample.settings, NULL, 0, &n), 0);
    assert_int_equal(n, 5);
}

TEST(rfc_3021_a_prefix_of_31_has_two_hosts)
{
    sample_settings_init(&sample);
    sample.lan[1].prefix = (struct ip4_prefix){ { 0x0a000102 }, 31 };
    sample.second_pools[0].range = (struct ip4_range){ { 0x0a000102 }, { 0x0a000103 } };
    assert_int_equal(check(), 0);
}

TEST(the_pools_of_all_subnets_have_a_limit_together)
{
    static struct subnet subnets[5];
    static struct pool pools[5];

    sample_settings_init(&sample);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t network = 0x10000000 + (i << 25);

        subnets[i] = sample.lan[1];
        subnets[i].prefix = (struct ip4_prefix){ { network }, 7 };
        pools[i].range = (struct ip4_range){ { network + 1 }, { network + POOL_ADDRESSES_MAX } };
        subnets[i].pools = &pools[i];
    }
    sample.networks[1].subnets = subnets;
    sample.networks[1].n_subnets = 3;
    assert_int_equal(check(), 0);
    sample.networks[1].n_subnets = 5;
    assert_int_equal(check(), 1);
    assert_non_null(strstr(problems[0].text, "addresses in all"));
}

TEST(lack_of_memory_is_no_verdict)
{
    unsigned n = 99;
    int failures = 0;

    sample_settings_init(&sample);
    heap_fail_after(0);
    while (settings_check(&sample.settings, problems, PROBLEMS_MAX, &n) == ERR_NOMEM) {
        assert_int_equal(n, 99);
        heap_fail_after(++failures);
    }
    heap_fail_after(-1);
    assert_int_equal(failures, 4); /* for each subnet, and for all of them */
    assert_int_equal(n, 0);
    assert_int_equal(heap_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_and_no_settings_at_all_are_without_fault),
        cmocka_unit_test(each_fault_is_the_only_one_told_and_at_its_place),
        cmocka_unit_test(all_faults_are_counted_and_those_told_for_which_there_is_room),
        cmocka_unit_test(rfc_3021_a_prefix_of_31_has_two_hosts),
        cmocka_unit_test(the_pools_of_all_subnets_have_a_limit_together),
        cmocka_unit_test(lack_of_memory_is_no_verdict),
    };

    return cmocka_run_group_tests_name("settings_check", tests, NULL, NULL);
}
