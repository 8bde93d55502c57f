#ifndef IO_PROBE_PACKET_H
#define IO_PROBE_PACKET_H

#include "base/ip4.h"
#include "proto/dhcp/message.h"

/*
 * Probe packets - ARP probes (RFC 5227 2.1.1), ICMP echo requests (RFC 792), and their answers;
 * pure
 */
enum {
    PROBE_MAC_SIZE = 6,
    PROBE_ARP_SIZE = 28,      /* Ethernet and IPv4; what follows the Ethernet header */
    PROBE_ARP_OPERATION = 6,  /* where the operation stands */
    PROBE_ARP_REPLY = 2,      /* an operation */
    PROBE_ECHO_SIZE = 8 + 16, /* header and data */
};

/* Asks who has @address, from nobody: a sender address of 0 enters no cache. */
void probe_arp_build(
    uint8_t out[PROBE_ARP_SIZE], const uint8_t mac[PROBE_MAC_SIZE], struct ip4 address);

/* Reads an ARP reply. False when @packet is none; else who says that it has which address. */
bool probe_arp_parse(struct bytes packet, struct hardware *ret_hardware, struct ip4 *ret_address);

/* An echo request that is told from others' by @id. */
void probe_echo_build(uint8_t out[PROBE_ECHO_SIZE], uint16_t id, uint16_t sequence);

/* Reads an IPv4 datagram as a raw socket gives it. False when it is no echo reply to @id. */
bool probe_echo_parse(struct bytes datagram, uint16_t id, struct ip4 *ret_source);

#endif
