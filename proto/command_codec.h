#ifndef PROTO_COMMAND_CODEC_H
#define PROTO_COMMAND_CODEC_H

#include "proto/command.h"

/*
 * Command codec - commands and batches as log bytes (command.proto)
 *
 * An entry is an 8-byte header {u16 format = 1, u16 zero, u32 length of the protobuf} and the
 * protobuf, padded with zeroes to a multiple of 8 as libraft 0.15 requires. Decoding never
 * trusts the bytes: sizes, ranges and the presence of a body are checked here, so that no
 * other part of the program meets a malformed command.
 */

enum command_decode_outcome {
    COMMAND_MALFORMED = 1, /* not one of ours, or outside its limits */
    COMMAND_FOREIGN = 2,   /* well-formed, but of a newer version of this program */
};

/* Bytes that command_encode() will write. */
size_t command_encoded_size(const struct command *c);

/* Writes @c into @out, command_encoded_size() bytes. Returns how many. */
size_t command_encode(const struct command *c, uint8_t *out);

/* Bytes that batch_encode() will write, always a multiple of 8. */
size_t batch_encoded_size(const struct batch *b);
size_t batch_encode(const struct batch *b, uint8_t *out);

/*
 * Command decoder - owns the memory that decoded values borrow from. Reused without allocating
 * once it is warm; each decode call of a kind ends the life of what the previous one lent.
 */
struct command_decoder;

int command_decoder_new(struct command_decoder **ret_decoder);
struct command_decoder *command_decoder_free(struct command_decoder *d);

/* Returns 0, ERR_NOMEM, or a command_decode_outcome. */
int command_decode(struct command_decoder *d, struct bytes encoded, struct command *ret_command);
int batch_decode(struct command_decoder *d, struct bytes encoded, struct batch *ret_batch);

#endif
