#include "proto/settings_parts.h"

/* --- to messages --- */

/* Our enumerations begin at 0, those of the messages at 1. */
static Leasehold__V1__Term **make_terms(
    struct arena *a, const struct client_class *c, size_t *ret_n)
{
    Leasehold__V1__Term **at = arena_array(a, c->n_terms, sizeof *at);
    Leasehold__V1__Term *each = arena_array(a, c->n_terms, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < c->n_terms; i++) {
        const struct class_term *t = &c->terms[i];

        leasehold__v1__term__init(&each[i]);
        each[i].kind = (Leasehold__V1__TermKind)(t->kind + 1);
        each[i].comparison = (Leasehold__V1__Comparison)(t->comparison + 1);
        each[i].number = t->number;
        each[i].value = settings_lend(t->value);
        at[i] = &each[i];
    }
    *ret_n = c->n_terms;
    return at;
}

static Leasehold__V1__ClassTimes *make_times(struct arena *a, const struct lease_times *t)
{
    Leasehold__V1__ClassTimes *m = arena_array(a, 1, sizeof *m);

    if (m != NULL) {
        leasehold__v1__class_times__init(m);
        m->min_s = t->min.value;
        m->default_s = t->default_.value;
        m->max_s = t->max.value;
        m->headroom_s = t->headroom.value;
        m->renew = settings_encode_moment(a, t->renew);
        m->rebind = settings_encode_moment(a, t->rebind);
    }
    return m;
}

static void make_class(struct arena *a, const struct client_class *c, Leasehold__V1__Class *m)
{
    leasehold__v1__class__init(m);
    m->name = settings_lend(c->name);
    m->terms = make_terms(a, c, &m->n_terms);
    m->blocked = c->is_blocked;
    m->options = settings_encode_options(a, c->options, &m->n_options);
    m->boot = settings_encode_boot(a, &c->boot);
    m->times = make_times(a, &c->times);
}

Leasehold__V1__Class **settings_encode_classes(
    struct arena *a, const struct settings *s, size_t *ret_n)
{
    Leasehold__V1__Class **at = arena_array(a, s->n_classes, sizeof *at);
    Leasehold__V1__Class *each = arena_array(a, s->n_classes, sizeof *each);

    if (at == NULL || each == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < s->n_classes; i++) {
        make_class(a, &s->classes[i], &each[i]);
        at[i] = &each[i];
    }
    *ret_n = s->n_classes;
    return at;
}

uint32_t *settings_encode_class_set(struct arena *a, const struct class_set *set, size_t *ret_n)
{
    uint32_t *classes = arena_array(a, class_set_count(set), sizeof *classes);
    size_t n = 0;

    if (classes == NULL) {
        return NULL;
    }
    for (unsigned i = class_set_next(set, 0); i < CLASSES_MAX; i = class_set_next(set, i + 1)) {
        classes[n++] = i;
    }
    *ret_n = n;
    return classes;
}

/* --- from messages --- */

/* The messages' enumerations begin at 1, ours at 0; "not said" wraps and is refused. */
static struct class_term read_term(struct settings_decoding *d, const Leasehold__V1__Term *m)
{
    uint32_t kind = (uint32_t)m->kind - 1;
    uint32_t comparison = (uint32_t)m->comparison - 1;

    return (struct class_term){
        .kind = (enum term_kind)settings_at_most(d, kind, TERM_NETWORK),
        .comparison = (enum comparison)settings_at_most(d, comparison, COMPARISON_CONTAINS),
        .number = m->number,
        .value = settings_decode_bytes(d, m->value),
    };
}

static void read_terms(
    struct settings_decoding *d, const Leasehold__V1__Class *m, struct client_class *c)
{
    struct class_term *terms = settings_room(d, m->n_terms, CLASS_TERMS_MAX, sizeof *terms);

    if (terms == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_terms; i++) {
        terms[i] = read_term(d, m->terms[i]);
    }
    c->terms = terms;
    c->n_terms = (unsigned)m->n_terms;
}

static struct lease_times read_times(
    struct settings_decoding *d, const Leasehold__V1__ClassTimes *m)
{
    static const struct seconds unset = { TIMES_UNSET_S };

    if (m == NULL) {
        return (
            struct lease_times){ .min = unset, .default_ = unset, .max = unset, .headroom = unset };
    }
    return (struct lease_times){
        .min = { m->min_s },
        .default_ = { m->default_s },
        .max = { m->max_s },
        .headroom = { m->headroom_s },
        .renew = settings_decode_moment(d, m->renew),
        .rebind = settings_decode_moment(d, m->rebind),
    };
}

static void read_class(
    struct settings_decoding *d, const Leasehold__V1__Class *m, struct client_class *c)
{
    c->name = settings_decode_bytes(d, m->name);
    read_terms(d, m, c);
    c->is_blocked = m->blocked != 0;
    c->options = settings_decode_options(d, m->options, m->n_options);
    c->boot = settings_decode_boot(d, m->boot);
    c->times = read_times(d, m->times);
}

void settings_decode_classes(
    struct settings_decoding *d, const Leasehold__V1__Settings *m, struct settings *s)
{
    struct client_class *classes = settings_room(d, m->n_classes, CLASSES_MAX, sizeof *classes);

    if (classes == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n_classes; i++) {
        read_class(d, m->classes[i], &classes[i]);
    }
    s->classes = classes;
    s->n_classes = (unsigned)m->n_classes;
}

struct class_set settings_decode_class_set(
    struct settings_decoding *d, const uint32_t *classes, size_t n)
{
    struct class_set set = { .bits = { 0 } };

    for (size_t i = 0; i < n; i++) {
        class_set_add(&set, settings_at_most(d, classes[i], CLASSES_MAX - 1));
    }
    return set;
}
