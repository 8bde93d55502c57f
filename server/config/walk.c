#include "server/config/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/printable.h"

enum { QUOTE_MAX = 64 };

void walk_problem(struct walk *w, const yaml_node_t *node, const char *format, ...)
{
    char text[PROBLEM_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems_add(w->problems, yaml_place(node->start_mark), "%s", text);
}

static struct bytes scalar_bytes(const yaml_node_t *node)
{
    return (struct bytes){ node->data.scalar.value, node->data.scalar.length };
}

void walk_not(struct walk *w, const yaml_node_t *node, const char *what, const char *expected)
{
    char quoted[QUOTE_MAX];

    walk_problem(
        w,
        node,
        "\"%s\" is not %s; expected %s",
        printable(scalar_bytes(node), quoted, sizeof quoted),
        what,
        expected);
}

void *walk_member(void *record, size_t offset)
{
    return (uint8_t *)record + offset;
}

yaml_node_t *walk_node(const struct walk *w, int index)
{
    yaml_node_t *node = yaml_document_get_node(w->document, index);

    ensure(node != NULL);
    return node;
}

static bool scalar_is(const yaml_node_t *node, const char *text)
{
    return node->type == YAML_SCALAR_NODE && bytes_equal(scalar_bytes(node), bytes_of_text(text));
}

yaml_node_t *walk_find(const struct walk *w, yaml_node_t *node, const char *key)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        if (scalar_is(walk_node(w, p->key), key)) {
            return walk_node(w, p->value);
        }
    }
    return NULL;
}

yaml_node_t *walk_item(const struct walk *w, yaml_node_t *node, int i)
{
    if (node == NULL || node->type != YAML_SEQUENCE_NODE || i < 0 ||
        i >= node->data.sequence.items.top - node->data.sequence.items.start) {
        return NULL;
    }
    return walk_node(w, node->data.sequence.items.start[i]);
}

static bool is_null(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (scalar_is(node, "") || scalar_is(node, "~") || scalar_is(node, "null"));
}

const char *walk_text(struct walk *w, const yaml_node_t *node, const char *expected)
{
    if (node->type != YAML_SCALAR_NODE) {
        const char *kind = node->type == YAML_MAPPING_NODE ? "a mapping" : "a list";

        walk_problem(w, node, "this is %s; expected %s", kind, expected);
        return NULL;
    }
    if (is_null(node) || node->data.scalar.length == 0) {
        walk_problem(w, node, "the value is missing; expected %s", expected);
        return NULL;
    }

    const char *text = (const char *)node->data.scalar.value;

    if (strlen(text) != node->data.scalar.length) {
        walk_problem(w, node, "the text holds a NUL byte; expected %s", expected);
        return NULL;
    }
    return text;
}

/* What stands there, for a sentence. */
static const char *kind_name(const yaml_node_t *node)
{
    if (is_null(node)) {
        return "nothing";
    }
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return "a single value";
    case YAML_SEQUENCE_NODE:
        return "a list";
    case YAML_MAPPING_NODE:
        return "a mapping";
    case YAML_NO_NODE:
        break;
    }
    return "nothing";
}

bool walk_is_mapping(struct walk *w, const yaml_node_t *node, const char *what)
{
    if (node->type == YAML_MAPPING_NODE) {
        return true;
    }
    walk_problem(w, node, "here is %s; expected %s, as keys with values", kind_name(node), what);
    return false;
}

bool walk_is_list(struct walk *w, const yaml_node_t *node, const char *what)
{
    if (node->type == YAML_SEQUENCE_NODE) {
        return true;
    }
    walk_problem(w, node, "here is %s; expected a list of %s", kind_name(node), what);
    return false;
}

static const struct field *find_field(const struct schema *s, const char *name)
{
    for (unsigned i = 0; i < s->n_fields; i++) {
        if (strcmp(s->fields[i].name, name) == 0) {
            return &s->fields[i];
        }
    }
    return NULL;
}

static void unknown_key(
    struct walk *w, const yaml_node_t *key, const struct schema *s, const char *name)
{
    char quoted[QUOTE_MAX];
    struct nearest nearest = nearest_of(name);

    for (unsigned i = 0; i < s->n_fields; i++) {
        if (s->fields[i].read != NULL) {
            nearest_try(&nearest, s->fields[i].name);
        }
    }
    walk_problem(
        w,
        key,
        "%s has no key \"%s\"%s%s%s",
        s->what,
        printable(bytes_of_text(name), quoted, sizeof quoted),
        nearest.best == NULL ? "" : "; did you mean \"",
        nearest.best == NULL ? "" : nearest.best,
        nearest.best == NULL ? "" : "\"?");
}

/* Reads one pair of a mapping. @seen has a flag for each field. */
static void walk_pair(
    struct walk *w, const yaml_node_pair_t *pair, const struct schema *s, bool *seen, void *record)
{
    const yaml_node_t *key = walk_node(w, pair->key);
    const char *name = walk_text(w, key, "a key");
    const struct field *f = name == NULL ? NULL : find_field(s, name);

    if (name == NULL) {
        return;
    }
    if (f == NULL) {
        unknown_key(w, key, s, name);
        return;
    }
    if (seen[f - s->fields]) {
        walk_problem(w, key, "the key \"%s\" stands here twice", name);
        return;
    }
    seen[f - s->fields] = true;
    if (f->read == NULL) {
        walk_problem(w, key, "%s: %s", name, (const char *)f->detail);
        return;
    }
    f->read(w, walk_node(w, pair->value), f, record);
}

void walk_mapping(struct walk *w, yaml_node_t *node, const struct schema *s, void *record)
{
    bool seen[32] = { false };

    require(s->n_fields <= ARRAY_LENGTH(seen));
    if (s->defaults != NULL) {
        memcpy(record, s->defaults, s->size);
    }
    if (!walk_is_mapping(w, node, s->what)) {
        return;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        walk_pair(w, p, s, seen, record);
    }
    for (unsigned i = 0; i < s->n_fields; i++) {
        if (s->fields[i].is_required && !seen[i]) {
            walk_problem(w, node, "%s needs the key \"%s\"", s->what, s->fields[i].name);
        }
    }
    if (s->finish != NULL) {
        s->finish(w, node, record);
    }
}

int walk_document(
    struct bytes text,
    struct arena *arena,
    struct config_problems *problems,
    const struct walk_reader *reader)
{
    yaml_document_t document;
    struct walk w = { .document = &document, .arena = arena, .problems = problems };

    problems->n = 0;

    int rv = yaml_text_load(text, problems, &document);

    if (rv != 0) {
        return rv == YAML_TEXT_INVALID ? WALK_INVALID : rv;
    }
    rv = reader->read(&w, yaml_document_get_root_node(&document), reader->data);
    yaml_document_delete(&document);
    if (rv != 0 || arena->is_exhausted) {
        return ERR_NOMEM;
    }
    problems_sort(problems);
    return problems->n == 0 ? 0 : WALK_INVALID;
}
