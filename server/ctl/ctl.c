#include "server/ctl/ctl.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "server/config/node_file.h"
#include "server/ctl/command.h"

static const struct {
    const char *name;
    char letter;
    const char *argument, *text;
} options[] = {

#define X(id, option_name, option_letter, option_argument, option_text) \
    { option_name, option_letter, option_argument, option_text },
    CTL_OPTIONS(X)
#undef X
};

int ctl_fail(int exit, const char *format, ...)
{
    va_list args;

    (void)fputs("leasehold: ", stderr);
    va_start(args, format);
    /* clang-tidy 14 does not know va_start() in any but the first file of a run. */
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return exit;
}

const char *ctl_socket(const struct ctl_line *line)
{
    const char *given = line->values[CTL_OPTION_SOCKET];
    const char *environment = getenv("LEASEHOLD_SOCKET");

    if (given != NULL) {
        return given;
    }
    return environment != NULL && environment[0] != '\0' ? environment : NODE_FILE_SOCKET;
}

/* --- help --- */

static void print_usage(const struct ctl_command *c)
{
    (void)printf(
        "usage: leasehold %s [options]%s%s\n",
        c->name,
        c->arguments == NULL ? "" : " ",
        c->arguments == NULL ? "" : c->arguments);
}

static void print_help(const struct ctl_command *c)
{
    print_usage(c);
    (void)printf("\n%s\n", c->text);
    if (c->more != NULL) {
        (void)printf("\n%s\n", c->more);
    }
    (void)printf("\noptions:\n");
    for (unsigned i = 0; i < CTL_OPTION_COUNT; i++) {
        char left[40];

        if (i != CTL_OPTION_HELP && (c->options & 1u << i) == 0) {
            continue;
        }
        char letter[] = { '-', options[i].letter, ',', ' ', '\0' };

        (void)snprintf(
            left,
            sizeof left,
            "%s--%s%s%s",
            options[i].letter == 0 ? "    " : letter,
            options[i].name,
            options[i].argument == NULL ? "" : " ",
            options[i].argument == NULL ? "" : options[i].argument);
        (void)printf("  %-24s %s\n", left, options[i].text);
    }
    if ((c->options & 1u << CTL_OPTION_SOCKET) != 0) {
        (void)printf(
            "\nThe socket is --socket, else $LEASEHOLD_SOCKET, else %s.\n", NODE_FILE_SOCKET);
    }
}

static void print_overview(FILE *to)
{
    (void)fprintf(to, "usage: leasehold COMMAND [options]\n\ncommands:\n");
    for (unsigned i = 0; i < ctl_n_commands; i++) {
        char left[40];

        (void)snprintf(
            left,
            sizeof left,
            "%s%s%s",
            ctl_commands[i].name,
            ctl_commands[i].arguments == NULL ? "" : " ",
            ctl_commands[i].arguments == NULL ? "" : ctl_commands[i].arguments);
        (void)fprintf(to, "  %-24s %s\n", left, ctl_commands[i].text);
    }
    (void)fprintf(
        to,
        "\noptions:\n"
        "  -h, --help               this text; after a command: its options\n"
        "  -V, --version            the version\n"
        "\n"
        "exit codes: 0 done, 1 refused, 2 usage, 3 no node answers, 4 no majority\n");
}

/* --- which command --- */

/* How many words of @argv the name @name takes when they are it, else 0. */
static int match_words(const char *name, int argc, char **argv)
{
    const char *space = strchr(name, ' ');
    size_t first = space == NULL ? strlen(name) : (size_t)(space - name);

    if (argc < 1 || strlen(argv[0]) != first || strncmp(name, argv[0], first) != 0) {
        return 0;
    }
    if (space == NULL) {
        return 1;
    }
    return argc >= 2 && strcmp(space + 1, argv[1]) == 0 ? 2 : 0;
}

static const struct ctl_command *find_command(int argc, char **argv, int *ret_words)
{
    for (unsigned i = 0; i < ctl_n_commands; i++) {
        *ret_words = match_words(ctl_commands[i].name, argc, argv);
        if (*ret_words > 0) {
            return &ctl_commands[i];
        }
    }
    return NULL;
}

/* Lists the commands that begin with @word into @out; empty when there are none. */
static void list_beginning_with(const char *word, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < ctl_n_commands && at < size; i++) {
        const char *name = ctl_commands[i].name;

        if (strncmp(name, word, strlen(word)) == 0 && name[strlen(word)] == ' ') {
            at += (size_t)snprintf(out + at, size - at, "%s%s", at == 0 ? "" : ", ", name);
        }
    }
}

static int unknown_command(int argc, char **argv)
{
    char words[64];
    char family[256];
    bool has_two = argc >= 2 && argv[1][0] != '-';

    (void)snprintf(
        words, sizeof words, "%s%s%s", argv[0], has_two ? " " : "", has_two ? argv[1] : "");
    list_beginning_with(argv[0], family, sizeof family);

    if (!has_two && family[0] != '\0') {
        return ctl_fail(
            CTL_USAGE,
            "\"%s\" needs a second word; there is: %s; each explains itself with --help",
            words,
            family);
    }

    struct nearest nearest = nearest_of(words);

    for (unsigned i = 0; i < ctl_n_commands; i++) {
        nearest_try(&nearest, ctl_commands[i].name);
    }
    if (nearest.best != NULL) {
        return ctl_fail(
            CTL_USAGE, "there is no command \"%s\"; did you mean \"%s\"?", words, nearest.best);
    }
    if (family[0] != '\0') {
        return ctl_fail(CTL_USAGE, "there is no command \"%s\"; there is: %s", words, family);
    }
    return ctl_fail(CTL_USAGE, "there is no command \"%s\"; see leasehold --help", words);
}

/* --- its options --- */

static bool has_option(const struct ctl_command *c, unsigned i)
{
    return i == CTL_OPTION_HELP || (c->options & 1u << i) != 0;
}

/* What getopt_long() says for option @i: its letter, or a number beyond all letters. */
static int value_of(unsigned i)
{
    return options[i].letter != 0 ? options[i].letter : UINT8_MAX + 1 + (int)i;
}

/* Fills in what getopt_long() wants. */
static void list_options(const struct ctl_command *c, struct option *long_options, char *letters)
{
    size_t n = 0;
    size_t at = 0;

    letters[at++] = ':';
    for (unsigned i = 0; i < CTL_OPTION_COUNT; i++) {
        if (!has_option(c, i)) {
            continue;
        }
        bool has_argument = options[i].argument != NULL;

        long_options[n++] = (struct option){
            .name = options[i].name,
            .has_arg = has_argument ? required_argument : no_argument,
            .val = value_of(i),
        };
        if (options[i].letter != 0) {
            letters[at++] = options[i].letter;
        }
        if (options[i].letter != 0 && has_argument) {
            letters[at++] = ':';
        }
    }
    long_options[n] = (struct option){ .name = NULL };
    letters[at] = '\0';
}

/* Keeps a value of an option that may be given several times; false after a complaint. */
static bool keep_repeated(struct ctl_line *line, unsigned option)
{
    if (line->n_where == CTL_WHERE_MAX) {
        (void)ctl_fail(0, "--%s is possible %d times", options[option].name, CTL_WHERE_MAX);
        return false;
    }
    line->where[line->n_where++] = line->values[option];
    return true;
}

/* Takes one option; false after a complaint. */
static bool take_option(struct ctl_line *line, int letter, const char *word)
{
    for (unsigned i = 0; i < CTL_OPTION_COUNT; i++) {
        if (value_of(i) != letter) {
            continue;
        }
        line->values[i] = optarg == NULL ? "" : optarg;
        if (line->n_given == CTL_GIVEN_MAX) {
            (void)ctl_fail(0, "more than %d options", CTL_GIVEN_MAX);
            return false;
        }
        line->given[line->n_given].option = (enum ctl_option)i;
        line->given[line->n_given++].value = line->values[i];
        return (i != CTL_OPTION_WHERE && i != CTL_OPTION_MAP) || keep_repeated(line, i);
    }
    if (letter == ':') {
        (void)ctl_fail(0, "%s needs a value", word);
    } else {
        (void)ctl_fail(0, "%s: no such option; see leasehold %s --help", word, line->command->name);
    }
    return false;
}

/* @argv begins with the last word of the command, as getopt_long() wants it. */
static bool read_options(struct ctl_line *line, int argc, char **argv)
{
    struct option long_options[CTL_OPTION_COUNT + 1];
    char letters[2 * CTL_OPTION_COUNT + 2];
    int letter = 0;

    list_options(line->command, long_options, letters);
    opterr = 0;
    optind = 1;
    while ((letter = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (!take_option(line, letter, argv[optind - 1])) {
            return false;
        }
    }
    line->arguments = argv + optind;
    line->n_arguments = argc - optind;
    return true;
}

static int run_command(struct ctl_line *line, int argc, char **argv)
{
    const struct ctl_command *c = line->command;

    if (!read_options(line, argc, argv)) {
        return CTL_USAGE;
    }
    if (line->values[CTL_OPTION_HELP] != NULL) {
        print_help(c);
        return CTL_DONE;
    }
    if (line->n_arguments > (c->arguments == NULL ? 0 : 1) ||
        (line->n_arguments == 0 && c->arguments != NULL && c->arguments[0] != '[')) {
        return ctl_fail(
            CTL_USAGE,
            "%s takes %s; see leasehold %s --help",
            c->name,
            c->arguments == NULL ? "no arguments" : c->arguments,
            c->name);
    }
    return c->run(line);
}

int ctl_run(int argc, char **argv, int (*serve)(const char *config_path))
{
    struct ctl_line line = { .serve = serve };
    int words = 0;

    if (argc < 2) {
        print_overview(stderr);
        return CTL_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_overview(stdout);
        return CTL_DONE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)printf("leasehold %s\n", LEASEHOLD_VERSION);
        return CTL_DONE;
    }
    line.command = find_command(argc - 1, argv + 1, &words);
    if (line.command == NULL) {
        return unknown_command(argc - 1, argv + 1);
    }
    return run_command(&line, argc - words, argv + words);
}
