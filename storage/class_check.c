#include <inttypes.h>

#include "proto/dhcp/message.h"
#include "storage/findings.h"

/* What a kind of term needs: its number within [min, max], its value this long. */
struct term_rule {
    uint32_t min, max;
    size_t n_min, n_max;
    bool compares;
};

static struct term_rule rule_of(const struct class_term *t, unsigned n_results)
{
    switch (t->kind) {
    case TERM_ALL:
    case TERM_ANY:
        return (struct term_rule){ .min = 1, .max = n_results };
    case TERM_CLASS:
        return (struct term_rule){ .max = CLASSES_MAX - 1 };
    case TERM_OPTION:
        return (struct term_rule){ 1, UINT8_MAX - 1, 0, CLASS_VALUE_MAX, true };
    case TERM_AGENT_INFO:
        return (struct term_rule){ 0, UINT8_MAX, 0, CLASS_VALUE_MAX, true };
    case TERM_USER_CLASS:
        return (struct term_rule){ 0, 0, 0, CLASS_VALUE_MAX, true };
    case TERM_ARCHITECTURE:
        return (struct term_rule){ .max = UINT16_MAX };
    case TERM_HARDWARE:
        return (struct term_rule){ 1, HARDWARE_ADDRESS_MAX * 8, 1, HARDWARE_ADDRESS_MAX, false };
    case TERM_RELAY:
        return (struct term_rule){ 0, 32, 4, 4, false };
    case TERM_NETWORK:
        return (struct term_rule){ 0, 0, 1, CLASS_NAME_MAX - 1, false };
    case TERM_NOT:
    case TERM_LOCAL:
    case TERM_KNOWN:
        break;
    }
    return (struct term_rule){ .max = 0 };
}

static bool value_is_good(const struct class_term *t, const struct term_rule *rule)
{
    bool is_compared = t->comparison != COMPARISON_PRESENT;

    if (t->value.n < rule->n_min || t->value.n > rule->n_max || (is_compared && !rule->compares)) {
        return false;
    }
    if (t->kind == TERM_HARDWARE) {
        return t->value.n == (t->number + 7) / 8;
    }
    if (is_compared) {
        return t->comparison == COMPARISON_EQUALS || t->value.n > 0;
    }
    return !rule->compares || t->value.n == 0;
}

/* How many results a term takes off before it leaves its own. */
static unsigned taken_by(const struct class_term *t)
{
    switch (t->kind) {
    case TERM_ALL:
    case TERM_ANY:
        return t->number;
    case TERM_NOT:
        return 1;
    case TERM_CLASS:
    case TERM_OPTION:
    case TERM_AGENT_INFO:
    case TERM_USER_CLASS:
    case TERM_ARCHITECTURE:
    case TERM_HARDWARE:
    case TERM_LOCAL:
    case TERM_RELAY:
    case TERM_KNOWN:
    case TERM_NETWORK:
        break;
    }
    return 0;
}

/* A condition is good when its terms are, and leave one result. */
static void check_condition(struct findings *f, const struct client_class *c, unsigned place)
{
    unsigned n_results = 0;

    for (unsigned i = 0; i < c->n_terms; i++) {
        const struct class_term *t = &c->terms[i];
        struct term_rule rule = rule_of(t, n_results);
        bool is_in_range = t->number >= rule.min && t->number <= rule.max;

        if (!is_in_range || !value_is_good(t, &rule) || taken_by(t) > n_results) {
            findings_add(f, "term %u of the condition makes no sense", i + 1);
            return;
        }
        if (t->kind == TERM_CLASS && t->number >= place) {
            findings_add(f, "the condition names a class that is not above this one");
            return;
        }
        n_results = n_results - taken_by(t) + 1;
    }
    if (n_results != 1) {
        findings_add(f, "the condition leaves %u results: expected one", n_results);
    }
}

static bool is_above(struct seconds a, struct seconds b)
{
    return a.value != TIMES_UNSET_S && b.value != TIMES_UNSET_S && a.value > b.value;
}

static void check_times(struct findings *f, const struct lease_times *t)
{
    if (t->min.value == 0 || t->default_.value == 0 || t->max.value == 0) {
        findings_add(f, "a lease time of the class is 0: expected at least one second");
    }
    if (is_above(t->min, t->default_) || is_above(t->default_, t->max) ||
        is_above(t->min, t->max)) {
        findings_add(f, "the lease times of the class: expected min <= default <= max");
    }
    if (seconds_is_infinite(t->headroom)) {
        findings_add(f, "the headroom is infinite: no address would ever come back");
    }
}

static void check_name(struct findings *f, unsigned place)
{
    const struct client_class *classes = f->settings->classes;
    struct bytes name = classes[place].name;

    if (!findings_name_is_good(name)) {
        findings_add(
            f,
            "the name of a class: expected 1 to %d characters a-z 0-9 - _ .",
            CLASS_NAME_MAX - 1);
        return;
    }
    for (unsigned other = 0; other < place; other++) {
        if (bytes_equal(name, classes[other].name)) {
            findings_add(f, "there is another class %.*s", (int)name.n, (const char *)name.at);
            return;
        }
    }
}

static bool totals_are_good(struct findings *f)
{
    uint64_t n_terms = 0;

    if (f->settings->n_classes > CLASSES_MAX) {
        findings_add(f, "%u classes: expected at most %d", f->settings->n_classes, CLASSES_MAX);
        return false;
    }
    for (unsigned i = 0; i < f->settings->n_classes; i++) {
        n_terms += f->settings->classes[i].n_terms;
    }
    if (n_terms > SETTINGS_TERMS_MAX) {
        findings_add(
            f,
            "conditions of %" PRIu64 " terms in all: expected at most %d",
            n_terms,
            SETTINGS_TERMS_MAX);
        return false;
    }
    return true;
}

void findings_check_classes(struct findings *f)
{
    if (!totals_are_good(f)) {
        return;
    }
    for (unsigned i = 0; i < f->settings->n_classes; i++) {
        const struct client_class *c = &f->settings->classes[i];

        f->here = findings_nowhere();
        f->here.client_class = (int)i;
        check_name(f, i);
        check_condition(f, c, i);
        check_times(f, &c->times);
        findings_check_options(f, c->options);
        findings_check_boot(f, &c->boot);
    }
}
