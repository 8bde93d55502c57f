#include "server/config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTANCE_LENGTH_MAX = 40, DISTANCE_MAX = 32 };

void problems_add(struct config_problems *problems, struct config_place at, const char *format, ...)
{
    if (problems->n < PROBLEMS_MAX) {
        struct config_problem *p = &problems->list[problems->n];
        va_list args;

        p->at = at;
        va_start(args, format);
        (void)vsnprintf(p->text, sizeof p->text, format, args);
        va_end(args);
    }
    problems->n++;
}

unsigned problems_kept(const struct config_problems *problems)
{
    return problems->n < PROBLEMS_MAX ? problems->n : PROBLEMS_MAX;
}

static int compare_places(const void *a, const void *b)
{
    const struct config_problem *p = a;
    const struct config_problem *q = b;

    if (p->at.line != q->at.line) {
        return p->at.line < q->at.line ? -1 : 1;
    }
    if (p->at.column != q->at.column) {
        return p->at.column < q->at.column ? -1 : 1;
    }
    return strcmp(p->text, q->text);
}

void problems_sort(struct config_problems *problems)
{
    qsort(problems->list, problems_kept(problems), sizeof problems->list[0], compare_places);
}

char *problem_format(const struct config_problem *problem, const char *file, char *out)
{
    if (problem->at.line == 0) {
        (void)snprintf(out, PROBLEM_LINE_MAX, "%.250s: %s", file, problem->text);
    } else {
        (void)snprintf(
            out,
            PROBLEM_LINE_MAX,
            "%.250s:%u:%u: %s",
            file,
            problem->at.line,
            problem->at.column,
            problem->text);
    }
    return out;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

unsigned edit_distance(const char *a, const char *b)
{
    unsigned rows[3][DISTANCE_LENGTH_MAX + 1];
    size_t n = strlen(b);

    if (strlen(a) > DISTANCE_LENGTH_MAX || n > DISTANCE_LENGTH_MAX) {
        return DISTANCE_MAX;
    }
    for (unsigned j = 0; j <= n; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; a[i - 1] != '\0'; i++) { /* row i from the two before it */
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];

        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned replaced = above[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = least(row[j - 1] + 1, above[j] + 1, replaced);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], above2[j - 2] + 1, DISTANCE_MAX);
            }
        }
    }
    return least(rows[strlen(a) % 3][n], DISTANCE_MAX, DISTANCE_MAX);
}

struct nearest nearest_of(const char *wanted)
{
    return (struct nearest){ .wanted = wanted, .distance = (unsigned)strlen(wanted) / 3 + 1 };
}

void nearest_try(struct nearest *n, const char *known)
{
    unsigned distance = edit_distance(n->wanted, known);

    if (distance <= n->distance && (n->best == NULL || distance < n->distance)) {
        n->best = known;
        n->distance = distance;
    }
}
