#ifndef MIGRATE_DHCPD_TEXT_H
#define MIGRATE_DHCPD_TEXT_H

#include "server/migrate/plan.h"

/*
 * Dhcpd text - reads dhcpd.conf into statements and blocks; pure
 *
 * A statement is words up to ';', a block is words up to '{'. Quotes are undone; a comma is a word.
 */
enum { DHCPD_WORDS_MAX = 256, DHCPD_WORD_MAX = 1024 };

struct dhcpd_statement {
    unsigned line; /* of its first word */
    unsigned n_words;
    const char *words[DHCPD_WORDS_MAX]; /* printable; the first is there, but for a block's end */
};

struct dhcpd_reader {
    struct plan *plan;
    const char *charset;
    struct bytes text;
    size_t at;
    unsigned line;
};

enum dhcpd_outcome {
    DHCPD_STATEMENT = 0,
    DHCPD_BLOCK,     /* "words {" */
    DHCPD_BLOCK_END, /* "}" */
    DHCPD_END,       /* of the text */
    DHCPD_MALFORMED, /* nothing after it can be trusted */
};

void dhcpd_reader_init(
    struct dhcpd_reader *r, struct bytes text, struct plan *plan, const char *charset);

/* Reads what comes next. Returns an enum dhcpd_outcome. */
int dhcpd_read(struct dhcpd_reader *r, struct dhcpd_statement *ret_statement);

#endif
