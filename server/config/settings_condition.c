#include "server/config/settings_condition.h"

#include <string.h>

#include "base/printable.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/text.h"
#include "server/config/condition_parts.h"
#include "server/config/values.h"

void condition_put(struct condition *c, const yaml_node_t *at, struct class_term term)
{
    if (c->n < CLASS_TERMS_MAX) {
        c->terms[c->n++] = term;
    } else if (!c->is_full) {
        c->is_full = true;
        walk_problem(c->w, at, "the condition has more than %d terms", CLASS_TERMS_MAX);
    }
}

void condition_join(struct condition *c, const yaml_node_t *at, enum term_kind kind, uint32_t n)
{
    if (n != 1) {
        condition_put(c, at, (struct class_term){ .kind = kind, .number = n });
    }
}

void condition_read_any(
    struct condition *c,
    const struct class_term *like,
    yaml_node_t *value,
    condition_item_reader *read)
{
    yaml_node_t *item = NULL;
    int n = 0;

    if (value->type != YAML_SEQUENCE_NODE) {
        read(c, like, value);
        return;
    }
    while ((item = walk_item(c->w, value, n)) != NULL) {
        read(c, like, item);
        n++;
    }
    if (n == 0) {
        walk_problem(c->w, value, "the list is empty; expected at least one value");
    }
    condition_join(c, value, TERM_ANY, (uint32_t)n);
}

static void read_one_number(struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    static const struct number_range range = { 0, UINT16_MAX };
    const struct field as_number = { .name = "architecture", .detail = &range };
    struct class_term term = *like;

    walk_read_number(c->w, value, &as_number, &term.number);
    condition_put(c, value, term);
}

static void read_number(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    condition_read_any(c, &(struct class_term){ .kind = key->kind }, value, read_one_number);
}

static void read_flag(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    const struct field as_bool = { .name = key->name };
    bool is_true = true;

    walk_read_bool(c->w, value, &as_bool, &is_true);
    condition_put(c, value, (struct class_term){ .kind = key->kind });
    if (!is_true) {
        condition_put(c, value, (struct class_term){ .kind = TERM_NOT });
    }
}

/* "00:11:22", or "00:11:22:30/28" for half an octet. */
static void read_one_hardware(
    struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    static const char expected[] = "its first octets like \"00:11:22\", or bits \"00:11:22:30/28\"";
    const char *text = walk_text(c->w, value, expected);
    const char *slash = text == NULL ? NULL : strchr(text, '/');
    char octets_text[HARDWARE_ADDRESS_MAX * 3];
    uint8_t octets[HARDWARE_ADDRESS_MAX];
    struct writer out = writer_of(octets, sizeof octets);
    struct class_term term = *like;
    uint64_t bits = 0;

    if (text == NULL) {
        return;
    }

    size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);

    n = n < sizeof octets_text ? n : sizeof octets_text - 1;
    memcpy(octets_text, text, n);
    octets_text[n] = '\0';
    if (!text_parse_hex(octets_text, &out) || out.overrun || out.n == 0 ||
        (slash != NULL && !values_parse_number(slash + 1, out.n * 8, &bits))) {
        walk_not(c->w, value, "the beginning of a hardware address", expected);
        return;
    }
    term.number = (uint32_t)(slash == NULL ? out.n * 8 : bits);
    if ((term.number + 7) / 8 != out.n) {
        walk_problem(c->w, value, "%s: the octets and the number of bits do not agree", text);
        return;
    }
    term.value = arena_copy(c->w->arena, writer_done(&out));
    condition_put(c, value, term);
}

static void read_hardware(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    condition_read_any(c, &(struct class_term){ .kind = key->kind }, value, read_one_hardware);
}

static void read_one_relay(struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    static const char expected[] = "an address, or a network like 10.0.0.0/8";
    const char *text = walk_text(c->w, value, expected);
    struct ip4_prefix prefix = { .length = 32 };
    uint8_t octets[4];
    struct writer out = writer_of(octets, sizeof octets);
    struct class_term term = *like;

    if (text == NULL) {
        return;
    }
    if (!ip4_parse(text, &prefix.network) && !ip4_prefix_parse(text, &prefix)) {
        walk_not(c->w, value, "where relays are", expected);
        return;
    }
    writer_u32(&out, prefix.network.value);
    term.number = prefix.length;
    term.value = arena_copy(c->w->arena, writer_done(&out));
    condition_put(c, value, term);
}

static void read_relay(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    condition_read_any(c, &(struct class_term){ .kind = key->kind }, value, read_one_relay);
}

static void read_one_network(struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    const struct field as_name = { .name = "network" };
    struct class_term term = *like;

    walk_read_name(c->w, value, &as_name, &term.value);
    condition_put(c, value, term);
}

static void read_network(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    condition_read_any(c, &(struct class_term){ .kind = key->kind }, value, read_one_network);
}

/* --- classes by name --- */

/* The place of the class @value names among the document's. False after a problem. */
static bool find_class(struct walk *w, const yaml_node_t *value, unsigned *ret_place)
{
    static const char expected[] = "the name of a class";
    yaml_node_t *classes = walk_find(w, yaml_document_get_root_node(w->document), "classes");
    const char *name = walk_text(w, value, expected);
    struct nearest nearest = nearest_of(name == NULL ? "" : name);
    yaml_node_t *class = NULL;
    char quoted[64];

    if (name == NULL) {
        return false;
    }
    for (unsigned i = 0; i < CLASSES_MAX && (class = walk_item(w, classes, (int)i)) != NULL; i++) {
        const yaml_node_t *other = walk_find(w, class, "name");

        if (other == NULL || other->type != YAML_SCALAR_NODE) {
            continue;
        }
        if (strcmp((const char *)other->data.scalar.value, name) == 0) {
            *ret_place = i;
            return true;
        }
        nearest_try(&nearest, (const char *)other->data.scalar.value);
    }
    walk_problem(
        w,
        value,
        "there is no class \"%s\"%s%s%s",
        printable(bytes_of_text(name), quoted, sizeof quoted),
        nearest.best == NULL ? "" : "; did you mean \"",
        nearest.best == NULL ? "" : nearest.best,
        nearest.best == NULL ? "" : "\"?");
    return false;
}

static void read_one_class(struct condition *c, const struct class_term *like, yaml_node_t *value)
{
    struct class_term term = *like;

    if (find_class(c->w, value, &term.number)) {
        condition_put(c, value, term);
    }
}

static void read_class(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    condition_read_any(c, &(struct class_term){ .kind = key->kind }, value, read_one_class);
}

static void add_class_name(struct walk *w, const yaml_node_t *value, struct class_set *set)
{
    unsigned place = 0;

    if (find_class(w, value, &place)) {
        class_set_add(set, place);
    }
}

WALK_READER(settings_read_class_names)
{
    struct class_set set = { .bits = { 0 } };
    yaml_node_t *item = NULL;

    if (value->type != YAML_SEQUENCE_NODE) {
        add_class_name(w, value, &set);
    }
    for (int i = 0; (item = walk_item(w, value, i)) != NULL; i++) {
        add_class_name(w, item, &set);
    }
    memcpy(walk_member(record, f->offset), &set, sizeof set);
}

/* --- conditions of conditions --- */

static void read_condition(struct condition *c, yaml_node_t *node);

static void read_conditions(
    struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    yaml_node_t *item = NULL;
    int n = 0;

    if (!walk_is_list(c->w, value, "conditions")) {
        return;
    }
    while ((item = walk_item(c->w, value, n)) != NULL) {
        read_condition(c, item);
        n++;
    }
    if (n == 0) {
        walk_problem(c->w, value, "the list is empty; expected at least one condition");
    }
    condition_join(c, value, key->kind, (uint32_t)n);
}

static void read_not(struct condition *c, const struct condition_key *key, yaml_node_t *value)
{
    read_condition(c, value);
    condition_put(c, value, (struct class_term){ .kind = key->kind });
}

static const struct condition_key keys[] = {
    {.name = "all",           .read = read_conditions, .kind = TERM_ALL                      },
    { .name = "any",          .read = read_conditions, .kind = TERM_ANY                      },
    { .name = "not",          .read = read_not,        .kind = TERM_NOT                      },
    { .name = "class",        .read = read_class,      .kind = TERM_CLASS                    },
    { .name = "vendor-class",
     .read = condition_read_text,
     .kind = TERM_OPTION,
     .number = OPTION_VENDOR_CLASS },
    { .name = "user-class",                      .read = condition_read_text,                         .kind = TERM_USER_CLASS              },
    { .name = "architecture",                      .read = read_number,                       .kind = TERM_ARCHITECTURE       },
    { .name = "hw-address-prefix",                      .read = read_hardware,                  .kind = TERM_HARDWARE       },
    { .name = "locally-administered",                      .read = read_flag,               .kind = TERM_LOCAL        },
    { .name = "known",                      .read = read_flag,                              .kind = TERM_KNOWN                      },
    { .name = "relay",                      .read = read_relay,                              .kind = TERM_RELAY       },
    { .name = "relay-agent-information",                      .read = condition_read_named,            .kind = TERM_AGENT_INFO},
    { .name = "option",                      .read = condition_read_named,                             .kind = TERM_OPTION                        },
    { .name = "network",                      .read = read_network,                            .kind = TERM_NETWORK },
};

static const struct condition_key *find_key(struct condition *c, const yaml_node_t *node)
{
    const char *name = walk_text(c->w, node, "what to match on");
    struct nearest nearest = nearest_of(name == NULL ? "" : name);
    char quoted[64];

    for (unsigned i = 0; name != NULL && i < ARRAY_LENGTH(keys); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
        nearest_try(&nearest, keys[i].name);
    }
    if (name != NULL) {
        walk_problem(
            c->w,
            node,
            "a condition has no key \"%s\"%s%s%s",
            printable(bytes_of_text(name), quoted, sizeof quoted),
            nearest.best == NULL ? "" : "; did you mean \"",
            nearest.best == NULL ? "" : nearest.best,
            nearest.best == NULL ? "" : "\"?");
    }
    return NULL;
}

static void read_keys(struct condition *c, yaml_node_t *node)
{
    uint32_t n = 0;

    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const struct condition_key *key = find_key(c, walk_node(c->w, p->key));

        if (key != NULL) {
            key->read(c, key, walk_node(c->w, p->value));
            n++;
        }
    }
    if (node->data.mapping.pairs.start == node->data.mapping.pairs.top) {
        walk_problem(c->w, node, "the condition is empty; expected something to match on");
    }
    condition_join(c, node, TERM_ALL, n);
}

static void read_condition(struct condition *c, yaml_node_t *node)
{
    if (!walk_is_mapping(c->w, node, "a condition")) {
        return;
    }
    if (c->depth == CONDITION_DEPTH_MAX) {
        walk_problem(
            c->w, node, "conditions stand more than %d deep in each other", CONDITION_DEPTH_MAX);
        return;
    }
    c->depth++;
    read_keys(c, node);
    c->depth--;
}

const char *settings_condition_key(unsigned i)
{
    return i < ARRAY_LENGTH(keys) ? keys[i].name : NULL;
}

WALK_READER(settings_read_condition)
{
    struct client_class *class = record;
    struct condition c = { .w = w };
    struct class_term *terms = NULL;

    (void)f;
    read_condition(&c, value);
    terms = arena_array(w->arena, c.n, sizeof *terms);
    if (terms != NULL) {
        memcpy(terms, c.terms, c.n * sizeof *terms);
        class->terms = terms;
        class->n_terms = c.n;
    }
}
