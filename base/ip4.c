#include "base/ip4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ip4 ip4_of(uint32_t value)
{
    return (struct ip4){ value };
}

bool ip4_is_any(struct ip4 a)
{
    return a.value == 0;
}

bool ip4_equal(struct ip4 a, struct ip4 b)
{
    return a.value == b.value;
}

char *ip4_format(struct ip4 a, char *out)
{
    (void)snprintf(
        out,
        IP4_TEXT_MAX,
        "%u.%u.%u.%u",
        a.value >> 24,
        a.value >> 16 & 255,
        a.value >> 8 & 255,
        a.value & 255);
    return out;
}

/* Reads a decimal number <= @max without leading zeros. Returns what follows, or NULL. */
static const char *parse_decimal(const char *text, uint32_t max, uint32_t *ret_value)
{
    const char *p = text;
    uint32_t value = 0;

    while (*p >= '0' && *p <= '9' && value <= max) {
        value = value * 10 + (uint32_t)(*p++ - '0');
    }
    if (p == text || value > max || (*text == '0' && p > text + 1)) {
        return NULL;
    }
    *ret_value = value;
    return p;
}

/* Reads four octets. Returns what follows, or NULL. */
static const char *parse_octets(const char *text, struct ip4 *ret_address)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t octet = 0;

        if (i > 0 && *text++ != '.') {
            return NULL;
        }
        text = parse_decimal(text, 255, &octet);
        if (text == NULL) {
            return NULL;
        }
        value = value << 8 | octet;
    }
    *ret_address = ip4_of(value);
    return text;
}

bool ip4_parse(const char *text, struct ip4 *ret_address)
{
    struct ip4 a = IP4_ANY;

    text = parse_octets(text, &a);
    if (text == NULL || *text != '\0') {
        return false;
    }
    *ret_address = a;
    return true;
}

bool ip4_prefix_parse(const char *text, struct ip4_prefix *ret_prefix)
{
    struct ip4_prefix p = { .length = 0 };
    uint32_t length = 0;

    text = parse_octets(text, &p.network);
    if (text == NULL || *text != '/') {
        return false;
    }
    text = parse_decimal(text + 1, 32, &length);
    p.length = (uint8_t)length;
    if (text == NULL || *text != '\0' || (p.network.value & ~ip4_prefix_mask(p).value) != 0) {
        return false;
    }
    *ret_prefix = p;
    return true;
}

struct ip4 ip4_prefix_mask(struct ip4_prefix p)
{
    return ip4_of(p.length == 0 ? 0 : 0xffffffffu << (32 - p.length));
}

struct ip4 ip4_prefix_last(struct ip4_prefix p)
{
    return ip4_of(p.network.value | ~ip4_prefix_mask(p).value);
}

bool ip4_prefix_contains(struct ip4_prefix p, struct ip4 a)
{
    return (a.value & ip4_prefix_mask(p).value) == p.network.value;
}

bool ip4_prefix_overlaps(struct ip4_prefix a, struct ip4_prefix b)
{
    return ip4_prefix_contains(a, b.network) || ip4_prefix_contains(b, a.network);
}

bool ip4_range_contains(struct ip4_range r, struct ip4 a)
{
    return r.first.value <= a.value && a.value <= r.last.value;
}

uint64_t ip4_range_size(struct ip4_range r)
{
    return (uint64_t)r.last.value - r.first.value + 1;
}
