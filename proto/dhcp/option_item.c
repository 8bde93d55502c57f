#include "proto/dhcp/option_item.h"

#include <string.h>

#include "base/ip4.h"
#include "proto/dhcp/domain.h"
#include "proto/dhcp/text.h"

/* Reads a decimal integer, with a minus sign perhaps. */
static int parse_integer(const char *item, int64_t *ret_value)
{
    const char *p = item[0] == '-' ? item + 1 : item;
    int64_t value = 0;

    if (*p == '\0') {
        return OPTION_VALUE_NOT_A_NUMBER;
    }
    for (; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') {
            return OPTION_VALUE_NOT_A_NUMBER;
        }
        if (value > UINT32_MAX) {
            return OPTION_VALUE_OUT_OF_RANGE;
        }
        value = value * 10 + (*p - '0');
    }
    *ret_value = item[0] == '-' ? -value : value;
    return 0;
}

static int parse_unsigned(const struct option_spec *spec, const char *item, uint32_t *ret_value)
{
    int64_t value = 0;
    int r = parse_integer(item, &value);

    if (r != 0) {
        return r;
    }
    if (value < spec->min || value > spec->max) {
        return OPTION_VALUE_OUT_OF_RANGE;
    }
    *ret_value = (uint32_t)value;
    return 0;
}

int option_build_u8(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint32_t value = 0;
    int r = parse_unsigned(spec, item, &value);

    if (r == 0) {
        r = value > UINT8_MAX ? OPTION_VALUE_OUT_OF_RANGE : 0;
        writer_u8(out, (uint8_t)value);
    }
    return r;
}

int option_build_u16(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint32_t value = 0;
    int r = parse_unsigned(spec, item, &value);

    if (r == 0) {
        r = value > UINT16_MAX ? OPTION_VALUE_OUT_OF_RANGE : 0;
        writer_u16(out, (uint16_t)value);
    }
    return r;
}

int option_build_u32(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint32_t value = 0;
    int r = parse_unsigned(spec, item, &value);

    writer_u32(out, value);
    return r;
}

/* A signed number within [-@most - 1, @most]. */
static int parse_signed(const char *item, int64_t most, int64_t *ret_value)
{
    int r = parse_integer(item, ret_value);

    return r == 0 && (*ret_value < -most - 1 || *ret_value > most) ? OPTION_VALUE_OUT_OF_RANGE : r;
}

int option_build_s8(const struct option_spec *spec, const char *item, struct writer *out)
{
    int64_t value = 0;
    int r = parse_signed(item, INT8_MAX, &value);

    (void)spec;
    writer_u8(out, (uint8_t)value);
    return r;
}

int option_build_s16(const struct option_spec *spec, const char *item, struct writer *out)
{
    int64_t value = 0;
    int r = parse_signed(item, INT16_MAX, &value);

    (void)spec;
    writer_u16(out, (uint16_t)value);
    return r;
}

int option_build_s32(const struct option_spec *spec, const char *item, struct writer *out)
{
    int64_t value = 0;
    int r = parse_signed(item, INT32_MAX, &value);

    (void)spec;
    writer_u32(out, (uint32_t)value);
    return r;
}

int option_build_seconds(const struct option_spec *spec, const char *item, struct writer *out)
{
    struct seconds value = { 0 };

    if (!text_parse_seconds(item, &value)) {
        return OPTION_VALUE_NOT_A_DURATION;
    }
    writer_u32(out, value.value);
    return value.value < spec->min || value.value > spec->max ? OPTION_VALUE_OUT_OF_RANGE : 0;
}

int option_build_bool(const struct option_spec *spec, const char *item, struct writer *out)
{
    bool is_true = strcmp(item, "true") == 0;

    (void)spec;
    if (!is_true && strcmp(item, "false") != 0) {
        return OPTION_VALUE_NOT_A_BOOLEAN;
    }
    writer_u8(out, is_true ? 1 : 0);
    return 0;
}

int option_build_empty(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    (void)out;
    return strcmp(item, "true") == 0 ? 0 : OPTION_VALUE_NOT_A_BOOLEAN;
}

int option_build_ip4(const struct option_spec *spec, const char *item, struct writer *out)
{
    struct ip4 address = IP4_ANY;

    (void)spec;
    if (!ip4_parse(item, &address)) {
        return OPTION_VALUE_NOT_AN_ADDRESS;
    }
    writer_u32(out, address.value);
    return 0;
}

/* Copies the word before the first space of @item and returns what follows it; NULL if none. */
static const char *split_pair(const char *item, char *first, size_t size)
{
    const char *space = strchr(item, ' ');
    size_t n = space == NULL ? size : (size_t)(space - item);

    if (n >= size) {
        return NULL;
    }
    memcpy(first, item, n);
    first[n] = '\0';
    return space + strspn(space, " ");
}

int option_build_pair(const struct option_spec *spec, const char *item, struct writer *out)
{
    char first[IP4_TEXT_MAX];
    const char *second = split_pair(item, first, sizeof first);

    if (second == NULL || option_build_ip4(spec, first, out) != 0 ||
        option_build_ip4(spec, second, out) != 0) {
        return OPTION_VALUE_NOT_A_PAIR;
    }
    return 0;
}

/* Prefix length, the octets of the network that it covers, gateway (RFC 3442). */
int option_build_route(const struct option_spec *spec, const char *item, struct writer *out)
{
    char first[IP4_TEXT_MAX + sizeof "/32"];
    const char *gateway = split_pair(item, first, sizeof first);
    struct ip4_prefix prefix = { .length = 0 };

    if (gateway == NULL || !ip4_prefix_parse(first, &prefix)) {
        return OPTION_VALUE_NOT_A_ROUTE;
    }
    writer_u8(out, prefix.length);
    for (unsigned bits = 0; bits < prefix.length; bits += 8) {
        writer_u8(out, (uint8_t)(prefix.network.value >> (24 - bits)));
    }
    return option_build_ip4(spec, gateway, out) == 0 ? 0 : OPTION_VALUE_NOT_A_ROUTE;
}

int option_build_text(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    for (const char *p = item; *p != '\0'; p++) {
        if ((uint8_t)*p < ' ' || *p == 127) {
            return OPTION_VALUE_NOT_TEXT;
        }
    }
    writer_bytes(out, bytes_of_text(item));
    return 0;
}

int option_build_domain(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    if (!text_is_domain(item)) {
        return OPTION_VALUE_NOT_A_DOMAIN;
    }
    writer_bytes(out, bytes_of_text(item));
    return 0;
}

int option_build_labels(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    return domain_build(item, out) ? 0 : OPTION_VALUE_NOT_A_DOMAIN;
}

int option_build_data(const char *item, struct writer *out)
{
    if (strncmp(item, "0x", 2) != 0) {
        return option_build_text(NULL, item, out);
    }
    return text_parse_hex(item + 2, out) || out->overrun ? 0 : OPTION_VALUE_NOT_HEX;
}

int option_build_ip6(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint8_t octets[TEXT_IP6_SIZE];

    (void)spec;
    if (!text_parse_ip6(item, octets)) {
        return OPTION_VALUE_NOT_IP6;
    }
    writer_bytes(out, bytes_of(octets, sizeof octets));
    return 0;
}

int option_build_hex(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    (void)item;
    (void)out;
    return OPTION_VALUE_NOT_HEX; /* what starts with 0x has been read before */
}
