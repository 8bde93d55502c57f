#include <string.h>

#include "server/io/frame.h"
#include "server/io/probe_packet.h"
#include "support/test.h"

static const uint8_t mac[PROBE_MAC_SIZE] = { 2, 0, 0, 0, 0, 7 };
static const struct ip4 address = { 0xc0a84d96 };

TEST(rfc_5227_a_probe_asks_for_the_address_and_claims_none)
{
    static const uint8_t expected[PROBE_ARP_SIZE] = {
        0, 1, 8, 0, 6, 4, 0,    1,    2,    0,    0, 0, 0, 7, 0, 0, 0, 0, /* from nobody */
        0, 0, 0, 0, 0, 0, 0xc0, 0xa8, 0x4d, 0x96,
    };
    uint8_t packet[PROBE_ARP_SIZE];

    probe_arp_build(packet, mac, address);
    assert_memory_equal(packet, expected, sizeof expected);
}

static const uint8_t reply[] = {
    0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 9, 0xc0, 0xa8, 0x4d, 0x96, 2, 0, 0, 0, 0, 7, 0, 0, 0, 0,
};

TEST(rfc_826_a_reply_says_who_has_the_address)
{
    struct hardware h;
    struct ip4 a;

    assert_true(probe_arp_parse(bytes_of(reply, sizeof reply), &h, &a));
    assert_int_equal(a.value, address.value);
    assert_int_equal(h.type, 1);
    assert_int_equal(h.n, 6);
    assert_int_equal(h.address[5], 9);
}

TEST(what_is_no_reply_about_an_address_is_none)
{
    struct hardware h;
    struct ip4 a;

    for (size_t n = 0; n < 18; n++) {
        assert_false(probe_arp_parse(bytes_of(reply, n), &h, &a));
    }
    for (size_t i = 0; i < 8; i++) { /* each field of the head */
        uint8_t other[sizeof reply];

        memcpy(other, reply, sizeof reply);
        other[i] ^= 1;
        assert_false(probe_arp_parse(bytes_of(other, sizeof other), &h, &a));
    }
}

/* An IP header of @header octets, then what an echo to @packet is answered with. */
static struct bytes answer_to(const uint8_t *packet, size_t header, uint8_t *out)
{
    memset(out, 0, header);
    out[0] = (uint8_t)(0x40 + header / 4);
    out[9] = 1;
    memcpy(out + 12, "\xc0\xa8\x4d\x96", 4);
    memcpy(out + header, packet, PROBE_ECHO_SIZE);
    out[header] = 0;
    return bytes_of(out, header + PROBE_ECHO_SIZE);
}

TEST(rfc_792_an_echo_is_known_by_its_identifier_and_its_checksum_is_right)
{
    uint8_t packet[PROBE_ECHO_SIZE];
    uint8_t out[100];
    struct ip4 source = IP4_ANY;

    probe_echo_build(packet, 0x1234, 7);
    assert_int_equal(
        frame_checksum_fold(frame_checksum_add(0, bytes_of(packet, sizeof packet))), 0);
    assert_true(probe_echo_parse(answer_to(packet, 20, out), 0x1234, &source));
    assert_int_equal(source.value, address.value);
    assert_true(probe_echo_parse(answer_to(packet, 24, out), 0x1234, &source)); /* IP options */
    assert_false(probe_echo_parse(answer_to(packet, 20, out), 0x1235, &source));
}

TEST(what_is_no_echo_reply_is_none)
{
    static const size_t fields[] = { 0, 9, 20, 21, 24, 25 }; /* length, protocol, type, code, id */
    uint8_t packet[PROBE_ECHO_SIZE];
    uint8_t out[100];
    struct ip4 source;

    probe_echo_build(packet, 0x1234, 7);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct bytes b = answer_to(packet, 20, out);

        out[fields[i]] ^= 1;
        assert_false(probe_echo_parse(b, 0x1234, &source));
    }
    for (size_t n = 0; n < 26; n++) {
        assert_false(probe_echo_parse(bytes_of(answer_to(packet, 20, out).at, n), 0x1234, &source));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_5227_a_probe_asks_for_the_address_and_claims_none),
        cmocka_unit_test(rfc_826_a_reply_says_who_has_the_address),
        cmocka_unit_test(what_is_no_reply_about_an_address_is_none),
        cmocka_unit_test(rfc_792_an_echo_is_known_by_its_identifier_and_its_checksum_is_right),
        cmocka_unit_test(what_is_no_echo_reply_is_none),
    };

    return cmocka_run_group_tests_name("probe_packet", tests, NULL, NULL);
}
