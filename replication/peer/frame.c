#include "replication/peer/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/reader.h"
#include "base/writer.h"

void frame_reader_init(struct frame_reader *r, size_t message_max)
{
    *r = (struct frame_reader){ .message_max = message_max };
}

void frame_reader_deinit(struct frame_reader *r)
{
    free(r->buffer);
    *r = (struct frame_reader){ 0 };
}

void frame_reader_set_max(struct frame_reader *r, size_t message_max)
{
    r->message_max = message_max;
}

static int resize(struct frame_reader *r, size_t size)
{
    uint8_t *buffer = realloc(r->buffer, size);

    if (buffer == NULL) {
        return ERR_NOMEM;
    }
    r->buffer = buffer;
    r->size = size;
    return 0;
}

int frame_reader_room(struct frame_reader *r, uint8_t **ret_at, size_t *ret_n)
{
    size_t least = r->message_max <= FRAME_STRANGER_MAX ? FRAME_READ_MIN : FRAME_READ_MAX;

    r->n -= r->used;
    if (r->used > 0 && r->n > 0) {
        memmove(r->buffer, r->buffer + r->used, r->n);
    }
    r->used = 0;
    if (r->size - r->n < least / 2 || (r->n == 0 && r->size > 4 * least)) {
        int rv = resize(r, r->n + (r->n > least ? r->n : least));

        if (rv != 0) {
            return rv;
        }
    }
    *ret_at = r->buffer + r->n;
    *ret_n = r->size - r->n;
    return 0;
}

void frame_reader_filled(struct frame_reader *r, size_t n)
{
    require(n <= r->size - r->n);
    r->n += n;
}

/* Judges every byte of a header as soon as it is there. */
static bool is_garbage(struct bytes header)
{
    static const uint8_t expected[] = { 'L', 'H', FRAME_VERSION, FRAME_MESSAGE };
    size_t n = header.n < sizeof expected ? header.n : sizeof expected;

    return memcmp(header.at, expected, n) != 0;
}

int frame_reader_next(struct frame_reader *r, struct bytes *ret_message)
{
    struct bytes rest = bytes_of(r->buffer + r->used, r->n - r->used);
    struct reader header = reader_of(bytes_slice(rest, 4, 4));
    size_t length = reader_u32(&header);

    if (rest.n == 0) {
        return FRAME_MORE;
    }
    if (is_garbage(rest)) {
        return FRAME_GARBAGE;
    }
    if (header.overrun) {
        return FRAME_MORE;
    }
    if (length > r->message_max) {
        return FRAME_GARBAGE;
    }
    if (rest.n - FRAME_HEADER < length) {
        return FRAME_MORE;
    }
    *ret_message = bytes_slice(rest, FRAME_HEADER, length);
    r->used += FRAME_HEADER + length;
    return 0;
}

void frame_write_header(uint8_t out[FRAME_HEADER], size_t message_size)
{
    struct writer w = writer_of(out, FRAME_HEADER);

    require(message_size <= UINT32_MAX);
    writer_u8(&w, 'L');
    writer_u8(&w, 'H');
    writer_u8(&w, FRAME_VERSION);
    writer_u8(&w, FRAME_MESSAGE);
    writer_u32(&w, (uint32_t)message_size);
    ensure(!w.overrun && w.n == FRAME_HEADER);
}
