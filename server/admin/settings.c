#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "server/admin/change.h"
#include "server/admin/routes.h"
#include "server/config/settings_file.h"

/* The settings in force: what they are, and others in their place. */

void get_settings(const struct http_request *request, struct http_answer *answer)
{
    json_t *row = find_row(
        request,
        answer,
        "SELECT version, applied_at, source FROM settings",
        "no settings are in force");

    if (row != NULL) {
        answer->etag = (uint64_t)json_integer_value(json_object_get(row, "version"));
        http_answer_json(answer, MHD_HTTP_OK, row);
    }
}

struct settings_input {
    uint64_t expected_version; /* of the settings in force; UINT64_MAX: any */
    struct bytes document, text;
};

static bool prepare(struct call *call, const struct admin_sources *sources)
{
    const struct settings_input *input = call->input;
    uint64_t version = network_map_version(store_map(sources->store));

    call->command = (struct command){
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {version + 1, input->document, input->text},
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

    if (input == NULL) {
        return call_free(call);
    }
    call->task = &put_task;
    call->input = input;
    input->expected_version = version;
    input->document = arena_copy(&call->arena, settings->encoded);
    input->text = arena_copy(&call->arena, request->body);
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

void put_settings(const struct http_request *request, struct http_answer *answer)
{
    uint64_t version = UINT64_MAX;
    struct settings_file *settings = NULL;

    if (read_if_match(request, answer, &version)) {
        settings = read_settings(request, answer);
    }
    if (settings != NULL) {
        answer_change(request, answer, settings_call(request, settings, version));
    }
    settings = settings_file_free(settings);
}
