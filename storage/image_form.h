#ifndef STORAGE_IMAGE_FORM_H
#define STORAGE_IMAGE_FORM_H

#include "proto/command.h"
#include "proto/peer.h"
#include "storage/image.h"

/* The form of an image, for its writer and its reader alone. Numbers are big-endian. */
#define IMAGE_MAGIC "leaseimg"

enum {
    IMAGE_FORMAT = 1,
    IMAGE_HEADER_MAX = 8 + 2 + 2 + CLUSTER_NAME_MAX + 6 * 8,
    IMAGE_CHECKSUM = 8,
    IMAGE_ROW_HEADER = 5,   /* table number, length of what follows */
    IMAGE_VALUE_HEADER = 9, /* at most: kind and length, or an integer */
    IMAGE_ROW_MAX = SETTINGS_ENCODED_MAX + 4096,
    IMAGE_KIND_SHIFT = 6, /* a value begins with its kind, and its length when that is short */
    IMAGE_LONG = 63,      /* instead of a length: it follows in 4 bytes */
};

enum image_kind {
    IMAGE_NULL = 0,
    IMAGE_INTEGER = 1,
    IMAGE_BLOB = 2,
    IMAGE_TEXT = 3,
};

/* What an integer of a row is told as the difference to. */
struct image_integers {
    uint64_t row_before; /* the first integer of that row */
    uint64_t previous, first;
    bool has_any;
};

static inline uint64_t image_base(const struct image_integers *i)
{
    return i->has_any ? i->previous : i->row_before;
}

static inline void image_note(struct image_integers *i, uint64_t value)
{
    i->first = i->has_any ? i->first : value;
    i->previous = value;
    i->has_any = true;
}

static inline uint64_t image_difference(struct image_integers *i, uint64_t value)
{
    uint64_t difference = value - image_base(i);

    image_note(i, value);
    return difference;
}

#endif
