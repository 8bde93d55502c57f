#include "server/io/probe_packet.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "server/io/frame.h"

enum {
    ARP_HARDWARE_ETHERNET = 1,
    ARP_PROTOCOL_IP = 0x0800,
    ARP_REQUEST = 1,
    ECHO_REQUEST = 8,
    ECHO_REPLY = 0,
    IP_PROTOCOL_ICMP = 1,
    IP_PROTOCOL_AT = 9,
    IP_SOURCE_AT = 12,
};

void probe_arp_build(
    uint8_t out[PROBE_ARP_SIZE], const uint8_t mac[PROBE_MAC_SIZE], struct ip4 address)
{
    struct writer w = writer_of(out, PROBE_ARP_SIZE);

    writer_u16(&w, ARP_HARDWARE_ETHERNET);
    writer_u16(&w, ARP_PROTOCOL_IP);
    writer_u8(&w, PROBE_MAC_SIZE);
    writer_u8(&w, 4);
    writer_u16(&w, ARP_REQUEST);
    writer_bytes(&w, bytes_of(mac, PROBE_MAC_SIZE));
    writer_u32(&w, 0);
    writer_fill(&w, 0, PROBE_MAC_SIZE);
    writer_u32(&w, address.value);
}

bool probe_arp_parse(struct bytes packet, struct hardware *ret_hardware, struct ip4 *ret_address)
{
    struct reader r = reader_of(packet);
    bool is_ours = reader_u16(&r) == ARP_HARDWARE_ETHERNET;

    is_ours &= reader_u16(&r) == ARP_PROTOCOL_IP;
    is_ours &= reader_u8(&r) == PROBE_MAC_SIZE;
    is_ours &= reader_u8(&r) == 4;
    is_ours &= reader_u16(&r) == PROBE_ARP_REPLY;

    struct bytes mac = reader_take(&r, PROBE_MAC_SIZE);
    struct ip4 address = ip4_of(reader_u32(&r));

    if (r.overrun || !is_ours || ip4_is_any(address)) {
        return false;
    }
    *ret_hardware = (struct hardware){ .type = ARP_HARDWARE_ETHERNET, .n = PROBE_MAC_SIZE };
    memcpy(ret_hardware->address, mac.at, mac.n);
    *ret_address = address;
    return true;
}

void probe_echo_build(uint8_t out[PROBE_ECHO_SIZE], uint16_t id, uint16_t sequence)
{
    struct writer w = writer_of(out, PROBE_ECHO_SIZE);

    writer_u8(&w, ECHO_REQUEST);
    writer_u8(&w, 0);
    writer_u16(&w, 0);
    writer_u16(&w, id);
    writer_u16(&w, sequence);
    writer_fill(&w, 0, PROBE_ECHO_SIZE - 8);

    uint16_t sum = frame_checksum_fold(frame_checksum_add(0, writer_done(&w)));

    out[2] = (uint8_t)(sum >> 8);
    out[3] = (uint8_t)sum;
}

bool probe_echo_parse(struct bytes datagram, uint16_t id, struct ip4 *ret_source)
{
    struct reader ip = reader_of(datagram);
    size_t header = (reader_u8(&ip) & 0x0fu) * 4u;
    struct reader protocol = reader_of(bytes_slice(datagram, IP_PROTOCOL_AT, 1));
    struct reader source = reader_of(bytes_slice(datagram, IP_SOURCE_AT, 4));
    struct reader icmp = reader_of(bytes_slice(datagram, header, datagram.n));
    bool is_ours = reader_u8(&protocol) == IP_PROTOCOL_ICMP && header >= FRAME_IP_HEADER;

    is_ours &= reader_u8(&icmp) == ECHO_REPLY;
    is_ours &= reader_u8(&icmp) == 0;
    (void)reader_u16(&icmp); /* the kernel has looked at the checksum */
    is_ours &= reader_u16(&icmp) == id;
    if (icmp.overrun || source.overrun || !is_ours) {
        return false;
    }
    *ret_source = ip4_of(reader_u32(&source));
    return true;
}
