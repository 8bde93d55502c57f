#include "server/admin/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"

enum metric_type { GAUGE, COUNTER, HISTOGRAM };

enum metric_unit { NUMBER, MILLISECONDS, PRESENCE };

enum metric_list { NODE, COUNTERS, MESSAGES, ANSWERS, MEMBERS, NETWORKS, SERVERS, POOLS };

struct metric {
    enum metric_type type;
    const char *name;
    enum metric_list list;
    const char *key;
    enum metric_unit unit;
    const char *help;
};

static const struct metric metrics[] = {
#define METRIC(type, name, list, key, unit, help) { type, name, list, key, unit, help },
#include "server/admin/metrics.def"
#undef METRIC
};

static const char *const type_names[] = { "gauge", "counter", "histogram" };

/* Where a list is in the status, and which members of its objects are labels. */
struct list {
    const char *key; /* NULL: the status itself */
    bool is_object;
    const char *inner; /* a list within each object */
    const char *outer_label;
    const char *labels[3];
};

static const struct list lists[] = {
    [NODE] = {.is_object = true,        .labels = { NULL }},
    [COUNTERS] = { .key = "counters",       .is_object = true,  .labels = { NULL } },
    [MESSAGES] = { .key = "messages",                       .labels = { "kind", "reason" }                       },
    [ANSWERS] = { .key = "answers",                       .labels = { "from" }  },
    [MEMBERS] = { .key = "members",                       .labels = { "node" }                       },
    [NETWORKS] = { .key = "networks",                       .labels = { "network", "interface" } },
    [SERVERS] = { .key = "networks",
              .inner = "nodes",
              .outer_label = "network",
              .labels = { "node" } },
    [POOLS] = { .key = "pools", .labels = { "network", "subnet", "first_address" }                        },
};

/* One sample in the making. */
struct sample {
    FILE *out;
    const struct metric *metric;
    const json_t *outer, *object; /* `outer` may be NULL */
};

static void print_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            (void)fputs("\\n", out);
        } else {
            if (*text == '"' || *text == '\\') {
                (void)fputc('\\', out);
            }
            (void)fputc(*text, out);
        }
    }
}

static void print_label(FILE *out, const json_t *object, const char *key, const char **separator)
{
    const json_t *value = json_object_get(object, key);

    (void)fprintf(out, "%s%s=\"", *separator, key);
    if (json_is_string(value)) {
        print_escaped(out, json_string_value(value));
    } else if (json_is_integer(value)) {
        (void)fprintf(out, "%lld", (long long)json_integer_value(value));
    }
    (void)fputc('"', out);
    *separator = ",";
}

/* Prints the name with its labels; @bound is that of a histogram's bucket, or NULL. */
static void print_series(const struct sample *s, const char *suffix, const char *bound)
{
    const struct list *list = &lists[s->metric->list];
    const char *separator = "{";

    (void)fprintf(s->out, "%s%s", s->metric->name, suffix);
    if (s->outer != NULL) {
        print_label(s->out, s->outer, list->outer_label, &separator);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(list->labels) && list->labels[i] != NULL; i++) {
        print_label(s->out, s->object, list->labels[i], &separator);
    }
    if (s->metric->unit == PRESENCE) {
        print_label(s->out, s->object, "version", &separator);
        print_label(s->out, s->object, "cluster", &separator);
        print_label(s->out, s->object, "node", &separator);
    }
    if (bound != NULL) {
        (void)fprintf(s->out, "%sle=\"%s\"", separator, bound);
        separator = ",";
    }
    (void)fputs(*separator == ',' ? "} " : " ", s->out);
}

static void print_value(FILE *out, enum metric_unit unit, long long value)
{
    if (unit == MILLISECONDS) {
        (void)fprintf(
            out, "%s%lld.%03lld\n", value < 0 ? "-" : "", llabs(value) / 1000, llabs(value) % 1000);
    } else {
        (void)fprintf(out, "%lld\n", unit == PRESENCE ? 1 : value);
    }
}

static long long integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_histogram(const struct sample *s, const json_t *buckets)
{
    long long below = 0;

    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *bucket = json_array_get(buckets, i);
        const json_t *bound = json_object_get(bucket, "up_to_ms");
        char text[32] = "+Inf";

        if (json_is_integer(bound)) {
            (void)snprintf(text, sizeof text, "%g", (double)json_integer_value(bound) / 1000);
        }
        below += integer(bucket, "count");
        print_series(s, "_bucket", text);
        (void)fprintf(s->out, "%lld\n", below);
    }
    print_series(s, "_sum", NULL);
    print_value(s->out, MILLISECONDS, integer(s->object, "sum_ms"));
    print_series(s, "_count", NULL);
    (void)fprintf(s->out, "%lld\n", integer(s->object, "count"));
}

static void print_sample(const struct sample *s)
{
    const json_t *value = json_object_get(s->object, s->metric->key);

    if (json_is_array(value) && s->metric->type == HISTOGRAM) {
        print_histogram(s, value);
    } else if (json_is_integer(value) || json_is_boolean(value)) {
        print_series(s, "", NULL);
        print_value(
            s->out,
            s->metric->unit,
            json_is_integer(value) ? json_integer_value(value) : json_is_true(value));
    }
}

static void print_list(struct sample *s, const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        s->object = json_array_get(array, i);
        print_sample(s);
    }
}

static void print_metric(FILE *out, const struct metric *metric, const json_t *status)
{
    const struct list *list = &lists[metric->list];
    const json_t *found = list->key == NULL ? status : json_object_get(status, list->key);
    struct sample s = { .out = out, .metric = metric };

    (void)fprintf(out, "# HELP %s %s\n", metric->name, metric->help);
    (void)fprintf(out, "# TYPE %s %s\n", metric->name, type_names[metric->type]);
    if (list->is_object) {
        s.object = found;
        print_sample(&s);
    } else if (list->inner == NULL) {
        print_list(&s, found);
    } else {
        for (size_t i = 0; i < json_array_size(found); i++) {
            s.outer = json_array_get(found, i);
            print_list(&s, json_object_get(s.outer, list->inner));
        }
    }
}

char *metrics_render(const json_t *status)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(metrics); i++) {
        print_metric(out, &metrics[i], status);
    }

    bool has_failed = ferror(out) != 0;

    if (fclose(out) != 0 || has_failed) {
        free(text);
        return NULL;
    }
    return text;
}
