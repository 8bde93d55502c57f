#include "base/bytes.h"

#include <string.h>

#include "base/check.h"

struct bytes bytes_of(const void *at, size_t n)
{
    return (struct bytes){ at, n };
}

struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

struct bytes bytes_slice(struct bytes b, size_t from, size_t n)
{
    if (from >= b.n) {
        return (struct bytes){ 0 };
    }
    return (struct bytes){ b.at + from, n < b.n - from ? n : b.n - from };
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.at, b.at, n);

    if (order != 0) {
        return order;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

char *bytes_format_hex(struct bytes b, char separator, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    require(size > 0);
    for (size_t i = 0; i < b.n; i++) {
        size_t need = separator != '\0' && i > 0 ? 3 : 2;

        if (at + need >= size) {
            break;
        }
        if (need == 3) {
            out[at++] = separator;
        }
        out[at++] = digits[b.at[i] >> 4];
        out[at++] = digits[b.at[i] & 15];
    }
    out[at] = '\0';
    return out;
}
