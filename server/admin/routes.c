#include "server/admin/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "server/admin/http.h"
#include "server/admin/lease_filter.h"
#include "server/admin/metrics.h"
#include "server/config/values.h"

/* The paths of the API: what each one answers. */

static const struct query_limits some_rows = { .rows = ROWS_MAX, .ms = ROWS_SQL_MS };
static const struct query_limits many_rows = { .rows = ROWS_MAX, .ms = ROWS_LEASES_MS };

static void refuse_call(struct http_answer *answer, int outcome)
{
    if (outcome == CALL_TIMEOUT) {
        http_problem(answer, MHD_HTTP_GATEWAY_TIMEOUT, "the node did not answer in time", NULL);
    } else {
        http_problem(
            answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the node is stopping, or overloaded", NULL);
    }
}

struct call *ask(
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

void refuse_rows(struct http_answer *answer, int outcome, const char *error)
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
    unsigned n = 0;

    for (const struct lease_filter_key *k = lease_filter_keys; k->name != NULL; k++) {
        const char *text = http_argument(request, k->name);

        n += text != NULL;
        if (text != NULL && !lease_filter_set(&filter, k->name, text, error)) {
            http_problem(answer, MHD_HTTP_BAD_REQUEST, error, NULL);
            return;
        }
    }

    if (n != http_n_arguments(request)) {
        http_problem(
            answer,
            MHD_HTTP_BAD_REQUEST,
            "expected address, network, state, hw-address, client-id, hostname, node, limit and "
            "after, each once at most, and no other key",
            NULL);
        return;
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

/*
 * What was told as done on any node is in this one's memory, and a moment later in its database:
 * waits for that moment. A node that cannot say is read as it is.
 */
void wait_until_fresh(const struct http_request *request)
{
    struct call *call = call_new(CALL_FRESH);

    if (call != NULL) {
        (void)call_make(request->calls, call, CALL_PING_WAIT_MS);
    }
    (void)call_free(call);
}

void answer_list(
    const struct http_request *request,
    struct http_answer *answer,
    const char *sql,
    const char *name)
{
    uint64_t offset = 0;
    const char *text = http_argument(request, "offset");
    char page[256];
    char next[32];
    struct rows rows;

    if (text != NULL && !values_parse_number(text, INT32_MAX, &offset)) {
        http_problem(answer, MHD_HTTP_BAD_REQUEST, "offset: expected a number", NULL);
        return;
    }
    (void)snprintf(page, sizeof page, "%s LIMIT -1 OFFSET %llu", sql, (unsigned long long)offset);

    wait_until_fresh(request);

    int rv = rows_run(request->database, page, &many_rows, ROWS_AS_OBJECTS, &rows);

    if (rv != 0) {
        refuse_rows(answer, rv, rows.error);
        return;
    }
    (void)snprintf(next, sizeof next, "%llu", (unsigned long long)offset + rows.n);
    answer_rows(answer, &rows, name, rows.is_truncated ? next : NULL);
    rows_deinit(&rows);
}

json_t *find_row(
    const struct http_request *request,
    struct http_answer *answer,
    const char *sql,
    const char *none)
{
    struct rows rows;

    wait_until_fresh(request);

    int rv = rows_run(request->database, sql, &some_rows, ROWS_AS_OBJECTS, &rows);

    if (rv != 0) {
        refuse_rows(answer, rv, rows.error);
        return NULL;
    }

    json_t *list = json_loads(rows.list, 0, NULL);
    json_t *row = json_incref(json_array_get(list, 0));

    json_decref(list);
    rows_deinit(&rows);
    if (row == NULL) {
        http_problem(answer, MHD_HTTP_NOT_FOUND, none, NULL);
    }
    return row;
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

/* clang-format off */
const struct http_route http_routes[] = {
    { "GET", "/healthz", 0, get_healthz },
    { "GET", "/readyz", 0, get_readyz },
    { "GET", "/metrics", 0, get_metrics },
    { "GET", "/v1/status", 0, get_status },
    { "GET", "/v1/leases", 0, get_leases },
    { "GET", "/v1/leases/*", 0, get_lease },
    { "POST", "/v1/leases/*:release", HTTP_CHANGE_MAX, post_release },
    { "POST", "/v1/leases/*:revoke", HTTP_CHANGE_MAX, post_revoke },
    { "POST", "/v1/leases/*:make-static", HTTP_CHANGE_MAX, post_make_static },
    { "POST", "/v1/sql", HTTP_SQL_MAX, post_sql },
    { "GET", "/v1/settings", 0, get_settings },
    { "GET", "/v1/settings/versions", 0, get_settings_versions },
    { "GET", "/v1/settings/versions/*", 0, get_settings_version },
    { "PUT", "/v1/settings", PUT_SETTINGS_MAX, put_settings },
    { "GET", "/v1/reservations", 0, get_reservations },
    { "POST", "/v1/reservations", HTTP_CHANGE_MAX, post_reservation },
    { "GET", "/v1/reservations/*", 0, get_reservation },
    { "PUT", "/v1/reservations/*", HTTP_CHANGE_MAX, put_reservation },
    { "DELETE", "/v1/reservations/*", HTTP_CHANGE_MAX, delete_reservation },
    { "GET", "/v1/blocks", 0, get_blocks },
    { "PUT", "/v1/blocks/*/*", HTTP_CHANGE_MAX, put_block },
    { "DELETE", "/v1/blocks/*/*", HTTP_CHANGE_MAX, delete_block },
};
/* clang-format on */

const unsigned http_n_routes = ARRAY_LENGTH(http_routes);
