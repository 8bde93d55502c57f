#include "server/ctl/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A node that serves and has not told that it goes by the change; it will when it catches up. */
static void print_lagging(const json_t *answer)
{
    size_t i = 0;
    json_t *node = NULL;

    json_array_foreach(json_object_get(answer, "lagging"), i, node)
    {
        (void)fprintf(
            stderr,
            "leasehold: node %lld has not confirmed it yet; it goes by it once it catches up\n",
            (long long)json_integer_value(node));
    }
}

static void print_done(const struct ctl_line *line, const json_t *answer, const char *what)
{
    const char *id = json_string_value(json_object_get(answer, "id"));
    const char *free_at = json_string_value(json_object_get(answer, "free_at"));

    if (line->values[CTL_OPTION_JSON] != NULL) {
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        (void)putchar('\n');
        return;
    }
    (void)printf(
        "%s%s%s (log index %lld)\n",
        what,
        id == NULL ? "" : " ",
        id == NULL ? "" : id,
        (long long)json_integer_value(json_object_get(answer, "index")));
    if (free_at != NULL) {
        (void)printf("the address is free at %s\n", free_at);
    }
    print_lagging(answer);
}

int ctl_change(
    const struct ctl_line *line,
    const struct client_request *request,
    const json_t *body,
    const char *what)
{
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    struct client_request whole = *request;
    struct client_answer answer;
    int exit = 0;

    if (body != NULL && text == NULL) {
        return ctl_fail(CTL_REFUSED, "out of memory");
    }
    whole.socket = ctl_socket(line);
    if (text != NULL) {
        whole.body = bytes_of_text(text);
        whole.type = "application/json";
    }
    exit = client_ask(&whole, "", &answer);
    free(text);
    if (exit == CTL_DONE) {
        print_done(line, answer.body, what);
        client_answer_deinit(&answer);
    }
    return exit;
}
