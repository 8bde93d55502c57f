#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "server/admin/change.h"
#include "server/admin/routes.h"
#include "server/config/settings_file.h"
#include "server/config/values.h"
#include "storage/forecast.h"

/* The settings in force: what they are, and others in their place. */

static void answer_version(
    const struct http_request *request, struct http_answer *answer, const char *sql)
{
    json_t *row = find_row(request, answer, sql, "there are no such settings, or no more");

    if (row != NULL) {
        answer->etag = (uint64_t)json_integer_value(json_object_get(row, "version"));
        http_answer_json(answer, MHD_HTTP_OK, row);
    }
}

void get_settings(const struct http_request *request, struct http_answer *answer)
{
    answer_version(
        request,
        answer,
        "SELECT version, applied_at, author, comment, source FROM settings WHERE in_force");
}

void get_settings_versions(const struct http_request *request, struct http_answer *answer)
{
    answer_list(
        request,
        answer,
        "SELECT version, applied_at, author, comment, in_force, applied_index FROM settings "
        "ORDER BY version DESC",
        "versions");
}

void get_settings_version(const struct http_request *request, struct http_answer *answer)
{
    uint64_t version = 0;
    char sql[160];

    if (!values_parse_number(request->captures[0], INT64_MAX, &version)) {
        http_problem(answer, MHD_HTTP_BAD_REQUEST, "expected a version, a number", NULL);
        return;
    }
    (void)snprintf(
        sql,
        sizeof sql,
        "SELECT version, applied_at, author, comment, source FROM settings WHERE version = %llu",
        (unsigned long long)version);
    answer_version(request, answer, sql);
}

struct settings_input {
    uint64_t expected_version; /* of the settings in force; UINT64_MAX: any */
    struct bytes document, text, comment, author;
};

static bool prepare(struct call *call, const struct admin_sources *sources)
{
    const struct settings_input *input = call->input;
    uint64_t version = network_map_version(store_map(sources->store));

    call->command = (struct command){
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {
            .version = version + 1,
            .document = input->document,
            .source = input->text,
            .comment = input->comment,
            .author = input->author,
        },
    };
    call->version = version + 1;
    call->result.outcome = OUTCOME_STALE;
    return input->expected_version == UINT64_MAX || input->expected_version == version;
}

/* Names the first reservation of a command that the new settings do not go with. */
static void explain(struct call *call, const struct admin_sources *sources)
{
    struct network_map *map = NULL;
    struct settings_document *document = NULL;

    if (call->result.outcome == OUTCOME_CONFLICT &&
        settings_decode(call->command.put_settings.document, &document) == 0 &&
        network_map_new(&map, document, 1) == 0) {
        change_explain_misfit(map, network_map_kept(store_map(sources->store)), call->detail);
    }
    map = network_map_free(map);
}

static const struct call_task put_task = { .prepare = prepare, .explain = explain };

/* Makes the call; settings and text are copied. Returns NULL when out of memory. */
static struct call *settings_call(
    const struct http_request *request, const struct settings_file *settings, uint64_t version)
{
    struct call *call = call_new(CALL_PROPOSE);
    struct settings_input *input =
        call == NULL ? NULL : arena_array(&call->arena, 1, sizeof *input);
    const char *comment = http_argument(request, "comment");
    char author[HTTP_AUTHOR_MAX];

    if (input == NULL) {
        return call_free(call);
    }
    call->task = &put_task;
    call->input = input;
    input->expected_version = version;
    input->document = arena_copy(&call->arena, settings->encoded);
    input->text = arena_copy(&call->arena, request->body);
    input->comment = arena_copy(&call->arena, bytes_of_text(comment == NULL ? "" : comment));
    input->author = arena_copy(&call->arena, bytes_of_text(http_author(request, author)));
    return call->arena.is_exhausted ? call_free(call) : call;
}

/* Reads the body; NULL with @answer filled in when it has mistakes, or when out of memory. */
static struct settings_file *read_settings(
    const struct http_request *request, struct http_answer *answer)
{
    struct config_problems *problems = calloc(1, sizeof *problems);
    struct settings_file *settings = NULL;

    if (problems != NULL &&
        settings_file_parse(request->body, problems, &settings) == SETTINGS_FILE_INVALID) {
        http_problem(
            answer,
            MHD_HTTP_UNPROCESSABLE_CONTENT,
            "the settings have mistakes; nothing is changed",
            problem_list(problems));
    }
    free(problems);
    return settings;
}

/* --- what settings would do --- */

static json_t *examples_of(const struct forecast *f, enum forecast_fate fate)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < f->n[fate] && i < FORECAST_EXAMPLES_MAX; i++) {
        const struct forecast_example *e = &f->examples[fate][i];
        char address[IP4_TEXT_MAX];
        char to[IP4_TEXT_MAX];
        json_t *example = json_pack("{s:s}", "address", ip4_format(e->address, address));

        if (!ip4_is_any(e->to)) {
            (void)json_object_set_new(example, "to", json_string(ip4_format(e->to, to)));
        }
        (void)json_array_append_new(list, example);
    }
    return list;
}

static json_t *forecast_json(const struct forecast *f)
{
    return json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:{s:o, s:o, s:o}}",
        "dry_run",
        true,
        "stays",
        (json_int_t)f->n[FORECAST_STAYS],
        "moves",
        (json_int_t)f->n[FORECAST_MOVES],
        "refused",
        (json_int_t)f->n[FORECAST_REFUSED],
        "dropped",
        (json_int_t)f->n[FORECAST_DROPPED],
        "examples",
        "moves",
        examples_of(f, FORECAST_MOVES),
        "refused",
        examples_of(f, FORECAST_REFUSED),
        "dropped",
        examples_of(f, FORECAST_DROPPED));
}

static void answer_forecast(
    const struct http_request *request,
    struct http_answer *answer,
    const struct settings_file *settings)
{
    struct forecast f;
    char detail[CALL_DETAIL_MAX] = "";

    wait_until_fresh(request);

    int rv = forecast_run(request->database, settings->encoded, &f);

    if (rv == 0) {
        http_answer_json(answer, MHD_HTTP_OK, forecast_json(&f));
    } else if (rv == FORECAST_MISFIT) {
        change_explain_misfit(f.map, network_map_kept(f.kept), detail);
        http_problem(answer, MHD_HTTP_CONFLICT, detail, NULL);
    } else {
        http_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "the database cannot be read", NULL);
    }
    forecast_deinit(&f);
}

static bool comment_is_good(const struct http_request *request, struct http_answer *answer)
{
    const char *comment = http_argument(request, "comment");

    if (comment == NULL || strlen(comment) <= SETTINGS_COMMENT_MAX) {
        return true;
    }
    http_problem(
        answer, MHD_HTTP_BAD_REQUEST, "comment: expected a text of at most 255 octets", NULL);
    return false;
}

void put_settings(const struct http_request *request, struct http_answer *answer)
{
    const char *dry_run = http_argument(request, "dry-run");
    uint64_t version = UINT64_MAX;
    struct settings_file *settings = NULL;

    if (read_if_match(request, answer, &version) && comment_is_good(request, answer)) {
        settings = read_settings(request, answer);
    }
    if (settings != NULL && dry_run != NULL && strcmp(dry_run, "no") != 0) {
        answer_forecast(request, answer, settings);
    } else if (settings != NULL) {
        answer_change(request, answer, settings_call(request, settings, version));
    }
    settings = settings_file_free(settings);
}
