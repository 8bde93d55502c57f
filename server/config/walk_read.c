#include <string.h>

#include "base/instant.h"
#include "server/config/values.h"
#include "server/config/walk.h"

/* The readers of fields: each turns one value of the document into one member of a record. */

WALK_READER(walk_read_list)
{
    const struct schema *s = f->detail;

    if (!walk_is_list(w, value, f->name)) {
        return;
    }

    size_t n = (size_t)(value->data.sequence.items.top - value->data.sequence.items.start);

    if (n > s->n_max) {
        walk_problem(w, value, "%zu %s; at most %u are possible", n, f->name, s->n_max);
        n = s->n_max;
    }

    uint8_t *items = arena_array(w->arena, n, s->size);
    unsigned count = (unsigned)n;

    if (items == NULL) {
        return; /* latched in the arena */
    }
    for (size_t i = 0; i < n; i++) {
        walk_mapping(w, walk_item(w, value, (int)i), s, items + i * s->size);
    }
    memcpy(walk_member(record, f->offset), &items, sizeof items);
    memcpy(walk_member(record, f->count), &count, sizeof count);
}

WALK_READER(walk_read_mapping)
{
    walk_mapping(w, value, f->detail, walk_member(record, f->offset));
}

static void store_text(struct walk *w, const char *text, const struct field *f, void *record)
{
    size_t n = strlen(text);
    struct bytes copy = arena_copy(w->arena, (struct bytes){ (const uint8_t *)text, n + 1 });

    copy.n = copy.at == NULL ? 0 : n;
    memcpy(walk_member(record, f->offset), &copy, sizeof copy);
}

WALK_READER(walk_read_string)
{
    const struct number_range *length = f->detail;
    const char *text = walk_text(w, value, "a text");

    if (text != NULL && (strlen(text) < length->min || strlen(text) > length->max)) {
        walk_problem(
            w,
            value,
            "%s: the text has %zu octets; expected %u to %u",
            f->name,
            strlen(text),
            length->min,
            length->max);
    } else if (text != NULL) {
        store_text(w, text, f, record);
    }
}

WALK_READER(walk_read_name)
{
    const char *text = walk_text(w, value, "a name");

    if (text != NULL && !values_is_name(text)) {
        walk_not(w, value, "a name", "1 to 63 characters a-z, 0-9, '-', '_', '.'");
    } else if (text != NULL) {
        store_text(w, text, f, record);
    }
}

WALK_READER(walk_read_address)
{
    static const char expected[] = "an IPv4 address like 192.168.1.10";
    const char *text = walk_text(w, value, expected);
    struct ip4 address = IP4_ANY;

    if (text == NULL) {
        return;
    }
    if (!ip4_parse(text, &address)) {
        walk_not(w, value, "an address", expected);
        return;
    }
    memcpy(walk_member(record, f->offset), &address, sizeof address);
}

WALK_READER(walk_read_number)
{
    const struct number_range *range = f->detail;
    const char *text = walk_text(w, value, "a whole number");
    uint64_t number = 0;

    if (text == NULL) {
        return;
    }
    if (!values_parse_number(text, range->max, &number) || number < range->min) {
        walk_problem(
            w, value, "%s: expected a whole number from %u to %u", f->name, range->min, range->max);
        return;
    }

    uint32_t narrow = (uint32_t)number;

    memcpy(walk_member(record, f->offset), &narrow, sizeof narrow);
}

/* Looks @text up in @words; adds a problem with the nearest word and all of them when unknown. */
static const struct word *find_word(
    struct walk *w, const yaml_node_t *node, const char *text, const struct word *words)
{
    char all[160] = "";

    for (const struct word *word = words; word->name != NULL; word++) {
        if (strcmp(text, word->name) == 0) {
            return word;
        }
        if (word != words) {
            (void)strncat(all, word[1].name == NULL ? " or " : ", ", sizeof all - strlen(all) - 1);
        }
        (void)strncat(all, word->name, sizeof all - strlen(all) - 1);
    }
    walk_not(w, node, "one of the words for this key", all);
    return NULL;
}

WALK_READER(walk_read_word)
{
    const struct word *words = f->detail;
    const char *text = walk_text(w, value, words[0].name);
    const struct word *word = text == NULL ? NULL : find_word(w, value, text, words);

    if (word != NULL) {
        memcpy(walk_member(record, f->offset), &word->value, sizeof word->value);
    }
}

WALK_READER(walk_read_bool)
{
    static const struct word words[] = {
        {"yes",    1},
        { "no",    0},
        { "true",  1},
        { "false", 0},
        { NULL,    0}
    };
    const char *text = walk_text(w, value, "yes or no");
    const struct word *word = text == NULL ? NULL : find_word(w, value, text, words);

    if (word != NULL) {
        bool is_true = word->value != 0;

        memcpy(walk_member(record, f->offset), &is_true, sizeof is_true);
    }
}

WALK_READER(walk_read_ms)
{
    static const char expected[] = "none, or a duration of at most 1d like 10s or 500ms";
    const char *text = walk_text(w, value, expected);
    uint64_t ms = 0;

    if (text == NULL) {
        return;
    }
    if (strcmp(text, "none") != 0 && (!values_parse_duration(text, &ms) || ms > 86400000)) {
        walk_not(w, value, "a duration for this key", expected);
        return;
    }

    uint32_t narrow = (uint32_t)ms;

    memcpy(walk_member(record, f->offset), &narrow, sizeof narrow);
}

WALK_READER(walk_read_seconds)
{
    static const char expected[] = "infinite, or a duration like 10m, 1h30m or 1w2d";
    const char *text = walk_text(w, value, expected);
    struct seconds seconds = SECONDS_INFINITE;
    uint64_t ms = 0;

    if (text == NULL) {
        return;
    }
    if (strcmp(text, "infinite") != 0) {
        if (!values_parse_duration(text, &ms) || ms % 1000 != 0) {
            walk_not(w, value, "a duration in seconds or more", expected);
            return;
        }
        seconds.value = (uint32_t)(ms / 1000);
    }
    memcpy(walk_member(record, f->offset), &seconds, sizeof seconds);
}
