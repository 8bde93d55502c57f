#include "server/migrate/dhcpd_text.h"

#include <string.h>

void dhcpd_reader_init(
    struct dhcpd_reader *r, struct bytes text, struct plan *plan, const char *charset)
{
    *r = (struct dhcpd_reader){ .plan = plan, .charset = charset, .text = text, .line = 1 };
}

static int peek(const struct dhcpd_reader *r)
{
    return r->at < r->text.n ? r->text.at[r->at] : -1;
}

static int next(struct dhcpd_reader *r)
{
    int c = peek(r);

    r->at += c >= 0;
    r->line += c == '\n';
    return c;
}

static void pass_spaces(struct dhcpd_reader *r)
{
    for (;;) {
        int c = peek(r);

        if (c == '#') {
            while (peek(r) >= 0 && peek(r) != '\n') {
                (void)next(r);
            }
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            (void)next(r);
        } else {
            return;
        }
    }
}

/* Reads on to the closing quote. False when there is none. */
static bool read_quoted(struct dhcpd_reader *r, uint8_t *at, size_t *ret_n)
{
    size_t n = 0;

    (void)next(r);
    for (;;) {
        int c = next(r);

        if (c == '"') {
            *ret_n = n;
            return true;
        }
        if (c == '\\') {
            c = next(r);
        }
        if (c < 0 || n == DHCPD_WORD_MAX) {
            return false;
        }
        at[n++] = (uint8_t)c;
    }
}

static bool read_bare(struct dhcpd_reader *r, uint8_t *at, size_t *ret_n)
{
    size_t n = 0;

    for (int c = peek(r); c > 0 && strchr(" \t\r\n;{}#\",", c) == NULL; c = peek(r)) {
        if (n == DHCPD_WORD_MAX) {
            return false;
        }
        at[n++] = (uint8_t)next(r);
    }
    *ret_n = n;
    return n > 0;
}

static bool read_word(struct dhcpd_reader *r, struct dhcpd_statement *s)
{
    uint8_t at[DHCPD_WORD_MAX];
    size_t n = 1;

    if (s->n_words == DHCPD_WORDS_MAX) {
        return false;
    }
    if (peek(r) == ',') {
        at[0] = (uint8_t)next(r);
    } else if (!(peek(r) == '"' ? read_quoted(r, at, &n) : read_bare(r, at, &n))) {
        return false;
    }
    s->words[s->n_words++] = plan_decode(r->plan, bytes_of(at, n), r->charset);
    return true;
}

/* What ends the words that were read. */
static int end_of(int c, unsigned n_words)
{
    if (c < 0) {
        return n_words == 0 ? DHCPD_END : DHCPD_MALFORMED;
    }
    if (c == '}') {
        return n_words == 0 ? DHCPD_BLOCK_END : DHCPD_MALFORMED;
    }
    if (n_words == 0) {
        return DHCPD_MALFORMED;
    }
    return c == '{' ? DHCPD_BLOCK : DHCPD_STATEMENT;
}

int dhcpd_read(struct dhcpd_reader *r, struct dhcpd_statement *ret_statement)
{
    struct dhcpd_statement *s = ret_statement;

    s->n_words = 0;
    pass_spaces(r);
    while (peek(r) == ';') { /* empty statements */
        (void)next(r);
        pass_spaces(r);
    }
    s->line = r->line;
    for (;;) {
        int c = peek(r);

        if (c < 0 || c == ';' || c == '{' || c == '}') {
            (void)next(r);
            return end_of(c, s->n_words);
        }
        if (!read_word(r, s)) {
            return DHCPD_MALFORMED;
        }
        pass_spaces(r);
    }
}
