#include "base/writer.h"

#include <string.h>

struct writer writer_of(void *buffer, size_t size)
{
    return (struct writer){ .at = buffer, .size = size };
}

/* Reserves @n bytes; returns where they go, or NULL when they do not fit. */
static uint8_t *reserve(struct writer *w, size_t n)
{
    if (w->overrun || n > w->size - w->n) {
        w->overrun = true;
        return NULL;
    }
    w->n += n;
    return w->at + w->n - n;
}

void writer_u8(struct writer *w, uint8_t value)
{
    uint8_t *to = reserve(w, 1);

    if (to != NULL) {
        *to = value;
    }
}

void writer_u16(struct writer *w, uint16_t value)
{
    uint8_t *to = reserve(w, 2);

    if (to != NULL) {
        to[0] = (uint8_t)(value >> 8);
        to[1] = (uint8_t)value;
    }
}

void writer_u32(struct writer *w, uint32_t value)
{
    uint8_t *to = reserve(w, 4);

    for (unsigned i = 0; to != NULL && i < 4; i++) {
        to[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

void writer_u64(struct writer *w, uint64_t value)
{
    uint8_t *to = reserve(w, 8);

    for (unsigned i = 0; to != NULL && i < 8; i++) {
        to[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

void writer_bytes(struct writer *w, struct bytes b)
{
    uint8_t *to = reserve(w, b.n);

    if (to != NULL && b.n > 0) {
        memcpy(to, b.at, b.n);
    }
}

void writer_fill(struct writer *w, uint8_t value, size_t n)
{
    uint8_t *to = reserve(w, n);

    if (to != NULL) {
        memset(to, value, n);
    }
}

struct bytes writer_done(const struct writer *w)
{
    return (struct bytes){ w->at, w->n };
}
