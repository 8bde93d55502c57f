#include <string.h>

#include "base/reader.h"
#include "server/io/frame.h"
#include "support/test.h"

static const struct frame_ends ends = {
    .source = { 0xc0a80101 },      /* 192.168.1.1 */
    .destination = { 0xc0a80164 }, /* 192.168.1.100 */
    .source_port = 67,
    .destination_port = 68,
};

TEST(the_checksum_is_that_of_rfc_1071)
{
    static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

    assert_int_equal(frame_checksum_fold(frame_checksum_add(0, bytes_of(example, 8))), 0x220d);
    assert_int_equal(
        frame_checksum_fold(frame_checksum_add(0, bytes_of(example, 3))),
        (uint16_t) ~(0x0001 + 0xf200));
}

/* A receiver adds up everything with the checksum in it and gets all ones. */
static uint16_t sum_of(struct bytes b)
{
    return (uint16_t)~frame_checksum_fold(frame_checksum_add(0, b));
}

TEST(rfc_2131_4_1_a_frame_has_both_checksums_right)
{
    for (size_t n = 0; n < 600; n += 37) {
        uint8_t payload[600];
        uint8_t datagram[700];
        uint8_t pseudo[700];
        struct writer w = writer_of(datagram, sizeof datagram);
        struct writer p = writer_of(pseudo, sizeof pseudo);

        memset(payload, (int)(n & 255), sizeof payload);
        frame_build(&w, &ends, bytes_of(payload, n));
        assert_false(w.overrun);
        assert_int_equal(w.n, FRAME_HEADERS + n);
        assert_int_equal(sum_of(bytes_of(datagram, FRAME_IP_HEADER)), 0xffff);
        writer_bytes(&p, bytes_of(datagram + 12, 8)); /* both addresses */
        writer_u16(&p, 17);
        writer_u16(&p, (uint16_t)(FRAME_UDP_HEADER + n));
        writer_bytes(&p, bytes_slice(writer_done(&w), FRAME_IP_HEADER, w.n));
        assert_int_equal(sum_of(writer_done(&p)), 0xffff);
    }
}

TEST(a_frame_says_its_lengths_ports_and_addresses)
{
    uint8_t datagram[300];
    struct writer w = writer_of(datagram, sizeof datagram);
    struct reader r;

    frame_build(&w, &ends, bytes_of_text("hello"));
    r = reader_of(writer_done(&w));
    assert_int_equal(reader_u16(&r), 0x4500);
    assert_int_equal(reader_u16(&r), 33);
    assert_int_equal(reader_u32(&r), 0x4000); /* not a fragment, and not to become one */
    assert_int_equal(reader_u16(&r), 64 << 8 | 17);
    (void)reader_u16(&r);
    assert_int_equal(reader_u32(&r), ends.source.value);
    assert_int_equal(reader_u32(&r), ends.destination.value);
    assert_int_equal(reader_u16(&r), 67);
    assert_int_equal(reader_u16(&r), 68);
    assert_int_equal(reader_u16(&r), 13);
    (void)reader_u16(&r);
    assert_true(bytes_equal(r.rest, bytes_of_text("hello")));
}

TEST(rfc_768_a_udp_checksum_of_zero_is_sent_as_ones)
{
    uint8_t datagram[64];
    bool was_seen = false;

    for (unsigned i = 0; i <= UINT16_MAX; i++) { /* one of these payloads sums up to zero */
        uint8_t payload[2] = { (uint8_t)(i >> 8), (uint8_t)i };
        struct writer w = writer_of(datagram, sizeof datagram);

        frame_build(&w, &ends, bytes_of(payload, sizeof payload));
        assert_false(datagram[26] == 0 && datagram[27] == 0);
        was_seen = was_seen || (datagram[26] == 0xff && datagram[27] == 0xff);
    }
    assert_true(was_seen);
}

TEST(a_payload_that_does_not_fit_latches_overrun)
{
    static uint8_t payload[70000];
    uint8_t datagram[100];
    struct writer w = writer_of(datagram, sizeof datagram);
    struct writer v = writer_of(datagram, sizeof datagram);

    frame_build(&w, &ends, bytes_of(payload, 80));
    assert_true(w.overrun);
    frame_build(&v, &ends, bytes_of(payload, sizeof payload));
    assert_true(v.overrun);
}

TEST(a_frame_that_was_built_is_read_again)
{
    uint8_t datagram[200];
    struct writer w = writer_of(datagram, sizeof datagram);
    struct frame_ends read;
    struct bytes payload;

    frame_build(&w, &ends, bytes_of("payload", 7));
    assert_true(frame_parse(writer_done(&w), &read, &payload));
    assert_memory_equal(&read, &ends, sizeof ends);
    assert_true(bytes_equal(payload, bytes_of("payload", 7)));
    writer_fill(&w, 0, 20); /* the padding of a short Ethernet frame */
    assert_true(frame_parse(writer_done(&w), &read, &payload));
    assert_int_equal(payload.n, 7);
}

TEST(what_is_no_whole_udp_datagram_is_none)
{
    static const struct {
        size_t at;
        uint8_t value;
    } faults[] = {
        {0,   0x65}, /* IPv6 */
        { 0,  0x44}, /* a header shorter than any */
        { 0,  0x4f}, /* a header beyond the end */
        { 6,  0x20}, /* the first of several fragments */
        { 7,  0x08}, /* a later one */
        { 9,  6   }, /* TCP */
        { 24, 1   }, /* longer than what is there */
    };

    uint8_t datagram[200];
    struct frame_ends read;
    struct bytes payload;

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct writer w = writer_of(datagram, sizeof datagram);

        frame_build(&w, &ends, bytes_of("payload", 7));
        datagram[faults[i].at] = faults[i].value;
        assert_false(frame_parse(writer_done(&w), &read, &payload));
    }
    for (size_t n = 0; n < FRAME_HEADERS + 7; n++) {
        struct writer w = writer_of(datagram, sizeof datagram);

        frame_build(&w, &ends, bytes_of("payload", 7));
        assert_false(frame_parse(bytes_of(datagram, n), &read, &payload));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_that_was_built_is_read_again),
        cmocka_unit_test(what_is_no_whole_udp_datagram_is_none),
        cmocka_unit_test(the_checksum_is_that_of_rfc_1071),
        cmocka_unit_test(rfc_2131_4_1_a_frame_has_both_checksums_right),
        cmocka_unit_test(a_frame_says_its_lengths_ports_and_addresses),
        cmocka_unit_test(rfc_768_a_udp_checksum_of_zero_is_sent_as_ones),
        cmocka_unit_test(a_payload_that_does_not_fit_latches_overrun),
    };

    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
