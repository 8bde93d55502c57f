#include "server/ctl/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/printable.h"
#include "server/ctl/command.h"

enum {
    GAP = 2,       /* between columns */
    NARROWEST = 8, /* a column is not cut below this */
    WIDTH_DEFAULT = 80,
};

struct table {
    const char *const *names;
    unsigned n_columns;
    size_t n_rows, size;
    char **cells; /* row after row */
};

struct table *table_new(const char *const *names, unsigned n_columns)
{
    struct table *t = calloc(1, sizeof *t);

    if (t != NULL) {
        t->names = names;
        t->n_columns = n_columns;
    }
    return t;
}

struct table *table_free(struct table *t)
{
    if (t != NULL) {
        for (size_t i = 0; i < t->n_rows * t->n_columns; i++) {
            free(t->cells[i]);
        }
        free(t->cells);
        free(t);
    }
    return NULL;
}

char *table_text(const char *text)
{
    size_t size = strlen(text) * 4 + 8;
    char *out = malloc(size);

    return out == NULL ? NULL : printable(bytes_of_text(text), out, size);
}

static char *cell_text(const json_t *value)
{
    char *dumped = NULL;

    if (value == NULL || json_is_null(value)) {
        return strdup("");
    }
    if (json_is_string(value)) {
        return table_text(json_string_value(value));
    }
    dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

    return dumped;
}

static bool grow(struct table *t)
{
    size_t size = t->size == 0 ? 64 : t->size * 2;
    char **cells = NULL;

    if (t->n_rows < t->size) {
        return true;
    }
    cells = realloc(t->cells, size * t->n_columns * sizeof *cells);
    if (cells == NULL) {
        return false;
    }
    t->cells = cells;
    t->size = size;
    return true;
}

bool table_add(struct table *t, json_t *const *values)
{
    bool is_complete = true;

    if (!grow(t)) {
        return false;
    }

    char **row = t->cells + t->n_rows * t->n_columns;

    t->n_rows++;
    for (unsigned i = 0; i < t->n_columns; i++) {
        row[i] = cell_text(values[i]);
        is_complete = is_complete && row[i] != NULL;
    }
    return is_complete;
}

/* --- for a person --- */

static const char *cell(const struct table *t, size_t row, unsigned column)
{
    return t->cells[row * t->n_columns + column];
}

static void measure(const struct table *t, unsigned *widths)
{
    for (unsigned c = 0; c < t->n_columns; c++) {
        widths[c] = (unsigned)strlen(t->names[c]);
        for (size_t r = 0; r < t->n_rows; r++) {
            unsigned n = (unsigned)strlen(cell(t, r, c));

            widths[c] = n > widths[c] ? n : widths[c];
        }
    }
}

/* Takes from the widest column until the sum fits, or all are as narrow as can be. */
static void fit(unsigned *widths, unsigned n, unsigned width)
{
    unsigned sum = n == 0 ? 0 : (n - 1) * GAP;

    for (unsigned c = 0; c < n; c++) {
        sum += widths[c];
    }
    while (width > 0 && sum > width) {
        unsigned widest = 0;

        for (unsigned c = 1; c < n; c++) {
            widest = widths[c] > widths[widest] ? c : widest;
        }
        if (widths[widest] <= NARROWEST) {
            return;
        }
        widths[widest]--;
        sum--;
    }
}

static void print_cell(FILE *to, const char *text, unsigned width, bool is_last)
{
    size_t n = strlen(text);

    if (n > width) {
        (void)fprintf(to, "%.*s...", (int)width - 3, text);
        n = width;
    } else {
        (void)fputs(text, to);
    }
    if (!is_last) {
        (void)fprintf(to, "%*s", (int)(width - n + GAP), "");
    }
}

void table_print(const struct table *t, FILE *to, unsigned width)
{
    unsigned *widths = calloc(t->n_columns + 1, sizeof *widths);
    bool has_colour = table_has_colour(to);

    if (widths == NULL) {
        return;
    }
    measure(t, widths);
    fit(widths, t->n_columns, width);
    (void)fputs(has_colour ? "\033[1m" : "", to);
    for (unsigned c = 0; c < t->n_columns; c++) {
        print_cell(to, t->names[c], widths[c], c + 1 == t->n_columns);
    }
    (void)fputs(has_colour ? "\033[0m\n" : "\n", to);
    for (size_t r = 0; r < t->n_rows; r++) {
        for (unsigned c = 0; c < t->n_columns; c++) {
            print_cell(to, cell(t, r, c), widths[c], c + 1 == t->n_columns);
        }
        (void)fputc('\n', to);
    }
    free(widths);
}

/* --- for a program --- */

static void print_csv_cell(FILE *to, const char *text)
{
    if (strpbrk(text, ",\"") == NULL) {
        (void)fputs(text, to);
        return;
    }
    (void)fputc('"', to);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') {
            (void)fputc('"', to);
        }
        (void)fputc(*p, to);
    }
    (void)fputc('"', to);
}

void table_print_csv(const struct table *t, FILE *to)
{
    for (unsigned c = 0; c < t->n_columns; c++) {
        (void)fputs(c == 0 ? "" : ",", to);
        print_csv_cell(to, t->names[c]);
    }
    (void)fputs("\r\n", to);
    for (size_t r = 0; r < t->n_rows; r++) {
        for (unsigned c = 0; c < t->n_columns; c++) {
            (void)fputs(c == 0 ? "" : ",", to);
            print_csv_cell(to, cell(t, r, c));
        }
        (void)fputs("\r\n", to);
    }
}

/* --- the surroundings --- */

unsigned table_terminal_width(FILE *to)
{
    struct winsize size = { .ws_col = 0 };

    if (isatty(fileno(to)) == 0) {
        return 0;
    }
    return ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                        : WIDTH_DEFAULT;
}

bool table_has_colour(FILE *to)
{
    const char *no_colour = getenv("NO_COLOR");

    return isatty(fileno(to)) != 0 && (no_colour == NULL || no_colour[0] == '\0');
}

bool table_format_of(const struct ctl_line *line, enum table_format *ret_format)
{
    const char *format = line->values[CTL_OPTION_FORMAT];

    *ret_format = TABLE_HUMAN;
    if (line->values[CTL_OPTION_JSON] != NULL) {
        *ret_format = TABLE_JSON;
    } else if (format == NULL || strcmp(format, "table") == 0) {
        *ret_format = TABLE_HUMAN;
    } else if (strcmp(format, "json") == 0) {
        *ret_format = TABLE_JSON;
    } else if (strcmp(format, "csv") == 0) {
        *ret_format = TABLE_CSV;
    } else {
        (void)ctl_fail(0, "--format: expected table, json or csv");
        return false;
    }
    return true;
}
