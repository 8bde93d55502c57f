#ifndef PROTO_SETTINGS_CODEC_H
#define PROTO_SETTINGS_CODEC_H

#include "proto/settings.h"

/* Settings codec - settings as bytes (settings.proto), for the log and the snapshot. */

enum settings_decode_outcome {
    SETTINGS_MALFORMED = 1, /* not an encoded Settings, or outside its limits */
};

size_t settings_encoded_size(const struct settings *s);
size_t settings_encode(const struct settings *s, uint8_t *out);

/* A decoded document; owns everything that `value` borrows. */
struct settings_document {
    struct settings value;
};

/* Returns 0, ERR_NOMEM or SETTINGS_MALFORMED. */
int settings_decode(struct bytes encoded, struct settings_document **ret_document);
struct settings_document *settings_document_free(struct settings_document *d);

#endif
