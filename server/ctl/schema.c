#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "proto/dhcp/option.h"
#include "server/config/node_file.h"
#include "server/config/settings_condition.h"
#include "server/config/settings_definitions.h"
#include "server/config/settings_options.h"
#include "server/config/settings_schema.h"
#include "server/ctl/command.h"

/*
 * The configuration files as JSON Schema (2020-12), for the completion of editors. Made of the
 * tables that the parser goes by: a key that is not here does not exist. What a value means in
 * detail is left to `settings check`, which says it better.
 */

static json_t *of_schema(const struct schema *s);

static json_t *of_text(const char *pattern)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

/* Editors read what looks like a number as one, also where a text is meant. */
static json_t *of_any_scalar(const struct field *f)
{
    (void)f;
    return json_pack("{s:[s, s]}", "type", "string", "integer");
}

static json_t *of_string(const struct field *f)
{
    const struct number_range *length = f->detail;

    return length == NULL ? of_any_scalar(f)
                          : json_pack(
                                "{s:s, s:i, s:i}",
                                "type",
                                "string",
                                "minLength",
                                (int)length->min,
                                "maxLength",
                                (int)length->max);
}

static json_t *of_name(const struct field *f)
{
    (void)f;
    return of_text("^[a-z0-9._-]{1,63}$");
}

static json_t *of_address(const struct field *f)
{
    (void)f;
    return of_text("^[0-9]{1,3}(\\.[0-9]{1,3}){3}$");
}

static json_t *of_prefix(const struct field *f)
{
    (void)f;
    return of_text("^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$");
}

static json_t *of_number(const struct field *f)
{
    const struct number_range *range = f->detail;

    return range == NULL ? json_pack("{s:s}", "type", "integer")
                         : json_pack(
                               "{s:s, s:I, s:I}",
                               "type",
                               "integer",
                               "minimum",
                               (json_int_t)range->min,
                               "maximum",
                               (json_int_t)range->max);
}

static json_t *of_bool(const struct field *f)
{
    (void)f;
    return json_pack("{s:[s, s, b, b]}", "enum", "yes", "no", true, false);
}

static json_t *of_duration(const struct field *f)
{
    (void)f;
    return json_pack(
        "{s:[{s:i}, {s:s, s:s}]}",
        "anyOf",
        "const",
        0,
        "type",
        "string",
        "pattern",
        "^(none|infinite|0|([0-9]+(w|d|h|ms|m|s))+)$");
}

/* "no" is false to some editors, and "yes" true. */
static json_t *of_word(const struct field *f)
{
    json_t *words = json_array();

    for (const struct word *w = f->detail; w->name != NULL; w++) {
        (void)json_array_append_new(words, json_string(w->name));
        if (strcmp(w->name, "yes") == 0 || strcmp(w->name, "no") == 0) {
            (void)json_array_append_new(words, json_boolean(w->name[0] == 'y'));
        }
    }
    return json_pack("{s:o}", "enum", words);
}

static json_t *of_list(const struct field *f)
{
    const struct schema *s = f->detail;

    return json_pack(
        "{s:s, s:I, s:o}",
        "type",
        "array",
        "maxItems",
        (json_int_t)s->n_max,
        "items",
        of_schema(s));
}

static json_t *of_scalars(const struct field *f)
{
    (void)f;
    return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
}

static json_t *of_mapping(const struct field *f)
{
    return of_schema(f->detail);
}

static json_t *of_lease_time(const struct field *f)
{
    return json_pack("{s:[o, o]}", "anyOf", of_duration(f), of_schema(&settings_lease_time_schema));
}

/* One value, several, or a mapping with `force`. */
static json_t *of_option_value(void)
{
    return json_pack(
        "{s:[s, s, s, s, s]}", "type", "string", "number", "boolean", "array", "object");
}

/* The names that are known; others may be defined in the file itself. */
static json_t *of_options(const struct field *f)
{
    json_t *names = json_object();

    (void)f;
    for (const struct option_spec *o = option_next(NULL); o != NULL; o = option_next(o)) {
        if ((o->flags & (OPTION_SET | OPTION_PLAIN)) != 0) {
            (void)json_object_set_new(names, o->name, of_option_value());
        }
    }
    return json_pack(
        "{s:s, s:o, s:o}",
        "type",
        "object",
        "properties",
        names,
        "additionalProperties",
        of_option_value());
}

static json_t *of_limits(const struct field *f)
{
    (void)f;
    return of_schema(&settings_limits_schema);
}

static json_t *of_tls(const struct field *f)
{
    return json_pack("{s:[{s:[s, b]}, o]}", "anyOf", "enum", "off", false, of_schema(f->detail));
}

static json_t *of_definitions(const struct field *f)
{
    (void)f;
    return json_pack(
        "{s:s, s:o}", "type", "array", "items", of_schema(&settings_definition_schema));
}

/* What a condition compares is left open: it can hold conditions. */
static json_t *of_condition(const struct field *f)
{
    json_t *keys = json_object();

    (void)f;
    for (unsigned i = 0; settings_condition_key(i) != NULL; i++) {
        (void)json_object_set_new(keys, settings_condition_key(i), json_object());
    }
    return json_pack(
        "{s:s, s:o, s:b}", "type", "object", "properties", keys, "additionalProperties", false);
}

static json_t *of_one_or_several(const struct field *f)
{
    (void)f;
    return json_pack("{s:[s, s]}", "type", "string", "array");
}

/* How the value of a reader is written. One that is not here is left to the parser. */
static const struct {
    void (*read)(struct walk *w, yaml_node_t *value, const struct field *f, void *record);
    json_t *(*make)(const struct field *f);
} makers[] = {
    {settings_read_limits,       of_limits        },
    { node_read_tls,             of_tls           },
    { settings_skip_definitions, of_definitions   },
    { walk_read_address,         of_address       },
    { walk_read_bool,            of_bool          },
    { walk_read_list,            of_list          },
    { walk_read_mapping,         of_mapping       },
    { walk_read_ms,              of_duration      },
    { walk_read_name,            of_name          },
    { walk_read_number,          of_number        },
    { walk_read_seconds,         of_duration      },
    { walk_read_string,          of_string        },
    { walk_read_word,            of_word          },
    { settings_read_class_names, of_one_or_several},
    { settings_read_condition,   of_condition     },
    { settings_read_client_id,   of_any_scalar    },
    { settings_read_duid,        of_any_scalar    },
    { settings_read_excludes,    of_scalars       },
    { settings_read_hw_address,  of_any_scalar    },
    { settings_read_hw_type,     of_number        },
    { settings_read_lease_time,  of_lease_time    },
    { settings_read_options,     of_options       },
    { settings_read_prefix,      of_prefix        },
    { settings_read_range,       of_any_scalar    },
    { settings_read_tags,        of_scalars       },
};

static json_t *of_field(const struct field *f)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(makers); i++) {
        if (makers[i].read == f->read) {
            return makers[i].make(f);
        }
    }
    return json_object();
}

static json_t *of_schema(const struct schema *s)
{
    json_t *properties = json_object();
    json_t *required = json_array();

    for (unsigned i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];

        if (f->read == NULL) {
            continue; /* known, and never possible */
        }
        (void)json_object_set_new(properties, f->name, of_field(f));
        if (f->is_required) {
            (void)json_array_append_new(required, json_string(f->name));
        }
    }
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:b}",
        "type",
        "object",
        "description",
        s->what,
        "properties",
        properties,
        "required",
        required,
        "additionalProperties",
        false);
}

int ctl_settings_schema(const struct ctl_line *line)
{
    const char *which = line->n_arguments > 0 ? line->arguments[0] : "network";
    bool is_node = strcmp(which, "node") == 0;
    json_t *schema = NULL;
    int rv = -1;

    if (!is_node && strcmp(which, "network") != 0) {
        return ctl_fail(CTL_USAGE, "expected network (the default) or node");
    }
    schema = of_schema(is_node ? &node_schema : &settings_schema);
    (void)json_object_set_new(
        schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    (void)json_object_set_new(schema, "title", json_sprintf("%s.yaml of Leasehold", which));
    rv = json_dumpf(schema, stdout, JSON_INDENT(1) | JSON_SORT_KEYS);
    (void)putchar('\n');
    json_decref(schema);
    return rv == 0 ? CTL_DONE
                   : ctl_fail(CTL_REFUSED, "out of memory, or the output cannot be written");
}
