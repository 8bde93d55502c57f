#include "server/migrate/rsc.h"

#include <string.h>

#include "base/own.h"

enum { INDENT_MAX = 4, BRACKETS_MAX = 8 };

/* A word in the making, in a buffer of its own until it is whole. */
struct word {
    uint8_t at[RSC_VALUE_MAX];
    size_t n;
    bool is_too_long;
};

void rsc_reader_init(struct rsc_reader *r, struct bytes text, struct arena *arena)
{
    static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

    *r = (struct rsc_reader){ .text = text, .line = 1, .arena = arena };
    if (text.n >= sizeof mark && memcmp(text.at, mark, sizeof mark) == 0) {
        r->at = sizeof mark;
    }
}

static int peek(const struct rsc_reader *r)
{
    return r->at < r->text.n ? r->text.at[r->at] : -1;
}

/* True at the end of a line or of the text; "\r\n" counts as the line's end. */
static bool is_at_end(const struct rsc_reader *r)
{
    int c = peek(r);

    return c < 0 || c == '\n' ||
           (c == '\r' && r->at + 1 < r->text.n && r->text.at[r->at + 1] == '\n');
}

static void pass_end(struct rsc_reader *r)
{
    if (peek(r) == '\r') {
        r->at++;
    }
    if (peek(r) == '\n') {
        r->at++;
        r->line++;
    }
}

/* Passes a backslash that ends a line, and @indent spaces of the next one at most. */
static bool pass_continuation(struct rsc_reader *r, size_t indent)
{
    struct rsc_reader ahead = *r;

    if (peek(r) != '\\') {
        return false;
    }
    ahead.at++;
    if (peek(&ahead) < 0 || !is_at_end(&ahead)) {
        return false;
    }
    pass_end(&ahead);
    for (size_t i = 0; i < indent && (peek(&ahead) == ' ' || peek(&ahead) == '\t'); i++) {
        ahead.at++;
    }
    *r = ahead;
    return true;
}

static void pass_spaces(struct rsc_reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || pass_continuation(r, SIZE_MAX)) {
        if (peek(r) == ' ' || peek(r) == '\t') {
            r->at++;
        }
    }
}

static void pass_line(struct rsc_reader *r)
{
    while (!is_at_end(r)) {
        r->at++;
    }
    pass_end(r);
}

static void put(struct word *w, uint8_t c)
{
    if (w->n < sizeof w->at) {
        w->at[w->n++] = c;
    } else {
        w->is_too_long = true;
    }
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What follows a backslash inside quotes. False when it is no escape. */
static bool read_escape(struct rsc_reader *r, struct word *w)
{
    static const char names[] = "\"\\nrt$?_abfv";
    static const char values[] = "\"\\\n\r\t$? \a\b\f\v";
    int c = peek(r);
    const char *name = c <= 0 ? NULL : strchr(names, c);
    int high = hex_digit(c);

    if (name != NULL) {
        r->at++;
        put(w, (uint8_t)values[name - names]);
        return true;
    }
    if (high < 0 || r->at + 1 >= r->text.n) {
        return false;
    }

    int low = hex_digit(r->text.at[r->at + 1]);

    if (low < 0) {
        return false;
    }
    r->at += 2;
    put(w, (uint8_t)(high * 16 + low));
    return true;
}

/* Reads on to the closing quote; the opening one is passed. False when there is none. */
static bool read_quoted(struct rsc_reader *r, struct word *w)
{
    while (!is_at_end(r)) {
        if (pass_continuation(r, INDENT_MAX)) {
            continue;
        }

        int c = r->text.at[r->at++];

        if (c == '"') {
            return true;
        }
        if (c != '\\') {
            put(w, (uint8_t)c);
        } else if (!read_escape(r, w)) {
            return false;
        }
    }
    return false;
}

/* Reads an expression in brackets as it stands. False when it does not end on its line. */
static bool read_brackets(struct rsc_reader *r, struct word *w)
{
    unsigned depth = 0;

    do {
        if (pass_continuation(r, SIZE_MAX)) {
            continue;
        }
        if (is_at_end(r) || depth > BRACKETS_MAX) {
            return false;
        }

        uint8_t c = r->text.at[r->at++];

        put(w, c);
        depth = c == '[' ? depth + 1 : c == ']' ? depth - 1 : depth;
    } while (depth > 0);
    return true;
}

/* Reads a word up to a space, the end of the line, or (a key) an equals sign. */
static bool read_word(struct rsc_reader *r, struct word *w, bool is_key)
{
    w->n = 0;
    w->is_too_long = false;
    while (!is_at_end(r)) {
        int c = peek(r);

        if (pass_continuation(r, SIZE_MAX)) {
            continue;
        }
        if (c == ' ' || c == '\t' || c == ';' || (is_key && c == '=')) {
            break;
        }
        if (c == '[' && w->n == 0) {
            if (!read_brackets(r, w)) {
                return false;
            }
            continue;
        }
        r->at++;
        if (c == '"') {
            if (!read_quoted(r, w)) {
                return false;
            }
        } else {
            put(w, (uint8_t)c);
        }
    }
    return !w->is_too_long;
}

/* The word as a text in the arena; "" when it holds a NUL or there is no memory. */
static const char *text_of(struct rsc_reader *r, const struct word *w)
{
    char *text = arena_alloc(r->arena, w->n + 1);

    if (text == NULL || memchr(w->at, '\0', w->n) != NULL) {
        return "";
    }
    memcpy(text, w->at, w->n);
    text[w->n] = '\0';
    return text;
}

static bool is_verb(const char *word)
{
    static const char *const verbs[] = { "add",     "set",  "remove", "unset",  "enable",
                                         "disable", "move", "print",  "export", "comment",
                                         "find",    "get",  "reset",  "edit",   "import" };

    for (unsigned i = 0; i < ARRAY_LENGTH(verbs); i++) {
        if (strcmp(word, verbs[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds the words of @path, which may be parted by slashes, to the menu. */
static bool extend_menu(struct rsc_reader *r, const char *path)
{
    size_t n = strlen(r->menu);

    while (*path != '\0') {
        size_t length = strcspn(path, "/");

        if (length > 0) {
            if (n + length + 2 > sizeof r->menu) {
                return false;
            }
            if (n > 0) {
                r->menu[n++] = ' ';
            }
            memcpy(r->menu + n, path, length);
            n += length;
            r->menu[n] = '\0';
        }
        path += length + (path[length] == '/');
    }
    return true;
}

/* Reads "key=value", "!key" or a bare word. */
static bool read_pair(struct rsc_reader *r, struct word *w, struct rsc_pair *ret_pair)
{
    struct rsc_pair pair = { .key = "" };

    if (peek(r) == '!') {
        r->at++;
        pair.is_unset = true;
    }
    if (!read_word(r, w, true)) {
        return false;
    }
    pair.key = text_of(r, w);
    if (peek(r) == '=') {
        r->at++;
        if (!read_word(r, w, false)) {
            return false;
        }
        pair.value = arena_copy(r->arena, (struct bytes){ w->at, w->n });
    }
    *ret_pair = pair;
    return true;
}

/* The pairs of one command, in a buffer until it is known how many there are. */
static bool read_pairs(struct rsc_reader *r, struct word *w, struct rsc_command *c)
{
    struct rsc_pair pairs[RSC_PAIRS_MAX];
    struct rsc_pair *kept = NULL;

    for (pass_spaces(r); !is_at_end(r) && peek(r) != ';'; pass_spaces(r)) {
        if (c->n_pairs == RSC_PAIRS_MAX || !read_pair(r, w, &pairs[c->n_pairs])) {
            return false;
        }
        c->n_pairs++;
    }
    kept = arena_array(r->arena, c->n_pairs, sizeof *kept);
    if (kept == NULL) {
        c->n_pairs = 0; /* latched in the arena */
    } else {
        memcpy(kept, pairs, c->n_pairs * sizeof *kept);
    }
    c->pairs = kept;
    return true;
}

/*
 * Reads menu words up to a verb. *@ret_verb is NULL when the line has a menu alone. False when
 * the line cannot be read.
 */
static bool read_head(struct rsc_reader *r, struct word *w, const char **ret_verb)
{
    *ret_verb = NULL;
    if (peek(r) == '/') {
        r->menu[0] = '\0';
        r->at++;
    }
    for (;;) {
        pass_spaces(r);
        if (is_at_end(r) || peek(r) == ';') {
            return true;
        }
        if (!read_word(r, w, true) || w->n == 0) {
            return false;
        }

        const char *word = text_of(r, w);

        if (is_verb(word)) {
            *ret_verb = word;
            return true;
        }
        if (!extend_menu(r, word)) {
            return false;
        }
    }
}

static bool begins_with(const struct rsc_reader *r, const char *text)
{
    size_t n = strlen(text);

    return r->text.n - r->at >= n && memcmp(r->text.at + r->at, text, n) == 0;
}

static bool line_has(const struct rsc_reader *r, const char *text)
{
    struct rsc_reader ahead = *r;

    for (; !is_at_end(&ahead); ahead.at++) {
        if (begins_with(&ahead, text)) {
            return true;
        }
    }
    return false;
}

/* Comments say the version, and what could not be exported. */
static void pass_comment(struct rsc_reader *r)
{
    r->is_version_6 = line_has(r, "by RouterOS 6") || r->is_version_6;
    r->is_incomplete = begins_with(r, "#error exporting") || r->is_incomplete;
    pass_line(r);
}

int rsc_read(struct rsc_reader *r, struct rsc_command *ret_command)
{
    struct word w;

    for (;;) {
        pass_spaces(r);
        if (peek(r) < 0) {
            return RSC_END;
        }
        if (peek(r) == ';') {
            r->at++;
        } else if (is_at_end(r)) {
            pass_end(r);
        } else if (peek(r) == '#') {
            pass_comment(r);
        } else {
            const char *verb = NULL;

            ret_command->line = r->line;
            ret_command->n_pairs = 0;
            if (!read_head(r, &w, &verb) || (verb != NULL && !read_pairs(r, &w, ret_command))) {
                pass_line(r);
                return RSC_MALFORMED;
            }
            if (verb != NULL) {
                ret_command->verb = verb;
                memcpy(ret_command->menu, r->menu, sizeof r->menu);
                return 0;
            }
        }
    }
}

const struct bytes *rsc_value(const struct rsc_command *c, const char *key)
{
    for (unsigned i = 0; i < c->n_pairs; i++) {
        if (!c->pairs[i].is_unset && strcmp(c->pairs[i].key, key) == 0) {
            return &c->pairs[i].value;
        }
    }
    return NULL;
}
