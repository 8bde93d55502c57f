#ifndef MIGRATE_RSC_H
#define MIGRATE_RSC_H

#include "base/arena.h"

/*
 * Rsc - reads the text of a RouterOS export into commands; pure
 *
 * Knows the shapes that exports of versions 6 and 7 come in: comments, menus with spaces or
 * slashes, menu and command on one line, lines wrapped by a backslash inside and outside of
 * quotes, the escapes of quoted values. What a command means is import_rsc.c's to know.
 */
enum {
    RSC_PAIRS_MAX = 128, /* of one command */
    RSC_VALUE_MAX = 4096,
    RSC_MENU_MAX = 128,
};

struct rsc_pair {
    const char *key;    /* NUL-terminated */
    struct bytes value; /* raw bytes, escapes undone */
    bool is_unset;      /* "!key" */
};

struct rsc_command {
    unsigned line;           /* of its first word */
    char menu[RSC_MENU_MAX]; /* "ip dhcp-server lease" */
    const char *verb;        /* "add", "set", ...; lives in the arena */
    unsigned n_pairs;
    const struct rsc_pair *pairs; /* words without '=' have themselves as key; in the arena */
};

struct rsc_reader {
    struct bytes text;
    size_t at;
    unsigned line;
    char menu[RSC_MENU_MAX];
    struct arena *arena; /* of the values */
    bool is_incomplete;  /* the export says itself that a part is missing */
    bool is_version_6;   /* the header says so */
};

enum rsc_outcome {
    RSC_END = 1,   /* no command is left */
    RSC_MALFORMED, /* the line of the command cannot be read; reading goes on after it */
};

/* Begins to read @text; both have to outlive the reader and what it lends. */
void rsc_reader_init(struct rsc_reader *r, struct bytes text, struct arena *arena);

/* Reads the next command. Returns 0 or an rsc_outcome (RSC_MALFORMED sets ret_command->line). */
int rsc_read(struct rsc_reader *r, struct rsc_command *ret_command);

/* The value of @key, or NULL when it is not given or unset. */
const struct bytes *rsc_value(const struct rsc_command *c, const char *key);

#endif
