#include "proto/dhcp/domain.h"

#include <string.h>

#include "proto/dhcp/text.h"

enum {
    POINTER = 0xc000,
    POINTER_OFFSET_MAX = 0x3fff,
};

/* Writes the label at the front of @tail. Returns what follows it and its dot. */
static const char *build_label(const char *tail, struct writer *out)
{
    size_t n = strcspn(tail, ".");

    writer_u8(out, (uint8_t)n);
    writer_bytes(out, bytes_of(tail, n));
    return tail[n] == '.' ? tail + n + 1 : tail + n;
}

bool domain_build_partial(const char *name, struct writer *out)
{
    if (!text_is_domain(name)) {
        return false;
    }
    while (*name != '\0') {
        name = build_label(name, out);
    }
    return true;
}

bool domain_build(const char *name, struct writer *out)
{
    if (!domain_build_partial(name, out)) {
        return false;
    }
    writer_u8(out, 0);
    return true;
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c + ('a' - 'A'));
    }
    return c;
}

/* Letters of either case are the same (RFC 1035 2.3.3). */
static bool is_same_name(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

/* Writes a pointer to @tail and returns true if @tail has been written before. */
static bool build_pointer(const struct domain_list *list, const char *tail)
{
    for (size_t i = 0; i < list->n_tails; i++) {
        if (is_same_name(list->tails[i].text, tail)) {
            writer_u16(list->out, (uint16_t)(POINTER | list->tails[i].offset));
            return true;
        }
    }
    return false;
}

static void remember_tail(struct domain_list *list, const char *tail)
{
    size_t offset = list->out->n - list->start;

    if (list->n_tails < DOMAIN_TAILS_MAX && offset <= POINTER_OFFSET_MAX) {
        list->tails[list->n_tails].text = tail;
        list->tails[list->n_tails].offset = offset;
        list->n_tails++;
    }
}

struct domain_list domain_list_of(struct writer *out)
{
    return (struct domain_list){ .out = out, .start = out->n };
}

bool domain_list_add(struct domain_list *list, const char *name)
{
    if (!text_is_domain(name)) {
        return false;
    }
    while (*name != '\0') {
        if (build_pointer(list, name)) {
            return true;
        }
        remember_tail(list, name);
        name = build_label(name, list->out);
    }
    writer_u8(list->out, 0);
    return true;
}
