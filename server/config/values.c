#include "server/config/values.h"

#include <string.h>

#include "base/own.h"

/* Reads digits. Returns what follows, or NULL when there are none or the number passes @max. */
static const char *parse_digits(const char *text, uint64_t max, uint64_t *ret_number)
{
    const char *p = text;
    uint64_t number = 0;

    while (*p >= '0' && *p <= '9') {
        uint64_t digit = (uint64_t)(*p++ - '0');

        if (number > (max - digit) / 10 || digit > max) {
            return NULL;
        }
        number = number * 10 + digit;
    }
    *ret_number = number;
    return p == text ? NULL : p;
}

bool values_parse_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;
    const char *rest = parse_digits(text, max, &number);

    if (rest == NULL || *rest != '\0') {
        return false;
    }
    *ret_number = number;
    return true;
}

static const struct unit {
    const char *name;
    uint64_t ms;
} units[] = {
  /* "ms" before "m": the first that fits counts */
    {"w",   604800000},
    { "d",  86400000 },
    { "h",  3600000  },
    { "ms", 1        },
    { "m",  60000    },
    { "s",  1000     },
};

static const struct unit *unit_at(const char *text)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(units); i++) {
        if (strncmp(text, units[i].name, strlen(units[i].name)) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

bool values_parse_duration(const char *text, uint64_t *ret_ms)
{
    const uint64_t max = VALUES_DURATION_MAX_S * 1000ull;
    uint64_t sum = 0;
    uint64_t above = UINT64_MAX; /* the unit before this one */

    if (strcmp(text, "0") == 0) {
        *ret_ms = 0;
        return true;
    }
    do {
        uint64_t number = 0;
        const char *rest = parse_digits(text, max, &number);
        const struct unit *unit = rest == NULL ? NULL : unit_at(rest);

        if (unit == NULL || unit->ms >= above || number > (max - sum) / unit->ms) {
            return false;
        }
        sum += number * unit->ms;
        above = unit->ms;
        text = rest + strlen(unit->name);
    } while (*text != '\0');
    *ret_ms = sum;
    return true;
}

bool values_parse_permille(const char *text, uint32_t *ret_permille)
{
    uint64_t percent = 0;
    uint64_t tenths = 0;
    const char *rest = parse_digits(text, 99, &percent);

    if (rest != NULL && *rest == '.') {
        rest = parse_digits(rest + 1, 9, &tenths);
    }
    if (rest == NULL || strcmp(rest, "%") != 0) {
        return false;
    }
    *ret_permille = (uint32_t)(percent * 10 + tenths);
    return true;
}

/* Copies the piece [@from, @to) without spaces at its ends and reads it as an address. */
static bool parse_address_piece(const char *from, const char *to, struct ip4 *ret_address)
{
    char piece[IP4_TEXT_MAX];

    while (from < to && *from == ' ') {
        from++;
    }
    while (to > from && to[-1] == ' ') {
        to--;
    }
    if ((size_t)(to - from) >= sizeof piece) {
        return false;
    }
    memcpy(piece, from, (size_t)(to - from));
    piece[to - from] = '\0';
    return ip4_parse(piece, ret_address);
}

bool values_parse_range(const char *text, struct ip4_range *ret_range)
{
    const char *end = text + strlen(text);
    const char *dash = strchr(text, '-');
    struct ip4_range range = { .first = IP4_ANY };

    if (!parse_address_piece(text, dash == NULL ? end : dash, &range.first)) {
        return false;
    }
    range.last = range.first;
    if (dash != NULL && !parse_address_piece(dash + 1, end, &range.last)) {
        return false;
    }
    *ret_range = range;
    return true;
}

bool values_parse_endpoint(const char *text, struct ip4 *ret_address, uint16_t *ret_port)
{
    const char *colon = strchr(text, ':');
    struct ip4 address = IP4_ANY;
    uint64_t port = 0;

    if (colon == NULL || !parse_address_piece(text, colon, &address) || ip4_is_any(address) ||
        !values_parse_number(colon + 1, UINT16_MAX, &port) || port == 0) {
        return false;
    }
    *ret_address = address;
    *ret_port = (uint16_t)port;
    return true;
}

bool values_is_name(const char *text)
{
    size_t n = strlen(text);

    return n >= 1 && n <= 63 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}
