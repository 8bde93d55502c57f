#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <stdbool.h>

#include "server/ctl/ctl.h"

/* Command - the table of commands and options, and a command line read by it */

/* id, long name, letter or 0, what its argument is called or NULL, help */
/* clang-format off */
#define CTL_OPTIONS(X)                                                                       \
    X(CONFIG, "config", 'c', "FILE", "node.yaml of this node")                               \
    X(FORMAT, "format", 'f', "FORMAT", "table (default), json or csv")                       \
    X(JSON, "json", 'j', NULL, "the same as --format json")                                  \
    X(WHERE, "where", 'w', "KEY=VALUE", "only leases with this; may be given several times") \
    X(MAP, "map", 'm', "THEIRS=OURS", "call this network so; may be given several times")    \
    X(CHARSET, "charset", 'C', "NAME", "of texts that are not UTF-8 (default windows-1252)") \
    X(OUTPUT, "output", 'o', "FILE", "write there, not to standard output")                  \
    X(LIMIT, "limit", 'n', "N", "at most N rows")                                            \
    X(LOG_LEVEL, "log-level", 'l', "LEVEL", "error, warning, info (default) or debug")       \
    X(ADDRESS, "address", 0, "ADDRESS", "an IPv4 address")                                   \
    X(SUBNET, "subnet", 0, "SUBNET", "of a reservation without an address")                  \
    X(HW_ADDRESS, "hw-address", 0, "ADDRESS", "hardware address, 02:00:00:00:00:01")         \
    X(HW_TYPE, "hw-type", 0, "N", "its type, when it is not Ethernet")                       \
    X(HW_PREFIX, "hw-prefix", 0, "PREFIX", "hardware addresses that begin so, 02:00:00")     \
    X(CLIENT_ID, "client-id", 0, "HEX", "client identifier (option 61)")                     \
    X(DUID, "duid", 0, "HEX", "DUID of a client identifier (RFC 4361)")                      \
    X(CIRCUIT_ID, "circuit-id", 0, "ID", "what the relay says of the port")                  \
    X(REMOTE_ID, "remote-id", 0, "ID", "what the relay says of the subscriber")              \
    X(HOSTNAME, "hostname", 0, "NAME", "host name for the client")                           \
    X(OPTION, "option", 0, "NAME=VALUE", "a DHCP option; [A, B] is a list; repeatable")      \
    X(COMMENT, "comment", 0, "TEXT", "a note for people")                                    \
    X(TAG, "tag", 0, "NAME", "a word to find it by; repeatable")                             \
    X(BY, "by", 0, "MARK", "match by hw-address (default) or client-id")                     \
    X(DRY_RUN, "dry-run", 0, NULL, "change nothing; say what it would do to clients")        \
    X(SOCKET, "socket", 's', "PATH", "socket of the node to ask")                            \
    X(FOLDER, "folder", 'd', "DIR", "where the CA is; ./pki when not given")                 \
    X(DAYS, "days", 'D', "N", "how long what is made is valid")                              \
    X(FORCE, "force", 'F', NULL, "replace what is there; free what is in use")            \
    X(HELP, "help", 'h', NULL, "this text")

/* clang-format on */

enum ctl_option {

#define X(id, name, letter, argument, text) CTL_OPTION_##id,
    CTL_OPTIONS(X)
#undef X
        CTL_OPTION_COUNT,
};

enum { CTL_WHERE_MAX = 16, CTL_GIVEN_MAX = 64 };

struct ctl_line {
    const struct ctl_command *command;
    const char *values[CTL_OPTION_COUNT]; /* NULL: not given; "" when it takes no argument */
    const char *where[CTL_WHERE_MAX];     /* of --where, or of --map: no command has both */
    unsigned n_where;

    struct {
        enum ctl_option option;
        const char *value;
    } given[CTL_GIVEN_MAX]; /* all of them, in order: for those that may be repeated */

    unsigned n_given;
    char **arguments;
    int n_arguments;
    int (*serve)(const char *config_path);
};

struct ctl_command {
    const char *name;      /* one word or two */
    const char *arguments; /* as in the usage; NULL: none. "[WORD]" may be left out */
    const char *text;      /* what it does, a line */
    const char *more;      /* paragraphs of the help, may be NULL */
    unsigned options;      /* a bit per enum ctl_option; HELP is always understood */
    int (*run)(const struct ctl_line *line);
};

extern const struct ctl_command ctl_commands[];
extern const unsigned ctl_n_commands;

/* Path of the API socket: --socket, $LEASEHOLD_SOCKET, or the default. */
const char *ctl_socket(const struct ctl_line *line);

/* Prints "leasehold: <text>" to standard error; returns @exit for `return ctl_fail(...)`. */
__attribute__((format(printf, 2, 3))) int ctl_fail(int exit, const char *format, ...);

/* The commands, each in the file of its subject. */
int ctl_serve(const struct ctl_line *line);
int ctl_status(const struct ctl_line *line);
int ctl_lease_list(const struct ctl_line *line);
int ctl_lease_show(const struct ctl_line *line);
int ctl_lease_release(const struct ctl_line *line);
int ctl_lease_revoke(const struct ctl_line *line);
int ctl_lease_make_static(const struct ctl_line *line);
int ctl_reservation_list(const struct ctl_line *line);
int ctl_reservation_add(const struct ctl_line *line);
int ctl_reservation_set(const struct ctl_line *line);
int ctl_reservation_remove(const struct ctl_line *line);
int ctl_block_list(const struct ctl_line *line);
int ctl_block_add(const struct ctl_line *line);
int ctl_block_remove(const struct ctl_line *line);
int ctl_sql(const struct ctl_line *line);
int ctl_pki_init(const struct ctl_line *line);
int ctl_pki_issue(const struct ctl_line *line);
int ctl_pki_renew(const struct ctl_line *line);
int ctl_pki_revoke(const struct ctl_line *line);
int ctl_settings_check(const struct ctl_line *line);
int ctl_settings_apply(const struct ctl_line *line);
int ctl_settings_show(const struct ctl_line *line);
int ctl_import(const struct ctl_line *line);
int ctl_settings_schema(const struct ctl_line *line);
int ctl_settings_history(const struct ctl_line *line);
int ctl_settings_diff(const struct ctl_line *line);
int ctl_settings_rollback(const struct ctl_line *line);

#endif
