#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "server/admin/http.h"
#include "server/admin/lease_filter.h"
#include "server/admin/metrics.h"
#include "server/admin/rows.h"
#include "server/config/values.h"

/* The paths of the API: what each one answers. */

static const struct query_limits some_rows = { .rows = ROWS_MAX, .ms = ROWS_SQL_MS };

static void refuse_call(struct http_answer *answer, int outcome)
{
    if (outcome == CALL_TIMEOUT) {
        http_problem(answer, MHD_HTTP_GATEWAY_TIMEOUT, "the node did not answer in time", NULL);
    } else {
        http_problem(
            answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the node is stopping, or overloaded", NULL);
    }
}

/* Asks the loop thread. Returns the call with its answer, or NULL with @answer filled in. */
static struct call *ask(
    const struct http_request *request,
    struct call *call_take,
    unsigned wait_ms,
    struct http_answer *answer)
{
    if (call_take == NULL) {
        return NULL; /* an answer without a body says "out of memory" */
    }

    int rv = call_make(request->calls, call_take, wait_ms);

    if (rv != 0) {
        refuse_call(answer, rv);
        return call_free(call_take);
    }
    return call_take;
}

static void refuse_rows(struct http_answer *answer, int outcome, const char *error)
{
    if (outcome == QUERY_REFUSED) {
        http_problem(answer, MHD_HTTP_BAD_REQUEST, error, NULL);
    } else if (outcome == QUERY_TOO_LONG) {
        http_problem(answer, MHD_HTTP_REQUEST_TIMEOUT, "the statement took too long", NULL);
    } else {
        http_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "the database cannot be read", NULL);
    }
}

/* --- state --- */

static void get_healthz(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = ask(request, call_new(CALL_PING), CALL_PING_WAIT_MS, answer);

    if (call != NULL) {
        http_answer_json(answer, MHD_HTTP_OK, json_pack("{s:s}", "status", "alive"));
        (void)call_free(call);
    }
}

/* Why a node is not ready, or NULL when it is. */
static const char *why_not_ready(json_t *status)
{
    size_t i = 0;
    json_t *network = NULL;

    if (!json_is_true(json_object_get(status, "majority"))) {
        return "no majority";
    }
    if (!json_is_true(json_object_get(status, "caught_up"))) {
        return "not caught up";
    }
    if (json_integer_value(json_object_get(status, "settings_version")) == 0) {
        return "no settings";
    }
    json_array_foreach(json_object_get(status, "networks"), i, network)
    {
        if (json_is_true(json_object_get(network, "open")) &&
            json_is_true(json_object_get(network, "configured"))) {
            return NULL;
        }
    }
    return "no link is open";
}

static void get_readyz(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = ask(request, call_new(CALL_STATUS), CALL_PING_WAIT_MS, answer);
    const char *why = call == NULL ? NULL : why_not_ready(call->status);

    if (call == NULL) {
        return;
    }
    if (why == NULL) {
        http_answer_json(answer, MHD_HTTP_OK, json_pack("{s:s}", "status", "ready"));
    } else {
        http_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, why, NULL);
    }
    (void)call_free(call);
}

/* The state of the node and, from its database, how full the pools are. NULL: @answer says why. */
static struct call *ask_status(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = ask(request, call_new(CALL_STATUS), CALL_WAIT_MS, answer);
    struct rows pools;

    if (call != NULL &&
        rows_run(request->database, "SELECT * FROM pools", &some_rows, ROWS_AS_OBJECTS, &pools) ==
            0) {
        (void)json_object_set_new(call->status, "pools", json_loads(pools.list, 0, NULL));
        rows_deinit(&pools);
    }
    return call;
}

static void get_status(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = ask_status(request, answer);

    if (call != NULL) {
        http_answer_json(answer, MHD_HTTP_OK, json_incref(call->status));
        (void)call_free(call);
    }
}

static void get_metrics(const struct http_request *request, struct http_answer *answer)
{
    struct call *call = ask_status(request, answer);

    if (call != NULL) {
        answer->status = MHD_HTTP_OK;
        answer->type = METRICS_CONTENT_TYPE;
        answer->body = metrics_render(call->status);
        (void)call_free(call);
    }
}

/* --- rows --- */

static void answer_rows(
    struct http_answer *answer, const struct rows *rows, const char *name, const char *next)
{
    char *body = NULL;
    int n = asprintf(
        &body,
        "{\"columns\":%s,\"truncated\":%s,\"next\":%s,\"%s\":%s}\n",
        rows->columns,
        rows->is_truncated ? "true" : "false",
        next == NULL ? "null" : next,
        name,
        rows->list);

    answer->status = MHD_HTTP_OK;
    answer->type = "application/json";
    answer->body = n < 0 ? NULL : body;
}

static void get_leases(const struct http_request *request, struct http_answer *answer)
{
    struct lease_filter filter = { .limit = 0 };
    char error[LEASE_FILTER_ERROR_MAX];
    char next[32];
    struct rows rows;

    for (const struct lease_filter_key *k = lease_filter_keys; k->name != NULL; k++) {
        const char *text = http_argument(request, k->name);

        if (text != NULL && !lease_filter_set(&filter, k->name, text, error)) {
            http_problem(answer, MHD_HTTP_BAD_REQUEST, error, NULL);
            return;
        }
    }

    char sql[LEASE_FILTER_SQL_MAX];

    (void)lease_filter_sql(&filter, sql);

    const struct query_limits limits = { .rows = filter.limit, .ms = ROWS_LEASES_MS };
    int rv = rows_run(request->database, sql, &limits, ROWS_AS_OBJECTS, &rows);

    if (rv != 0) {
        refuse_rows(answer, rv, rows.error);
        return;
    }
    (void)snprintf(next, sizeof next, "\"%.20s\"", rows.last); /* an address */
    answer_rows(answer, &rows, "leases", rows.is_truncated ? next : NULL);
    rows_deinit(&rows);
}

/* The body is {"sql": "...", "limit": n}. */
static void post_sql(const struct http_request *request, struct http_answer *answer)
{
    json_t *body = json_loadb((const char *)request->body.at, request->body.n, 0, NULL);
    const char *sql = json_string_value(json_object_get(body, "sql"));
    json_t *limit = json_object_get(body, "limit");
    json_int_t n = limit == NULL ? ROWS_MAX : json_integer_value(limit);
    struct rows rows;

    if (sql == NULL || n < 1 || n > ROWS_MAX) {
        http_problem(
            answer,
            MHD_HTTP_BAD_REQUEST,
            "expected a JSON object with \"sql\", a text, and perhaps \"limit\", 1 to 10000",
            NULL);
        json_decref(body);
        return;
    }

    const struct query_limits limits = { .rows = (uint32_t)n, .ms = ROWS_SQL_MS };
    int rv = rows_run(request->database, sql, &limits, ROWS_AS_ARRAYS, &rows);

    json_decref(body);
    if (rv != 0) {
        refuse_rows(answer, rv, rows.error);
        return;
    }
    answer_rows(answer, &rows, "rows", NULL);
    rows_deinit(&rows);
}

/* --- settings --- */

static void get_settings(const struct http_request *request, struct http_answer *answer)
{
    struct rows rows;
    int rv = rows_run(
        request->database,
        "SELECT version, applied_at, source FROM settings",
        &some_rows,
        ROWS_AS_OBJECTS,
        &rows);
    json_t *list = rv == 0 ? json_loads(rows.list, 0, NULL) : NULL;
    json_t *row = json_array_get(list, 0);

    if (rv != 0) {
        refuse_rows(answer, rv, rows.error);
        return;
    }
    if (row == NULL) {
        http_problem(answer, MHD_HTTP_NOT_FOUND, "no settings are in force", NULL);
    } else {
        answer->etag = (uint64_t)json_integer_value(json_object_get(row, "version"));
        http_answer_json(answer, MHD_HTTP_OK, json_incref(row));
    }
    json_decref(list);
    rows_deinit(&rows);
}

static json_t *problem_list(const struct config_problems *problems)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < problems_kept(problems); i++) {
        const struct config_problem *p = &problems->list[i];

        (void)json_array_append_new(
            list,
            json_pack(
                "{s:I, s:I, s:o}",
                "line",
                (json_int_t)p->at.line,
                "column",
                (json_int_t)p->at.column,
                "text",
                rows_text(p->text)));
    }
    return json_pack("{s:o, s:I}", "problems", list, "count", (json_int_t)problems->n);
}

/* What a PutSettings that was made came to. */
static void answer_settings(const struct call *call, struct http_answer *answer)
{
    char instant[INSTANT_TEXT_MAX];

    switch (call->result.outcome) {
    case OUTCOME_DONE:
        answer->etag = call->version;
        http_answer_json(
            answer,
            MHD_HTTP_OK,
            json_pack(
                "{s:I, s:I, s:s}",
                "version",
                (json_int_t)call->version,
                "index",
                (json_int_t)call->result.index,
                "applied_at",
                instant_format(call->result.at, instant)));
        return;
    case OUTCOME_STALE:
        http_problem(
            answer,
            MHD_HTTP_PRECONDITION_FAILED,
            "the settings have been changed by someone else; look at them and try again",
            NULL);
        return;
    case OUTCOME_OVERLOADED:
    case OUTCOME_TIMEOUT:
        http_problem(
            answer,
            MHD_HTTP_SERVICE_UNAVAILABLE,
            call->has_majority ? "no result in time; the settings may still come into force"
                               : "no majority of the nodes can be reached",
            json_pack("{s:b}", "majority", call->has_majority));
        return;
    case OUTCOME_UNAVAILABLE:
    case OUTCOME_RESERVED:
    case OUTCOME_TAKEN:
    case OUTCOME_DECLINED:
    case OUTCOME_BLOCKED:
    case OUTCOME_UNKNOWN:
    case OUTCOME_INVALID:
    case OUTCOME_REPEATED:
    case OUTCOME_CONFLICT:
    case OUTCOME_LIMITED:
        break;
    }
    http_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, outcome_text(call->result.outcome), NULL);
}

/* If-Match: the version that the caller has seen. False when it is none. */
static bool read_if_match(const struct http_request *request, uint64_t *ret_version)
{
    const char *etag = http_header(request, MHD_HTTP_HEADER_IF_MATCH);
    char digits[24] = "";
    size_t n = etag == NULL ? 0 : strlen(etag);

    if (etag == NULL || strcmp(etag, "*") == 0) {
        return true;
    }
    if (n < 3 || n > sizeof digits || etag[0] != '"' || etag[n - 1] != '"') {
        return false;
    }
    memcpy(digits, etag + 1, n - 2);
    return values_parse_number(digits, UINT64_MAX - 1, ret_version);
}

/* Hands settings and text to a call. Returns NULL when out of memory. */
static struct call *settings_call(
    const struct http_request *request, struct settings_file *settings_take, uint64_t version)
{
    struct call *call = call_new(CALL_PUT_SETTINGS);

    if (call == NULL) {
        (void)settings_file_free(settings_take);
        return NULL;
    }
    call->settings = settings_take;
    call->expected_version = version;
    call->text = malloc(request->body.n + 1);
    if (call->text == NULL) {
        return call_free(call);
    }
    memcpy(call->text, request->body.at, request->body.n);
    call->n_text = request->body.n;
    return call;
}

static void put_settings(const struct http_request *request, struct http_answer *answer)
{
    struct config_problems *problems = calloc(1, sizeof *problems);
    struct settings_file *settings = NULL;
    uint64_t version = UINT64_MAX;

    if (problems == NULL) {
        return;
    }
    if (!read_if_match(request, &version)) {
        http_problem(
            answer, MHD_HTTP_BAD_REQUEST, "If-Match must be the ETag of the settings", NULL);
        free(problems);
        return;
    }

    int rv = settings_file_parse(request->body, problems, &settings);

    if (rv == SETTINGS_FILE_INVALID) {
        http_problem(
            answer,
            MHD_HTTP_UNPROCESSABLE_CONTENT,
            "the settings have mistakes; nothing is changed",
            problem_list(problems));
    }
    free(problems);
    if (rv != 0) {
        return;
    }

    struct call *call =
        ask(request, settings_call(request, settings, version), CALL_WAIT_MS, answer);

    if (call != NULL) {
        answer_settings(call, answer);
        (void)call_free(call);
    }
}

const struct http_route http_routes[] = {
    {"GET",   "/healthz",     0,                get_healthz },
    { "GET",  "/readyz",      0,                get_readyz  },
    { "GET",  "/metrics",     0,                get_metrics },
    { "GET",  "/v1/status",   0,                get_status  },
    { "GET",  "/v1/leases",   0,                get_leases  },
    { "POST", "/v1/sql",      HTTP_SQL_MAX,     post_sql    },
    { "GET",  "/v1/settings", 0,                get_settings},
    { "PUT",  "/v1/settings", PUT_SETTINGS_MAX, put_settings},
};

const unsigned http_n_routes = ARRAY_LENGTH(http_routes);
