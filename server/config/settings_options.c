#include "server/config/settings_options.h"

#include <stdlib.h>
#include <string.h>

#include "proto/dhcp/option.h"
#include "proto/settings.h"
#include "server/config/settings_definitions.h"

enum { OPTION_ITEMS_MAX = 256 };

/* What the mapping form of a value holds. */
struct long_form {
    yaml_node_t *value;
    bool force;
};

static WALK_READER(read_node)
{
    (void)w;
    memcpy(walk_member(record, f->offset), &value, sizeof value);
}

/* clang-format off */
static const struct field long_form_fields[] = {
    { .name = "value",
      .read = read_node,
      .offset = offsetof(struct long_form, value),
      .is_required = true },
    { .name = "force", .read = walk_read_bool, .offset = offsetof(struct long_form, force) },
};
/* clang-format on */

static const struct schema long_form_schema = {
    .what = "an option with more than its value",
    SCHEMA_FIELDS(long_form_fields),
    .size = sizeof(struct long_form),
};

const struct option_spec *settings_option_of(struct walk *w, const yaml_node_t *key)
{
    const char *name = walk_text(w, key, "the name of an option");
    const struct option_spec *spec = name == NULL ? NULL : settings_find_definition(w, 0, name);

    if (name != NULL && spec == NULL) {
        settings_no_option(w, key, 0, name);
    }
    return spec;
}

/* The option @key names, if settings may give it a value; else NULL and a problem. */
static const struct option_spec *find_spec(struct walk *w, const yaml_node_t *key)
{
    const struct option_spec *spec = settings_option_of(w, key);

    if (spec != NULL && (spec->flags & OPTION_SET) == 0) {
        walk_problem(
            w,
            key,
            "option \"%s\" cannot be set: %s",
            spec->name,
            (spec->flags & OPTION_OWN) != 0 ? "the server writes it itself"
                                            : "it is sent by clients only");
        return NULL;
    }
    return spec;
}

/* Collects the texts of a value. Returns how many, 0 after a problem or for an empty list. */
static size_t collect_items(
    struct walk *w, yaml_node_t *value, const char *items[OPTION_ITEMS_MAX], bool *ret_is_sound)
{
    yaml_node_t *item = NULL;
    size_t n = 0;

    *ret_is_sound = true;
    if (value->type != YAML_SEQUENCE_NODE) {
        items[0] = walk_text(w, value, "a value or a list of values");
        *ret_is_sound = items[0] != NULL;
        return 1;
    }
    while ((item = walk_item(w, value, (int)n)) != NULL) {
        if (n == OPTION_ITEMS_MAX) {
            walk_problem(w, value, "more than %d values for one option", OPTION_ITEMS_MAX);
            *ret_is_sound = false;
            return n;
        }
        items[n] = walk_text(w, item, "a single value");
        *ret_is_sound = *ret_is_sound && items[n] != NULL;
        n++;
    }
    return n;
}

typedef int value_builder(
    const struct option_spec *spec, struct option_text *text, struct writer *out);

/* Writes the texts of @value as @build says. False after a problem. */
static bool build_texts(
    struct walk *w,
    yaml_node_t *value,
    const struct option_spec *spec,
    value_builder *build,
    struct writer *out)
{
    const char *items[OPTION_ITEMS_MAX];
    bool is_sound = false;
    size_t n = collect_items(w, value, items, &is_sound);
    struct option_text text = { .items = items, .n_items = n };

    if (!is_sound) {
        return false;
    }

    int outcome = build(spec, &text, out);

    if (outcome != 0) {
        yaml_node_t *at = walk_item(w, value, (int)text.at);

        walk_problem(
            w,
            at == NULL ? value : at,
            "option %s (%s): %s",
            spec->name,
            option_type_name(spec->type),
            option_value_str(outcome));
    }
    return outcome == 0;
}

/* Writes one sub-option and notes its code in @seen. False after a problem. */
static bool build_sub_option(
    struct walk *w,
    const yaml_node_pair_t *pair,
    const struct option_spec *outer,
    bool seen[OPTION_END],
    struct writer *out)
{
    const yaml_node_t *key = walk_node(w, pair->key);
    const char *name = walk_text(w, key, "the name of a sub-option");
    const struct option_spec *spec =
        name == NULL ? NULL : settings_find_definition(w, outer->code, name);

    if (name == NULL) {
        return false;
    }
    if (spec == NULL) {
        settings_no_option(w, key, outer->code, name);
        return false;
    }
    if (seen[spec->code]) {
        walk_problem(w, key, "sub-option %u stands here twice", (unsigned)spec->code);
        return false;
    }
    seen[spec->code] = true;
    return build_texts(w, walk_node(w, pair->value), spec, option_sub_build, out);
}

/* A mapping of sub-options. Those of vendors end with END (RFC 2132 8.4). */
static bool build_sub_options(
    struct walk *w, yaml_node_t *value, const struct option_spec *spec, struct writer *out)
{
    bool seen[OPTION_END] = { false };
    bool is_sound = true;

    for (yaml_node_pair_t *p = value->data.mapping.pairs.start; p < value->data.mapping.pairs.top;
         p++) {
        is_sound = build_sub_option(w, p, spec, seen, out) && is_sound;
    }
    if (out->n == 0 && is_sound) {
        walk_problem(w, value, "option %s: expected at least one sub-option", spec->name);
        return false;
    }
    if (spec->code == OPTION_VENDOR_ENCAPSULATED_OPTIONS) {
        writer_u8(out, OPTION_END);
    }
    return is_sound;
}

/* Reads @value as one value of @spec. False after a problem. */
static bool build_value(
    struct walk *w, yaml_node_t *value, const struct option_spec *spec, struct bytes *ret_value)
{
    uint8_t buffer[OPTION_VALUE_MAX];
    struct writer out = writer_of(buffer, sizeof buffer);
    bool is_sound = false;

    if (spec->type == OPTION_TYPE_SUB_OPTIONS && value->type == YAML_MAPPING_NODE) {
        is_sound = build_sub_options(w, value, spec, &out);
    } else {
        is_sound = build_texts(w, value, spec, option_value_build, &out);
    }
    if (is_sound && out.overrun) {
        walk_problem(
            w, value, "option %s: %s", spec->name, option_value_str(OPTION_VALUE_TOO_LONG));
        is_sound = false;
    }
    if (is_sound) {
        *ret_value = arena_copy(w->arena, writer_done(&out));
    }
    return is_sound;
}

/* A mapping is the long form, but for sub-options without its keys. */
static bool is_long_form(struct walk *w, const struct option_spec *spec, yaml_node_t *value)
{
    bool has_its_keys =
        walk_find(w, value, "value") != NULL || walk_find(w, value, "force") != NULL;

    return value->type == YAML_MAPPING_NODE &&
           (spec->type != OPTION_TYPE_SUB_OPTIONS || has_its_keys);
}

static bool read_option(
    struct walk *w, const yaml_node_pair_t *pair, struct option_value *ret_option)
{
    const struct option_spec *spec = find_spec(w, walk_node(w, pair->key));
    struct long_form form = { .value = walk_node(w, pair->value) };
    struct option_value option = { .code = spec == NULL ? 0 : spec->code };

    if (spec == NULL) {
        return false;
    }
    if (is_long_form(w, spec, form.value)) {
        yaml_node_t *node = form.value;

        form.value = NULL;
        walk_mapping(w, node, &long_form_schema, &form);
    }
    if (form.value == NULL || !build_value(w, form.value, spec, &option.value)) {
        return false;
    }
    option.forced = form.force;
    *ret_option = option;
    return true;
}

static int compare_options(const void *a, const void *b)
{
    const struct option_value *p = a;
    const struct option_value *q = b;

    return p->code - q->code;
}

static bool has_code(const struct option_value *options, unsigned n, uint8_t code)
{
    for (unsigned i = 0; i < n; i++) {
        if (options[i].code == code) {
            return true;
        }
    }
    return false;
}

WALK_READER(settings_read_options)
{
    struct option_value options[OPTION_END];
    struct option_list list = { .n = 0 };

    if (!walk_is_mapping(w, value, "options")) {
        return;
    }
    for (yaml_node_pair_t *p = value->data.mapping.pairs.start; p < value->data.mapping.pairs.top;
         p++) {
        struct option_value option;

        if (!read_option(w, p, &option)) {
            continue;
        }
        if (has_code(options, list.n, option.code)) {
            walk_problem(w, walk_node(w, p->key), "option %u stands here twice", option.code);
            continue;
        }
        options[list.n++] = option;
    }
    qsort(options, list.n, sizeof options[0], compare_options);

    struct option_value *kept = arena_array(w->arena, list.n, sizeof options[0]);

    if (kept == NULL) {
        return; /* latched in the arena */
    }
    memcpy(kept, options, list.n * sizeof options[0]);
    list.at = kept;
    memcpy(walk_member(record, f->offset), &list, sizeof list);
}

yaml_node_t *settings_find_option(const struct walk *w, yaml_node_t *node, uint8_t code)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = walk_node(w, p->key);
        const struct option_spec *spec =
            key->type != YAML_SCALAR_NODE
                ? NULL
                : settings_find_definition(w, 0, (const char *)key->data.scalar.value);

        if (spec != NULL && spec->code == code) {
            return walk_node(w, p->value);
        }
    }
    return NULL;
}
