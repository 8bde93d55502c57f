#include "base/printable.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum { PIECE_MAX = 5 }; /* "\xff" and a NUL */

/* Writes how byte @c is printed. Returns the length. */
static size_t print_byte(uint8_t c, char piece[PIECE_MAX])
{
    if (c == '\\') {
        return (size_t)snprintf(piece, PIECE_MAX, "\\\\");
    }
    return (size_t)snprintf(piece, PIECE_MAX, c < ' ' || c > '~' ? "\\x%02x" : "%c", c);
}

char *printable(struct bytes b, char *out, size_t size)
{
    char piece[PIECE_MAX];
    size_t whole = 0;
    size_t at = 0;

    require(size >= 8);
    for (size_t i = 0; i < b.n && whole < size; i++) {
        whole += print_byte(b.at[i], piece);
    }

    size_t room = whole < size ? 1 : 4; /* for the NUL, or for "..." and the NUL */

    for (size_t i = 0; i < b.n; i++) {
        size_t n = print_byte(b.at[i], piece);

        if (at + n + room > size) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        memcpy(out + at, piece, n);
        at += n;
    }
    out[at] = '\0';
    return out;
}
