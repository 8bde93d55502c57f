#ifndef CTL_H
#define CTL_H

/*
 * Ctl - the command line
 *
 * One table of commands and options (commands.c) is the source of parsing, of `--help` and of
 * the test that compares the manual page with both. Everything but `serve`, `settings check`,
 * `import` and `pki` goes through the HTTP API on the unix socket.
 */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_REFUSED = 1, /* the reason is printed */
    CTL_USAGE = 2,
    CTL_UNREACHABLE = 3, /* no node answers on the socket */
    CTL_NO_MAJORITY = 4,
};

/* Runs the command line. @serve is what `leasehold serve` does; returns the exit code. */
int ctl_run(int argc, char **argv, int (*serve)(const char *config_path));

#endif
