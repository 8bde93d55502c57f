#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include "base/bytes.h"

/*
 * Writes untrusted @b for a person to read into @out, at least 8 bytes: printable ASCII as it
 * is, a backslash doubled, every other byte as \xNN; too long a text ends in "...". Spaces stay,
 * so a log line wants log_text() instead. Returns @out.
 */
char *printable(struct bytes b, char *out, size_t size);

#endif
