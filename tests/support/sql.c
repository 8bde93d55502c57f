#include "support/sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

static char text[1 << 20];

static int add_row(void *data, int n, char **values, char **names)
{
    size_t used = strlen(text);

    (void)data;
    (void)names;
    for (int i = 0; i < n; i++) {
        const char *before = i > 0 ? "|" : used > 0 ? ";" : "";
        const char *value = values[i] == NULL ? "NULL" : values[i];

        (void)snprintf(text + used, sizeof text - used, "%s%s", before, value);
        used += strlen(text + used);
    }
    require(used < sizeof text - 1);
    return 0;
}

static void run(const char *path, const char *sql, int flags, const char *what)
{
    sqlite3 *db = NULL;
    char *error = NULL;

    require(sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK);
    text[0] = '\0';
    if (sqlite3_exec(db, sql, add_row, NULL, &error) != SQLITE_OK) {
        (void)fprintf(stderr, "%s: %s: %s\n", what, sql, error);
        check_failed("require", "the statement runs", __FILE__, __LINE__, __func__);
    }
    (void)sqlite3_close(db);
}

const char *sql_text(const char *path, const char *sql)
{
    run(path, sql, SQLITE_OPEN_READONLY, "sql_text");
    return text;
}

void sql_write(const char *path, const char *sql)
{
    run(path, sql, SQLITE_OPEN_READWRITE, "sql_write");
}
