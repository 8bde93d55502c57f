#include <string.h>

#include "base/check.h"
#include "base/ip4.h"
#include "base/own.h"
#include "proto/dhcp/domain.h"
#include "proto/dhcp/option.h"
#include "proto/dhcp/text.h"

/* Writes one item of a value. Returns 0 or an enum option_value_outcome. */
typedef int item_builder(const struct option_spec *spec, const char *item, struct writer *out);

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

static int build_u8(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint32_t value = 0;
    int r = parse_unsigned(spec, item, &value);

    if (r == 0) {
        r = value > UINT8_MAX ? OPTION_VALUE_OUT_OF_RANGE : 0;
        writer_u8(out, (uint8_t)value);
    }
    return r;
}

static int build_u16(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint32_t value = 0;
    int r = parse_unsigned(spec, item, &value);

    if (r == 0) {
        r = value > UINT16_MAX ? OPTION_VALUE_OUT_OF_RANGE : 0;
        writer_u16(out, (uint16_t)value);
    }
    return r;
}

static int build_u32(const struct option_spec *spec, const char *item, struct writer *out)
{
    uint32_t value = 0;
    int r = parse_unsigned(spec, item, &value);

    writer_u32(out, value);
    return r;
}

static int build_s32(const struct option_spec *spec, const char *item, struct writer *out)
{
    int64_t value = 0;
    int r = parse_integer(item, &value);

    (void)spec;
    if (r == 0 && (value < INT32_MIN || value > INT32_MAX)) {
        r = OPTION_VALUE_OUT_OF_RANGE;
    }
    writer_u32(out, (uint32_t)value);
    return r;
}

static int build_seconds(const struct option_spec *spec, const char *item, struct writer *out)
{
    struct seconds value = { 0 };

    if (!text_parse_seconds(item, &value)) {
        return OPTION_VALUE_NOT_A_DURATION;
    }
    writer_u32(out, value.value);
    return value.value < spec->min || value.value > spec->max ? OPTION_VALUE_OUT_OF_RANGE : 0;
}

static int build_bool(const struct option_spec *spec, const char *item, struct writer *out)
{
    bool is_true = strcmp(item, "true") == 0;

    (void)spec;
    if (!is_true && strcmp(item, "false") != 0) {
        return OPTION_VALUE_NOT_A_BOOLEAN;
    }
    writer_u8(out, is_true ? 1 : 0);
    return 0;
}

static int build_empty(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    (void)out;
    return strcmp(item, "true") == 0 ? 0 : OPTION_VALUE_NOT_A_BOOLEAN;
}

static int build_ip4(const struct option_spec *spec, const char *item, struct writer *out)
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

static int build_pair(const struct option_spec *spec, const char *item, struct writer *out)
{
    char first[IP4_TEXT_MAX];
    const char *second = split_pair(item, first, sizeof first);

    if (second == NULL || build_ip4(spec, first, out) != 0 || build_ip4(spec, second, out) != 0) {
        return OPTION_VALUE_NOT_A_PAIR;
    }
    return 0;
}

/* Prefix length, the octets of the network that it covers, gateway (RFC 3442). */
static int build_route(const struct option_spec *spec, const char *item, struct writer *out)
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
    return build_ip4(spec, gateway, out) == 0 ? 0 : OPTION_VALUE_NOT_A_ROUTE;
}

static int build_text(const struct option_spec *spec, const char *item, struct writer *out)
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

static int build_domain(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    if (!text_is_domain(item)) {
        return OPTION_VALUE_NOT_A_DOMAIN;
    }
    writer_bytes(out, bytes_of_text(item));
    return 0;
}

static int build_labels(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    return domain_build(item, out) ? 0 : OPTION_VALUE_NOT_A_DOMAIN;
}

static int build_hex(const struct option_spec *spec, const char *item, struct writer *out)
{
    (void)spec;
    (void)item;
    (void)out;
    return OPTION_VALUE_NOT_HEX; /* what starts with 0x has been read before */
}

static const struct {
    item_builder *build;
    bool is_list;
    bool is_number; /* min and max are of the value, not of its length */
} types[] = {
    [OPTION_TYPE_BYTES] = {build_hex,      false, false},
    [OPTION_TYPE_U8] = { build_u8,      false, true },
    [OPTION_TYPE_U8_LIST] = { build_u8,      true,  true },
    [OPTION_TYPE_U16] = { build_u16,     false, true },
    [OPTION_TYPE_U16_LIST] = { build_u16,     true,  true },
    [OPTION_TYPE_U32] = { build_u32,     false, true },
    [OPTION_TYPE_S32] = { build_s32,     false, true },
    [OPTION_TYPE_SECONDS] = { build_seconds, false, true },
    [OPTION_TYPE_BOOL] = { build_bool,    false, false},
    [OPTION_TYPE_EMPTY] = { build_empty,   false, false},
    [OPTION_TYPE_IP4] = { build_ip4,     false, false},
    [OPTION_TYPE_IP4_LIST] = { build_ip4,     true,  false},
    [OPTION_TYPE_IP4_PAIR_LIST] = { build_pair,    true,  false},
    [OPTION_TYPE_TEXT] = { build_text,    false, false},
    [OPTION_TYPE_DOMAIN] = { build_domain,  false, false},
    [OPTION_TYPE_DOMAIN_LIST] = { build_labels,  true,  false},
    [OPTION_TYPE_DOMAIN_SEARCH] = { build_labels,  true,  false},
    [OPTION_TYPE_SIP_SERVERS] = { build_labels,  true,  false},
    [OPTION_TYPE_CLASSLESS_ROUTES] = { build_route,   true,  false},
};

static int build_items(
    const struct option_spec *spec,
    item_builder *build,
    struct option_text *text,
    struct writer *out)
{
    int r = 0;

    for (text->at = 0; text->at < text->n_items; text->at++) {
        r = build(spec, text->items[text->at], out);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static int build_search_list(struct option_text *text, struct writer *out)
{
    struct domain_list list = domain_list_of(out);

    for (text->at = 0; text->at < text->n_items; text->at++) {
        if (!domain_list_add(&list, text->items[text->at])) {
            return OPTION_VALUE_NOT_A_DOMAIN;
        }
    }
    return 0;
}

/* An octet that says what follows: 0 names, 1 addresses; the first item decides (RFC 3361). */
static int build_sip_servers(
    const struct option_spec *spec, struct option_text *text, struct writer *out)
{
    struct ip4 address = IP4_ANY;
    bool are_addresses = ip4_parse(text->items[0], &address);

    writer_u8(out, are_addresses ? 1 : 0);
    return build_items(spec, are_addresses ? build_ip4 : build_labels, text, out);
}

static int build_value(const struct option_spec *spec, struct option_text *text, struct writer *out)
{
    if (spec->type == OPTION_TYPE_EMPTY && text->n_items == 0) {
        return 0;
    }
    if (text->n_items == 0) {
        return OPTION_VALUE_TOO_FEW;
    }
    if (text->n_items > 1 && !types[spec->type].is_list) {
        text->at = 1;
        return OPTION_VALUE_TOO_MANY;
    }
    if (spec->type == OPTION_TYPE_DOMAIN_SEARCH) {
        return build_search_list(text, out);
    }
    if (spec->type == OPTION_TYPE_SIP_SERVERS) {
        return build_sip_servers(spec, text, out);
    }
    return build_items(spec, types[spec->type].build, text, out);
}

static int check_length(const struct option_spec *spec, size_t n)
{
    if (n > OPTION_VALUE_MAX) {
        return OPTION_VALUE_TOO_LONG;
    }
    if (types[spec->type].is_number) {
        return 0;
    }
    if (n < spec->min) {
        return OPTION_VALUE_TOO_SHORT;
    }
    return n > spec->max ? OPTION_VALUE_TOO_LONG : 0;
}

int option_value_build(const struct option_spec *spec, struct option_text *text, struct writer *out)
{
    size_t start = out->n;
    bool is_hex = text->n_items == 1 && strncmp(text->items[0], "0x", 2) == 0;
    int r = 0;

    text->at = 0;
    if (is_hex) {
        bool is_good = text_parse_hex(text->items[0] + 2, out) || out->overrun;

        r = is_good ? 0 : OPTION_VALUE_NOT_HEX;
    } else {
        r = build_value(spec, text, out);
    }
    if (r != 0) {
        return r;
    }
    if (out->overrun || out->n - start > OPTION_VALUE_MAX) {
        return OPTION_VALUE_TOO_LONG;
    }
    return is_hex ? 0 : check_length(spec, out->n - start);
}

const char *option_value_str(int outcome)
{
    static const char *const texts[] = {
#define X(id, number, text) [number] = (text),
        OPTION_VALUE_MAP(X)
#undef X
    };

    require(outcome > 0 && (size_t)outcome < ARRAY_LENGTH(texts));
    return texts[outcome];
}
