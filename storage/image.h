#ifndef STORAGE_IMAGE_H
#define STORAGE_IMAGE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/instant.h"
#include "storage/db.h"

/*
 * Image - the form of a snapshot: a header, rows in one zstd frame, a checksum; for snapshot.c
 *
 * A row is a table number, a length and the values of its columns, each with its SQL type. An
 * integer is written as the difference to the integer before it (the first one: to the first of
 * the row before), which makes most of them small and alike. Both directions are streams: memory
 * is that of the compressed image and one row.
 */
struct image_header {
    struct bytes cluster; /* its name */
    uint64_t cluster_id;
    uint64_t applied_index, term;
    struct instant cluster_time;
    struct digest digest;
};

struct image_writer;

int image_writer_new(struct image_writer **ret_writer, const struct image_header *header);
struct image_writer *image_writer_free(struct image_writer *w);

/* Writes the row that statement @s stands on. Returns 0 or ERR_NOMEM. */
int image_writer_row(struct image_writer *w, uint8_t table, struct db *db, enum db_statement s);

/* Ends the image; it is the caller's. Returns 0 or ERR_NOMEM. */
int image_writer_done(struct image_writer *w, uint8_t **ret_image, size_t *ret_n);

struct image_reader;

/* Checks the frame and the checksum, and reads the header, which lends from @image. */
enum image_outcome {
    IMAGE_MALFORMED = 1,
    IMAGE_END = 2,
};

/* Returns 0, ERR_NOMEM or IMAGE_MALFORMED. */
int image_reader_new(
    struct image_reader **ret_reader, struct bytes image, struct image_header *ret_header);
struct image_reader *image_reader_free(struct image_reader *r);

/* Moves to the next row. Returns 0, IMAGE_END or IMAGE_MALFORMED. */
int image_reader_next(struct image_reader *r, uint8_t *ret_table);

/* Binds the row's values, exactly as many as @s has parameters. Returns 0 or IMAGE_MALFORMED. */
int image_reader_bind(struct image_reader *r, struct db *db, enum db_statement s);

#endif
