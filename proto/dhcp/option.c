#include "proto/dhcp/option.h"

#include <string.h>

#include "base/own.h"

/* A row for every code, for those that options.def does not have and for "option-N". */
#define GENERIC(n)                                                                         \
    {                                                                                      \
        .name = "option-" #n, .code = (n), .type = OPTION_TYPE_BYTES, .flags = OPTION_SET, \
        .min = 0, .max = OPTION_VALUE_MAX,                                                 \
    }
#define GENERIC_TEN(tens)                                                                     \
    GENERIC(tens##0), GENERIC(tens##1), GENERIC(tens##2), GENERIC(tens##3), GENERIC(tens##4), \
        GENERIC(tens##5), GENERIC(tens##6), GENERIC(tens##7), GENERIC(tens##8), GENERIC(tens##9)

static const struct option_spec generic[] = {
    GENERIC_TEN(),   GENERIC_TEN(1),  GENERIC_TEN(2),  GENERIC_TEN(3),  GENERIC_TEN(4),
    GENERIC_TEN(5),  GENERIC_TEN(6),  GENERIC_TEN(7),  GENERIC_TEN(8),  GENERIC_TEN(9),
    GENERIC_TEN(10), GENERIC_TEN(11), GENERIC_TEN(12), GENERIC_TEN(13), GENERIC_TEN(14),
    GENERIC_TEN(15), GENERIC_TEN(16), GENERIC_TEN(17), GENERIC_TEN(18), GENERIC_TEN(19),
    GENERIC_TEN(20), GENERIC_TEN(21), GENERIC_TEN(22), GENERIC_TEN(23), GENERIC_TEN(24),
    GENERIC(250),    GENERIC(251),    GENERIC(252),    GENERIC(253),    GENERIC(254),
};

_Static_assert(ARRAY_LENGTH(generic) == OPTION_END, "a generic row for each code up to 254");

static const struct option_spec known[OPTION_END + 1] = {

#define OPTION(row_code, id, row_name, row_type, row_min, row_max, row_flags) \
    [row_code] = {                                                            \
        .name = (row_name),                                                   \
        .code = (row_code),                                                   \
        .type = OPTION_TYPE_##row_type,                                       \
        .flags = (row_flags),                                                 \
        .min = (row_min),                                                     \
        .max = (row_max),                                                     \
    },
#include "proto/dhcp/options.def"
#undef OPTION
};

static bool is_known(unsigned code)
{
    return known[code].name != NULL;
}

const struct option_spec *option_spec(uint8_t code)
{
    if (code == OPTION_PAD || code == OPTION_END) {
        return NULL;
    }
    return is_known(code) ? &known[code] : &generic[code];
}

const struct option_spec *option_next(const struct option_spec *previous)
{
    for (unsigned code = previous == NULL ? 1 : previous->code + 1u; code < OPTION_END; code++) {
        if (is_known(code)) {
            return &known[code];
        }
    }
    return NULL;
}

const struct option_spec *option_by_name(const char *name)
{
    for (unsigned code = 1; code < OPTION_END; code++) {
        bool is_named = is_known(code) && strcmp(name, known[code].name) == 0;

        if (is_named || strcmp(name, generic[code].name) == 0) {
            return option_spec((uint8_t)code);
        }
    }
    return NULL;
}

/* --- sub-options --- */

static const struct sub_option {
    uint8_t container;
    struct option_spec spec;
} sub_options[] = {

#define SUB_OPTION(id, row_code, row_name, row_type, row_min, row_max) \
    {                                                                  \
        .container = OPTION_##id,                                      \
        .spec = {                                                      \
            .name = (row_name),                                        \
            .code = (row_code),                                        \
            .type = OPTION_TYPE_##row_type,                            \
            .flags = OPTION_SET,                                       \
            .min = (row_min),                                          \
            .max = (row_max),                                          \
        },                                                             \
    },
#include "proto/dhcp/sub_options.def"
#undef SUB_OPTION
};

const struct option_spec *option_sub_next(uint8_t container, const struct option_spec *previous)
{
    bool is_after = previous == NULL;

    for (size_t i = 0; i < ARRAY_LENGTH(sub_options); i++) {
        if (is_after && sub_options[i].container == container) {
            return &sub_options[i].spec;
        }
        is_after = is_after || &sub_options[i].spec == previous;
    }
    return NULL;
}

const struct option_spec *option_sub_by_name(uint8_t container, const char *name)
{
    static const char numbered[] = "sub-option-";
    const struct option_spec *spec = NULL;

    while ((spec = option_sub_next(container, spec)) != NULL) {
        if (strcmp(spec->name, name) == 0) {
            return spec;
        }
    }
    for (unsigned code = 1; code < OPTION_END; code++) {
        const char *number = generic[code].name + strlen("option-");

        if (strncmp(name, numbered, strlen(numbered)) == 0 &&
            strcmp(name + strlen(numbered), number) == 0) {
            return &generic[code];
        }
    }
    return NULL;
}

/* --- records --- */

static const struct {
    const char *name;
    struct option_record record;
} records[] = {

#define RECORD(row_name, n, ...)             \
    {                                        \
        (row_name), { (n), { __VA_ARGS__ } } \
    },
#include "proto/dhcp/option_records.def"
#undef RECORD
};

const struct option_record *option_record_of(const struct option_spec *spec)
{
    for (size_t i = 0; spec->record == NULL && i < ARRAY_LENGTH(records); i++) {
        if (strcmp(records[i].name, spec->name) == 0) {
            return &records[i].record;
        }
    }
    return spec->record;
}

/* --- types --- */

/* The order matters: from RECORD on, the types have a form of their own. */
static const char *const type_names[] = {

#define X(id, name) [OPTION_TYPE_##id] = (name),
    OPTION_TYPE_MAP(X)
#undef X
};

const char *option_type_name(enum option_type type)
{
    return type_names[type];
}

bool option_type_by_name(const char *name, enum option_type *ret_type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(type_names); i++) {
        if (strcmp(name, type_names[i]) == 0) {
            *ret_type = (enum option_type)i;
            return true;
        }
    }
    return false;
}

bool option_type_list_of(enum option_type type, enum option_type *ret_list)
{
    static const enum option_type lists[][2] = {
        { OPTION_TYPE_U8, OPTION_TYPE_U8_LIST },   { OPTION_TYPE_U16, OPTION_TYPE_U16_LIST },
        { OPTION_TYPE_U32, OPTION_TYPE_U32_LIST }, { OPTION_TYPE_IP4, OPTION_TYPE_IP4_LIST },
        { OPTION_TYPE_IP6, OPTION_TYPE_IP6_LIST }, { OPTION_TYPE_RECORD, OPTION_TYPE_RECORD_LIST },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (lists[i][0] == type) {
            *ret_list = lists[i][1];
            return true;
        }
    }
    return option_type_is_list(type);
}

bool option_type_is_binary(enum option_type type)
{
    return type == OPTION_TYPE_BYTES || type >= OPTION_TYPE_RECORD;
}

bool option_type_is_field(enum option_type type, bool is_last)
{
    bool is_whole =
        type == OPTION_TYPE_TEXT || type == OPTION_TYPE_BYTES || option_type_is_list(type);
    bool is_plain = type < OPTION_TYPE_RECORD && type != OPTION_TYPE_EMPTY &&
                    type != OPTION_TYPE_DOMAIN_SEARCH && type != OPTION_TYPE_SIP_SERVERS &&
                    type != OPTION_TYPE_DOMAIN && type != OPTION_TYPE_IP4_PAIR_LIST &&
                    type != OPTION_TYPE_CLASSLESS_ROUTES;

    return is_plain && (is_last || !is_whole);
}
