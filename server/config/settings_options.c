#include "server/config/settings_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "proto/dhcp/option.h"
#include "proto/settings.h"

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
    const struct option_spec *spec = name == NULL ? NULL : option_by_name(name);
    char quoted[64];

    if (name == NULL) {
        return NULL;
    }
    if (spec == NULL) {
        struct nearest nearest = nearest_of(name);

        for (const struct option_spec *o = option_next(NULL); o != NULL; o = option_next(o)) {
            nearest_try(&nearest, o->name);
        }
        walk_problem(
            w,
            key,
            "there is no option \"%s\"; %s%s%s",
            printable(bytes_of_text(name), quoted, sizeof quoted),
            nearest.best == NULL ? "expected a name, or option-N for code N" : "did you mean \"",
            nearest.best == NULL ? "" : nearest.best,
            nearest.best == NULL ? "" : "\"?");
        return NULL;
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

/* Reads the texts of @value as one value of @spec. False after a problem. */
static bool build_value(
    struct walk *w, yaml_node_t *value, const struct option_spec *spec, struct bytes *ret_value)
{
    const char *items[OPTION_ITEMS_MAX];
    bool is_sound = false;
    size_t n = collect_items(w, value, items, &is_sound);
    struct option_text text = { .items = items, .n_items = n };
    uint8_t buffer[OPTION_VALUE_MAX];
    struct writer out = writer_of(buffer, sizeof buffer);

    if (!is_sound) {
        return false;
    }

    int outcome = option_value_build(spec, &text, &out);

    if (outcome != 0) {
        yaml_node_t *at = walk_item(w, value, (int)text.at);

        walk_problem(
            w,
            at == NULL ? value : at,
            "option %s (%s): %s",
            spec->name,
            option_type_name(spec->type),
            option_value_str(outcome));
        return false;
    }
    *ret_value = arena_copy(w->arena, writer_done(&out));
    return true;
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
    if (form.value->type == YAML_MAPPING_NODE) {
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
        const struct option_spec *spec = key->type != YAML_SCALAR_NODE
                                             ? NULL
                                             : option_by_name((const char *)key->data.scalar.value);

        if (spec != NULL && spec->code == code) {
            return walk_node(w, p->value);
        }
    }
    return NULL;
}
