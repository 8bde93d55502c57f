#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include <microhttpd.h>

#include "server/admin/call.h"

/*
 * HTTP - requests of the API as values, their routes, and their answers
 *
 * A route has a method, a path and a handler; http.c does the rest: reads the body up to the
 * route's limit, calls the handler once the body is whole, and sends what it returns.
 */
enum {
    HTTP_CONNECTIONS_MAX = 64,
    HTTP_IDLE_S = 15, /* a connection that says nothing this long is closed */
    HTTP_SQL_MAX = 64 * 1024,
    HTTP_CHANGE_MAX = 16 * 1024, /* of one reservation or block */
    HTTP_CAPTURES_MAX = 2,
    HTTP_CAPTURE_MAX = 600, /* a client id in hex, with its NUL */
    HTTP_AUTHOR_MAX = 65,
};

struct http_request {
    struct MHD_Connection *connection;
    struct calls *calls;
    const char *database;
    struct bytes body;                                  /* with a NUL after it */
    char captures[HTTP_CAPTURES_MAX][HTTP_CAPTURE_MAX]; /* what `*` of the path stands for */
};

/* `body` is malloc()ed; http.c frees it. A handler that cannot make one leaves it NULL. */
struct http_answer {
    unsigned status;
    const char *type; /* of the content */
    char *body;
    uint64_t etag; /* 0: none */
};

struct http_route {
    const char *method;
    const char *path; /* `*`: one or more characters up to the next one of the path, but no `/` */
    size_t body_max;
    void (*handle)(const struct http_request *request, struct http_answer *answer);
};

/* All routes, in routes.c. */
extern const struct http_route http_routes[];
extern const unsigned http_n_routes;

/* Matches @path with a route's @pattern; fills in the captures when they match. */
bool http_match(
    const char *pattern, const char *path, char captures[HTTP_CAPTURES_MAX][HTTP_CAPTURE_MAX]);

/* Writes the name of the user at the other end of the connection into @out, HTTP_AUTHOR_MAX
 * bytes. Returns @out. */
const char *http_author(const struct http_request *request, char *out);

/* Lends a query argument or a header of the request, or NULL. */
const char *http_argument(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);

/* How many query arguments the request has; one that is given twice counts twice. */
unsigned http_n_arguments(const struct http_request *request);

/* Fills in an answer of type application/json from @json_take. */
void http_answer_json(struct http_answer *answer, unsigned status, json_t *json_take);

/*
 * Fills in an answer of type application/problem+json (RFC 9457): the title of @status, a
 * sentence, and what @more_take adds (may be NULL).
 */
void http_problem(
    struct http_answer *answer, unsigned status, const char *detail, json_t *more_take);

struct http;

/* Serves on @listen_fd_take with threads of its own. Returns 0 or ERR_IO. */
int http_new(struct http **ret_http, int listen_fd_take, struct calls *calls, const char *database);

/* Ends all threads; the calls must be stopped before, or this waits for them. */
struct http *http_free(struct http *h);

#endif
