#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/writer.h"
#include "storage/image_form.h"

enum {
    LEVEL = 1,
    OUT_FIRST = 1 << 20,
};

struct image_writer {
    ZSTD_CStream *stream;
    uint8_t *out; /* the image so far */
    size_t n_out, size_out;
    uint8_t *row;
    size_t size_row;
    uint64_t first_integer; /* of the row before */
};

struct image_writer *image_writer_free(struct image_writer *w)
{
    if (w != NULL) {
        (void)ZSTD_freeCStream(w->stream);
        free(w->out);
        free(w->row);
        free(w);
    }
    return NULL;
}

/* Makes room for @n more bytes of output. */
static int reserve_out(struct image_writer *w, size_t n)
{
    size_t size = w->size_out == 0 ? OUT_FIRST : w->size_out;

    while (size - w->n_out < n) {
        size += size / 2;
    }
    if (size > w->size_out) {
        uint8_t *out = realloc(w->out, size);

        if (out == NULL) {
            return ERR_NOMEM;
        }
        w->out = out;
        w->size_out = size;
    }
    return 0;
}

static int write_header(struct image_writer *w, const struct image_header *h)
{
    int r = reserve_out(w, IMAGE_HEADER_MAX);

    if (r != 0) {
        return r;
    }

    struct writer to = writer_of(w->out, IMAGE_HEADER_MAX);

    writer_bytes(&to, bytes_of_text(IMAGE_MAGIC));
    writer_u16(&to, IMAGE_FORMAT);
    writer_u16(&to, (uint16_t)h->cluster.n);
    writer_bytes(&to, h->cluster);
    writer_u64(&to, h->cluster_id);
    writer_u64(&to, h->applied_index);
    writer_u64(&to, h->term);
    writer_u64(&to, (uint64_t)h->cluster_time.ms);
    writer_u64(&to, h->digest.high);
    writer_u64(&to, h->digest.low);
    ensure(!to.overrun);
    w->n_out = to.n;
    return 0;
}

int image_writer_new(struct image_writer **ret_writer, const struct image_header *header)
{
    struct image_writer *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return ERR_NOMEM;
    }
    w->stream = ZSTD_createCStream();
    if (w->stream == NULL || write_header(w, header) != 0 ||
        ZSTD_isError(ZSTD_CCtx_setParameter(w->stream, ZSTD_c_compressionLevel, LEVEL))) {
        (void)image_writer_free(w);
        return ERR_NOMEM;
    }
    *ret_writer = w;
    return 0;
}

static int compress(struct image_writer *w, struct bytes input, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = { input.at, input.n, 0 };
    size_t left = 0;

    do {
        int r = reserve_out(w, ZSTD_CStreamOutSize());

        if (r != 0) {
            return r;
        }

        ZSTD_outBuffer out = { w->out, w->size_out, w->n_out };

        left = ZSTD_compressStream2(w->stream, &out, &in, end);
        if (ZSTD_isError(left)) {
            return ERR_NOMEM; /* the only thing it can lack */
        }
        w->n_out = out.pos;
    } while (end == ZSTD_e_continue ? in.pos < in.size : left > 0);
    return 0;
}

/* Small differences of either sign are few bytes: 0, -1, 1, -2, ... become 0, 1, 2, 3, ... */
static void write_integer(struct writer *to, uint64_t difference)
{
    uint64_t value = difference << 1 ^ (difference >> 63 != 0 ? UINT64_MAX : 0);
    unsigned n = 0;

    while (n < 8 && value >> (8 * n) != 0) {
        n++;
    }
    writer_u8(to, (uint8_t)(IMAGE_INTEGER << IMAGE_KIND_SHIFT | n));
    for (unsigned i = n; i > 0; i--) {
        writer_u8(to, (uint8_t)(value >> (8 * (i - 1))));
    }
}

static void write_bytes(struct writer *to, enum image_kind kind, struct bytes b)
{
    if (b.n < IMAGE_LONG) {
        writer_u8(to, (uint8_t)((unsigned)kind << IMAGE_KIND_SHIFT | b.n));
    } else {
        writer_u8(to, (uint8_t)((unsigned)kind << IMAGE_KIND_SHIFT | IMAGE_LONG));
        writer_u32(to, (uint32_t)b.n);
    }
    writer_bytes(to, b);
}

static size_t row_size_bound(struct db *db, enum db_statement s)
{
    size_t n = IMAGE_ROW_HEADER;

    for (int i = 0; i < db_column_count(db, s); i++) {
        enum db_type type = db_column_type(db, s, i);

        n += IMAGE_VALUE_HEADER;
        n += type == DB_TEXT || type == DB_BLOB ? db_column_bytes(db, s, i).n : 0;
    }
    return n;
}

static void write_columns(
    struct image_writer *w, struct writer *to, struct db *db, enum db_statement s)
{
    struct image_integers integers = { .row_before = w->first_integer };

    for (int i = 0; i < db_column_count(db, s); i++) {
        switch (db_column_type(db, s, i)) {
        case DB_NULL:
            writer_u8(to, IMAGE_NULL << IMAGE_KIND_SHIFT);
            break;
        case DB_INTEGER:
            write_integer(to, image_difference(&integers, (uint64_t)db_column_integer(db, s, i)));
            break;
        case DB_TEXT:
            write_bytes(to, IMAGE_TEXT, db_column_bytes(db, s, i));
            break;
        case DB_BLOB:
            write_bytes(to, IMAGE_BLOB, db_column_bytes(db, s, i));
            break;
        }
    }
    w->first_integer = integers.first;
}

int image_writer_row(struct image_writer *w, uint8_t table, struct db *db, enum db_statement s)
{
    size_t bound = row_size_bound(db, s);

    require(bound <= IMAGE_ROW_MAX);
    if (bound > w->size_row) {
        uint8_t *row = realloc(w->row, bound);

        if (row == NULL) {
            return ERR_NOMEM;
        }
        w->row = row;
        w->size_row = bound;
    }

    struct writer columns = writer_of(w->row + IMAGE_ROW_HEADER, bound - IMAGE_ROW_HEADER);
    struct writer header = writer_of(w->row, IMAGE_ROW_HEADER);

    write_columns(w, &columns, db, s);
    ensure(!columns.overrun);
    writer_u8(&header, table);
    writer_u32(&header, (uint32_t)columns.n);
    return compress(w, bytes_of(w->row, IMAGE_ROW_HEADER + columns.n), ZSTD_e_continue);
}

int image_writer_done(struct image_writer *w, uint8_t **ret_image, size_t *ret_n)
{
    int r = compress(w, (struct bytes){ .n = 0 }, ZSTD_e_end);

    if (r == 0) {
        r = reserve_out(w, IMAGE_CHECKSUM);
    }
    if (r != 0) {
        return r;
    }

    struct writer checksum = writer_of(w->out + w->n_out, IMAGE_CHECKSUM);

    writer_u64(&checksum, hash64(bytes_of(w->out, w->n_out), 0));

    size_t n = w->n_out + IMAGE_CHECKSUM;
    uint8_t *exact = realloc(w->out, n);

    *ret_image = exact == NULL ? w->out : exact;
    *ret_n = n;
    w->out = NULL;
    return 0;
}
