#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes - a borrowed, immutable run of bytes. Valid as long as whatever lent it. */
struct bytes {
    const uint8_t *at;
    size_t n;
};

/* Lends @n bytes at @at. */
struct bytes bytes_of(const void *at, size_t n);

/* Lends the characters of @text without its NUL. */
struct bytes bytes_of_text(const char *text);

/* Lends the bytes from @from on, at most @n; empty when @from is past the end. */
struct bytes bytes_slice(struct bytes b, size_t from, size_t n);

bool bytes_equal(struct bytes a, struct bytes b);

/* Orders by memcmp(), a prefix before its extension. Returns < 0, 0, > 0. */
int bytes_compare(struct bytes a, struct bytes b);

/*
 * Writes @b as lower-case hex into @out, with @separator between bytes unless it is 0.
 * Writes what fits whole and always a NUL. Returns @out.
 */
char *bytes_format_hex(struct bytes b, char separator, char *out, size_t size);

#endif
