#include "proto/dhcp/text.h"

#include <string.h>

#include "base/check.h"
#include "base/own.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

char *text_host_name(struct bytes raw, char *out)
{
    size_t n = 0;
    size_t label_n = 0;

    for (size_t i = 0; i < raw.n && raw.at[i] != '\0' && n < TEXT_HOST_NAME_MAX - 1; i++) {
        char c = (char)raw.at[i];
        bool starts_badly = label_n == 0 && (c == '-' || c == '.');

        if (starts_badly || !(is_name_character(c) || c == '.')) {
            continue;
        }
        if (c == '.') {
            label_n = 0;
        } else if (label_n++ >= TEXT_LABEL_MAX) {
            continue;
        }
        out[n++] = c;
    }
    if (n > 0 && out[n - 1] == '.') {
        n--;
    }
    out[n] = '\0';
    return out;
}

bool text_is_domain(const char *name)
{
    size_t label_n = 0;
    size_t n = strlen(name);

    for (size_t i = 0; i < n; i++) {
        if (name[i] == '.') {
            if (label_n == 0) {
                return false;
            }
            label_n = 0;
            continue;
        }
        if (!is_name_character(name[i]) || (label_n == 0 && name[i] == '-')) {
            return false;
        }
        if (++label_n > TEXT_LABEL_MAX) {
            return false;
        }
    }
    return label_n > 0 && n < TEXT_HOST_NAME_MAX;
}

/* The value of a hex digit, or -1. */
static int hex_digit(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool text_parse_hex(const char *text, struct writer *out)
{
    const char *p = text;

    do {
        int high = hex_digit(p[0]);
        int low = high < 0 ? -1 : hex_digit(p[1]);

        if (low < 0) {
            return false;
        }
        writer_u8(out, (uint8_t)(high << 4 | low));
        p += 2;
        if ((*p == ':' || *p == '-') && p[1] != '\0') {
            p++;
        }
    } while (*p != '\0');
    return !out->overrun;
}

/* Reads decimal digits at *@text and moves past them. False when there are none, or too many. */
static bool take_number(const char **text, uint64_t *ret_number)
{
    const char *p = *text;
    uint64_t number = 0;

    while (is_digit(*p) && number <= UINT32_MAX) {
        number = number * 10 + (uint64_t)(*p++ - '0');
    }
    if (p == *text || number > UINT32_MAX) {
        return false;
    }
    *text = p;
    *ret_number = number;
    return true;
}

static const struct {
    char name;
    uint32_t seconds;
} units[] = {
    {'w',  7 * 86400},
    { 'd', 86400    },
    { 'h', 3600     },
    { 'm', 60       },
    { 's', 1        },
};

/* The index of the unit @c at or after @first; ARRAY_LENGTH(units) if it is none. */
static size_t find_unit(char c, size_t first)
{
    size_t i = first;

    while (i < ARRAY_LENGTH(units) && units[i].name != c) {
        i++;
    }
    return i;
}

static bool parse_duration(const char *text, uint64_t *ret_seconds)
{
    uint64_t total = 0;
    size_t next_unit = 0;

    while (*text != '\0') {
        uint64_t number = 0;

        if (!take_number(&text, &number)) {
            return false;
        }
        if (*text == '\0' && next_unit == 0) {
            *ret_seconds = number;
            return true;
        }

        size_t unit = find_unit(*text, next_unit);

        if (unit == ARRAY_LENGTH(units)) {
            return false;
        }
        total += number * units[unit].seconds;
        next_unit = unit + 1;
        text++;
    }
    *ret_seconds = total;
    return next_unit > 0;
}

bool text_parse_seconds(const char *text, struct seconds *ret_seconds)
{
    uint64_t seconds = 0;

    if (strcmp(text, "infinite") == 0) {
        *ret_seconds = SECONDS_INFINITE;
        return true;
    }
    if (!parse_duration(text, &seconds) || seconds >= SECONDS_INFINITE.value) {
        return false;
    }
    *ret_seconds = (struct seconds){ (uint32_t)seconds };
    return true;
}

/* Reads one to four digits at *@at, which moves behind them. */
static bool read_group(const char **at, uint16_t *ret_group)
{
    unsigned n = 0;
    unsigned value = 0;

    for (; n < 4 && hex_digit(**at) >= 0; n++, (*at)++) {
        value = value << 4 | (unsigned)hex_digit(**at);
    }
    *ret_group = (uint16_t)value;
    return n > 0;
}

enum { IP6_GROUPS = 8 };

/* Reads groups up to the end or "::", at most @max. False when something else stands there. */
static bool read_groups(const char **at, uint16_t *groups, unsigned max, unsigned *ret_n)
{
    *ret_n = 0;
    if (**at == '\0' || strncmp(*at, "::", 2) == 0) {
        return true;
    }
    while (*ret_n < max && read_group(at, &groups[*ret_n])) {
        (*ret_n)++;
        if (**at == '\0' || strncmp(*at, "::", 2) == 0) {
            return true;
        }
        if (**at != ':') {
            return false;
        }
        (*at)++;
    }
    return false;
}

bool text_parse_ip6(const char *text, uint8_t ret_octets[TEXT_IP6_SIZE])
{
    uint16_t groups[IP6_GROUPS] = { 0 };
    uint16_t rest[IP6_GROUPS] = { 0 };
    struct writer out = writer_of(ret_octets, TEXT_IP6_SIZE);
    unsigned n = 0;
    unsigned n_rest = 0;

    if (!read_groups(&text, groups, IP6_GROUPS, &n)) {
        return false;
    }
    if (*text == '\0') {
        n_rest = n == IP6_GROUPS ? 0 : IP6_GROUPS;
    } else {
        text += 2;
        if (!read_groups(&text, rest, IP6_GROUPS - 1, &n_rest) || *text != '\0') {
            return false;
        }
        n_rest += n + n_rest < IP6_GROUPS ? 0 : IP6_GROUPS;
    }
    if (n_rest >= IP6_GROUPS) {
        return false;
    }
    for (unsigned i = 0; i < IP6_GROUPS; i++) {
        unsigned from_end = IP6_GROUPS - i;

        writer_u16(&out, from_end <= n_rest ? rest[n_rest - from_end] : groups[i]);
    }
    return true;
}
