#ifndef STORAGE_ASIDE_H
#define STORAGE_ASIDE_H

#include <stdbool.h>

/*
 * Aside - a database that is not to be used again, kept for people to look at
 *
 * A mark beside the file says so until the next start, which renames it with its WAL. The mark
 * is a file of its own, because a damaged database cannot be trusted to keep one.
 */

/* Leaves the mark, with @why in it. Any thread. Returns 0 or ERR_IO. */
int aside_mark(const char *path, const char *why);
bool aside_is_marked(const char *path);

/* Renames the closed database at @path to @path.damaged-<time>, removes the mark. 0 or ERR_*. */
int aside_move(const char *path);

#endif
