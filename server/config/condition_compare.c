#include <string.h>

#include "proto/dhcp/agent_info.h"
#include "proto/dhcp/text.h"
#include "server/config/condition_parts.h"
#include "server/config/settings_options.h"
#include "server/config/values.h"

/* What is compared with the octets of an option or of a sub-option. */

/* A text, or bytes in hex after 0x. */
static void read_compared(struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    const char *text = walk_text(c->w, value, "a text, or bytes in hex like 0x0a0b");
    uint8_t octets[CLASS_VALUE_MAX];
    struct writer out = writer_of(octets, sizeof octets);
    struct class_term term = *like;

    if (text == NULL) {
        return;
    }
    if (strncmp(text, "0x", 2) != 0) {
        writer_bytes(&out, bytes_of_text(text));
    } else if (!text_parse_hex(text + 2, &out) && !out.overrun) {
        walk_not(c->w, value, "bytes in hex", "two digits for each, like 0x0a0b");
        return;
    }
    if (out.overrun) {
        walk_problem(c->w, value, "the value is longer than %d octets", CLASS_VALUE_MAX);
        return;
    }
    term.value = arena_copy(c->w->arena, writer_done(&out));
    condition_put(c, value, term);
}

static void read_present(struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    static const struct field as_bool = { .name = "present" };
    bool is_present = true;

    walk_read_bool(c->w, value, &as_bool, &is_present);
    condition_put(c, value, *like);
    if (!is_present) {
        condition_put(c, value, (struct class_term){ .kind = TERM_NOT });
    }
}

static const struct comparison_key {
    const char *name;
    enum comparison comparison;
    condition_item_reader *read;
} comparisons[] = {
    {"equals",       COMPARISON_EQUALS,      read_compared},
    { "starts-with", COMPARISON_STARTS_WITH, read_compared},
    { "contains",    COMPARISON_CONTAINS,    read_compared},
    { "present",     COMPARISON_PRESENT,     read_present },
};

static const struct comparison_key *find_comparison(struct condition *c, const yaml_node_t *key)
{
    static const char expected[] = "equals, starts-with, contains or present";
    const char *name = walk_text(c->w, key, expected);

    for (unsigned i = 0; name != NULL && i < ARRAY_LENGTH(comparisons); i++) {
        if (strcmp(comparisons[i].name, name) == 0) {
            return &comparisons[i];
        }
    }
    if (name != NULL) {
        walk_not(c->w, key, "a comparison", expected);
    }
    return NULL;
}

/* A value that is equal, or a mapping of comparisons that are all true. */
static void read_comparison(struct condition *c, struct class_term like, yaml_node_t *value)
{
    uint32_t n = 0;

    if (value->type != YAML_MAPPING_NODE) {
        like.comparison = COMPARISON_EQUALS;
        condition_read_any(c, &like, value, read_compared);
        return;
    }
    for (yaml_node_pair_t *p = value->data.mapping.pairs.start; p < value->data.mapping.pairs.top;
         p++) {
        const struct comparison_key *key = find_comparison(c, walk_node(c->w, p->key));

        if (key != NULL) {
            like.comparison = key->comparison;
            condition_read_any(c, &like, walk_node(c->w, p->value), key->read);
            n++;
        }
    }
    if (value->data.mapping.pairs.start == value->data.mapping.pairs.top) {
        walk_problem(c->w, value, "there is nothing to compare with");
    }
    condition_join(c, value, TERM_ALL, n);
}

void condition_read_text(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    read_comparison(c, (struct class_term){ .kind = key->kind, .number = key->number }, value);
}

/* --- options and sub-options by name --- */

/* Finds the number of the name @key. False after a problem. */
typedef bool number_finder(struct walk *w, const yaml_node_t *key, uint32_t *ret_number);

static bool find_option(struct walk *w, const yaml_node_t *key, uint32_t *ret_number)
{
    const struct option_spec *spec = settings_option_of(w, key);

    if (spec != NULL) {
        *ret_number = spec->code;
    }
    return spec != NULL;
}

static bool find_sub_option(struct walk *w, const yaml_node_t *key, uint32_t *ret_number)
{
    static const char expected[] =
        "circuit-id, remote-id, subscriber-id, relay-id, or sub-option-N for code N";
    static const struct word names[] = {
        {"circuit-id",          AGENT_INFO_CIRCUIT_ID },
        { "remote-id",                    AGENT_INFO_REMOTE_ID },
        { "subscriber-id",AGENT_INFO_SUBSCRIBER_ID },
        { "relay-id",      AGENT_INFO_RELAY_ID },
        { .name = NULL                   },
    };
    static const char numbered[] = "sub-option-";
    const char *name = walk_text(w, key, expected);
    uint64_t number = 0;

    if (name == NULL) {
        return false;
    }
    for (const struct word *known = names; known->name != NULL; known++) {
        if (strcmp(known->name, name) == 0) {
            *ret_number = (uint32_t)known->value;
            return true;
        }
    }
    if (strncmp(name, numbered, strlen(numbered)) == 0 &&
        values_parse_number(name + strlen(numbered), UINT8_MAX, &number)) {
        *ret_number = (uint32_t)number;
        return true;
    }
    walk_not(w, key, "a sub-option of the relay", expected);
    return false;
}

/* A mapping of names to what their values are compared with; all are true. */
void condition_read_named(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    number_finder *find = key->kind == TERM_OPTION ? find_option : find_sub_option;
    uint32_t n = 0;

    if (!walk_is_mapping(c->w, value, "names")) {
        return;
    }
    for (yaml_node_pair_t *p = value->data.mapping.pairs.start; p < value->data.mapping.pairs.top;
         p++) {
        struct class_term like = { .kind = key->kind };

        if (find(c->w, walk_node(c->w, p->key), &like.number)) {
            read_comparison(c, like, walk_node(c->w, p->value));
            n++;
        }
    }
    if (value->data.mapping.pairs.start == value->data.mapping.pairs.top) {
        walk_problem(c->w, value, "%s: expected at least one name", key->name);
    }
    condition_join(c, value, TERM_ALL, n);
}
