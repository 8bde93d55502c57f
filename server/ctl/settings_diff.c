#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/ctl/settings_text.h"

/* Settings compared, by diff(1): two texts in memory, which it reads as files. */

enum { LABEL_MAX = 300, DIFF_TROUBLE = 2 };

struct side {
    char label[LABEL_MAX];
    char *text;
    size_t n;
};

/* An open file with the text, read by its number; -1 with errno set. */
static int open_side(const struct side *s)
{
    int fd = memfd_create("settings", 0);

    if (fd >= 0 && (write(fd, s->text, s->n) != (ssize_t)s->n || lseek(fd, 0, SEEK_SET) != 0)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Returns the exit status of diff, or DIFF_TROUBLE. */
static int run_diff(const struct side *old, const struct side *new, int old_fd, int new_fd)
{
    char old_path[32];
    char new_path[32];
    char old_label[LABEL_MAX + 16];
    char new_label[LABEL_MAX + 16];
    char program[] = "diff";
    char unified[] = "-u";
    char *const words[] = { program, unified, old_label, new_label, old_path, new_path, NULL };
    pid_t child = 0;
    int status = 0;

    (void)snprintf(old_path, sizeof old_path, "/dev/fd/%d", old_fd);
    (void)snprintf(new_path, sizeof new_path, "/dev/fd/%d", new_fd);
    (void)snprintf(old_label, sizeof old_label, "--label=%s", old->label);
    (void)snprintf(new_label, sizeof new_label, "--label=%s", new->label);
    (void)fflush(stdout);

    int error = posix_spawnp(&child, program, NULL, NULL, words, environ);

    if (error != 0) {
        (void)ctl_fail(0, "diff: %s", strerror(error));
        return DIFF_TROUBLE;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : DIFF_TROUBLE;
}

static int compare(const struct side *old, const struct side *new)
{
    int old_fd = open_side(old);
    int new_fd = open_side(new);
    int status = DIFF_TROUBLE;

    if (old_fd >= 0 && new_fd >= 0) {
        status = run_diff(old, new, old_fd, new_fd);
    } else {
        (void)ctl_fail(0, "no memory for the texts: %s", strerror(errno));
    }
    (void)close(old_fd);
    (void)close(new_fd);
    if (status == 0) {
        (void)printf("%s and %s are the same\n", old->label, new->label);
    }
    return status < DIFF_TROUBLE ? CTL_DONE : CTL_REFUSED;
}

/* Takes the source of an answer. Returns the exit code. */
static int take_version(
    const struct ctl_line *line, const char *version, struct side *s, uint64_t *ret_version)
{
    struct client_answer answer;
    int exit = ctl_ask_settings(line, version, &answer);

    if (exit != CTL_DONE) {
        return exit;
    }

    const char *source = json_string_value(json_object_get(answer.body, "source"));

    *ret_version = (uint64_t)json_integer_value(json_object_get(answer.body, "version"));
    s->text = strdup(source == NULL ? "" : source);
    s->n = s->text == NULL ? 0 : strlen(s->text);
    (void)snprintf(s->label, sizeof s->label, "version %llu", (unsigned long long)*ret_version);
    client_answer_deinit(&answer);
    return s->text == NULL ? ctl_fail(CTL_REFUSED, "out of memory") : CTL_DONE;
}

static int take_file(const char *path, struct side *s)
{
    uint8_t *text = NULL;

    if (!ctl_read_text(path, &text, &s->n)) {
        return CTL_REFUSED;
    }
    s->text = (char *)text;
    (void)snprintf(s->label, sizeof s->label, "%.290s", path);
    return CTL_DONE;
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* A version is compared with what is in force, and that with a file: the later one stands right. */
static int diff_with(const struct ctl_line *line, const char *what, struct side *in_force)
{
    struct side other = { .n = 0 };
    uint64_t version = 0;
    int exit =
        is_number(what) ? take_version(line, what, &other, &version) : take_file(what, &other);

    if (exit == CTL_DONE) {
        exit = is_number(what) ? compare(&other, in_force) : compare(in_force, &other);
    }
    free(other.text);
    return exit;
}

int ctl_settings_diff(const struct ctl_line *line)
{
    struct side in_force = { .n = 0 };
    uint64_t version = 0;
    char before[24];
    int exit = take_version(line, NULL, &in_force, &version);

    if (exit == CTL_DONE && line->n_arguments == 0 && version < 2) {
        (void)puts("these are the first settings: there is nothing to compare them with");
    } else if (exit == CTL_DONE) {
        (void)snprintf(before, sizeof before, "%llu", (unsigned long long)version - 1);
        exit = diff_with(line, line->n_arguments > 0 ? line->arguments[0] : before, &in_force);
    }
    free(in_force.text);
    return exit;
}
