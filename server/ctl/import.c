#include "server/migrate/import.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/read_file.h"
#include "server/config/settings_file.h"
#include "server/ctl/command.h"

/* Import - a network.yaml from the configuration of another DHCP server */

static void print_notes(const struct plan *p, const char *path)
{
    static const char *const kinds[PLAN_NOTE_KINDS] = { "taken", "left out", "changed", "problem" };

    for (const struct plan_note *n = p->notes; n != NULL; n = n->next) {
        char line[16] = "";

        if (n->line > 0) {
            (void)snprintf(line, sizeof line, ":%u", n->line);
        }
        (void)fprintf(stderr, "%s%s: %s: %s\n", path, line, kinds[n->kind], n->text);
    }
    (void)fprintf(
        stderr,
        "%s: taken over: %u, changed: %u, left out: %u, problems: %u\n",
        path,
        p->n_notes[PLAN_TAKEN],
        p->n_notes[PLAN_CHANGED],
        p->n_notes[PLAN_LEFT_OUT],
        p->n_notes[PLAN_PROBLEM]);
}

/* Tells what the settings would be refused for; true when nothing. */
static bool is_accepted(const char *yaml, const char *path)
{
    struct config_problems *problems = calloc(1, sizeof *problems);
    struct settings_file *settings = NULL;
    char line[PROBLEM_LINE_MAX];
    int rv = problems == NULL ? -1 : settings_file_parse(bytes_of_text(yaml), problems, &settings);

    for (unsigned i = 0; rv > 0 && i < problems_kept(problems); i++) {
        (void)fprintf(stderr, "%s\n", problem_format(&problems->list[i], path, line));
    }
    if (rv > 0) {
        (void)ctl_fail(0, "next step: correct these in %s, then leasehold settings check", path);
    }
    (void)settings_file_free(settings);
    free(problems);
    return rv == 0;
}

/* Writes to --output, which must not exist, or to standard output. */
static int write_out(const char *path, const char *text)
{
    FILE *out = path == NULL ? stdout : fopen(path, "wx");
    bool is_written = out != NULL && fputs(text, out) >= 0 && fflush(out) == 0;

    if (out != NULL && path != NULL && fclose(out) != 0) {
        is_written = false;
    }
    return is_written ? CTL_DONE
                      : ctl_fail(
                            CTL_REFUSED,
                            "%s cannot be written; is there such a file already?",
                            path == NULL ? "standard output" : path);
}

/* Writes what was planned; it is written also when the settings would be refused, to be mended. */
static int finish(const struct plan *p, const struct ctl_line *line)
{
    const char *output = line->values[CTL_OPTION_OUTPUT];
    char *yaml = NULL;
    int exit = CTL_REFUSED;

    if (p->n_notes[PLAN_PROBLEM] > 0) {
        return ctl_fail(CTL_REFUSED, "there are problems: nothing is made of the file");
    }
    if (p->networks == NULL) {
        return ctl_fail(
            CTL_REFUSED,
            "the file has no networks with subnets; next step: export servers, pools and networks "
            "with it");
    }
    yaml = plan_to_yaml(p);
    if (yaml == NULL) {
        return ctl_fail(CTL_REFUSED, "out of memory");
    }
    exit = write_out(output, yaml);
    if (exit == CTL_DONE && !is_accepted(yaml, output == NULL ? "network.yaml" : output)) {
        exit = CTL_REFUSED;
    }
    free(yaml);
    return exit;
}

/* The maps must have both names. */
static bool are_maps(const struct ctl_line *line)
{
    for (unsigned i = 0; i < line->n_where; i++) {
        const char *equals = strchr(line->where[i], '=');

        if (equals == NULL || equals == line->where[i] || equals[1] == '\0') {
            (void)ctl_fail(0, "--map %s: expected THEIRS=OURS", line->where[i]);
            return false;
        }
    }
    return true;
}

static bool is_charset(const char *name)
{
    iconv_t from = iconv_open("UTF-8", name);

    return from != (iconv_t)-1 && iconv_close(from) == 0;
}

int ctl_import(const struct ctl_line *line)
{
    const struct import_options options = {
        .charset = line->values[CTL_OPTION_CHARSET] == NULL ? "windows-1252"
                                                            : line->values[CTL_OPTION_CHARSET],
        .map = line->where,
        .n_map = line->n_where,
    };
    const struct import_format *format =
        import_format_by_name(line->command->name + sizeof "import");
    const char *path = line->arguments[0];
    CLEANUP(plan_freep) struct plan *plan = NULL;
    uint8_t *text = NULL;
    size_t n = 0;

    if (!are_maps(line)) {
        return CTL_USAGE;
    }
    if (!is_charset(options.charset)) {
        return ctl_fail(
            CTL_USAGE, "--charset %s: no such encoding; iconv -l lists them", options.charset);
    }

    int rv = config_read_file(path, PLAN_TEXT_MAX, &text, &n);

    if (rv != 0) {
        return ctl_fail(CTL_REFUSED, "%s: %s", path, rv < 0 ? "out of memory" : strerror(rv));
    }
    rv = plan_new(&plan);
    if (rv == 0) {
        rv = format->read(plan, bytes_of(text, n), &options);
    }
    free(text);
    if (rv != 0) {
        return ctl_fail(CTL_REFUSED, "out of memory");
    }
    print_notes(plan, path);
    return finish(plan, line);
}
