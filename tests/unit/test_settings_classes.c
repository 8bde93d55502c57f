#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "proto/dhcp/option.h"
#include "server/config/settings_file.h"
#include "support/test.h"

static struct config_problems problems;

static const char rest[] =
    "networks:\n"
    "  - name: lan\n"
    "    subnets:\n"
    "      - subnet: 10.0.0.0/24\n"
    "        pools:\n"
    "          - {range: 10.0.0.10-10.0.0.19, classes: [z, a], options: {mtu: 9}}\n";

static struct settings_file *parse(const char *text, const char *networks)
{
    struct settings_file *file = NULL;
    char all[8192];

    (void)snprintf(all, sizeof all, "%s%s", text, networks);
    return settings_file_parse(bytes_of_text(all), &problems, &file) == 0 ? file : NULL;
}

/* The lines of all problems, as a user would see them. */
static const char *told(void)
{
    static char all[8192];

    all[0] = '\0';
    for (unsigned i = 0; i < problems_kept(&problems); i++) {
        char line[PROBLEM_LINE_MAX];

        (void)strcat(all, problem_format(&problems.list[i], "f", line));
        (void)strcat(all, "\n");
    }
    return all;
}

static const char *kind_letter(const struct class_term *t)
{
    static const char *const letters[] = {
        [TERM_ALL] = "all",         [TERM_ANY] = "any",           [TERM_NOT] = "not",
        [TERM_CLASS] = "class",     [TERM_OPTION] = "option",     [TERM_AGENT_INFO] = "agent",
        [TERM_USER_CLASS] = "user", [TERM_ARCHITECTURE] = "arch", [TERM_HARDWARE] = "hw",
        [TERM_LOCAL] = "local",     [TERM_RELAY] = "relay",       [TERM_KNOWN] = "known",
        [TERM_NETWORK] = "network",
    };

    return letters[t->kind];
}

/* A condition as text: each term its kind, its number, its comparison and value in hex. */
static const char *terms_of(const char *condition)
{
    static char text[1024];
    char yaml[1024];
    char hex[64];

    (void)snprintf(
        yaml,
        sizeof yaml,
        "classes: [{name: z, match: {known: no}}, {name: a, match: %s}]\n",
        condition);

    struct settings_file *f = parse(yaml, "networks: []\n");

    if (f == NULL) {
        fail_msg("%s", told());
    }
    text[0] = '\0';
    for (unsigned i = 0; i < f->value.classes[1].n_terms; i++) {
        const struct class_term *t = &f->value.classes[1].terms[i];
        size_t n = strlen(text);

        (void)snprintf(
            text + n,
            sizeof text - n,
            "%s%s,%u,%d,%s",
            i == 0 ? "" : " ",
            kind_letter(t),
            t->number,
            (int)t->comparison,
            bytes_format_hex(t->value, 0, hex, sizeof hex));
    }
    (void)settings_file_free(f);
    return text;
}

TEST(every_key_of_a_condition_becomes_a_term)
{
    static const char *const rows[][2] = {
        {"{vendor-class: MSFT}",                                                                "option,60,1,4d534654"                    },
        { "{vendor-class: {starts-with: PXE}}",                                                 "option,60,2,505845"                      },
        { "{vendor-class: {contains: [a, b]}}",                                                 "option,60,3,61 option,60,3,62 any,2,0,"  },
        { "{user-class: [iPXE, 0x00ff]}",                                                       "user,0,1,69505845 user,0,1,00ff any,2,0,"},
        { "{architecture: [7, 9]}",                                                             "arch,7,0, arch,9,0, any,2,0,"            },
        { "{hw-address-prefix: '00:50:56'}",                                                    "hw,24,0,005056"                          },
        { "{hw-address-prefix: ['00:50:56:10/28']}",                                            "hw,28,0,00505610 any,1,0,"               },
        { "{locally-administered: yes}",                                                        "local,0,0,"                              },
        { "{known: no}",                                                                        "known,0,0, not,0,0,"                     },
        { "{relay: 10.1.0.0/16}",                                                               "relay,16,0,0a010000"                     },
        { "{relay: 10.1.0.1}",                                                                  "relay,32,0,0a010001"                     },
        { "{network: lan}",                                                                     "network,0,0,6c616e"                      },
        { "{class: z}",                                                                         "class,0,0,"                              },
        { "{option: {host-name: {present: no}}}",                                               "option,12,0, not,0,0,"                   },
        { "{option: {option-224: 0x01, dhcp-client-identifier: {starts-with: 0x00}}}",
         "option,224,1,01 option,61,2,00 all,2,0,"                                                                                        },
        { "{relay-agent-information: {circuit-id: {contains: x}, sub-option-9: y}}",
         "agent,1,3,78 agent,9,1,79 all,2,0,"                                                                                             },
        { "{all: [{known: yes}, {not: {any: [{class: z}, {network: lan}]}}], architecture: 0}",
         "known,0,0, class,0,0, network,0,0,6c616e any,2,0, not,0,0, all,2,0, arch,0,0, "
          "all,2,0,"                                                                                                                      },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *terms = terms_of(rows[i][0]);
        char without_any_of_one[1024];

        /* a list of one is that one */
        (void)snprintf(without_any_of_one, sizeof without_any_of_one, "%s", rows[i][1]);
        if (strstr(without_any_of_one, " any,1,0,") != NULL) {
            *strstr(without_any_of_one, " any,1,0,") = '\0';
        }
        assert_string_equal(terms, without_any_of_one);
    }
}

TEST(what_a_class_and_a_pool_say_is_read)
{
    struct settings_file *f = parse(
        "classes:\n"
        "  - name: a\n"
        "    match: {known: yes}\n"
        "    block: yes\n"
        "  - name: b\n"
        "    match: {class: a}\n"
        "    options: {root-path: /srv}\n"
        "    lease-time: 5m\n"
        "    next-server: 10.0.0.5\n"
        "    boot-file: ipxe.efi\n"
        "    server-name: boot\n",
        "networks:\n"
        "  - name: lan\n"
        "    subnets:\n"
        "      - subnet: 10.0.0.0/24\n"
        "        pools:\n"
        "          - range: 10.0.0.10-10.0.0.19\n"
        "            classes: [b, a]\n"
        "            options: {interface-mtu: 1400}\n"
        "          - {range: 10.0.0.20, classes: b}\n");

    if (f == NULL) {
        fail_msg("%s", told());
    }

    const struct client_class *a = &f->value.classes[0];
    const struct client_class *b = &f->value.classes[1];
    const struct pool *pools = f->value.networks[0].subnets[0].pools;

    assert_true(a->is_blocked);
    assert_false(b->is_blocked);
    assert_int_equal(a->times.default_.value, TIMES_UNSET_S);
    assert_int_equal(b->times.default_.value, 300);
    assert_int_equal(b->times.max.value, TIMES_UNSET_S);
    assert_int_equal(b->options.at[0].code, OPTION_ROOT_PATH);
    assert_int_equal(b->boot.next_server.value, 0x0a000005);
    assert_true(bytes_equal(b->boot.file, bytes_of_text("ipxe.efi")));
    assert_true(bytes_equal(b->boot.server_name, bytes_of_text("boot")));
    assert_int_equal(pools[0].classes.bits[0], 3);
    assert_int_equal(pools[0].options.at[0].code, OPTION_INTERFACE_MTU);
    assert_int_equal(pools[1].classes.bits[0], 2);
    (void)settings_file_free(f);
}

TEST(every_mistake_in_a_class_is_told_with_its_place)
{
    assert_null(parse(
        "classes:\n"
        "  - {name: a, match: {vendor-clas: x}}\n"
        "  - {name: b, match: {}}\n"
        "  - {name: c, match: {architecture: x}}\n"
        "  - {name: d, match: {class: aa}}\n"
        "  - {name: e, match: {class: f}}\n"
        "  - {name: f, match: {vendor-class: {begins: x}}}\n"
        "  - {name: g, match: {user-class: []}}\n"
        "  - {name: h, match: {hw-address-prefix: '00:50:56/12'}}\n"
        "  - {name: h, match: {hw-address-prefix: '00:5'}}\n"
        "  - {name: i, match: {option: {no-such: x}}}\n"
        "  - {name: j, match: {relay-agent-information: {circuit: x}}}\n"
        "  - {name: k, match: {relay: 10.0.0.1/8}}\n"
        "  - {name: l, match: {known: perhaps}, lease-time: {min: 2h, max: 1h}}\n"
        "  - {name: m, match: {any: {known: yes}}}\n"
        "  - {name: n, match: {vendor-class: 0x0}}\n"
        "  - {name: o}\n"
        "  - {name: p, match: {known: yes}, lease-time: {min: 2h, max: 1h}}\n",
        rest));
    assert_string_equal(
        told(),
        "f:2:23: a condition has no key \"vendor-clas\"; did you mean \"vendor-class\"?\n"
        "f:3:22: the condition is empty; expected something to match on\n"
        "f:4:37: architecture: expected a whole number from 0 to 65535\n"
        "f:5:30: there is no class \"aa\"; did you mean \"a\"?\n"
        "f:6:5: the condition names a class that is not above this one\n"
        "f:7:38: \"begins\" is not a comparison; expected equals, starts-with, contains or "
        "present\n"
        "f:8:35: the list is empty; expected at least one value\n"
        "f:9:42: 00:50:56/12: the octets and the number of bits do not agree\n"
        "f:10:42: \"00:5\" is not the beginning of a hardware address; expected its first octets "
        "like \"00:11:22\", or bits \"00:11:22:30/28\"\n"
        "f:11:32: there is no option \"no-such\"; expected a name, or option-N for code N\n"
        "f:12:49: \"circuit\" is not a sub-option of the relay; expected circuit-id, remote-id, "
        "subscriber-id, relay-id, or sub-option-N for code N\n"
        "f:13:30: \"10.0.0.1/8\" is not where relays are; expected an address, or a network like "
        "10.0.0.0/8\n"
        "f:14:30: \"perhaps\" is not one of the words for this key; expected yes, no, true or "
        "false\n"
        "f:15:28: here is a mapping; expected a list of conditions\n"
        "f:16:37: \"0x0\" is not bytes in hex; expected two digits for each, like 0x0a0b\n"
        "f:17:5: a class needs the key \"match\"\n"
        "f:18:5: the lease times of the class: expected min <= default <= max\n"
        "f:24:52: there is no class \"z\"; did you mean \"a\"?\n"
        "f:24:69: there is no option \"mtu\"; expected a name, or option-N for code N\n");
}

TEST(conditions_have_limits)
{
    char text[4096] = "classes: [{name: a, match: ";

    for (unsigned i = 0; i < 8; i++) {
        (void)strcat(text, "{not: ");
    }
    (void)strcat(text, "{known: yes}");
    for (unsigned i = 0; i < 8; i++) {
        (void)strcat(text, "}");
    }
    (void)strcat(text, "}]\n");
    assert_null(parse(text, "networks: []\n"));
    assert_non_null(strstr(told(), "conditions stand more than 8 deep in each other"));
    (void)strcpy(text, "classes: [{name: a, match: {architecture: [0");
    for (unsigned i = 1; i < 64; i++) {
        (void)strcat(text, ",0");
    }
    (void)strcat(text, "]}}]\n");
    assert_null(parse(text, "networks: []\n"));
    assert_string_equal(told(), "f:1:43: the condition has more than 64 terms\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_a_condition_becomes_a_term),
        cmocka_unit_test(what_a_class_and_a_pool_say_is_read),
        cmocka_unit_test(every_mistake_in_a_class_is_told_with_its_place),
        cmocka_unit_test(conditions_have_limits),
    };

    return cmocka_run_group_tests_name("settings_classes", tests, NULL, NULL);
}
