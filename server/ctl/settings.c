#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/read_file.h"
#include "server/config/settings_file.h"
#include "server/ctl/client.h"
#include "server/ctl/command.h"

/* Reads the file, or says why not. */
static bool read_text(const char *path, uint8_t **ret_text, size_t *ret_n)
{
    int rv = config_read_file(path, CONFIG_TEXT_MAX, ret_text, ret_n);

    if (rv != 0) {
        (void)ctl_fail(0, "%s: %s", path, rv < 0 ? "out of memory" : strerror(rv));
    }
    return rv == 0;
}

static void print_problems(const struct config_problems *problems, const char *path)
{
    char line[PROBLEM_LINE_MAX];

    for (unsigned i = 0; i < problems_kept(problems); i++) {
        (void)fprintf(stderr, "%s\n", problem_format(&problems->list[i], path, line));
    }
    (void)ctl_fail(0, "%s: %u %s", path, problems->n, problems->n == 1 ? "mistake" : "mistakes");
}

static void print_summary(const struct settings *s, const char *path)
{
    unsigned n_subnets = 0;
    unsigned n_reservations = 0;
    uint64_t n_addresses = 0;

    for (unsigned i = 0; i < s->n_networks; i++) {
        const struct network *n = &s->networks[i];

        n_subnets += n->n_subnets;
        for (unsigned j = 0; j < n->n_subnets; j++) {
            n_reservations += n->subnets[j].n_reservations;
            for (unsigned k = 0; k < n->subnets[j].n_pools; k++) {
                n_addresses += ip4_range_size(n->subnets[j].pools[k].range);
            }
        }
    }
    (void)printf(
        "%s: no mistakes; networks: %u, subnets: %u, addresses in pools: %llu, reservations: %u\n",
        path,
        s->n_networks,
        n_subnets,
        (unsigned long long)n_addresses,
        n_reservations);
}

int ctl_settings_check(const struct ctl_line *line)
{
    const char *path = line->arguments[0];
    struct config_problems *problems = calloc(1, sizeof *problems);
    struct settings_file *settings = NULL;
    uint8_t *text = NULL;
    size_t n = 0;

    if (problems == NULL || !read_text(path, &text, &n)) {
        free(problems);
        return CTL_REFUSED;
    }

    int rv = settings_file_parse(bytes_of(text, n), problems, &settings);

    if (rv == 0) {
        print_summary(&settings->value, path);
    } else if (rv == SETTINGS_FILE_INVALID) {
        print_problems(problems, path);
    } else {
        (void)ctl_fail(0, "out of memory");
    }
    settings = settings_file_free(settings);
    free(text);
    free(problems);
    return rv == 0 ? CTL_DONE : CTL_REFUSED;
}

int ctl_settings_apply(const struct ctl_line *line)
{
    const char *path = line->arguments[0];
    struct client_answer answer;
    uint8_t *text = NULL;
    size_t n = 0;

    if (!read_text(path, &text, &n)) {
        return CTL_REFUSED;
    }
    if (n == 0) {
        free(text);
        return ctl_fail(CTL_REFUSED, "%s: the file is empty", path);
    }

    const struct client_request request = {
        .socket = ctl_socket(line),
        .method = "PUT",
        .path = "/v1/settings",
        .body = bytes_of(text, n),
        .type = "application/yaml",
    };
    int exit = client_ask(&request, path, &answer);

    free(text);
    if (exit != CTL_DONE) {
        return exit;
    }
    (void)printf(
        "settings %lld are in force (log index %lld)\n",
        (long long)json_integer_value(json_object_get(answer.body, "version")),
        (long long)json_integer_value(json_object_get(answer.body, "index")));
    client_answer_deinit(&answer);
    return CTL_DONE;
}

int ctl_settings_show(const struct ctl_line *line)
{
    struct client_answer answer;
    const struct client_request request = { .socket = ctl_socket(line),
                                            .method = "GET",
                                            .path = "/v1/settings" };
    int exit = client_ask(&request, NULL, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }
    if (line->values[CTL_OPTION_JSON] != NULL) {
        (void)json_dumpf(answer.body, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
        (void)putchar('\n');
    } else {
        const char *source = json_string_value(json_object_get(answer.body, "source"));

        (void)fputs(source == NULL ? "" : source, stdout);
    }
    client_answer_deinit(&answer);
    return CTL_DONE;
}
