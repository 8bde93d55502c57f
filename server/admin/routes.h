#ifndef ADMIN_ROUTES_H
#define ADMIN_ROUTES_H

#include "server/admin/http.h"
#include "server/admin/rows.h"
#include "server/config/problems.h"

/* Routes - what the handlers of the paths share; each subject has its file */

/* Asks the loop thread. Returns the call with its answer, or NULL with @answer filled in. */
struct call *ask(
    const struct http_request *request,
    struct call *call_take,
    unsigned wait_ms,
    struct http_answer *answer);

/* Waits until the database has what this node goes by; tens of milliseconds at most. */
void wait_until_fresh(const struct http_request *request);

/* Answers with the rows of @sql, a constant, as objects under @name; from the argument `offset`
 * on, which the answer's `next` says when there are more. */
void answer_list(
    const struct http_request *request,
    struct http_answer *answer,
    const char *sql,
    const char *name);

/* The first row of @sql as an object, or NULL with @answer filled in; @none: there is no row. */
json_t *find_row(
    const struct http_request *request,
    struct http_answer *answer,
    const char *sql,
    const char *none);

/* Fills in an answer for a statement that did not run. */
void refuse_rows(struct http_answer *answer, int outcome, const char *error);

/*
 * Asks the loop thread to bring @call_take to the log, and answers with what it came to: 200 with
 * the log index and the version, or the problem. NULL: out of memory.
 */
void answer_change(
    const struct http_request *request, struct http_answer *answer, struct call *call_take);

/* The mistakes of a file or body as JSON. */
json_t *problem_list(const struct config_problems *problems);

/* If-Match: the version that the caller has seen; UINT64_MAX: any. False, with @answer filled in,
 * when it is none. */
bool read_if_match(
    const struct http_request *request, struct http_answer *answer, uint64_t *ret_version);

/* The handlers, by subject. */
void get_settings(const struct http_request *request, struct http_answer *answer);
void get_settings_versions(const struct http_request *request, struct http_answer *answer);
void get_settings_version(const struct http_request *request, struct http_answer *answer);
void put_settings(const struct http_request *request, struct http_answer *answer);
void get_reservations(const struct http_request *request, struct http_answer *answer);
void get_reservation(const struct http_request *request, struct http_answer *answer);
void post_reservation(const struct http_request *request, struct http_answer *answer);
void put_reservation(const struct http_request *request, struct http_answer *answer);
void delete_reservation(const struct http_request *request, struct http_answer *answer);
void get_lease(const struct http_request *request, struct http_answer *answer);
void post_release(const struct http_request *request, struct http_answer *answer);
void post_revoke(const struct http_request *request, struct http_answer *answer);
void post_make_static(const struct http_request *request, struct http_answer *answer);
void get_blocks(const struct http_request *request, struct http_answer *answer);
void put_block(const struct http_request *request, struct http_answer *answer);
void delete_block(const struct http_request *request, struct http_answer *answer);

#endif
