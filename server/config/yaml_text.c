#include "server/config/yaml_text.h"

#include "base/err.h"

struct scan {
    struct config_problems *problems;
    unsigned depth, nodes, documents;
    bool is_over; /* a limit was passed: nothing after this is looked at */
};

struct config_place yaml_place(yaml_mark_t mark)
{
    return (struct config_place){ (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

static int add_parser_problem(const yaml_parser_t *parser, struct config_problems *problems)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return ERR_NOMEM;
    }

    const char *what = parser->problem == NULL ? "not YAML" : parser->problem;
    bool has_mark = parser->error != YAML_READER_ERROR;

    problems_add(
        problems,
        yaml_place(has_mark ? parser->problem_mark : parser->mark),
        "this is not valid YAML: %s%s%s",
        parser->context == NULL ? "" : parser->context,
        parser->context == NULL ? "" : ", ",
        what);
    return YAML_TEXT_INVALID;
}

static void scan_properties(
    struct scan *s, struct config_place at, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        problems_add(
            s->problems, at, "anchors are not supported; write the value where it is used");
    }
    if (tag != NULL) {
        problems_add(s->problems, at, "tags are not supported; write the value without one");
    }
}

static void scan_limits(struct scan *s, struct config_place at)
{
    if (s->depth > YAML_DEPTH_MAX) {
        problems_add(s->problems, at, "nested deeper than %d levels", YAML_DEPTH_MAX);
        s->is_over = true;
    } else if (s->nodes > YAML_NODES_MAX) {
        problems_add(s->problems, at, "more than %d values", YAML_NODES_MAX);
        s->is_over = true;
    }
}

static void scan_event(struct scan *s, const yaml_event_t *e)
{
    struct config_place at = yaml_place(e->start_mark);

    switch (e->type) {
    case YAML_ALIAS_EVENT:
        problems_add(s->problems, at, "aliases are not supported; write the value again");
        break;
    case YAML_SCALAR_EVENT:
        s->nodes++;
        scan_properties(s, at, e->data.scalar.anchor, e->data.scalar.tag);
        break;
    case YAML_SEQUENCE_START_EVENT:
        s->nodes++;
        s->depth++;
        scan_properties(s, at, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        s->nodes++;
        s->depth++;
        scan_properties(s, at, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        s->depth--;
        break;
    case YAML_DOCUMENT_START_EVENT:
        s->documents++;
        if (s->documents > 1) {
            problems_add(s->problems, at, "a second document begins here; expected one");
            s->is_over = true;
        }
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    scan_limits(s, at);
}

static int run_scan(yaml_parser_t *parser, struct config_problems *problems, void *data)
{
    struct scan s = { .problems = problems };
    unsigned before = problems->n;
    bool is_end = false;

    (void)data;
    while (!is_end && !s.is_over) {
        yaml_event_t e;

        if (!yaml_parser_parse(parser, &e)) {
            return add_parser_problem(parser, problems);
        }
        is_end = e.type == YAML_STREAM_END_EVENT;
        scan_event(&s, &e);
        yaml_event_delete(&e);
    }
    if (s.documents == 0) {
        problems_add(problems, (struct config_place){ 0 }, "the file is empty");
    }
    return problems->n == before ? 0 : YAML_TEXT_INVALID;
}

static int with_parser(
    struct bytes text,
    struct config_problems *problems,
    int (*run)(yaml_parser_t *parser, struct config_problems *problems, void *data),
    void *data)
{
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser)) {
        return ERR_NOMEM;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.at, text.n);

    int rv = run(&parser, problems, data);

    yaml_parser_delete(&parser);
    return rv;
}

static int run_load(yaml_parser_t *parser, struct config_problems *problems, void *data)
{
    return yaml_parser_load(parser, data) ? 0 : add_parser_problem(parser, problems);
}

int yaml_text_load(
    struct bytes text, struct config_problems *problems, yaml_document_t *ret_document)
{
    if (text.n > CONFIG_TEXT_MAX) {
        problems_add(
            problems,
            (struct config_place){ 0 },
            "the file has %zu bytes; at most %d are read",
            text.n,
            CONFIG_TEXT_MAX);
        return YAML_TEXT_INVALID;
    }

    int rv = with_parser(text, problems, run_scan, NULL);

    return rv != 0 ? rv : with_parser(text, problems, run_load, ret_document);
}
