#include <string.h>

#include "base/check.h"
#include "proto/dhcp/option_item.h"
#include "proto/dhcp/text.h"

enum { WORD_MAX = TEXT_HOST_NAME_MAX };

static const struct option_spec any_number = { .max = UINT32_MAX };

bool option_next_word(const char **rest, char *word, size_t size)
{
    const char *start = *rest + strspn(*rest, " ");
    size_t n = strcspn(start, " ");

    if (n == 0 || n >= size) {
        return false;
    }
    memcpy(word, start, n);
    word[n] = '\0';
    *rest = start + n + strspn(start + n, " ");
    return true;
}

/* --- records --- */

static int build_word(enum option_type type, const char *word, struct writer *out)
{
    if (type == OPTION_TYPE_BYTES) {
        return strncmp(word, "0x", 2) == 0 ? option_build_data(word, out) : OPTION_VALUE_NOT_HEX;
    }
    return option_item_builder_of(type)(&any_number, word, out);
}

/* One field: a word, all that are left for a list, or the rest as it is for a text. */
static int build_field(enum option_type type, const char **rest, struct writer *out)
{
    char word[WORD_MAX];
    int r = 0;

    if (type == OPTION_TYPE_TEXT) {
        r = option_build_text(&any_number, *rest, out);
        *rest += strlen(*rest);
        return r;
    }
    do {
        if (!option_next_word(rest, word, sizeof word)) {
            return OPTION_VALUE_NOT_A_RECORD;
        }
        r = build_word(type, word, out);
    } while (r == 0 && option_type_is_list(type) && **rest != '\0');
    return r;
}

int option_build_record(const struct option_spec *spec, const char *item, struct writer *out)
{
    const struct option_record *record = option_record_of(spec);
    const char *rest = item;

    require(record != NULL);
    for (unsigned i = 0; i < record->n; i++) {
        int r = build_field(record->fields[i], &rest, out);

        if (r != 0) {
            return r;
        }
    }
    return *rest == '\0' ? 0 : OPTION_VALUE_NOT_A_RECORD;
}

/* --- lists of what has a length --- */

/* Sets the octet at @at to how many were written after it. */
static int set_length(struct writer *out, size_t at)
{
    if (out->overrun || out->n - at - 1 > UINT8_MAX) {
        return OPTION_VALUE_TOO_LONG;
    }
    out->at[at] = (uint8_t)(out->n - at - 1);
    return 0;
}

int option_build_ip4_group(const struct option_spec *spec, const char *item, struct writer *out)
{
    const char *rest = item;
    char word[WORD_MAX];
    size_t at = out->n;

    writer_u8(out, 0);
    while (option_next_word(&rest, word, sizeof word)) {
        if (option_build_ip4(spec, word, out) != 0) {
            return OPTION_VALUE_NOT_AN_ADDRESS;
        }
    }
    return *rest == '\0' && out->n > at + 1 ? set_length(out, at) : OPTION_VALUE_NOT_AN_ADDRESS;
}

int option_build_uri(const struct option_spec *spec, const char *item, struct writer *out)
{
    writer_u16(out, (uint16_t)strlen(item));
    return strlen(item) == 0 ? OPTION_VALUE_TOO_SHORT : option_build_text(spec, item, out);
}

/* A type, how many addresses, the addresses. */
int option_build_boot_server(const struct option_spec *spec, const char *item, struct writer *out)
{
    const char *rest = item;
    char word[WORD_MAX];
    size_t at = out->n + 2;
    size_t n = 0;

    (void)spec;
    if (!option_next_word(&rest, word, sizeof word) ||
        option_build_u16(&any_number, word, out) != 0) {
        return OPTION_VALUE_NOT_A_BOOT_SERVER;
    }
    writer_u8(out, 0);
    for (; option_next_word(&rest, word, sizeof word); n++) {
        if (option_build_ip4(spec, word, out) != 0) {
            return OPTION_VALUE_NOT_A_BOOT_SERVER;
        }
    }
    if (n == 0 || n > UINT8_MAX || *rest != '\0') {
        return OPTION_VALUE_NOT_A_BOOT_SERVER;
    }
    if (!out->overrun) {
        out->at[at] = (uint8_t)n;
    }
    return 0;
}

/* A type, the length of the text, the text. */
int option_build_menu_item(const struct option_spec *spec, const char *item, struct writer *out)
{
    const char *rest = item;
    char word[WORD_MAX];
    size_t at = out->n + 2;

    if (!option_next_word(&rest, word, sizeof word) ||
        option_build_u16(&any_number, word, out) != 0 || *rest == '\0') {
        return OPTION_VALUE_NOT_A_MENU_ITEM;
    }
    writer_u8(out, 0);

    int r = option_build_text(spec, rest, out);

    return r == 0 ? set_length(out, at) : r;
}

/* --- data of enterprises --- */

/* The code of an item of option 125, and DATA of both, as a length and what it counts. */
static int build_enterprise_item(bool has_code, const char *rest, struct writer *out)
{
    char word[WORD_MAX];
    size_t at = 0;

    if (has_code && (!option_next_word(&rest, word, sizeof word) ||
                     option_build_u8(&any_number, word, out) != 0)) {
        return OPTION_VALUE_NOT_ENTERPRISE_OPTION;
    }
    if (*rest == '\0') {
        return has_code ? OPTION_VALUE_NOT_ENTERPRISE_OPTION : OPTION_VALUE_NOT_ENTERPRISE_DATA;
    }
    at = out->n;
    writer_u8(out, 0);

    int r = option_build_data(rest, out);

    return r == 0 ? set_length(out, at) : r;
}

int option_build_enterprise(
    const struct option_spec *spec, struct option_text *text, struct writer *out)
{
    bool has_code = spec->type == OPTION_TYPE_ENTERPRISE_OPTIONS;
    char previous[WORD_MAX] = "";
    size_t block = 0; /* where its length is */
    int r = 0;

    for (text->at = 0; r == 0 && text->at < text->n_items; text->at++) {
        const char *rest = text->items[text->at];
        char word[WORD_MAX];

        if (!option_next_word(&rest, word, sizeof word)) {
            return has_code ? OPTION_VALUE_NOT_ENTERPRISE_OPTION : OPTION_VALUE_NOT_ENTERPRISE_DATA;
        }
        if (strcmp(word, previous) != 0) {
            r = option_build_u32(&any_number, word, out);
            block = out->n;
            writer_u8(out, 0);
            memcpy(previous, word, sizeof word);
        }
        r = r == 0 ? build_enterprise_item(has_code, rest, out) : r;
        r = r == 0 ? set_length(out, block) : r;
        if (r != 0) {
            return r;
        }
    }
    return 0;
}
