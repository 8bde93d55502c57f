#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "server/app_state.h"
#include "server/config/read_file.h"

enum { FIRST_SETTINGS_MS = 5000 };

/* Writes the path of network.yaml in the folder of node.yaml. False when it does not fit. */
static bool path_beside(const char *config_path, char *out, size_t size)
{
    const char *slash = strrchr(config_path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - config_path + 1);

    return snprintf(out, size, "%.*snetwork.yaml", folder, config_path) < (int)size;
}

static void log_problems(const struct config_problems *problems, const char *path)
{
    char line[PROBLEM_LINE_MAX];

    for (unsigned i = 0; i < problems_kept(problems); i++) {
        log_error(
            "settings-mistake", "text=\"%s\"", problem_format(&problems->list[i], path, line));
    }
}

/* Reads the file into f->file. False when there is none to use; the reason is logged. */
static bool read_first(struct first_settings *f, const char *path)
{
    struct config_problems *problems = calloc(1, sizeof *problems);
    int rv = problems == NULL ? ERR_NOMEM
                              : config_read_file(path, CONFIG_TEXT_MAX, &f->text, &f->n_text);

    if (rv == ENOENT) {
        log_warning(
            "no-settings",
            "next=\"nobody is served until `leasehold settings apply` brings some into force\"");
    } else if (rv > 0) {
        log_error("no-settings", "file=%s reason=\"%s\"", path, strerror(rv));
    }
    if (rv == 0) {
        rv = settings_file_parse(bytes_of(f->text, f->n_text), problems, &f->file);
        if (rv == SETTINGS_FILE_INVALID) {
            log_problems(problems, path);
        }
    }
    if (rv < 0) {
        log_error("no-settings", "file=%s reason=\"%s\"", path, err_str(rv));
    }
    free(problems);
    return rv == 0;
}

static void forget_first(struct first_settings *f)
{
    f->is_over = true;
    f->file = settings_file_free(f->file);
    free(f->text);
    f->text = NULL;
}

static void on_first_done(struct proposal *p, const struct result *result)
{
    struct first_settings *f = p->data;

    f->is_waiting = false;
    if (result->outcome == OUTCOME_TIMEOUT) {
        return; /* the next tick proposes again; a second version 1 would be refused */
    }
    if (result->outcome != OUTCOME_DONE) {
        log_warning("first-settings", "outcome=%s", outcome_name(result->outcome));
    }
    forget_first(f);
}

static void propose_first(struct app *a)
{
    struct first_settings *f = &a->first;
    const struct command command = {
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {.version = 1,
                         .document = f->file->encoded,
                         .source = bytes_of(f->text, f->n_text),
                         .comment = bytes_of_text("the network.yaml of the first start")},
    };

    f->proposal = (struct proposal){ .done = on_first_done, .data = f };
    f->is_waiting =
        replica_propose(host_replica(a->host), &f->proposal, &command, FIRST_SETTINGS_MS) == 0;
}

/* The first leader brings the file into force; the others wait for that. */
static void begin_with_file(struct app *a)
{
    const struct replica *r = host_replica(a->host);
    struct first_settings *f = &a->first;
    char path[4096];

    if (f->is_waiting || !replica_is_leader(r) || !replica_is_caught_up(r)) {
        return;
    }
    if (f->file == NULL &&
        (!path_beside(a->config_path, path, sizeof path) || !read_first(f, path))) {
        forget_first(f);
        return;
    }
    propose_first(a);
}

static void log_links(const struct app *a)
{
    const struct network_map *map = store_map(a->store);

    for (unsigned i = 0; i < a->file->value.n_links; i++) {
        const struct node_link *link = &a->file->value.links[i];

        if (network_map_by_name(map, link->network) == NULL) {
            log_warning(
                "network-unknown",
                "interface=%s network=%s reason=\"the settings have no network of this name\"",
                node_text(link->interface),
                node_text(link->network));
        }
    }
}

void app_settings_tick(struct app *a)
{
    uint64_t version = network_map_version(store_map(a->store));

    if (version != a->settings_version) {
        a->settings_version = version;
        log_info("settings-changed", "version=%llu", (unsigned long long)version);
        log_links(a);
    }
    if (a->first.is_over || a->is_stopping) {
        return;
    }
    if (version > 0 && !a->first.is_waiting) {
        forget_first(&a->first);
    } else if (version == 0) {
        begin_with_file(a);
    }
}
