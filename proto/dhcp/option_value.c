#include <string.h>

#include "base/check.h"
#include "base/ip4.h"
#include "base/own.h"
#include "proto/dhcp/domain.h"
#include "proto/dhcp/option_item.h"
#include "proto/dhcp/text.h"

static const struct {
    option_item_builder *build;
    bool is_list;
    bool is_number; /* min and max are of the value, not of its length */
} types[] = {
    [OPTION_TYPE_BYTES] = {option_build_hex,          false, false},
    [OPTION_TYPE_U8] = { option_build_u8,          false, true },
    [OPTION_TYPE_U8_LIST] = { option_build_u8,          true,  true },
    [OPTION_TYPE_U16] = { option_build_u16,         false, true },
    [OPTION_TYPE_U16_LIST] = { option_build_u16,         true,  true },
    [OPTION_TYPE_U32] = { option_build_u32,         false, true },
    [OPTION_TYPE_U32_LIST] = { option_build_u32,         true,  true },
    [OPTION_TYPE_S8] = { option_build_s8,          false, true },
    [OPTION_TYPE_S16] = { option_build_s16,         false, true },
    [OPTION_TYPE_S32] = { option_build_s32,         false, true },
    [OPTION_TYPE_SECONDS] = { option_build_seconds,     false, true },
    [OPTION_TYPE_BOOL] = { option_build_bool,        false, false},
    [OPTION_TYPE_EMPTY] = { option_build_empty,       false, false},
    [OPTION_TYPE_IP4] = { option_build_ip4,         false, false},
    [OPTION_TYPE_IP4_LIST] = { option_build_ip4,         true,  false},
    [OPTION_TYPE_IP4_PAIR_LIST] = { option_build_pair,        true,  false},
    [OPTION_TYPE_TEXT] = { option_build_text,        false, false},
    [OPTION_TYPE_DOMAIN] = { option_build_domain,      false, false},
    [OPTION_TYPE_DOMAIN_LIST] = { option_build_labels,      true,  false},
    [OPTION_TYPE_DOMAIN_SEARCH] = { option_build_labels,      true,  false},
    [OPTION_TYPE_SIP_SERVERS] = { option_build_labels,      true,  false},
    [OPTION_TYPE_CLASSLESS_ROUTES] = { option_build_route,       true,  false},
    [OPTION_TYPE_IP6] = { option_build_ip6,         false, false},
    [OPTION_TYPE_IP6_LIST] = { option_build_ip6,         true,  false},
    [OPTION_TYPE_RECORD] = { option_build_record,      false, false},
    [OPTION_TYPE_RECORD_LIST] = { option_build_record,      true,  false},
    [OPTION_TYPE_ENTERPRISE_DATA] = { option_build_hex,         true,  false},
    [OPTION_TYPE_ENTERPRISE_OPTIONS] = { option_build_hex,         true,  false},
    [OPTION_TYPE_IP4_GROUPS] = { option_build_ip4_group,   true,  false},
    [OPTION_TYPE_URI_LIST] = { option_build_uri,         true,  false},
    [OPTION_TYPE_RESOLVERS] = { option_build_resolver,    true,  false},
    [OPTION_TYPE_BOOT_SERVERS] = { option_build_boot_server, true,  false},
    [OPTION_TYPE_BOOT_MENU] = { option_build_menu_item,   true,  false},
    [OPTION_TYPE_SUB_OPTIONS] = { option_build_hex,         false, false},
};

option_item_builder *option_item_builder_of(enum option_type type)
{
    return types[type].build;
}

bool option_type_is_list(enum option_type type)
{
    return types[type].is_list;
}

static int build_items(
    const struct option_spec *spec,
    option_item_builder *build,
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
    return build_items(spec, are_addresses ? option_build_ip4 : option_build_labels, text, out);
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
    if (spec->type == OPTION_TYPE_ENTERPRISE_DATA || spec->type == OPTION_TYPE_ENTERPRISE_OPTIONS) {
        return option_build_enterprise(spec, text, out);
    }
    if (spec->type == OPTION_TYPE_SUB_OPTIONS) {
        return OPTION_VALUE_NOT_A_MAPPING;
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

int option_sub_build(const struct option_spec *spec, struct option_text *text, struct writer *out)
{
    size_t start = out->n;
    int r = 0;

    writer_u8(out, spec->code);
    writer_u8(out, 0);
    r = option_value_build(spec, text, out);
    if (r == 0 && out->n - start - 2 > UINT8_MAX) {
        r = OPTION_VALUE_TOO_LONG;
    }
    if (r == 0) {
        out->at[start + 1] = (uint8_t)(out->n - start - 2);
    }
    return r;
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
