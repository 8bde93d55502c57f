#include <string.h>

#include "base/own.h"
#include "proto/dhcp/option_item.h"

/*
 * One resolver of option 162 (RFC 9463 5): its length, priority, the length of its name and the
 * name; then, unless only the name is given, the length of the addresses, the addresses, and the
 * service parameters in the order of their keys (RFC 9460 2.2).
 */
enum {
    PARAMETERS_MAX = 8,
    PARAMETER_MAX = 254,
    KEY_MANDATORY = 0,
    KEY_ALPN = 1,
    KEY_NO_DEFAULT_ALPN = 2,
    KEY_PORT = 3,
    KEY_IPV4_HINT = 4,
    KEY_IPV6_HINT = 6,
    KEY_DOHPATH = 7,
};

static const struct option_spec any_number = { .max = UINT32_MAX };

struct parameter {
    uint32_t key;
    const char *value; /* after the '=' */
    char text[PARAMETER_MAX];
};

static const struct {
    const char *name;
    uint32_t key;
} known_keys[] = {
    {"alpn",             KEY_ALPN           },
    { "no-default-alpn", KEY_NO_DEFAULT_ALPN},
    { "port",            KEY_PORT           },
    { "dohpath",         KEY_DOHPATH        },
};

/* "keyN" in decimal, without the keys that the addresses and the order make needless. */
static bool parse_numbered_key(const char *name, uint32_t *ret_key)
{
    uint8_t octets[2];
    struct writer w = writer_of(octets, sizeof octets);

    if (strncmp(name, "key", 3) != 0 || option_build_u16(&any_number, name + 3, &w) != 0) {
        return false;
    }
    *ret_key = (uint32_t)(octets[0] << 8 | octets[1]);
    return *ret_key != KEY_MANDATORY && *ret_key != KEY_IPV4_HINT && *ret_key != KEY_IPV6_HINT;
}

/* Divides the text of @p into its key and value. */
static bool parse_parameter(struct parameter *p)
{
    char *equals = strchr(p->text, '=');

    p->value = equals == NULL ? "" : equals + 1;
    if (equals != NULL) {
        *equals = '\0';
    }
    for (size_t i = 0; i < ARRAY_LENGTH(known_keys); i++) {
        if (strcmp(known_keys[i].name, p->text) == 0) {
            p->key = known_keys[i].key;
            return true;
        }
    }
    return parse_numbered_key(p->text, &p->key);
}

/* Names with commas between, each with its length. */
static bool build_alpn(const char *names, struct writer *out)
{
    for (const char *at = names; at != NULL;) {
        const char *comma = strchr(at, ',');
        size_t n = comma == NULL ? strlen(at) : (size_t)(comma - at);

        if (n == 0 || n > UINT8_MAX) {
            return false;
        }
        writer_u8(out, (uint8_t)n);
        writer_bytes(out, (struct bytes){ (const uint8_t *)at, n });
        at = comma == NULL ? NULL : comma + 1;
    }
    return true;
}

static bool build_parameter_value(const struct parameter *p, struct writer *out)
{
    if (p->key == KEY_ALPN) {
        return build_alpn(p->value, out);
    }
    if (p->key == KEY_NO_DEFAULT_ALPN) {
        return *p->value == '\0';
    }
    if (p->key == KEY_PORT) {
        return option_build_u16(&any_number, p->value, out) == 0;
    }
    return *p->value != '\0' && option_build_data(p->value, out) == 0;
}

/* Sets the two octets at @at to how many were written after them. */
static void set_length(struct writer *out, size_t at)
{
    if (!out->overrun) {
        struct writer w = writer_of(out->at + at, 2);

        writer_u16(&w, (uint16_t)(out->n - at - 2));
    }
}

static bool build_parameters(struct parameter *list, unsigned n, struct writer *out)
{
    for (uint32_t least = 0; n > 0; n--) {
        unsigned first = 0;

        for (unsigned i = 1; i < n; i++) {
            first = list[i].key < list[first].key ? i : first;
        }
        if (list[first].key < least) {
            return false; /* the same key twice */
        }
        least = list[first].key + 1;
        writer_u16(out, (uint16_t)list[first].key);

        size_t at = out->n;

        writer_u16(out, 0);
        if (!build_parameter_value(&list[first], out)) {
            return false;
        }
        set_length(out, at);
        if (first != n - 1) {
            const char *value = list[n - 1].value;
            size_t offset = (size_t)(value - list[n - 1].text);

            list[first] = list[n - 1];
            list[first].value = *value == '\0' ? "" : list[first].text + offset;
        }
    }
    return true;
}

/* Addresses with commas between, and how many octets they are. */
static bool build_addresses(char *addresses, struct writer *out)
{
    size_t at = out->n;

    writer_u8(out, 0);
    for (char *next = addresses; next != NULL;) {
        char *comma = strchr(next, ',');

        if (comma != NULL) {
            *comma = '\0';
        }
        if (option_build_ip4(&any_number, next, out) != 0) {
            return false;
        }
        next = comma == NULL ? NULL : comma + 1;
    }
    if (out->overrun || out->n - at - 1 > UINT8_MAX) {
        return false;
    }
    out->at[at] = (uint8_t)(out->n - at - 1);
    return true;
}

/* What follows the name, if anything. */
static bool build_service(const char *rest, struct writer *out)
{
    struct parameter list[PARAMETERS_MAX];
    char addresses[PARAMETER_MAX];
    unsigned n = 0;

    if (*rest == '\0') {
        return true;
    }
    if (!option_next_word(&rest, addresses, sizeof addresses) || !build_addresses(addresses, out)) {
        return false;
    }
    for (; *rest != '\0'; n++) {
        if (n == PARAMETERS_MAX || !option_next_word(&rest, list[n].text, sizeof list[n].text) ||
            !parse_parameter(&list[n])) {
            return false;
        }
    }
    return build_parameters(list, n, out);
}

int option_build_resolver(const struct option_spec *spec, const char *item, struct writer *out)
{
    const char *rest = item;
    char word[PARAMETER_MAX];
    size_t at = out->n;
    size_t name_at = at + 4;

    (void)spec;
    writer_u16(out, 0);
    if (!option_next_word(&rest, word, sizeof word) ||
        option_build_u16(&any_number, word, out) != 0 ||
        !option_next_word(&rest, word, sizeof word)) {
        return OPTION_VALUE_NOT_A_RESOLVER;
    }
    writer_u8(out, 0);
    if (option_build_labels(&any_number, word, out) != 0) {
        return OPTION_VALUE_NOT_A_DOMAIN;
    }
    if (!out->overrun) {
        out->at[name_at] = (uint8_t)(out->n - name_at - 1);
    }
    if (!build_service(rest, out)) {
        return OPTION_VALUE_NOT_A_RESOLVER;
    }
    set_length(out, at);
    return 0;
}
