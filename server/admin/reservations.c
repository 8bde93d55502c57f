#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "server/admin/reservation_task.h"
#include "server/admin/routes.h"
#include "server/config/reservation_text.h"
#include "server/config/values.h"

/* Reservations: all of them, one, and changes of those that commands have made. */

void get_reservations(const struct http_request *request, struct http_answer *answer)
{
    answer_list(
        request,
        answer,
        "SELECT * FROM reservations ORDER BY address_n, network, id",
        "reservations");
}

/* The words of @text, which have one space between, as a list. */
static json_t *words_of(const char *text)
{
    json_t *list = json_array();

    while (*text != '\0') {
        size_t n = strcspn(text, " ");

        (void)json_array_append_new(list, json_stringn(text, n));
        text += n + strspn(text + n, " ");
    }
    return list;
}

/* A row of the view in the words of a settings file, to be changed and put back. */
static json_t *in_words(const json_t *row)
{
    static const struct {
        const char *column, *key;
    } texts[] = {
        {"address",     "address"   },
        { "hw_address", "hw-address"},
        { "client_id",  "client-id" },
        { "duid",       "duid"      },
        { "circuit_id", "circuit-id"},
        { "remote_id",  "remote-id" },
        { "hostname",   "hostname"  },
        { "comment",    "comment"   },
    };

    json_t *words = json_object();

    for (unsigned i = 0; i < ARRAY_LENGTH(texts); i++) {
        json_t *value = json_object_get(row, texts[i].column);

        if (json_is_string(value)) {
            (void)json_object_set(words, texts[i].key, value);
        }
    }
    if (json_integer_value(json_object_get(row, "hw_type")) > 0) {
        (void)json_object_set(words, "hw-type", json_object_get(row, "hw_type"));
    }

    const char *options = json_string_value(json_object_get(row, "options"));
    const char *tags = json_string_value(json_object_get(row, "tags"));

    if (options != NULL) {
        (void)json_object_set_new(words, "options", json_loads(options, 0, NULL));
    }
    if (tags != NULL) {
        (void)json_object_set_new(words, "tags", words_of(tags));
    }
    return words;
}

/* Reads the name in the path. False with @answer filled in when it is none. */
static bool read_name(
    const struct http_request *request, struct http_answer *answer, struct reservation_name *ret)
{
    if (reservation_name_parse(request->captures[0], ret)) {
        return true;
    }
    http_problem(
        answer,
        MHD_HTTP_BAD_REQUEST,
        "a reservation is named by its id, 16 hex digits, or by its address",
        NULL);
    return false;
}

void get_reservation(const struct http_request *request, struct http_answer *answer)
{
    struct reservation_name name;
    char sql[96 + HTTP_CAPTURE_MAX];

    if (!read_name(request, answer, &name)) {
        return;
    }
    /* Strict forms both: neither can be anything but a value. */
    (void)snprintf(
        sql,
        sizeof sql,
        "SELECT * FROM reservations WHERE %s = '%s' LIMIT 1",
        name.id != 0 ? "id" : "address",
        request->captures[0]);

    json_t *row = find_row(request, answer, sql, "there is no such reservation");

    if (row != NULL) {
        answer->etag = (uint64_t)json_integer_value(json_object_get(row, "version"));
        (void)json_object_set_new(row, "reservation", in_words(row));
        http_answer_json(answer, MHD_HTTP_OK, row);
    }
}

/* A call with an input; NULL when out of memory. */
static struct call *new_call(const struct http_request *request, const struct call_task *task)
{
    struct call *call = call_new(CALL_PROPOSE);
    struct reservation_input *input =
        call == NULL ? NULL : arena_array(&call->arena, 1, sizeof *input);
    char author[HTTP_AUTHOR_MAX];

    if (input == NULL) {
        return call_free(call);
    }
    call->task = task;
    call->input = input;
    input->author = arena_copy(&call->arena, bytes_of_text(http_author(request, author)));
    return call;
}

/* Reads the body into @input. False with @answer filled in when it has mistakes. */
static bool read_body(
    const struct http_request *request,
    struct http_answer *answer,
    struct call *call,
    struct reservation_input *input)
{
    struct config_problems *problems = calloc(1, sizeof *problems);
    struct single_reservation r = { .subnet = { .length = 0 } };
    int rv = problems == NULL ? ERR_NOMEM
                              : reservation_text_parse(request->body, &call->arena, problems, &r);

    if (rv == RESERVATION_TEXT_INVALID) {
        http_problem(
            answer,
            MHD_HTTP_UNPROCESSABLE_CONTENT,
            "the reservation has mistakes; nothing is changed",
            problem_list(problems));
    }
    input->value = r.value;
    input->subnet_id = r.subnet.network.value;
    free(problems);
    return rv == 0;
}

void post_reservation(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = new_call(request, &reservation_put_task);
    struct reservation_input *input = call == NULL ? NULL : call->input;

    if (input == NULL) {
        return;
    }
    input->name.id = reservation_new_id();
    if (!read_body(request, answer, call, input)) {
        (void)call_free(call);
        return;
    }
    answer_change(request, answer, call);
}

/* True when the request wants a new one alone (RFC 9110 13.1.2). */
static bool wants_new(const struct http_request *request)
{
    const char *value = http_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);

    return value != NULL && strcmp(value, "*") == 0;
}

void put_reservation(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = new_call(request, &reservation_put_task);
    struct reservation_input *input = call == NULL ? NULL : call->input;

    if (input == NULL) {
        return;
    }
    if (!read_name(request, answer, &input->name) ||
        !read_if_match(request, answer, &input->expected_version) ||
        !read_body(request, answer, call, input)) {
        (void)call_free(call);
        return;
    }
    input->expected_version = wants_new(request) ? 0 : input->expected_version;
    answer_change(request, answer, call);
}

void delete_reservation(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = new_call(request, &reservation_delete_task);
    struct reservation_input *input = call == NULL ? NULL : call->input;

    if (input == NULL) {
        return;
    }
    if (!read_name(request, answer, &input->name) ||
        !read_if_match(request, answer, &input->expected_version)) {
        (void)call_free(call);
        return;
    }
    answer_change(request, answer, call);
}

/* The body may be empty, or {"by": "client-id", "comment": "..."}. */
static bool read_make_static(
    const struct http_request *request, struct call *call, struct reservation_input *input)
{
    json_t *body = json_loadb((const char *)request->body.at, request->body.n, 0, NULL);
    const char *by = json_string_value(json_object_get(body, "by"));
    const char *comment = json_string_value(json_object_get(body, "comment"));
    bool is_good = request->body.n == 0 || json_is_object(body);

    is_good =
        is_good && (by == NULL || strcmp(by, "client-id") == 0 || strcmp(by, "hw-address") == 0);
    input->by_client_id = by != NULL && strcmp(by, "client-id") == 0;
    if (comment != NULL) {
        input->value.comment = arena_copy(&call->arena, bytes_of_text(comment));
    }
    json_decref(body);
    return is_good;
}

void post_make_static(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = new_call(request, &reservation_make_static_task);
    struct reservation_input *input = call == NULL ? NULL : call->input;

    if (input == NULL) {
        return;
    }
    if (!ip4_parse(request->captures[0], &input->name.address) ||
        !read_make_static(request, call, input)) {
        http_problem(
            answer,
            MHD_HTTP_BAD_REQUEST,
            "expected an address in the path, and nothing or a JSON object with \"by\" "
            "(hw-address or client-id) and \"comment\" in the body",
            NULL);
        (void)call_free(call);
        return;
    }
    answer_change(request, answer, call);
}
