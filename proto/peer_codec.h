#ifndef PROTO_PEER_CODEC_H
#define PROTO_PEER_CODEC_H

#include "proto/peer.h"

/* Peer codec - peer messages as bytes (peer.proto). Decoding checks every limit of peer.h. */

enum peer_decode_outcome {
    PEER_MALFORMED = 1, /* close the connection and count it */
};

size_t peer_encoded_size(const struct peer_message *m);
size_t peer_encode(const struct peer_message *m, uint8_t *out);

/* Owns the memory that a decoded message borrows from; the next decode ends its life. */
struct peer_decoder;

int peer_decoder_new(struct peer_decoder **ret_decoder);
struct peer_decoder *peer_decoder_free(struct peer_decoder *d);

/* Returns 0, ERR_NOMEM or PEER_MALFORMED. */
int peer_decode(struct peer_decoder *d, struct bytes encoded, struct peer_message *ret_message);

#endif
