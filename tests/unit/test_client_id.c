#include <string.h>

#include "proto/dhcp/client_id.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "support/packet.h"
#include "support/test.h"

static struct packet packet;
static struct message message;

/* The key of a DISCOVER from @hardware with option 61 @id, if that is not empty. */
static int key_of(struct hardware hardware, struct bytes id, struct bytes *ret_key)
{
    struct message_header header = packet_header();

    header.hardware = hardware;
    packet_start(&packet, &header, MESSAGE_DISCOVER);
    if (id.at != NULL) {
        message_build_option(&packet.w, OPTION_CLIENT_IDENTIFIER, id);
    }
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    return client_id_of(&message, ret_key);
}

TEST(rule_61_the_key_is_option_61_byte_for_byte)
{
    static const uint8_t id[] = { 0xff, 0, 1, 2, 3, 0, 2 };
    struct bytes key;

    assert_int_equal(key_of(packet_header().hardware, bytes_of(id, sizeof id), &key), 0);
    assert_true(bytes_equal(key, bytes_of(id, sizeof id)));
}

TEST(rule_61_without_option_61_the_key_is_hardware_type_and_address)
{
    static const uint8_t ethernet[] = { 1, 2, 0, 0, 0, 0, 1 };
    static const uint8_t other[] = { 6, 2, 0, 0, 0, 0, 1 };
    struct hardware hardware = packet_header().hardware;
    struct bytes key;

    assert_int_equal(key_of(hardware, (struct bytes){ 0 }, &key), 0);
    assert_true(bytes_equal(key, bytes_of(ethernet, sizeof ethernet)));
    hardware.n = 3;
    assert_int_equal(key_of(hardware, (struct bytes){ 0 }, &key), 0);
    assert_true(bytes_equal(key, bytes_of(ethernet, 4)));
    hardware.n = 16;
    assert_int_equal(key_of(hardware, (struct bytes){ 0 }, &key), 0);
    assert_int_equal(key.n, 17);
    hardware.n = 6;
    hardware.type = 6;
    assert_int_equal(key_of(hardware, (struct bytes){ 0 }, &key), 0);
    assert_true(bytes_equal(key, bytes_of(other, sizeof other)));
}

TEST(rule_07_a_client_identifier_of_one_byte_or_above_255_is_as_if_never_sent)
{
    static const uint8_t id[256] = { 1, 2 };
    static const size_t wrong[] = { 0, 1, 256 };
    struct bytes key;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(key_of(packet_header().hardware, bytes_of(id, wrong[i]), &key), 0);
        assert_int_equal(key.n, 7);
        assert_false(message_has(&message, OPTION_CLIENT_IDENTIFIER));
    }
    assert_int_equal(key_of(packet_header().hardware, bytes_of(id, 255), &key), 0);
    assert_int_equal(key.n, 255);
}

TEST(rule_03_without_a_hardware_address_the_key_is_the_client_identifier_or_none)
{
    static const uint8_t id[] = { 0xff, 9 };
    struct hardware none = { .type = 32 };
    struct bytes key;

    assert_int_equal(key_of(none, bytes_of(id, sizeof id), &key), 0);
    assert_true(bytes_equal(key, bytes_of(id, sizeof id)));
    assert_int_equal(key_of(none, (struct bytes){ 0 }, &key), CLIENT_ID_NONE);
}

TEST(rule_62_the_duid_is_behind_type_255_and_the_iaid)
{
    static const uint8_t id[] = { 255, 0, 0, 0, 7, 0, 3, 0, 1 };
    static const uint8_t other[] = { 1, 0, 0, 0, 7, 0, 3, 0, 1 };

    assert_true(bytes_equal(client_id_duid(bytes_of(id, sizeof id)), bytes_of(id + 5, 4)));
    assert_int_equal(client_id_duid(bytes_of(id, 8)).n, CLIENT_DUID_MIN);
    assert_int_equal(client_id_duid(bytes_of(id, 7)).n, 0);
    assert_int_equal(client_id_duid(bytes_of(other, sizeof other)).n, 0);
}

TEST(formats_as_hex_with_colons)
{
    static const uint8_t id[CLIENT_ID_MAX] = { 1, 0xaa };
    char text[CLIENT_ID_TEXT_MAX];

    assert_string_equal(client_id_format(bytes_of(id, 3), text), "01:aa:00");
    assert_int_equal(strlen(client_id_format(bytes_of(id, sizeof id), text)), sizeof text - 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_61_the_key_is_option_61_byte_for_byte),
        cmocka_unit_test(rule_61_without_option_61_the_key_is_hardware_type_and_address),
        cmocka_unit_test(rule_07_a_client_identifier_of_one_byte_or_above_255_is_as_if_never_sent),
        cmocka_unit_test(
            rule_03_without_a_hardware_address_the_key_is_the_client_identifier_or_none),
        cmocka_unit_test(rule_62_the_duid_is_behind_type_255_and_the_iaid),
        cmocka_unit_test(formats_as_hex_with_colons),
    };

    return cmocka_run_group_tests_name("client_id", tests, NULL, NULL);
}
