#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "server/ctl/listing.h"
#include "server/ctl/settings_text.h"

enum { SETTINGS_PATH_MAX = 1200 };

/* --- apply and roll back --- */

static void print_examples(const json_t *forecast, const char *fate, const char *sentence)
{
    json_t *list = json_object_get(json_object_get(forecast, "examples"), fate);
    long long n = (long long)json_integer_value(json_object_get(forecast, fate));
    size_t i = 0;
    json_t *e = NULL;

    json_array_foreach(list, i, e)
    {
        const char *address = json_string_value(json_object_get(e, "address"));
        const char *to = json_string_value(json_object_get(e, "to"));

        (void)printf(
            "  %s %s%s%s\n",
            address == NULL ? "" : address,
            sentence,
            to == NULL ? "" : " ",
            to == NULL ? "" : to);
    }
    if (n > (long long)json_array_size(list)) {
        (void)printf("  and %lld more\n", n - (long long)json_array_size(list));
    }
}

static void print_forecast(const json_t *forecast)
{
    (void)printf(
        "nothing is changed; of the clients that hold an address it moves %lld, refuses %lld at"
        " their next renewal, no longer serves %lld, and leaves %lld as they are\n",
        (long long)json_integer_value(json_object_get(forecast, "moves")),
        (long long)json_integer_value(json_object_get(forecast, "refused")),
        (long long)json_integer_value(json_object_get(forecast, "dropped")),
        (long long)json_integer_value(json_object_get(forecast, "stays")));
    print_examples(forecast, "moves", "moves to");
    print_examples(forecast, "refused", "is refused");
    print_examples(forecast, "dropped", "is no longer served");
}

static void print_applied(const json_t *answer)
{
    size_t i = 0;
    json_t *node = NULL;

    (void)printf(
        "settings %lld are in force (log index %lld)\n",
        (long long)json_integer_value(json_object_get(answer, "version")),
        (long long)json_integer_value(json_object_get(answer, "index")));
    json_array_foreach(json_object_get(answer, "lagging"), i, node)
    {
        (void)fprintf(
            stderr,
            "leasehold: node %lld has not confirmed it yet; it goes by it once it catches up\n",
            (long long)json_integer_value(node));
    }
}

/* Brings @text into force, or with --dry-run says what that would do. @file: for the mistakes. */
static int put_text(
    const struct ctl_line *line, struct bytes text, const char *file, const char *comment)
{
    char path[SETTINGS_PATH_MAX] = "/v1/settings";
    const char *given = line->values[CTL_OPTION_COMMENT];
    bool is_dry = line->values[CTL_OPTION_DRY_RUN] != NULL;
    struct client_answer answer;
    const struct client_request request = {
        .socket = ctl_socket(line),
        .method = "PUT",
        .path = path,
        .body = text,
        .type = "application/yaml",
    };

    comment = given != NULL ? given : comment;
    if ((comment != NULL && !client_add_argument(path, sizeof path, "comment", comment)) ||
        (is_dry && !client_add_argument(path, sizeof path, "dry-run", "yes"))) {
        return ctl_fail(CTL_USAGE, "--comment: the text is too long");
    }

    int exit = client_ask(&request, file, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }
    if (line->values[CTL_OPTION_JSON] != NULL) {
        (void)json_dumpf(answer.body, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else if (is_dry) {
        print_forecast(answer.body);
    } else {
        print_applied(answer.body);
    }
    client_answer_deinit(&answer);
    return CTL_DONE;
}

int ctl_settings_apply(const struct ctl_line *line)
{
    const char *path = line->arguments[0];
    uint8_t *text = NULL;
    size_t n = 0;
    int exit = CTL_REFUSED;

    if (!ctl_read_text(path, &text, &n)) {
        return CTL_REFUSED;
    }
    if (n == 0) {
        (void)ctl_fail(0, "%s: the file is empty", path);
    } else {
        exit = put_text(line, bytes_of(text, n), path, NULL);
    }
    free(text);
    return exit;
}

int ctl_ask_settings(
    const struct ctl_line *line, const char *version, struct client_answer *ret_answer)
{
    char path[64] = "/v1/settings";
    const struct client_request request = { .socket = ctl_socket(line),
                                            .method = "GET",
                                            .path = path };

    if (version != NULL && (version[0] == '\0' || strlen(version) > 18 ||
                            strspn(version, "0123456789") != strlen(version))) {
        (void)ctl_fail(0, "expected the number of a version; see settings history");
        return CTL_USAGE;
    }
    if (version != NULL) {
        (void)snprintf(path, sizeof path, "/v1/settings/versions/%s", version);
    }
    return client_ask(&request, NULL, ret_answer);
}

int ctl_settings_rollback(const struct ctl_line *line)
{
    struct client_answer answer;
    char comment[64];
    int exit = ctl_ask_settings(line, line->arguments[0], &answer);

    if (exit != CTL_DONE) {
        return exit;
    }

    const char *source = json_string_value(json_object_get(answer.body, "source"));

    (void)snprintf(comment, sizeof comment, "back to version %s", line->arguments[0]);
    exit = source == NULL ? ctl_fail(CTL_REFUSED, "these settings are no text")
                          : put_text(line, bytes_of_text(source), "settings", comment);
    client_answer_deinit(&answer);
    return exit;
}

/* --- show and history --- */

int ctl_settings_show(const struct ctl_line *line)
{
    struct client_answer answer;
    int exit = ctl_ask_settings(line, line->n_arguments > 0 ? line->arguments[0] : NULL, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }
    if (line->values[CTL_OPTION_JSON] != NULL) {
        (void)json_dumpf(answer.body, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else {
        const char *source = json_string_value(json_object_get(answer.body, "source"));

        (void)fputs(source == NULL ? "" : source, stdout);
    }
    client_answer_deinit(&answer);
    return CTL_DONE;
}

static const char *const headings[] = { "VERSION", "IN FORCE", "SINCE", "AUTHOR", "COMMENT" };

static json_t *text_of(const json_t *row, const char *key)
{
    json_t *value = json_object_get(row, key);

    return json_is_string(value) ? json_incref(value) : json_string("");
}

static void cells(const json_t *row, json_t **ret_cells)
{
    bool is_in_force = json_integer_value(json_object_get(row, "in_force")) != 0;

    ret_cells[0] = json_incref(json_object_get(row, "version"));
    ret_cells[1] = json_string(is_in_force ? "yes" : "");
    ret_cells[2] = text_of(row, "applied_at");
    ret_cells[3] = text_of(row, "author");
    ret_cells[4] = text_of(row, "comment");
}

int ctl_settings_history(const struct ctl_line *line)
{
    static const struct listing_kind kind = {
        .path = "/v1/settings/versions",
        .member = "versions",
        .headings = headings,
        .n_columns = ARRAY_LENGTH(headings),
        .cells = cells,
    };

    return ctl_list(line, &kind);
}
