#ifndef PROTO_SETTINGS_CODEC_H
#define PROTO_SETTINGS_CODEC_H

#include "base/arena.h"
#include "proto/command.h"
#include "proto/settings.h"

/* Settings codec - settings as bytes (settings.proto), for the log and the snapshot. */

enum settings_encode_outcome {
    SETTINGS_TOO_LARGE = 1, /* more than SETTINGS_ENCODED_MAX bytes */
};

/* Encodes @s into *@ret_encoded, which the caller free()s. Returns 0, ERR_NOMEM or
 * SETTINGS_TOO_LARGE. */
int settings_encode(const struct settings *s, uint8_t **ret_encoded, size_t *ret_n);

enum settings_decode_outcome {
    SETTINGS_MALFORMED = 1, /* not an encoded Settings, too large, or a number out of its range */
    SETTINGS_FOREIGN = 2,   /* a reservation with a field of a newer version */
};

/* A decoded document; owns everything that `value` borrows. */
struct settings_document {
    struct settings value;
};

/* Returns 0, ERR_NOMEM or SETTINGS_MALFORMED. Whether it makes sense: settings_check(). */
int settings_decode(struct bytes encoded, struct settings_document **ret_document);
struct settings_document *settings_document_free(struct settings_document *d);

/*
 * One reservation by itself. Equal values have equal bytes. Both live in @arena.
 * Returns 0 or ERR_NOMEM.
 */
int reservation_encode(const struct reservation *r, struct arena *arena, struct bytes *ret_encoded);

/* Returns 0, ERR_NOMEM or an outcome. Whether it makes sense: reservation_check(). */
int reservation_decode(struct bytes encoded, struct arena *arena, struct reservation *ret_value);

#endif
