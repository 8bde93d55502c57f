#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/bytes.h"

/*
 * Writer - bounds-checked big-endian writes into a caller's buffer
 *
 * Writing past the end writes nothing more and latches `overrun`; the builder checks once.
 */
struct writer {
    uint8_t *at;
    size_t n;    /* written so far */
    size_t size; /* of the buffer */
    bool overrun;
};

struct writer writer_of(void *buffer, size_t size);
void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_bytes(struct writer *w, struct bytes b);

/* Writes @n bytes of @value. */
void writer_fill(struct writer *w, uint8_t value, size_t n);

/* Lends what was written. */
struct bytes writer_done(const struct writer *w);

#endif
