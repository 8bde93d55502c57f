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
