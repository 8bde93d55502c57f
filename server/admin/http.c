#include "server/admin/http.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

struct http {
    struct MHD_Daemon *daemon;
    struct calls *calls;
    const char *database;
};

/* One request while its body comes in. */
struct incoming {
    const struct http_route *route; /* NULL: none; then `answer` says so */
    char *body;
    size_t n;
    bool is_too_long;
};

const char *http_argument(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

unsigned http_n_arguments(const struct http_request *request)
{
    int n = MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);

    return n < 0 ? 0 : (unsigned)n;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_author(const struct http_request *request, char *out)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer = { 0 };
    socklen_t n = sizeof peer;
    struct passwd record;
    struct passwd *found = NULL;
    char buffer[4096];

    out[0] = '\0';
    if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0) {
        return out;
    }
    if (getpwuid_r(peer.uid, &record, buffer, sizeof buffer, &found) == 0 && found != NULL) {
        (void)snprintf(out, HTTP_AUTHOR_MAX, "%s", found->pw_name);
    } else {
        (void)snprintf(out, HTTP_AUTHOR_MAX, "user %u", (unsigned)peer.uid);
    }
    return out;
}

/* In ASCII: marks that turn or clear a line stay \uNNNN when somebody's terminal shows them. */
static void answer_with(
    struct http_answer *answer, unsigned status, const char *type, json_t *json_take)
{
    answer->status = status;
    answer->type = type;
    answer->body =
        json_take == NULL ? NULL : json_dumps(json_take, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(json_take);
}

void http_answer_json(struct http_answer *answer, unsigned status, json_t *json_take)
{
    answer_with(answer, status, "application/json", json_take);
}

static const char *title_of(unsigned status)
{
    const char *title = MHD_get_reason_phrase_for(status);

    return title == NULL ? "Error" : title;
}

void http_problem(
    struct http_answer *answer, unsigned status, const char *detail, json_t *more_take)
{
    json_t *problem = json_pack(
        "{s:s, s:s, s:i, s:s}",
        "type",
        "about:blank",
        "title",
        title_of(status),
        "status",
        (int)status,
        "detail",
        detail);

    if (problem != NULL && more_take != NULL) {
        (void)json_object_update(problem, more_take);
    }
    json_decref(more_take);
    answer_with(answer, status, "application/problem+json", problem);
}

/* --- finding the route --- */

/* Copies what a `*` stands for: up to @end, which is not of it. Returns its length, 0: none. */
static size_t capture(const char *path, char end, char *out)
{
    size_t n = 0;

    while (path[n] != '\0' && path[n] != '/' && path[n] != end) {
        n++;
    }
    if (n == 0 || n >= HTTP_CAPTURE_MAX) {
        return 0;
    }
    memcpy(out, path, n);
    out[n] = '\0';
    return n;
}

bool http_match(
    const char *pattern, const char *path, char captures[HTTP_CAPTURES_MAX][HTTP_CAPTURE_MAX])
{
    unsigned n_captures = 0;

    for (; *pattern != '\0'; pattern++) {
        size_t n = 1;

        if (*pattern == '*') {
            n = n_captures < HTTP_CAPTURES_MAX ? capture(path, pattern[1], captures[n_captures++])
                                               : 0;
        } else if (*pattern != *path) {
            n = 0;
        }
        if (n == 0) {
            return false;
        }
        path += n;
    }
    return *path == '\0';
}

/* Returns the route, or NULL with *@ret_is_path_known telling 404 from 405. */
static const struct http_route *find_route(
    const char *method, const char *path, bool *ret_is_path_known)
{
    char captures[HTTP_CAPTURES_MAX][HTTP_CAPTURE_MAX];

    *ret_is_path_known = false;
    for (unsigned i = 0; i < http_n_routes; i++) {
        if (http_match(http_routes[i].path, path, captures)) {
            *ret_is_path_known = true;
            if (strcmp(http_routes[i].method, method) == 0) {
                return &http_routes[i];
            }
        }
    }
    return NULL;
}

static void refuse_route(struct http_answer *answer, const char *method, const char *path)
{
    bool is_path_known = false;

    (void)find_route(method, path, &is_path_known);
    if (is_path_known) {
        http_problem(
            answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this path does not know this method", NULL);
    } else {
        http_problem(answer, MHD_HTTP_NOT_FOUND, "the API has no such path", NULL);
    }
}

/* --- answering --- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct http_answer *answer)
{
    static char no_memory[] = "{\"title\":\"out of memory\",\"status\":500}\n";
    bool has_body = answer->body != NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        has_body ? strlen(answer->body) : strlen(no_memory),
        has_body ? answer->body : no_memory,
        has_body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    char etag[32];

    if (response == NULL) {
        free(answer->body);
        return MHD_NO;
    }
    (void)MHD_add_response_header(
        response,
        MHD_HTTP_HEADER_CONTENT_TYPE,
        has_body ? answer->type : "application/problem+json");
    if (answer->etag != 0) {
        (void)snprintf(etag, sizeof etag, "\"%llu\"", (unsigned long long)answer->etag);
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
    }

    enum MHD_Result rv = MHD_queue_response(
        connection, has_body ? answer->status : MHD_HTTP_INTERNAL_SERVER_ERROR, response);

    MHD_destroy_response(response);
    return rv;
}

static enum MHD_Result answer_request(
    struct http *h,
    struct MHD_Connection *connection,
    const struct incoming *in,
    const char *method,
    const char *path)
{
    struct http_request request = {
        .connection = connection,
        .calls = h->calls,
        .database = h->database,
        .body = bytes_of(in->body == NULL ? "" : in->body, in->n),
    };
    struct http_answer answer = { .status = MHD_HTTP_INTERNAL_SERVER_ERROR };

    if (in->route == NULL) {
        refuse_route(&answer, method, path);
    } else if (in->is_too_long) {
        http_problem(
            &answer, MHD_HTTP_CONTENT_TOO_LARGE, "the body is longer than this path takes", NULL);
    } else {
        (void)http_match(in->route->path, path, request.captures);
        in->route->handle(&request, &answer);
    }
    return send_answer(connection, &answer);
}

/* --- libmicrohttpd's callbacks --- */

/* Adds a piece of the body. False when out of memory. */
static bool add_body(struct incoming *in, const char *piece, size_t n)
{
    if (in->route == NULL || in->is_too_long || n > in->route->body_max - in->n) {
        in->is_too_long = true; /* the rest is read and dropped, then the refusal is sent */
        return true;
    }

    char *body = realloc(in->body, in->n + n + 1);

    if (body == NULL) {
        return false;
    }
    memcpy(body + in->n, piece, n);
    in->n += n;
    body[in->n] = '\0';
    in->body = body;
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is the library's */
static enum MHD_Result on_request(
    void *data,
    struct MHD_Connection *connection,
    const char *path,
    const char *method,
    const char *version,
    const char *piece,
    size_t *piece_n,
    void **request_data)
{
    struct incoming *in = *request_data;
    bool is_path_known = false;

    (void)version;
    if (in == NULL) {
        in = calloc(1, sizeof *in);
        if (in == NULL) {
            return MHD_NO;
        }
        in->route = find_route(method, path, &is_path_known);
        *request_data = in;
        return MHD_YES;
    }
    if (*piece_n > 0) {
        bool is_sound = add_body(in, piece, *piece_n);

        *piece_n = 0;
        return is_sound ? MHD_YES : MHD_NO;
    }
    return answer_request(data, connection, in, method, path);
}

static void on_completed(
    void *data,
    struct MHD_Connection *connection,
    void **request_data,
    enum MHD_RequestTerminationCode code)
{
    struct incoming *in = *request_data;

    (void)data;
    (void)connection;
    (void)code;
    if (in != NULL) {
        free(in->body);
        free(in);
        *request_data = NULL;
    }
}

int http_new(struct http **ret_http, int listen_fd_take, struct calls *calls, const char *database)
{
    struct http *h = calloc(1, sizeof *h);

    if (h == NULL) {
        (void)close(listen_fd_take);
        return ERR_NOMEM;
    }
    h->calls = calls;
    h->database = database;
    h->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL,
        0,
        NULL,
        NULL,
        on_request,
        h,
        MHD_OPTION_LISTEN_SOCKET,
        listen_fd_take,
        MHD_OPTION_NOTIFY_COMPLETED,
        on_completed,
        NULL,
        MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_S,
        MHD_OPTION_END);
    if (h->daemon == NULL) {
        (void)close(listen_fd_take);
        free(h);
        return ERR_IO;
    }
    *ret_http = h;
    return 0;
}

struct http *http_free(struct http *h)
{
    if (h != NULL) {
        MHD_stop_daemon(h->daemon);
        free(h);
    }
    return NULL;
}
