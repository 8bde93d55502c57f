#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"

/*
 * Reader - bounds-checked big-endian reads from borrowed bytes
 *
 * Reading past the end does not fail at once: it yields zeroes and latches
 * `overrun`. A parser reads a whole structure straight through and checks once.
 */
struct reader {
    struct bytes rest;
    bool overrun;
};

struct reader reader_of(struct bytes b);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/* Lends the next @n bytes, or an empty run (and latches overrun) if fewer are left. */
struct bytes reader_take(struct reader *r, size_t n);

#endif
