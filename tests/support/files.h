#ifndef FILES_H
#define FILES_H

/* What tests do with the files of their folder (support/folder.h). */

/* "<folder>/<name>", lent until the eighth next call. */
const char *file_in(const char *folder, const char *name);

/* How many files of @folder have names that begin with @prefix. */
unsigned file_count(const char *folder, const char *prefix);

/* Copies a file; nothing when @from does not exist. */
void file_copy(const char *from, const char *to);

#endif
