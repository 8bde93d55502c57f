#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/read_file.h"
#include "server/config/settings_file.h"
#include "server/ctl/settings_text.h"

bool ctl_read_text(const char *path, uint8_t **ret_text, size_t *ret_n)
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

    if (problems == NULL || !ctl_read_text(path, &text, &n)) {
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
