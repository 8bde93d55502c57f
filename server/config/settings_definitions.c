#include "server/config/settings_definitions.h"

#include <string.h>

#include "base/printable.h"
#include "server/config/values.h"

/* The fields of a definition, before it is one. */
struct definition_record {
    struct bytes name, inside;
    uint32_t code;
    yaml_node_t *type, *fields;
    bool is_array;
};

static const struct number_range code_range = { 1, OPTION_END - 1 };
static const struct number_range name_length = { 1, 63 };

static WALK_READER(read_node)
{
    (void)w;
    memcpy(walk_member(record, f->offset), &value, sizeof value);
}

/* clang-format off */
static const struct field definition_fields[] = {
    { .name = "name",
      .read = walk_read_name,
      .offset = offsetof(struct definition_record, name),
      .is_required = true },
    { .name = "code",
      .read = walk_read_number,
      .offset = offsetof(struct definition_record, code),
      .detail = &code_range,
      .is_required = true },
    { .name = "type",
      .read = read_node,
      .offset = offsetof(struct definition_record, type),
      .is_required = true },
    { .name = "array",
      .read = walk_read_bool,
      .offset = offsetof(struct definition_record, is_array) },
    { .name = "record-types",
      .read = read_node,
      .offset = offsetof(struct definition_record, fields) },
    { .name = "inside",
      .read = walk_read_string,
      .offset = offsetof(struct definition_record, inside),
      .detail = &name_length },
};
/* clang-format on */

const struct schema settings_definition_schema = {
    .what = "an option definition",
    SCHEMA_FIELDS(definition_fields),
    .size = sizeof(struct definition_record),
    .n_max = DEFINITIONS_MAX,
};

/* The names that another server's users know some types by. */
static const struct {
    const char *name;
    enum option_type type;
} other_names[] = {
    {"binary",        OPTION_TYPE_BYTES      },
    { "boolean",      OPTION_TYPE_BOOL       },
    { "fqdn",         OPTION_TYPE_DOMAIN_LIST},
    { "int16",        OPTION_TYPE_S16        },
    { "int32",        OPTION_TYPE_S32        },
    { "int8",         OPTION_TYPE_S8         },
    { "ipv4-address", OPTION_TYPE_IP4        },
    { "ipv6-address", OPTION_TYPE_IP6        },
    { "string",       OPTION_TYPE_TEXT       },
    { "uint16",       OPTION_TYPE_U16        },
    { "uint32",       OPTION_TYPE_U32        },
    { "uint8",        OPTION_TYPE_U8         },
};

static bool read_type(struct walk *w, const yaml_node_t *value, enum option_type *ret_type)
{
    static const char expected[] =
        "a type like u8, u16, u32, bool, ip4, ip6, text, bytes, domain-list "
        "or record";
    const char *name = walk_text(w, value, expected);

    if (name == NULL) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(other_names); i++) {
        if (strcmp(other_names[i].name, name) == 0) {
            *ret_type = other_names[i].type;
            return true;
        }
    }
    if (!option_type_by_name(name, ret_type)) {
        walk_not(w, value, "a type", expected);
        return false;
    }
    return true;
}

static bool read_record(struct walk *w, yaml_node_t *value, struct option_record *ret_record)
{
    yaml_node_t *item = NULL;
    unsigned n = 0;

    if (!walk_is_list(w, value, "types")) {
        return false;
    }
    for (; (item = walk_item(w, value, (int)n)) != NULL; n++) {
        bool is_last = walk_item(w, value, (int)n + 1) == NULL;

        if (n == OPTION_FIELDS_MAX) {
            walk_problem(w, value, "a record has at most %d fields", OPTION_FIELDS_MAX);
            return false;
        }
        if (!read_type(w, item, &ret_record->fields[n])) {
            return false;
        }
        if (!option_type_is_field(ret_record->fields[n], is_last)) {
            walk_not(
                w,
                item,
                "a field here",
                is_last ? "a number, an address, a domain-list, text, or a list of these"
                        : "a number or an address; a text or a list can be the last field");
            return false;
        }
    }
    ret_record->n = n;
    if (n == 0) {
        walk_problem(w, value, "the record has no field");
    }
    return n > 0;
}

/* Finds the type, and the fields of a record. False after a problem. */
static bool complete_type(
    struct walk *w, yaml_node_t *node, struct definition_record *r, struct option_spec *spec)
{
    struct option_record *record = NULL;
    bool is_record = false;

    if (!read_type(w, r->type, &spec->type)) {
        return false;
    }
    is_record = spec->type == OPTION_TYPE_RECORD || spec->type == OPTION_TYPE_RECORD_LIST;
    if (is_record != (r->fields != NULL)) {
        walk_problem(
            w, node, "the key \"record-types\" goes with the type record, and with it alone");
        return false;
    }
    if (r->is_array && !option_type_list_of(spec->type, &spec->type)) {
        walk_problem(
            w,
            r->type,
            "there is no array of %s: nothing would divide it",
            option_type_name(spec->type));
        return false;
    }
    if (is_record) {
        record = arena_array(w->arena, 1, sizeof *record);
        spec->record = record;
        return record != NULL && read_record(w, r->fields, record);
    }
    return true;
}

/* Finds the option that this one is inside of. False after a problem. */
static bool complete_container(
    struct walk *w, yaml_node_t *node, const struct definition_record *r, uint8_t *ret_container)
{
    const yaml_node_t *inside = walk_find(w, node, "inside");
    const char *name = inside == NULL ? NULL : walk_text(w, inside, "the name of an option");
    const struct option_spec *outer = name == NULL ? NULL : settings_find_definition(w, 0, name);

    *ret_container = 0;
    if (r->inside.n == 0) {
        return true;
    }
    if (outer == NULL || outer->type != OPTION_TYPE_SUB_OPTIONS) {
        walk_not(
            w,
            inside,
            "an option of sub-options",
            "vendor-encapsulated-options, or one defined above");
        return false;
    }
    *ret_container = outer->code;
    return true;
}

static bool is_free(
    struct walk *w, yaml_node_t *node, const struct definition_record *r, uint8_t container)
{
    const yaml_node_t *name = walk_find(w, node, "name");
    const struct option_spec *of_code = option_spec((uint8_t)r->code);

    if (settings_find_definition(w, container, (const char *)r->name.at) != NULL) {
        walk_problem(w, name, "there is another option \"%s\"", (const char *)r->name.at);
        return false;
    }
    if (container == 0 && (of_code->flags & OPTION_SET) == 0) {
        walk_problem(
            w,
            walk_find(w, node, "code"),
            "option %u is %s, which cannot be set",
            (unsigned)r->code,
            of_code->name);
        return false;
    }
    return true;
}

static void read_definition(
    struct walk *w, yaml_node_t *node, struct settings_definitions *definitions)
{
    struct settings_definition d = { .container = 0 };
    struct definition_record r = { .code = 0 };
    unsigned n_before = w->problems->n;

    walk_mapping(w, node, &settings_definition_schema, &r);
    if (w->problems->n != n_before || r.name.n == 0 || !complete_type(w, node, &r, &d.spec) ||
        !complete_container(w, node, &r, &d.container) || !is_free(w, node, &r, d.container)) {
        return;
    }
    d.spec.name = (const char *)r.name.at;
    d.spec.code = (uint8_t)r.code;
    d.spec.flags = OPTION_SET;
    d.spec.max = UINT32_MAX;
    definitions->at[definitions->n++] = d;
}

void settings_read_definitions(
    struct walk *w, yaml_node_t *root, struct settings_definitions *ret_definitions)
{
    yaml_node_t *list = walk_find(w, root, "option-definitions");
    yaml_node_t *item = NULL;

    if (list == NULL || !walk_is_list(w, list, "option-definitions")) {
        return;
    }
    ret_definitions->at = arena_array(w->arena, DEFINITIONS_MAX, sizeof *ret_definitions->at);
    for (int i = 0; ret_definitions->at != NULL && (item = walk_item(w, list, i)) != NULL; i++) {
        if (i == DEFINITIONS_MAX) {
            walk_problem(w, list, "at most %d option definitions are possible", DEFINITIONS_MAX);
            return;
        }
        read_definition(w, item, ret_definitions);
    }
}

WALK_READER(settings_skip_definitions)
{
    (void)w;
    (void)value;
    (void)f;
    (void)record;
}

const struct option_spec *settings_find_definition(
    const struct walk *w, uint8_t container, const char *name)
{
    const struct settings_definitions *definitions = w->context;
    const struct option_spec *spec =
        container == 0 ? option_by_name(name) : option_sub_by_name(container, name);

    for (unsigned i = 0; spec == NULL && definitions != NULL && i < definitions->n; i++) {
        const struct settings_definition *d = &definitions->at[i];

        if (d->container == container && strcmp(d->spec.name, name) == 0) {
            spec = &d->spec;
        }
    }
    return spec;
}

static const struct option_spec *next_row(uint8_t container, const struct option_spec *previous)
{
    return container == 0 ? option_next(previous) : option_sub_next(container, previous);
}

void settings_no_option(struct walk *w, const yaml_node_t *key, uint8_t container, const char *name)
{
    const struct settings_definitions *definitions = w->context;
    struct nearest nearest = nearest_of(name);
    char quoted[64];

    for (const struct option_spec *o = next_row(container, NULL); o != NULL;
         o = next_row(container, o)) {
        nearest_try(&nearest, o->name);
    }
    for (unsigned i = 0; definitions != NULL && i < definitions->n; i++) {
        if (definitions->at[i].container == container) {
            nearest_try(&nearest, definitions->at[i].spec.name);
        }
    }
    walk_problem(
        w,
        key,
        "there is no %s \"%s\"; %s%s%s",
        container == 0 ? "option" : "sub-option",
        printable(bytes_of_text(name), quoted, sizeof quoted),
        nearest.best != NULL ? "did you mean \""
        : container == 0     ? "expected a name, or option-N for code N"
                             : "expected a name, or sub-option-N for code N",
        nearest.best == NULL ? "" : nearest.best,
        nearest.best == NULL ? "" : "\"?");
}
