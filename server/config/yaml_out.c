#include "server/config/yaml_out.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { LINE_WIDTH = 110 };

struct yaml_out {
    yaml_emitter_t emitter;
    bool is_open; /* the emitter is initialised */
    bool has_failed;
    char *text;
    size_t n, size;
};

static int take(void *data, unsigned char *buffer, size_t n)
{
    struct yaml_out *y = data;

    if (y->n + n + 1 > y->size) {
        size_t size = (y->n + n + 1) * 2;
        char *grown = realloc(y->text, size);

        if (grown == NULL) {
            return 0;
        }
        y->text = grown;
        y->size = size;
    }
    memcpy(y->text + y->n, buffer, n);
    y->n += n;
    y->text[y->n] = '\0';
    return 1;
}

/* @is_made: the event could be made. yaml_emitter_emit() takes it, also when it fails. */
static void emit(struct yaml_out *y, yaml_event_t *event, int is_made)
{
    y->has_failed = !is_made || y->has_failed;
    if (is_made && !yaml_emitter_emit(&y->emitter, event)) {
        y->has_failed = true;
    }
}

struct yaml_out *yaml_out_new(void)
{
    struct yaml_out *y = calloc(1, sizeof *y);
    yaml_event_t event;

    if (y == NULL || !yaml_emitter_initialize(&y->emitter)) {
        free(y);
        return NULL;
    }
    y->is_open = true;
    yaml_emitter_set_output(&y->emitter, take, y);
    yaml_emitter_set_unicode(&y->emitter, 1);
    yaml_emitter_set_width(&y->emitter, LINE_WIDTH);
    emit(y, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(y, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    return y;
}

struct yaml_out *yaml_out_free(struct yaml_out *y)
{
    if (y == NULL) {
        return NULL;
    }
    if (y->is_open) {
        yaml_emitter_delete(&y->emitter);
    }
    free(y->text);
    free(y);
    return NULL;
}

void yaml_out_map(struct yaml_out *y, enum yaml_out_style style)
{
    yaml_event_t event;
    yaml_mapping_style_t how =
        style == YAML_OUT_FLOW ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;

    emit(y, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, how));
}

void yaml_out_map_end(struct yaml_out *y)
{
    yaml_event_t event;

    emit(y, &event, yaml_mapping_end_event_initialize(&event));
}

void yaml_out_list(struct yaml_out *y, enum yaml_out_style style)
{
    yaml_event_t event;
    yaml_sequence_style_t how =
        style == YAML_OUT_FLOW ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;

    emit(y, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, how));
}

void yaml_out_list_end(struct yaml_out *y)
{
    yaml_event_t event;

    emit(y, &event, yaml_sequence_end_event_initialize(&event));
}

/* Words, numbers with a unit, addresses and ranges need no quotes; sexagesimal numbers would. */
static bool is_plain(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-");

    return n > 0 && text[n] == '\0' && strspn(text, "-") == 0;
}

void yaml_out_text(struct yaml_out *y, const char *text)
{
    yaml_scalar_style_t style =
        is_plain(text) ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    yaml_event_t event;
    const yaml_char_t *value = (const yaml_char_t *)text;

    emit(
        y,
        &event,
        yaml_scalar_event_initialize(&event, NULL, NULL, value, (int)strlen(text), 1, 1, style));
}

void yaml_out_pair(struct yaml_out *y, const char *key, const char *text)
{
    if (text != NULL) {
        yaml_out_text(y, key);
        yaml_out_text(y, text);
    }
}

char *yaml_out_end(struct yaml_out *y)
{
    yaml_event_t event;
    char *text = NULL;

    emit(y, &event, yaml_document_end_event_initialize(&event, 1));
    emit(y, &event, yaml_stream_end_event_initialize(&event));
    if (!y->has_failed) {
        text = y->text;
        y->text = NULL;
    }
    return text;
}
