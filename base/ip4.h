#ifndef BASE_IP4_H
#define BASE_IP4_H

#include <stdbool.h>
#include <stdint.h>

enum { IP4_TEXT_MAX = 16 }; /* "255.255.255.255" and a NUL */

/* Ip4 - an IPv4 address, in host order everywhere but on the wire. */
struct ip4 {
    uint32_t value;
};

struct ip4_range {
    struct ip4 first, last; /* both inclusive */
};

struct ip4_prefix {
    struct ip4 network;
    uint8_t length; /* 0..32 */
};

#define IP4_ANY       ((struct ip4){ 0 })
#define IP4_BROADCAST ((struct ip4){ 0xffffffffu })

struct ip4 ip4_of(uint32_t value);
bool ip4_is_any(struct ip4 a);
bool ip4_equal(struct ip4 a, struct ip4 b);

/* Writes dotted text into @out, at least IP4_TEXT_MAX bytes. Returns @out. */
char *ip4_format(struct ip4 a, char *out);

/* Reads exactly four decimal octets, no leading zeros, nothing after. */
bool ip4_parse(const char *text, struct ip4 *ret_address);

/* "192.168.1.0/24"; host bits must be zero. */
bool ip4_prefix_parse(const char *text, struct ip4_prefix *ret_prefix);
struct ip4 ip4_prefix_mask(struct ip4_prefix p);
struct ip4 ip4_prefix_last(struct ip4_prefix p); /* the directed broadcast address */
bool ip4_prefix_contains(struct ip4_prefix p, struct ip4 a);
bool ip4_prefix_overlaps(struct ip4_prefix a, struct ip4_prefix b);

bool ip4_range_contains(struct ip4_range r, struct ip4 a);
uint64_t ip4_range_size(struct ip4_range r);

#endif
