#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>

#include "base/bytes.h"

/* Client - one request to the API of a node over its unix socket */

struct client_request {
    const char *socket, *method, *path; /* the path with its query, already encoded */
    struct bytes body;                  /* empty: none */
    const char *type;                   /* of the body */
    const char *if_match;               /* NULL: none; else an ETag */
};

struct client_answer {
    long status;
    json_t *body; /* NULL when it was no JSON */
};

/*
 * Makes the request. Returns CTL_DONE for an answer of success, which the caller gives to
 * client_answer_deinit(); else it has printed why and returns the exit code. Refusals that list
 * problems of a file are printed with @file as its name.
 */
int client_ask(
    const struct client_request *request, const char *file, struct client_answer *ret_answer);
void client_answer_deinit(struct client_answer *answer);

/* Appends "?key=value" or "&key=value", encoded, to @path. False when it does not fit. */
bool client_add_argument(char *path, size_t size, const char *key, const char *value);

#endif
