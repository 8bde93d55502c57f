#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/err.h"
#include "base/reader.h"
#include "storage/image_form.h"

enum {
    WINDOW_LOG_MAX = 23, /* a hostile frame may not ask for more than 8 MB */
    BUFFER_FIRST = 256 * 1024,
};

struct image_reader {
    ZSTD_DStream *stream;
    ZSTD_inBuffer in;
    uint8_t *buffer; /* decompressed and not read yet: [at, end) */
    size_t at, end, size;
    bool has_ended; /* the zstd frame */
    struct bytes row;
    uint64_t first_integer; /* of the row before */
};

struct image_reader *image_reader_free(struct image_reader *r)
{
    if (r != NULL) {
        (void)ZSTD_freeDStream(r->stream);
        free(r->buffer);
        free(r);
    }
    return NULL;
}

/* Reads the header; *@ret_rows is the zstd frame behind it. */
static bool read_header(struct bytes image, struct image_header *ret_header, struct bytes *ret_rows)
{
    struct reader r = reader_of(image);
    struct bytes magic = reader_take(&r, sizeof IMAGE_MAGIC - 1);
    uint16_t format = reader_u16(&r);
    uint16_t n_cluster = reader_u16(&r);
    struct image_header h = { .cluster = reader_take(&r, n_cluster) };

    h.cluster_id = reader_u64(&r);
    h.applied_index = reader_u64(&r);
    h.term = reader_u64(&r);
    h.cluster_time.ms = (int64_t)reader_u64(&r);
    h.digest.high = reader_u64(&r);
    h.digest.low = reader_u64(&r);
    if (r.overrun || !bytes_equal(magic, bytes_of_text(IMAGE_MAGIC)) || format != IMAGE_FORMAT ||
        h.cluster_time.ms < 0) {
        return false;
    }
    *ret_header = h;
    *ret_rows = r.rest;
    return true;
}

static bool checksum_is_right(struct bytes image)
{
    if (image.n < IMAGE_CHECKSUM) {
        return false;
    }

    size_t n = image.n - IMAGE_CHECKSUM;
    struct reader r = reader_of(bytes_slice(image, n, IMAGE_CHECKSUM));

    return reader_u64(&r) == hash64(bytes_of(image.at, n), 0);
}

int image_reader_new(
    struct image_reader **ret_reader, struct bytes image, struct image_header *ret_header)
{
    struct image_header header;
    struct bytes rows;

    if (!checksum_is_right(image) ||
        !read_header(bytes_slice(image, 0, image.n - IMAGE_CHECKSUM), &header, &rows)) {
        return IMAGE_MALFORMED;
    }

    struct image_reader *r = calloc(1, sizeof *r);

    if (r == NULL) {
        return ERR_NOMEM;
    }
    r->stream = ZSTD_createDStream();
    r->buffer = malloc(BUFFER_FIRST);
    r->size = BUFFER_FIRST;
    r->in = (ZSTD_inBuffer){ rows.at, rows.n, 0 };
    if (r->stream == NULL || r->buffer == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(r->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        (void)image_reader_free(r);
        return ERR_NOMEM;
    }
    *ret_reader = r;
    *ret_header = header;
    return 0;
}

/* Moves what is not read yet to the front of a buffer of at least @n bytes. */
static int make_room(struct image_reader *r, size_t n)
{
    memmove(r->buffer, r->buffer + r->at, r->end - r->at);
    r->end -= r->at;
    r->at = 0;
    if (n > r->size) {
        uint8_t *buffer = realloc(r->buffer, n);

        if (buffer == NULL) {
            return ERR_NOMEM;
        }
        r->buffer = buffer;
        r->size = n;
    }
    return 0;
}

/* Decompresses until @n bytes can be read, or the frame ends. */
static int fill(struct image_reader *r, size_t n)
{
    int err = r->end - r->at < n ? make_room(r, n) : 0;

    while (err == 0 && r->end - r->at < n && !r->has_ended) {
        ZSTD_outBuffer out = { r->buffer, r->size, r->end };
        size_t before = r->in.pos;
        size_t left = ZSTD_decompressStream(r->stream, &out, &r->in);

        if (ZSTD_isError(left) || (left > 0 && r->in.pos == before && out.pos == r->end)) {
            return IMAGE_MALFORMED; /* not zstd, or cut off */
        }
        r->end = out.pos;
        r->has_ended = left == 0;
    }
    return err;
}

int image_reader_next(struct image_reader *r, uint8_t *ret_table)
{
    int err = fill(r, IMAGE_ROW_HEADER);

    if (err != 0) {
        return err;
    }
    if (r->at == r->end && r->has_ended) {
        return r->in.pos == r->in.size ? IMAGE_END : IMAGE_MALFORMED;
    }

    struct reader header = reader_of(bytes_of(r->buffer + r->at, r->end - r->at));
    uint8_t table = reader_u8(&header);
    uint32_t n = reader_u32(&header);

    if (header.overrun || n > IMAGE_ROW_MAX) {
        return IMAGE_MALFORMED;
    }
    r->at += IMAGE_ROW_HEADER;
    err = fill(r, n);
    if (err != 0) {
        return err;
    }
    if (r->end - r->at < n) {
        return IMAGE_MALFORMED;
    }
    r->row = bytes_of(r->buffer + r->at, n);
    r->at += n;
    *ret_table = table;
    return 0;
}

static uint64_t read_integer(struct reader *from, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n; i++) {
        value = value << 8 | reader_u8(from);
    }
    return value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0);
}

/* Binds the next value to parameter @at. False when it is none. */
static bool bind_value(
    struct reader *from,
    struct image_integers *integers,
    struct db *db,
    enum db_statement s,
    int at)
{
    uint8_t first = reader_u8(from);
    uint32_t n = first & IMAGE_LONG;
    enum image_kind kind = (enum image_kind)(first >> IMAGE_KIND_SHIFT);

    switch (kind) {
    case IMAGE_NULL:
        db_bind_null(db, s, at);
        return n == 0;
    case IMAGE_INTEGER: {
        uint64_t value = 0;

        if (n > 8) {
            return false;
        }
        value = image_base(integers) + read_integer(from, n);
        image_note(integers, value);
        db_bind_integer(db, s, at, (int64_t)value);
        return true;
    }
    case IMAGE_BLOB:
        db_bind_blob(db, s, at, reader_take(from, n == IMAGE_LONG ? reader_u32(from) : n));
        return true;
    case IMAGE_TEXT:
        db_bind_text(db, s, at, reader_take(from, n == IMAGE_LONG ? reader_u32(from) : n));
        return true;
    }
    return false;
}

int image_reader_bind(struct image_reader *r, struct db *db, enum db_statement s)
{
    struct reader from = reader_of(r->row);
    struct image_integers integers = { .row_before = r->first_integer };
    int n = db_parameter_count(db, s);

    for (int i = 1; i <= n; i++) {
        if (!bind_value(&from, &integers, db, s, i)) {
            return IMAGE_MALFORMED;
        }
    }
    if (from.overrun || from.rest.n > 0) {
        return IMAGE_MALFORMED;
    }
    r->first_integer = integers.first;
    return 0;
}
