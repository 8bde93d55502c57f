#include "server/migrate/plan.h"

#include <iconv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/printable.h"
#include "server/config/values.h"

int plan_new(struct plan **ret_plan)
{
    struct plan *p = calloc(1, sizeof *p);

    if (p == NULL) {
        return ERR_NOMEM;
    }
    arena_init(&p->arena);
    *ret_plan = p;
    return 0;
}

struct plan *plan_free(struct plan *p)
{
    if (p != NULL) {
        arena_deinit(&p->arena);
    }
    free(p);
    return NULL;
}

bool plan_is_exhausted(const struct plan *p)
{
    return p->arena.is_exhausted;
}

/* --- texts --- */

static const char *format_text(struct plan *p, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static const char *format_text(struct plan *p, const char *format, va_list args)
{
    char *text = NULL;
    int n = vasprintf(&text, format, args);
    struct bytes copy = { NULL, 0 };

    if (n < 0) {
        p->arena.is_exhausted = true;
        return "";
    }
    copy = arena_copy(&p->arena, bytes_of(text, (size_t)n + 1));
    free(text);
    return copy.n == 0 ? "" : (const char *)copy.at;
}

const char *plan_text(struct plan *p, const char *format, ...)
{
    va_list args;
    const char *text = NULL;

    va_start(args, format);
    text = format_text(p, format, args);
    va_end(args);
    return text;
}

const char *plan_printable(struct plan *p, struct bytes b)
{
    size_t size = b.n * 4 + 8;
    char *text = arena_alloc(&p->arena, size);

    return text == NULL ? "" : printable(b, text, size);
}

/* The characters of UTF-8 by their first octet: the length, and the bounds of the second one (RFC
 * 3629, 4). All further octets are 80 to BF. */
static const struct utf8_row {
    uint8_t first, last, length, second_min, second_max;
} utf8_rows[] = {
    {0x00,  0x7f, 1, 0,    0   },
    { 0xc2, 0xdf, 2, 0x80, 0xbf},
    { 0xe0, 0xe0, 3, 0xa0, 0xbf},
    { 0xe1, 0xec, 3, 0x80, 0xbf},
    { 0xed, 0xed, 3, 0x80, 0x9f},
    { 0xee, 0xef, 3, 0x80, 0xbf},
    { 0xf0, 0xf0, 4, 0x90, 0xbf},
    { 0xf1, 0xf3, 4, 0x80, 0xbf},
    { 0xf4, 0xf4, 4, 0x80, 0x8f},
};

static bool is_character(const struct utf8_row *row, const uint8_t *at, size_t n)
{
    if (row->length > n) {
        return false;
    }
    for (size_t i = 2; i < row->length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return row->length == 1 || (at[1] >= row->second_min && at[1] <= row->second_max);
}

/* Length of the well-formed character at @at, 0 when there is none. */
static size_t utf8_length(const uint8_t *at, size_t n)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(utf8_rows); i++) {
        if (at[0] >= utf8_rows[i].first && at[0] <= utf8_rows[i].last) {
            return is_character(&utf8_rows[i], at, n) ? utf8_rows[i].length : 0;
        }
    }
    return 0;
}

static bool is_utf8(struct bytes b)
{
    for (size_t i = 0; i < b.n;) {
        size_t length = utf8_length(b.at + i, b.n - i);

        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

/* U+0000 to U+001F, U+007F to U+009F, and the marks that turn the direction of text. */
static bool is_control(const uint8_t *at, size_t length)
{
    return (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) ||
           (length == 2 && at[0] == 0xc2 && at[1] < 0xa0) ||
           (length == 3 && at[0] == 0xe2 && at[1] == 0x80 &&
            (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae))) ||
           (length == 3 && at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

static const char *without_controls(struct plan *p, struct bytes b)
{
    char *text = arena_alloc(&p->arena, b.n + 1);
    size_t n = 0;

    if (text == NULL) {
        return "";
    }
    for (size_t i = 0; i < b.n;) {
        size_t length = utf8_length(b.at + i, b.n - i);

        if (!is_control(b.at + i, length)) {
            memcpy(text + n, b.at + i, length);
            n += length;
        }
        i += length;
    }
    text[n] = '\0';
    return text;
}

const char *plan_decode(struct plan *p, struct bytes b, const char *charset)
{
    if (is_utf8(b)) {
        return without_controls(p, b);
    }

    iconv_t from = iconv_open("UTF-8", charset);
    size_t size = b.n * 4;
    char *out = from == (iconv_t)-1 ? NULL : malloc(size);
    const char *text = NULL;

    if (out != NULL) {
        char *in = (char *)(uintptr_t)b.at; /* iconv() reads it only */
        char *end = out;
        size_t n = b.n;

        if (iconv(from, &in, &n, &end, &size) != (size_t)-1) {
            text = without_controls(p, bytes_of(out, (size_t)(end - out)));
        }
    }
    free(out);
    if (from != (iconv_t)-1) {
        (void)iconv_close(from);
    }
    return text != NULL ? text : plan_printable(p, b);
}

void plan_note(struct plan *p, enum plan_note_kind kind, unsigned line, const char *format, ...)
{
    struct plan_note *note = NULL;
    va_list args;

    if (p->n_notes[kind]++ >= PLAN_NOTES_MAX || kind == PLAN_TAKEN) {
        return;
    }
    note = arena_array(&p->arena, 1, sizeof *note);
    if (note == NULL) {
        return;
    }
    va_start(args, format);
    *note = (struct plan_note){ .kind = kind, .line = line, .text = format_text(p, format, args) };
    va_end(args);
    if (p->last_note == NULL) {
        p->notes = note;
    } else {
        p->last_note->next = note;
    }
    p->last_note = note;
}

unsigned plan_split(
    struct plan *p, const char *text, const char *separators, const char *items[PLAN_ITEMS_MAX])
{
    unsigned n = 0;

    while (*text != '\0' && n < PLAN_ITEMS_MAX) {
        size_t length = strcspn(text, separators);
        const char *from = text + strspn(text, " \t");
        const char *to = text + length;

        text += length + (text[length] != '\0');
        while (to > from && (to[-1] == ' ' || to[-1] == '\t')) {
            to--;
        }
        if (to > from) {
            items[n++] = plan_text(p, "%.*s", (int)(to - from), from);
        }
    }
    return n;
}

const char *plan_name(struct plan *p, const char *text)
{
    char name[64];
    size_t n = 0;

    for (; *text != '\0' && n < sizeof name - 1; text++) {
        char one[2] = { *text, '\0' };

        if (*text >= 'A' && *text <= 'Z') {
            one[0] = (char)(*text | 0x20);
        }
        if (!values_is_name(one)) {
            one[0] = '-';
        }
        name[n++] = one[0];
    }
    name[n] = '\0';
    return n == 0 ? "network" : plan_text(p, "%s", name);
}

const char *plan_duration(struct plan *p, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        char name;
    } units[] = {
        {604800, 'w'},
        { 86400, 'd'},
        { 3600,  'h'},
        { 60,    'm'},
        { 1,     's'},
    };

    char text[64];
    size_t n = 0;

    if (seconds >= UINT32_MAX) {
        return "infinite";
    }
    if (seconds == 0) {
        return "0";
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(units); i++) {
        if (seconds >= units[i].seconds) {
            n += (size_t)snprintf(
                text + n,
                sizeof text - n,
                "%llu%c",
                (unsigned long long)(seconds / units[i].seconds),
                units[i].name);
            seconds %= units[i].seconds;
        }
    }
    return plan_text(p, "%s", text);
}

const char *plan_packed_hex(struct plan *p, const char *value)
{
    char *hex = arena_alloc(&p->arena, 2 * strlen(value) + 3);
    size_t n = 2;

    if (hex == NULL || strchr(value, ':') == NULL) {
        return NULL;
    }
    memcpy(hex, "0x", 2);
    while (*value != '\0') {
        size_t length = strspn(value, "0123456789abcdefABCDEF");

        if (length < 1 || length > 2 || (value[length] != ':' && value[length] != '\0')) {
            return NULL;
        }
        if (length == 1) {
            hex[n++] = '0';
        }
        memcpy(hex + n, value, length);
        n += length;
        value += length + (value[length] == ':');
    }
    hex[n] = '\0';
    return hex;
}

/* --- elements --- */

struct plan_network *plan_network(struct plan *p, const char *name)
{
    struct plan_network **at = &p->networks;

    while (*at != NULL && strcmp((*at)->name, name) != 0) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        *at = arena_array(&p->arena, 1, sizeof **at);
        if (*at != NULL) {
            (*at)->name = name;
        }
    }
    return *at;
}

struct plan_subnet *plan_subnet(
    struct plan *p, struct plan_network *network, struct ip4_prefix prefix)
{
    struct plan_subnet **at = &network->subnets;

    while (*at != NULL && (!ip4_equal((*at)->prefix.network, prefix.network) ||
                           (*at)->prefix.length != prefix.length)) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        *at = arena_array(&p->arena, 1, sizeof **at);
        if (*at != NULL) {
            (*at)->prefix = prefix;
        }
    }
    return *at;
}

struct plan_subnet *plan_subnet_of(const struct plan *p, struct ip4 address)
{
    for (const struct plan_network *n = p->networks; n != NULL; n = n->next) {
        for (struct plan_subnet *s = n->subnets; s != NULL; s = s->next) {
            if (ip4_prefix_contains(s->prefix, address)) {
                return s;
            }
        }
    }
    return NULL;
}

void plan_add_pool(struct plan *p, struct plan_subnet *subnet, struct ip4_range range)
{
    struct plan_range **at = &subnet->pools;

    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = arena_array(&p->arena, 1, sizeof **at);
    if (*at != NULL) {
        (*at)->range = range;
    }
}

struct plan_reservation *plan_add_reservation(
    struct plan *p, struct plan_reservation **list, unsigned line)
{
    struct plan_reservation *r = arena_array(&p->arena, 1, sizeof *r);

    if (r != NULL) {
        r->line = line;
        r->next = *list;
        *list = r;
    }
    return r;
}

/* @list is newest first, as the lists of the subnets are: the oldest has to be moved first. */
void plan_place(struct plan *p, struct plan_reservation *list)
{
    struct plan_reservation *oldest = NULL;

    while (list != NULL) {
        struct plan_reservation *next = list->next;

        list->next = oldest;
        oldest = list;
        list = next;
    }
    while (oldest != NULL) {
        struct plan_reservation *next = oldest->next;
        struct plan_subnet *subnet = plan_subnet_of(p, oldest->address);

        if (ip4_is_any(oldest->address) || subnet == NULL) {
            plan_note(
                p, PLAN_LEFT_OUT, oldest->line, "a host whose address is in no subnet of the file");
        } else {
            oldest->next = subnet->reservations;
            subnet->reservations = oldest;
        }
        oldest = next;
    }
}

void plan_set_authoritative(struct plan *p)
{
    for (struct plan_network *n = p->networks; n != NULL; n = n->next) {
        n->authoritative = n->authoritative == NULL ? "yes" : n->authoritative;
    }
}

struct plan_option *plan_set_option(
    struct plan *p,
    struct plan_option **list,
    const char *name,
    const char *const *items,
    unsigned n_items)
{
    const char **copy = arena_array(&p->arena, n_items, sizeof *copy);
    struct plan_option **at = list;

    while (*at != NULL && strcmp((*at)->name, name) != 0) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        *at = arena_array(&p->arena, 1, sizeof **at);
    }
    if (*at == NULL || (copy == NULL && n_items > 0)) {
        return NULL;
    }
    for (unsigned i = 0; i < n_items; i++) {
        copy[i] = items[i];
    }
    (*at)->name = name;
    (*at)->items = copy;
    (*at)->n_items = n_items;
    return *at;
}
