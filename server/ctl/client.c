#include "server/ctl/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/command.h"
#include "server/ctl/table.h"

enum {
    ANSWER_MAX = 256 * 1024 * 1024,
    CONNECT_TIMEOUT_S = 5,
    ANSWER_TIMEOUT_S = 30,
};

struct text {
    char *at;
    size_t n;
};

static size_t on_data(char *data, size_t size, size_t n, void *user)
{
    struct text *text = user;
    size_t more = size * n;
    char *grown = more > ANSWER_MAX - text->n ? NULL : realloc(text->at, text->n + more + 1);

    if (grown == NULL) {
        return 0; /* curl ends the transfer */
    }
    memcpy(grown + text->n, data, more);
    text->at = grown;
    text->n += more;
    return more;
}

static struct curl_slist *add_header(
    struct curl_slist *headers, const char *name, const char *value)
{
    char line[100];

    if (value == NULL) {
        return headers;
    }
    (void)snprintf(line, sizeof line, "%s: %s", name, value);
    return curl_slist_append(headers, line);
}

static struct curl_slist *headers_of(const struct client_request *request)
{
    struct curl_slist *headers = add_header(NULL, "Content-Type", request->type);

    return add_header(headers, "If-Match", request->if_match);
}

static CURLcode perform(
    const struct client_request *request, struct text *ret_text, long *ret_status)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = headers_of(request);
    char url[4200];

    if (curl == NULL) {
        curl_slist_free_all(headers);
        return CURLE_OUT_OF_MEMORY;
    }
    (void)snprintf(url, sizeof url, "http://localhost%s", request->path);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->socket);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_text);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (request->body.n > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.n);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at);
    }

    CURLcode rv = curl_easy_perform(curl);

    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return rv;
}

static void print_escaped(const char *prefix, const char *text)
{
    char *escaped = table_text(text);

    (void)fprintf(stderr, "%s%s\n", prefix, escaped == NULL ? "out of memory" : escaped);
    free(escaped);
}

static void print_problems(const json_t *body, const char *file)
{
    json_t *list = json_object_get(body, "problems");
    size_t i = 0;
    json_t *p = NULL;

    json_array_foreach(list, i, p)
    {
        const char *text = json_string_value(json_object_get(p, "text"));
        long long line = json_integer_value(json_object_get(p, "line"));
        long long column = json_integer_value(json_object_get(p, "column"));
        char place[600];

        if (file[0] == '\0') { /* a body that this program has made: its places say nothing */
            (void)snprintf(place, sizeof place, "leasehold: ");
        } else {
            (void)snprintf(place, sizeof place, "%.500s:%lld:%lld: ", file, line, column);
        }
        print_escaped(place, text == NULL ? "" : text);
    }
}

/* Prints why the node refused and says which exit code that is. */
static int refuse(const struct client_answer *answer, const char *file)
{
    const char *detail = json_string_value(json_object_get(answer->body, "detail"));
    bool is_minority = json_is_false(json_object_get(answer->body, "majority"));
    char status[64];

    if (file != NULL) {
        print_problems(answer->body, file);
    }
    (void)snprintf(status, sizeof status, "the node answered with status %ld", answer->status);
    print_escaped("leasehold: ", detail == NULL ? status : detail);
    return is_minority ? CTL_NO_MAJORITY : CTL_REFUSED;
}

int client_ask(
    const struct client_request *request, const char *file, struct client_answer *ret_answer)
{
    struct text text = { .n = 0 };
    struct client_answer answer = { .status = 0 };
    CURLcode rv = perform(request, &text, &answer.status);

    if (rv == CURLE_OK && text.n > 0) {
        answer.body = json_loadb(text.at, text.n, 0, NULL);
    }
    free(text.at);
    if (rv != CURLE_OK) {
        client_answer_deinit(&answer);
        return ctl_fail(
            CTL_UNREACHABLE,
            "no node answers on %s: %s; is it running (systemctl status leasehold), and are you in "
            "the group leasehold?",
            request->socket,
            curl_easy_strerror(rv));
    }
    if (answer.status < 200 || answer.status > 299 || answer.body == NULL) {
        int exit = refuse(&answer, file);

        client_answer_deinit(&answer);
        return exit;
    }
    *ret_answer = answer;
    return CTL_DONE;
}

void client_answer_deinit(struct client_answer *answer)
{
    json_decref(answer->body);
    answer->body = NULL;
}

bool client_add_argument(char *path, size_t size, const char *key, const char *value)
{
    char *escaped_key = curl_easy_escape(NULL, key, 0);
    char *escaped = curl_easy_escape(NULL, value, 0);
    size_t n = strlen(path);
    int added = escaped == NULL || escaped_key == NULL ? -1
                                                       : snprintf(
                                                             path + n,
                                                             size - n,
                                                             "%c%s=%s",
                                                             strchr(path, '?') == NULL ? '?' : '&',
                                                             escaped_key,
                                                             escaped);

    curl_free(escaped);
    curl_free(escaped_key);
    return added >= 0 && (size_t)added < size - n;
}
