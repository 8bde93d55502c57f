#ifndef SQL_H
#define SQL_H

/* A database as another program sees it, with SQLite's own connection and functions. */

/* Rows of @sql on a read-only connection: "1|two|NULL;2|..."; lent until the next call. */
const char *sql_text(const char *path, const char *sql);

/* Runs statements on a writing connection of its own. */
void sql_write(const char *path, const char *sql);

#endif
