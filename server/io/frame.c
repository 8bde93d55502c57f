#include "server/io/frame.h"

#include "base/reader.h"

enum {
    IP_VERSION_AND_LENGTH = 0x45, /* version 4, five words */
    IP_TTL = 64,                  /* RFC 1700 */
    IP_PROTOCOL_UDP = 17,
    IP_DONT_FRAGMENT = 0x4000,
};

uint32_t frame_checksum_add(uint32_t sum, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        sum += i % 2 == 0 ? (uint32_t)b.at[i] << 8 : b.at[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

uint16_t frame_checksum_fold(uint32_t sum)
{
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void build_ip_header(
    struct writer *w, const struct frame_ends *ends, size_t length, uint16_t checksum)
{
    writer_u8(w, IP_VERSION_AND_LENGTH);
    writer_u8(w, 0);
    writer_u16(w, (uint16_t)length);
    writer_u16(w, 0);
    writer_u16(w, IP_DONT_FRAGMENT);
    writer_u8(w, IP_TTL);
    writer_u8(w, IP_PROTOCOL_UDP);
    writer_u16(w, checksum);
    writer_u32(w, ends->source.value);
    writer_u32(w, ends->destination.value);
}

static uint16_t ip_checksum(const struct frame_ends *ends, size_t length)
{
    uint8_t header[FRAME_IP_HEADER];
    struct writer w = writer_of(header, sizeof header);

    build_ip_header(&w, ends, length, 0);
    return frame_checksum_fold(frame_checksum_add(0, writer_done(&w)));
}

/* Over the pseudo header, the UDP header and the payload; 0 is sent as 0xffff (RFC 768). */
static uint16_t udp_checksum(const struct frame_ends *ends, uint16_t length, struct bytes payload)
{
    uint8_t front[12 + FRAME_UDP_HEADER];
    struct writer w = writer_of(front, sizeof front);

    writer_u32(&w, ends->source.value);
    writer_u32(&w, ends->destination.value);
    writer_u8(&w, 0);
    writer_u8(&w, IP_PROTOCOL_UDP);
    writer_u16(&w, length);
    writer_u16(&w, ends->source_port);
    writer_u16(&w, ends->destination_port);
    writer_u16(&w, length);
    writer_u16(&w, 0);

    uint32_t sum = frame_checksum_add(0, writer_done(&w));
    uint16_t checksum = frame_checksum_fold(frame_checksum_add(sum, payload));

    return checksum == 0 ? 0xffff : checksum;
}

void frame_build(struct writer *w, const struct frame_ends *ends, struct bytes payload)
{
    if (payload.n > UINT16_MAX - FRAME_HEADERS) {
        w->overrun = true;
        return;
    }

    uint16_t udp_length = (uint16_t)(FRAME_UDP_HEADER + payload.n);
    size_t length = (size_t)FRAME_IP_HEADER + udp_length;

    build_ip_header(w, ends, length, ip_checksum(ends, length));
    writer_u16(w, ends->source_port);
    writer_u16(w, ends->destination_port);
    writer_u16(w, udp_length);
    writer_u16(w, udp_checksum(ends, udp_length, payload));
    writer_bytes(w, payload);
}

bool frame_parse(struct bytes datagram, struct frame_ends *ret_ends, struct bytes *ret_payload)
{
    struct reader ip = reader_of(datagram);
    unsigned first = reader_u8(&ip);
    size_t header = (first & 0x0f) * 4u;
    struct reader udp = reader_of(bytes_slice(datagram, header, datagram.n));
    struct frame_ends ends;

    (void)reader_take(&ip, 5); /* type of service, length, identification */

    unsigned fragment = reader_u16(&ip) & (unsigned)~IP_DONT_FRAGMENT;

    (void)reader_u8(&ip); /* time to live */

    unsigned protocol = reader_u8(&ip);

    (void)reader_u16(&ip);
    ends.source = ip4_of(reader_u32(&ip));
    ends.destination = ip4_of(reader_u32(&ip));
    ends.source_port = reader_u16(&udp);
    ends.destination_port = reader_u16(&udp);

    unsigned length = reader_u16(&udp);

    (void)reader_u16(&udp);
    if (ip.overrun || udp.overrun || first >> 4 != 4 || header < FRAME_IP_HEADER || fragment != 0 ||
        protocol != IP_PROTOCOL_UDP || length < FRAME_UDP_HEADER ||
        length - FRAME_UDP_HEADER > udp.rest.n) {
        return false;
    }
    *ret_ends = ends;
    *ret_payload = reader_take(&udp, length - FRAME_UDP_HEADER);
    return true;
}
