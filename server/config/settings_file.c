#include "server/config/settings_file.h"

#include <stdlib.h>

#include "base/err.h"
#include "proto/settings_codec.h"
#include "server/config/settings_definitions.h"
#include "server/config/settings_options.h"
#include "server/config/settings_schema.h"
#include "storage/network.h"

enum { CHECK_PROBLEMS_MAX = PROBLEMS_MAX };

/* The least that tells subnets apart, so that one with a broken prefix breaks no other. */
static void replace_broken_prefix(struct subnet *s, uint32_t serial)
{
    if (s->prefix.length == 0 && ip4_is_any(s->prefix.network)) {
        s->prefix = (struct ip4_prefix){ ip4_of(serial), 32 };
        s->n_pools = 0;
        s->n_reservations = 0;
    }
}

/* The records become values: times are inherited from the outer scopes. */
static int assemble(struct settings_record *record, struct arena *arena, struct settings *ret_value)
{
    struct network *networks = arena_array(arena, record->n_networks, sizeof *networks);
    uint32_t serial = 1;

    if (networks == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < record->n_networks; i++) {
        struct network_record *n = &record->networks[i];
        struct subnet *subnets = arena_array(arena, n->value.n_subnets, sizeof *subnets);

        if (subnets == NULL) {
            return ERR_NOMEM;
        }
        times_inherit(&n->times, &record->times);
        for (unsigned j = 0; j < n->value.n_subnets; j++) {
            subnets[j] = n->value.subnets[j];
            times_inherit(&subnets[j].times, &n->times);
            times_complete(&subnets[j].times);
            replace_broken_prefix(&subnets[j], serial++);
        }
        networks[i] = n->value;
        networks[i].subnets = subnets;
    }
    *ret_value = (struct settings){
        .options = record->options,
        .n_networks = record->n_networks,
        .networks = networks,
        .n_classes = record->n_classes,
        .classes = record->classes,
    };
    return 0;
}

/* --- problems of settings_check() and their places --- */

static const struct option_list *options_of(
    const struct settings *value, const struct settings_problem *p)
{
    if (p->client_class >= 0) {
        return &value->classes[p->client_class].options;
    }
    if (p->network < 0) {
        return &value->options;
    }

    const struct network *n = &value->networks[p->network];

    if (p->subnet < 0) {
        return &n->options;
    }

    const struct subnet *s = &n->subnets[p->subnet];

    if (p->pool >= 0) {
        return &s->pools[p->pool].options;
    }
    return p->reservation < 0 ? &s->options : &s->reservations[p->reservation].options;
}

static yaml_node_t *list_item(struct walk *w, yaml_node_t *node, const char *key, int i)
{
    return walk_item(w, walk_find(w, node, key), i);
}

/* Finds what @p is about by going down the document; stops where the document does. */
static yaml_node_t *locate(
    struct walk *w, const struct settings *value, const struct settings_problem *p)
{
    const struct {
        const char *key;
        int index;
    } steps[] = {
        {"classes",       p->client_class},
        { "networks",     p->network     },
        { "subnets",      p->subnet      },
        { "pools",        p->pool        },
        { "reservations", p->reservation },
    };

    yaml_node_t *at = yaml_document_get_root_node(w->document);

    for (unsigned i = 0; i < ARRAY_LENGTH(steps); i++) {
        yaml_node_t *next = list_item(w, at, steps[i].key, steps[i].index);

        at = next == NULL ? at : next;
    }
    if (p->option >= 0) {
        uint8_t code = options_of(value, p)->at[p->option].code;
        yaml_node_t *option = settings_find_option(w, walk_find(w, at, "options"), code);

        at = option == NULL ? at : option;
    }
    return at;
}

static bool is_within(struct config_place place, const yaml_node_t *node)
{
    struct config_place from = yaml_place(node->start_mark);
    struct config_place to = yaml_place(node->end_mark);
    bool is_after =
        place.line > from.line || (place.line == from.line && place.column >= from.column);
    bool is_before = place.line < to.line || (place.line == to.line && place.column < to.column);

    return is_after && is_before;
}

static unsigned count_within(
    const struct config_problems *problems, unsigned n, const yaml_node_t *node)
{
    unsigned count = 0;

    for (unsigned i = 0; node != NULL && i < n; i++) {
        count += is_within(problems->list[i].at, node);
    }
    return count;
}

/* True when one of the first @n problems is about @node itself, not about a list below it. */
static bool has_own_problem(struct walk *w, yaml_node_t *node, unsigned n)
{
    unsigned below = count_within(w->problems, n, walk_find(w, node, "classes")) +
                     count_within(w->problems, n, walk_find(w, node, "subnets")) +
                     count_within(w->problems, n, walk_find(w, node, "networks")) +
                     count_within(w->problems, n, walk_find(w, node, "pools")) +
                     count_within(w->problems, n, walk_find(w, node, "reservations"));

    return count_within(w->problems, n, node) > below;
}

/*
 * Checks the settings as a whole. What is wrong with something that was not even read whole is
 * left out: it follows from the mistake that was reported there.
 */
static int check(struct walk *w, const struct settings *value)
{
    struct settings_problem *found = calloc(CHECK_PROBLEMS_MAX, sizeof *found);
    unsigned n_read = problems_kept(w->problems);

    if (found == NULL) {
        return ERR_NOMEM;
    }

    unsigned n = 0;
    int rv = settings_check(value, found, CHECK_PROBLEMS_MAX, &n);

    for (unsigned i = 0; rv == 0 && i < n && i < CHECK_PROBLEMS_MAX; i++) {
        yaml_node_t *at = locate(w, value, &found[i]);

        if (!has_own_problem(w, at, n_read)) {
            walk_problem(w, at, "%s", found[i].text);
        }
    }
    free(found);
    return rv;
}

/* Encodes the settings; with their text they must fit into one log entry. */
static int encode(struct walk *w, struct bytes text, struct settings_file *file)
{
    uint8_t *encoded = NULL;
    size_t n = 0;
    int rv = settings_encode(&file->value, &encoded, &n);

    if (rv == SETTINGS_TOO_LARGE || (rv == 0 && n + text.n > PUT_SETTINGS_MAX)) {
        walk_problem(
            w,
            yaml_document_get_root_node(w->document),
            "the settings and their text take more than the %d bytes of a log entry",
            PUT_SETTINGS_MAX);
        rv = 0;
    }
    file->encoded = arena_copy(&file->arena, (struct bytes){ encoded, n });
    free(encoded);
    return rv == 0 && file->arena.is_exhausted ? ERR_NOMEM : rv;
}

/* What is read, and the text it is read from. */
struct source {
    struct settings_file *file;
    struct bytes text;
};

static int read_settings(struct walk *w, yaml_node_t *root, void *data)
{
    const struct source *source = data;
    struct settings_file *file = source->file;
    struct settings_record record = { .n_networks = 0 };
    struct settings_definitions definitions = { .n = 0 };

    w->context = &definitions;
    settings_read_definitions(w, root, &definitions);
    walk_mapping(w, root, &settings_schema, &record);

    int rv = w->arena->is_exhausted ? ERR_NOMEM : assemble(&record, w->arena, &file->value);

    rv = rv == 0 ? check(w, &file->value) : rv;
    if (rv == 0 && w->problems->n == 0) {
        rv = encode(w, source->text, file);
    }
    return rv;
}

int settings_file_parse(
    struct bytes text, struct config_problems *problems, struct settings_file **ret_file)
{
    CLEANUP(settings_file_freep) struct settings_file *file = calloc(1, sizeof *file);
    struct source source = { .file = file, .text = text };
    const struct walk_reader reader = { .read = read_settings, .data = &source };

    if (file == NULL) {
        return ERR_NOMEM;
    }
    arena_init(&file->arena);

    int rv = walk_document(text, &file->arena, problems, &reader);

    if (rv != 0) {
        return rv == WALK_INVALID ? SETTINGS_FILE_INVALID : rv;
    }
    *ret_file = file;
    file = NULL;
    return 0;
}

struct settings_file *settings_file_free(struct settings_file *f)
{
    if (f != NULL) {
        arena_deinit(&f->arena);
        free(f);
    }
    return NULL;
}
