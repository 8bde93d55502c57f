#include "server/migrate/rsc_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "proto/dhcp/option.h"

enum { CLIENT_ID_TEXT = 3 * 255 };

/* --- times --- */

static bool read_number(const char **text, uint64_t *ret_number)
{
    uint64_t number = 0;
    const char *from = *text;

    for (; **text >= '0' && **text <= '9' && *text - from < 10; (*text)++) {
        number = number * 10 + (uint64_t)(**text - '0');
    }
    *ret_number = number;
    return *text > from;
}

/* "MM:SS" behind the hours. */
static bool read_clock(const char *text, uint64_t hours, uint64_t *ret_seconds)
{
    uint64_t minutes = 0;
    uint64_t seconds = 0;

    text++;
    if (!read_number(&text, &minutes) || *text != ':') {
        return false;
    }
    text++;
    if (!read_number(&text, &seconds) || *text != '\0' || minutes > 59 || seconds > 59) {
        return false;
    }
    *ret_seconds = hours * 3600 + minutes * 60 + seconds;
    return true;
}

static uint64_t unit_seconds(char unit)
{
    return unit == 'w'   ? 604800
           : unit == 'd' ? 86400
           : unit == 'h' ? 3600
           : unit == 'm' ? 60
           : unit == 's' ? 1
                         : 0;
}

static bool parse_time(const char *text, uint64_t *ret_seconds)
{
    uint64_t sum = 0;
    uint64_t above = UINT64_MAX;

    do {
        uint64_t number = 0;
        uint64_t clock = 0;

        if (!read_number(&text, &number)) {
            return false;
        }
        if (*text == ':') {
            if (!read_clock(text, number, &clock)) {
                return false;
            }
            *ret_seconds = sum + clock;
            return true;
        }

        uint64_t unit = unit_seconds(*text);

        if (unit == 0 || unit >= above) {
            return false;
        }
        sum += number * unit;
        above = unit;
        text++;
    } while (*text != '\0');
    *ret_seconds = sum;
    return true;
}

bool rsc_parse_time(struct bytes value, uint64_t *ret_seconds)
{
    char text[64];

    if (value.n == 0 || value.n >= sizeof text || memchr(value.at, '\0', value.n) != NULL) {
        return false;
    }
    memcpy(text, value.at, value.n);
    text[value.n] = '\0';
    if (strcmp(text, "none") == 0) {
        *ret_seconds = 0;
        return true;
    }
    if (strcmp(text, "forever") == 0) {
        *ret_seconds = UINT32_MAX;
        return true;
    }
    return parse_time(text, ret_seconds);
}

/* --- identifiers --- */

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Octets of one or two digits with one of @separators between. False when it is anything else. */
static bool read_octets(struct bytes value, const char *separators, struct writer *out)
{
    size_t at = 0;

    while (at < value.n) {
        int high = hex_digit(value.at[at++]);
        int low = at < value.n ? hex_digit(value.at[at]) : -1;

        if (high < 0) {
            return false;
        }
        if (low >= 0) {
            at++;
        }
        writer_u8(out, (uint8_t)(low >= 0 ? high * 16 + low : high));
        if (at < value.n) {
            bool is_separator = value.at[at] != '\0' && strchr(separators, value.at[at]) != NULL;

            if (!is_separator || ++at == value.n) {
                return false;
            }
        }
    }
    return !out->overrun && out->n > 0;
}

/* Pairs of digits with nothing between them. */
static bool read_packed(struct bytes value, struct writer *out)
{
    for (size_t i = 0; i + 1 < value.n; i += 2) {
        int high = hex_digit(value.at[i]);
        int low = hex_digit(value.at[i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        writer_u8(out, (uint8_t)(high * 16 + low));
    }
    return value.n > 0 && value.n % 2 == 0 && !out->overrun;
}

static bool begins_with_0x(struct bytes value)
{
    return value.n > 2 && value.at[0] == '0' && (value.at[1] == 'x' || value.at[1] == 'X');
}

static const char *colon_hex(struct plan *p, const struct writer *octets)
{
    char text[CLIENT_ID_TEXT + 1];

    return plan_text(p, "%s", bytes_format_hex(writer_done(octets), ':', text, sizeof text));
}

const char *rsc_hw_address(struct plan *p, struct bytes value)
{
    uint8_t buffer[16];
    struct writer octets = writer_of(buffer, sizeof buffer);

    if (!read_octets(value, ":-.", &octets)) {
        return NULL;
    }
    return colon_hex(p, &octets);
}

const char *rsc_client_id(struct plan *p, struct bytes value)
{
    uint8_t buffer[255];
    struct writer octets = writer_of(buffer, sizeof buffer);
    bool has_colon = value.n > 0 && memchr(value.at, ':', value.n) != NULL;

    if (has_colon && read_octets(value, ":", &octets)) {
        return octets.n < 2 ? NULL : colon_hex(p, &octets);
    }
    octets = writer_of(buffer, sizeof buffer);
    if (begins_with_0x(value) && read_packed(bytes_slice(value, 2, SIZE_MAX), &octets)) {
        return octets.n < 2 ? NULL : colon_hex(p, &octets);
    }
    octets = writer_of(buffer, sizeof buffer);
    writer_bytes(&octets, value);
    return octets.overrun || octets.n < 2 ? NULL : colon_hex(p, &octets);
}

bool rsc_is_plain_client_id(const char *client_id, const char *hw_address)
{
    return strncmp(client_id, "01:", 3) == 0 && strcmp(client_id + 3, hw_address) == 0;
}

/* --- option values --- */

/* What stands between apostrophes: an address, a number below 256, or text. */
static void write_quoted(struct writer *out, struct bytes inside, bool is_text)
{
    char text[IP4_TEXT_MAX];
    struct ip4 address = IP4_ANY;
    unsigned number = 0;

    if (!is_text && inside.n > 0 && inside.n < sizeof text) {
        memcpy(text, inside.at, inside.n);
        text[inside.n] = '\0';
        if (ip4_parse(text, &address)) {
            writer_u32(out, address.value);
            return;
        }
        if (strspn(text, "0123456789") == inside.n && inside.n <= 3) {
            number = (unsigned)strtoul(text, NULL, 10);
            if (number <= UINT8_MAX) {
                writer_u8(out, (uint8_t)number);
                return;
            }
        }
    }
    writer_bytes(out, inside);
}

/* Reads 'text' at @at. Returns what follows it, or 0 when there is no closing apostrophe. */
static size_t read_apostrophes(struct bytes value, size_t at, bool is_text, struct writer *out)
{
    const uint8_t *end = memchr(value.at + at + 1, '\'', value.n - at - 1);

    if (end == NULL) {
        return 0;
    }

    size_t n = (size_t)(end - value.at) - at - 1;

    write_quoted(out, bytes_slice(value, at + 1, n), is_text);
    return at + n + 2;
}

/* Reads hex digits behind 0x at @at. Returns what follows. */
static size_t read_hex_part(struct bytes value, size_t at, struct writer *out)
{
    size_t n = 0;

    at += 2;
    while (at + n < value.n && hex_digit(value.at[at + n]) >= 0) {
        n++;
    }
    return read_packed(bytes_slice(value, at, n), out) ? at + n : 0;
}

static bool is_at(struct bytes value, size_t at, const char *text)
{
    return bytes_equal(bytes_slice(value, at, strlen(text)), bytes_of_text(text));
}

/* One part of a value at @at. Returns what follows it, or 0 and *@ret_why. */
static size_t read_part(
    struct bytes value,
    size_t at,
    const struct rsc_names *names,
    struct writer *out,
    const char **ret_why)
{
    static const char gateway[] = "$(NETWORK_GATEWAY)";

    *ret_why = "the value cannot be read";
    if (value.at[at] == '\'') {
        return read_apostrophes(value, at, false, out);
    }
    if (is_at(value, at, "s'")) {
        return read_apostrophes(value, at + 1, true, out);
    }
    if (is_at(value, at, "0x")) {
        return read_hex_part(value, at, out);
    }
    if (is_at(value, at, gateway) && names->gateway != NULL) {
        write_quoted(out, bytes_of_text(names->gateway), false);
        return at + sizeof gateway - 1;
    }
    if (is_at(value, at, "$(")) {
        *ret_why = "the value differs from client to client";
    }
    return 0;
}

const char *rsc_option_value(
    struct plan *p, struct bytes value, const struct rsc_names *names, const char **ret_why)
{
    uint8_t buffer[OPTION_VALUE_MAX];
    char text[2 * OPTION_VALUE_MAX + 1];
    struct writer out = writer_of(buffer, sizeof buffer);

    for (size_t at = 0; at < value.n;) {
        at = read_part(value, at, names, &out, ret_why);
        if (at == 0) {
            return NULL;
        }
    }
    if (out.overrun || out.n == 0) {
        *ret_why = out.overrun ? "the value is too long" : "the value is empty";
        return NULL;
    }
    return plan_text(p, "0x%s", bytes_format_hex(writer_done(&out), 0, text, sizeof text));
}
