#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "proto/command.h"
#include "proto/dhcp/option.h"
#include "proto/settings_codec.h"
#include "server/config/settings_file.h"
#include "support/test.h"

static struct config_problems problems;

static struct settings_file *parse(const char *text)
{
    struct settings_file *file = NULL;

    if (settings_file_parse(bytes_of_text(text), &problems, &file) != 0) {
        return NULL;
    }
    return file;
}

/* The lines of all problems, as a user would see them. */
static const char *told(void)
{
    static char all[32768];

    all[0] = '\0';
    for (unsigned i = 0; i < problems_kept(&problems); i++) {
        char line[PROBLEM_LINE_MAX];

        (void)strcat(all, problem_format(&problems.list[i], "network.yaml", line));
        (void)strcat(all, "\n");
    }
    return all;
}

static const char office[] =
    "networks:\n"
    "  - name: lan\n"
    "    delay-threshold: [{node: 1, value: none}, {node: 2, value: 10s}, {node: 3, value: 20s}]\n"
    "    authoritative: after-2s\n"
    "    delay-source: observed\n"
    "    collapse: no\n"
    "    retry-step: 500ms\n"
    "    server-identifier: 192.168.1.1\n"
    "    lease-time: {default: 10m, min: 1m, max: 1d}\n"
    "    headroom: 5m\n"
    "    probation: 30m\n"
    "    next-server: 192.168.1.9\n"
    "    options: {domain-name-servers: [192.168.1.1, 192.168.1.2], domain-name: example.net}\n"
    "    subnets:\n"
    "      - subnet: 192.168.1.0/24\n"
    "        pools: [{range: 192.168.1.100-192.168.1.200, exclude: [192.168.1.150]}]\n"
    "        options:\n"
    "          routers: {value: 192.168.1.1, force: yes}\n"
    "          option-224: 0x0a0b\n"
    "        boot-file: pxelinux.0\n"
    "        reservations:\n"
    "          - {hw-address: \"02:00:00:00:00:01\", address: 192.168.1.10, hostname: director}\n"
    "          - {client-id: 0x01aabb, address: 192.168.1.11}\n"
    "      - subnet: 192.168.2.0/24\n"
    "        lease-time: 2h\n";

TEST(a_settings_file_is_read)
{
    CLEANUP(settings_file_freep) struct settings_file *f = parse(office);

    assert_non_null(f);

    const struct network *n = &f->value.networks[0];
    const struct subnet *s = &n->subnets[0];

    assert_int_equal(f->value.n_networks, 1);
    assert_true(bytes_equal(n->name, bytes_of_text("lan")));
    assert_int_equal(n->n_thresholds, 3);
    assert_int_equal(n->thresholds[0].ms, 0);
    assert_int_equal(n->thresholds[2].node, 3);
    assert_int_equal(n->thresholds[2].ms, 20000);
    assert_int_equal(n->authoritative, AUTHORITATIVE_AFTER_2S);
    assert_int_equal(n->delay_source, DELAY_SOURCE_OBSERVED);
    assert_false(n->collapse);
    assert_int_equal(n->retry_step_ms, 500);
    assert_int_equal(n->server_id_mode, SERVER_ID_FIXED);
    assert_int_equal(n->server_id.value, 0xc0a80101);
    assert_int_equal(n->probation.value, 1800);
    assert_true(n->echo_client_id);
    assert_int_equal(n->boot.next_server.value, 0xc0a80109);
    assert_int_equal(n->n_subnets, 2);
    assert_int_equal(s->prefix.network.value, 0xc0a80100);
    assert_int_equal(s->prefix.length, 24);
    assert_int_equal(s->n_pools, 1);
    assert_int_equal(s->pools[0].range.last.value, 0xc0a801c8);
    assert_int_equal(s->pools[0].n_excludes, 1);
    assert_int_equal(s->pools[0].excludes[0].first.value, 0xc0a80196);
    assert_true(bytes_equal(s->boot.file, bytes_of_text("pxelinux.0")));
}

TEST(options_are_in_wire_format_and_sorted_by_code)
{
    CLEANUP(settings_file_freep) struct settings_file *f = parse(office);
    static const uint8_t servers[] = { 192, 168, 1, 1, 192, 168, 1, 2 };
    static const uint8_t raw[] = { 0x0a, 0x0b };

    assert_non_null(f);

    struct option_list outer = f->value.networks[0].options;
    struct option_list inner = f->value.networks[0].subnets[0].options;

    assert_int_equal(outer.n, 2);
    assert_int_equal(outer.at[0].code, OPTION_DOMAIN_NAME_SERVERS);
    assert_true(bytes_equal(outer.at[0].value, bytes_of(servers, sizeof servers)));
    assert_int_equal(outer.at[1].code, OPTION_DOMAIN_NAME);
    assert_true(bytes_equal(outer.at[1].value, bytes_of_text("example.net")));
    assert_false(outer.at[1].forced);
    assert_int_equal(inner.n, 2);
    assert_int_equal(inner.at[0].code, OPTION_ROUTERS);
    assert_true(inner.at[0].forced);
    assert_int_equal(inner.at[1].code, 224);
    assert_true(bytes_equal(inner.at[1].value, bytes_of(raw, sizeof raw)));
}

TEST(a_reservation_is_by_hardware_address_or_by_client_id)
{
    CLEANUP(settings_file_freep) struct settings_file *f = parse(office);
    static const uint8_t hardware[] = { 2, 0, 0, 0, 0, 1 };
    static const uint8_t client_id[] = { 1, 0xaa, 0xbb };

    assert_non_null(f);

    const struct subnet *s = &f->value.networks[0].subnets[0];

    assert_int_equal(s->n_reservations, 2);
    assert_int_equal(s->reservations[0].hw_type, 1);
    assert_true(bytes_equal(s->reservations[0].hw_address, bytes_of(hardware, sizeof hardware)));
    assert_true(bytes_equal(s->reservations[0].hostname, bytes_of_text("director")));
    assert_int_equal(s->reservations[0].address.value, 0xc0a8010a);
    assert_true(bytes_equal(s->reservations[1].client_id, bytes_of(client_id, sizeof client_id)));
    assert_int_equal(s->reservations[1].hw_address.n, 0);
}

TEST(times_are_inherited_from_the_outer_scopes)
{
    CLEANUP(settings_file_freep) struct settings_file *f = parse(office);
    CLEANUP(settings_file_freep)
    struct settings_file *g = parse("lease-time: {max: 2d}\n"
                                    "headroom: 0\n"
                                    "networks:\n"
                                    "  - name: a\n"
                                    "    lease-time: 30s\n"
                                    "    subnets: [{subnet: 10.0.0.0/24}]\n"
                                    "  - name: b\n"
                                    "    headroom: 7m\n"
                                    "    subnets: [{subnet: 10.0.1.0/24, lease-time: infinite}]\n");

    assert_non_null(f);
    assert_int_equal(f->value.networks[0].subnets[0].times.default_.value, 600);
    assert_int_equal(f->value.networks[0].subnets[0].times.max.value, 86400);
    assert_int_equal(f->value.networks[0].subnets[1].times.default_.value, 7200);
    assert_int_equal(f->value.networks[0].subnets[1].times.min.value, 60);
    assert_int_equal(f->value.networks[0].subnets[1].times.headroom.value, 300);
    assert_null(g); /* an infinite default is above the largest of 2d */
    assert_int_equal(problems.n, 1);
    assert_int_equal(problems.list[0].at.line, 9);
}

TEST(what_is_not_named_has_a_default)
{
    CLEANUP(settings_file_freep)
    struct settings_file *f =
        parse("networks: [{name: a, subnets: [{subnet: 10.0.0.0/24, lease-time: 3d}]}]\n");

    assert_non_null(f);

    const struct network *n = &f->value.networks[0];

    assert_true(n->collapse);
    assert_int_equal(n->retry_step_ms, 1000);
    assert_int_equal(n->delay_source, DELAY_SOURCE_BOTH);
    assert_int_equal(n->authoritative, AUTHORITATIVE_NO);
    assert_int_equal(n->server_id_mode, SERVER_ID_OWN);
    assert_int_equal(n->probation.value, 3600);
    assert_int_equal(n->subnets[0].times.default_.value, 3 * 86400);
    assert_int_equal(n->subnets[0].times.max.value, 3 * 86400);
    assert_int_equal(n->subnets[0].times.headroom.value, 3 * 86400 / 2);
}

TEST(every_mistake_is_told_with_its_place_and_what_was_meant)
{
    assert_null(parse("networks:\n"
                      "  - name: lan\n"
                      "    delay-treshold: []\n"
                      "    authoritative: maybe\n"
                      "    lease-time: {default: 10}\n"
                      "    service-address: 192.168.1.2\n"
                      "    options: {domain-name-server: 192.168.1.1, routers: 192.168.1.x}\n"
                      "    subnets:\n"
                      "      - subnet: 192.168.1.0/24\n"
                      "        pools: [{range: 192.168.2.1-192.168.2.9}]\n"
                      "        reservations:\n"
                      "          - {hw-address: \"02:00:00:00:00:zz\", address: 192.168.1.10}\n"
                      "          - {hw-address: \"02:00:00:00:00:01\", address: 192.168.1.11}\n"
                      "          - {hw-address: \"02:00:00:00:00:02\", address: 192.168.1.11}\n"
                      "      - subnet: 192.168.1.128/33\n"
                      "        pools: [{range: 192.168.1.130-192.168.1.140}]\n"
                      "    classes: []\n"));
    assert_string_equal(
        told(),
        "network.yaml:3:5: a network has no key \"delay-treshold\"; did you mean "
        "\"delay-threshold\"?\n"
        "network.yaml:4:20: \"maybe\" is not one of the words for this key; expected no, yes, "
        "after-2s or after-10s\n"
        "network.yaml:5:27: \"10\" is not a duration in seconds or more; expected infinite, or a "
        "duration like 10m, 1h30m or 1w2d\n"
        "network.yaml:6:5: service-address: this version has no service address; leave the key "
        "out, or use server-identifier\n"
        "network.yaml:7:15: there is no option \"domain-name-server\"; did you mean "
        "\"domain-name-servers\"?\n"
        "network.yaml:7:57: option routers (ip4-list): expected an IPv4 address\n"
        "network.yaml:10:17: pool 192.168.2.1-192.168.2.9: expected host addresses of the "
        "subnet\n"
        "network.yaml:12:26: \"02:00:00:00:00:zz\" is not what this key needs; expected a "
        "hardware address like \"02:00:00:00:00:01\"\n"
        "network.yaml:14:13: 192.168.1.11 is reserved twice\n"
        "network.yaml:15:17: \"192.168.1.128/33\" is not a network; expected a network like "
        "192.168.1.0/24, with zeroes after the prefix\n"
        "network.yaml:17:5: classes: classes stand at the top of the file; a class matches on "
        "\"network\" to be of one alone\n");
}

TEST(a_mistake_of_the_whole_is_told_where_it_stands)
{
    assert_null(parse("networks:\n"
                      "  - name: a\n"
                      "    subnets:\n"
                      "      - subnet: 10.0.0.0/16\n"
                      "  - name: b\n"
                      "    subnets:\n"
                      "      - subnet: 10.0.7.0/24\n"));
    assert_string_equal(told(), "network.yaml:7:9: 10.0.7.0/24 overlaps another subnet\n");
}

TEST(options_that_cannot_be_set_say_why)
{
    assert_null(parse("options: {dhcp-lease-time: 10, user-class: 0x0000, option-6: 10.0.0.1,\n"
                      "  domain-name-servers: 10.0.0.1, ntp-servers: {value: []}, log-servers: ~}\n"
                      "networks: []\n"));
    assert_string_equal(
        told(),
        "network.yaml:1:11: option \"dhcp-lease-time\" cannot be set: the server writes it "
        "itself\n"
        "network.yaml:1:32: option \"user-class\" cannot be set: it is sent by clients only\n"
        "network.yaml:2:3: option 6 stands here twice\n"
        "network.yaml:2:55: option ntp-servers (ip4-list): expected a value\n"
        "network.yaml:2:73: the value is missing; expected a value or a list of values\n");
}

TEST(a_reservation_may_name_several_marks_of_its_client_and_no_address)
{
    CLEANUP(settings_file_freep)
    struct settings_file *f = parse("networks:\n"
                                    "  - name: a\n"
                                    "    subnets:\n"
                                    "      - subnet: 10.0.0.0/24\n"
                                    "        reservations:\n"
                                    "          - hw-address: \"02:00:00:00:00:01\"\n"
                                    "            duid: \"00:03:00:01:02\"\n"
                                    "            circuit-id: eth0:12\n"
                                    "            remote-id: 0x00ff\n"
                                    "            comment: the lamp by the door\n"
                                    "            hostname: lamp\n");
    static const uint8_t duid[] = { 0, 3, 0, 1, 2 };
    static const uint8_t remote_id[] = { 0, 0xff };

    assert_non_null(f);

    const struct reservation *r = &f->value.networks[0].subnets[0].reservations[0];

    assert_int_equal(r->hw_type, 1);
    assert_int_equal(r->client_id.n, 0);
    assert_true(bytes_equal(r->duid, bytes_of(duid, sizeof duid)));
    assert_true(bytes_equal(r->circuit_id, bytes_of_text("eth0:12")));
    assert_true(bytes_equal(r->remote_id, bytes_of(remote_id, sizeof remote_id)));
    assert_true(bytes_equal(r->comment, bytes_of_text("the lamp by the door")));
    assert_true(ip4_is_any(r->address));
}

TEST(a_comment_holds_nothing_that_moves_a_cursor)
{
    assert_null(parse("networks:\n"
                      "  - name: a\n"
                      "    subnets:\n"
                      "      - subnet: 10.0.0.0/24\n"
                      "        reservations:\n"
                      "          - {hw-address: \"02:00:00:00:00:01\", comment: \"a\\e[31m\"}\n"));
    assert_non_null(strstr(told(), "network.yaml:6:56: "));
    assert_non_null(strstr(told(), "expected a text of at most 255 octets"));
}

TEST(how_messages_are_answered_is_read)
{
    CLEANUP(settings_file_freep)
    struct settings_file *f = parse("renew-time: 40%\n"
                                    "networks:\n"
                                    "  - name: a\n"
                                    "    match-client-id: no\n"
                                    "    always-broadcast: yes\n"
                                    "    rapid-commit: yes\n"
                                    "    bootp: dynamic\n"
                                    "    bootp-lease-time: 1d\n"
                                    "    on-move: keep\n"
                                    "    rebind-time: 87.5%\n"
                                    "    subnets:\n"
                                    "      - {subnet: 10.0.0.0/24, renew-time: 90s}\n"
                                    "      - {subnet: 10.0.1.0/24}\n"
                                    "  - name: b\n"
                                    "    bootp-lease-time: lease-time\n"
                                    "    subnets: [{subnet: 10.0.2.0/24}]\n"
                                    "  - name: c\n"
                                    "    subnets: [{subnet: 10.0.3.0/24}]\n");

    assert_non_null(f);

    const struct network *n = f->value.networks;

    assert_true(n[0].ignores_client_id && n[0].always_broadcast && n[0].rapid_commit);
    assert_int_equal(n[0].bootp, BOOTP_DYNAMIC);
    assert_int_equal(n[0].bootp_lease.value, 86400);
    assert_int_equal(n[0].on_move, ON_MOVE_KEEP);
    assert_int_equal(n[0].subnets[0].times.renew.time.value, 90);
    assert_int_equal(n[0].subnets[1].times.renew.permille, 400);
    assert_int_equal(n[0].subnets[1].times.rebind.permille, 875);
    assert_int_equal(n[1].bootp_lease.value, 0);
    assert_false(n[2].ignores_client_id || n[2].always_broadcast || n[2].rapid_commit);
    assert_int_equal(n[2].bootp, BOOTP_STATIC);
    assert_true(seconds_is_infinite(n[2].bootp_lease));
    assert_int_equal(n[2].on_move, ON_MOVE_NAK);
}

TEST(a_moment_of_a_lease_is_a_part_below_the_whole_or_a_time)
{
    static const char *const wrong[] = { "100%", "0%", "0", "50", "5.55%", "%", "0s", "infinite" };
    char text[128];

    for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++) {
        (void)snprintf(
            text,
            sizeof text,
            "networks: [{name: a, renew-time: \"%s\", subnets: [{subnet: 10.0.0.0/24}]}]\n",
            wrong[i]);
        assert_null(parse(text));
        assert_non_null(strstr(told(), "expected a percentage of the lease time"));
    }
}

TEST(a_reservation_of_nobody_is_none)
{
    assert_null(parse("networks:\n"
                      "  - name: a\n"
                      "    subnets:\n"
                      "      - subnet: 10.0.0.0/24\n"
                      "        reservations:\n"
                      "          - {address: 10.0.0.5}\n"
                      "          - {hw-address: \"02:00\", address: 10.0.0.7}\n"
                      "          - {duid: \"0003\", address: 10.0.0.8}\n"
                      "          - {circuit-id: \"0x\", address: 10.0.0.9}\n"));
    assert_string_equal(
        told(),
        "network.yaml:6:13: a reservation needs at least one of the keys \"hw-address\", "
        "\"client-id\", \"duid\", \"circuit-id\" and \"remote-id\"\n"
        "network.yaml:7:26: an Ethernet address has 6 octets, this one 2\n"
        "network.yaml:8:20: \"0003\" is not what this key needs; expected a DUID in hex, 3 to 250 "
        "octets, like \"00:03:00:01:02:00:00:00:00:01\"\n"
        "network.yaml:9:26: \"0x\" is not what this key needs; expected a text, or 0x and hex, of "
        "1 to 253 octets\n");
}

/* The value of an option at the top, in hex; or what is told. */
static const char *hex_of(const char *options, uint8_t code)
{
    static char hex[256];
    char text[2048];

    (void)snprintf(text, sizeof text, "%s\nnetworks: []\n", options);

    CLEANUP(settings_file_freep) struct settings_file *f = parse(text);

    for (unsigned i = 0; f != NULL && i < f->value.options.n; i++) {
        if (f->value.options.at[i].code == code) {
            return bytes_format_hex(f->value.options.at[i].value, 0, hex, sizeof hex);
        }
    }
    return told();
}

TEST(options_inside_of_options_are_written_by_name)
{
    assert_string_equal(
        hex_of(
            "options:\n"
            "  vendor-encapsulated-options:\n"
            "    pxe-discovery-control: 8\n"
            "    pxe-menu-prompt: 0 Boot\n"
            "    sub-option-200: 0xff",
            43),
        "06010"
        "80a0500426f6f74c801ffff");
    assert_string_equal(
        hex_of(
            "options: {cablelabs-client-configuration: {value: {ccc-use-ticket-granting-ticket: "
            "true}, force: yes}}",
            122),
        "070101");
    assert_string_equal(hex_of("options: {vendor-encapsulated-options: 0x0102}", 43), "0102");
    assert_string_equal(
        hex_of(
            "options: {vendor-encapsulated-options: {pxe-discovery-contrl: 8, "
            "pxe-boot-item: 1, sub-option-71: 0x00, pxe-mtftp-address: []}}",
            43),
        "network.yaml:1:41: there is no sub-option \"pxe-discovery-contrl\"; did you mean "
        "\"pxe-discovery-control\"?\n"
        "network.yaml:1:81: option pxe-boot-item (record): expected the fields of a record, with "
        "spaces between\n"
        "network.yaml:1:84: sub-option 71 stands here twice\n"
        "network.yaml:1:124: option pxe-mtftp-address (ip4): expected a value\n");
}

TEST(private_options_get_names_and_types)
{
    static const char definitions[] =
        "option-definitions:\n"
        "  - {name: acme-servers, code: 224, type: ipv4-address, array: yes}\n"
        "  - {name: acme-record, code: 225, type: record,\n"
        "     record-types: [uint8, ip4, string]}\n"
        "  - {name: acme-space, code: 226, type: sub-options}\n"
        "  - {name: acme-inner, code: 7, type: u16, inside: acme-space}\n"
        "  - {name: unifi-address, code: 1, type: ip4,\n"
        "     inside: vendor-encapsulated-options}\n"
        "  - {name: acme-pairs, code: 227, type: record, array: yes,\n"
        "     record-types: [u8, ip6]}\n";

    static const struct {
        const char *options;
        uint8_t code;
        const char *hex;
    } rows[] = {
        {"options: {acme-servers: [10.0.0.1, 10.0.0.2]}",                      224, "0a0000010a000002"},
        { "options: {acme-record: 5 10.0.0.1 a b}",                            225, "050a000001612062"},
        { "options: {acme-space: {acme-inner: 258, sub-option-9: 0x01}}",      226, "07020102090101"  },
        { "options: {vendor-encapsulated-options: {unifi-address: 10.0.0.1}}",
         43,                                                                        "01040a000001ff"  },
        { "options: {acme-pairs: [\"1 ::1\", \"2 1:2:3:4:5:6:7:8\"]}",
         227,                                                                       "010000000000000000000000000000000102"
          "00010002000300040005000600070008"                                             },
        { "options: {acme-servers: 0xff}",                                     224, "ff"              },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char text[2048];

        (void)snprintf(text, sizeof text, "%s\n%s", rows[i].options, definitions);
        assert_string_equal(hex_of(text, rows[i].code), rows[i].hex);
    }
}

TEST(a_definition_that_makes_no_sense_is_told)
{
    assert_null(parse("option-definitions:\n"
                      "  - {name: a, code: 255, type: u8}\n"
                      "  - {name: b, code: 224, type: u7}\n"
                      "  - {name: routers, code: 224, type: u8}\n"
                      "  - {name: c, code: 53, type: u8}\n"
                      "  - {name: d, code: 224, type: record}\n"
                      "  - {name: e, code: 224, type: u8, record-types: [u8]}\n"
                      "  - {name: f, code: 224, type: record, record-types: [text, u8]}\n"
                      "  - {name: g, code: 224, type: record, record-types: []}\n"
                      "  - {name: h, code: 224, type: text, array: yes}\n"
                      "  - {name: i, code: 1, type: u8, inside: routers}\n"
                      "  - {code: 224, type: u8}\n"
                      "  - {name: j, code: 224, type: u8}\n"
                      "  - {name: j, code: 225, type: u8}\n"
                      "networks: []\n"
                      "options: {j: 300, k: 1}\n"));
    assert_string_equal(
        told(),
        "network.yaml:2:21: code: expected a whole number from 1 to 254\n"
        "network.yaml:3:32: \"u7\" is not a type; expected a type like u8, u16, u32, bool, ip4, "
        "ip6, text, bytes, domain-list or record\n"
        "network.yaml:4:12: there is another option \"routers\"\n"
        "network.yaml:5:21: option 53 is dhcp-message-type, which cannot be set\n"
        "network.yaml:6:5: the key \"record-types\" goes with the type record, and with it alone\n"
        "network.yaml:7:5: the key \"record-types\" goes with the type record, and with it alone\n"
        "network.yaml:8:55: \"text\" is not a field here; expected a number or an address; a text "
        "or a list can be the last field\n"
        "network.yaml:9:54: the record has no field\n"
        "network.yaml:10:32: there is no array of text: nothing would divide it\n"
        "network.yaml:11:42: \"routers\" is not an option of sub-options; expected "
        "vendor-encapsulated-options, or one defined above\n"
        "network.yaml:12:5: an option definition needs the key \"name\"\n"
        "network.yaml:14:12: there is another option \"j\"\n"
        "network.yaml:16:14: option j (u8): the number is out of range\n"
        "network.yaml:16:19: there is no option \"k\"; did you mean \"j\"?\n");
}

TEST(a_list_where_a_mapping_belongs_is_told)
{
    assert_null(parse("networks: {name: a}\n"));
    assert_string_equal(
        told(), "network.yaml:1:11: here is a mapping; expected a list of networks\n");
    assert_null(parse("- networks\n"));
    assert_string_equal(
        told(),
        "network.yaml:1:1: here is a list; expected a settings file, as keys with values\n");
}

TEST(what_is_read_can_be_encoded_and_decoded)
{
    CLEANUP(settings_file_freep) struct settings_file *f = parse(office);
    struct settings_document *d = NULL;

    assert_non_null(f);
    assert_int_equal(settings_decode(f->encoded, &d), 0);
    assert_int_equal(d->value.n_networks, 1);
    assert_int_equal(d->value.networks[0].subnets[0].n_reservations, 2);
    d = settings_document_free(d);
}

TEST(settings_that_do_not_fit_into_a_log_entry_are_refused)
{
    static char text[PUT_SETTINGS_MAX + 200] = "networks: []\n";
    size_t n = strlen(text);

    memset(text + n, '#', PUT_SETTINGS_MAX);
    text[sizeof text - 1] = '\0';
    assert_null(parse(text));
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(told(), "more than the 1047552 bytes of a log entry"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settings_file_is_read),
        cmocka_unit_test(options_are_in_wire_format_and_sorted_by_code),
        cmocka_unit_test(a_reservation_is_by_hardware_address_or_by_client_id),
        cmocka_unit_test(times_are_inherited_from_the_outer_scopes),
        cmocka_unit_test(what_is_not_named_has_a_default),
        cmocka_unit_test(every_mistake_is_told_with_its_place_and_what_was_meant),
        cmocka_unit_test(a_mistake_of_the_whole_is_told_where_it_stands),
        cmocka_unit_test(options_that_cannot_be_set_say_why),
        cmocka_unit_test(a_reservation_may_name_several_marks_of_its_client_and_no_address),
        cmocka_unit_test(a_comment_holds_nothing_that_moves_a_cursor),
        cmocka_unit_test(how_messages_are_answered_is_read),
        cmocka_unit_test(a_moment_of_a_lease_is_a_part_below_the_whole_or_a_time),
        cmocka_unit_test(a_reservation_of_nobody_is_none),
        cmocka_unit_test(options_inside_of_options_are_written_by_name),
        cmocka_unit_test(private_options_get_names_and_types),
        cmocka_unit_test(a_definition_that_makes_no_sense_is_told),
        cmocka_unit_test(a_list_where_a_mapping_belongs_is_told),
        cmocka_unit_test(what_is_read_can_be_encoded_and_decoded),
        cmocka_unit_test(settings_that_do_not_fit_into_a_log_entry_are_refused),
    };

    return cmocka_run_group_tests_name("settings_file", tests, NULL, NULL);
}
