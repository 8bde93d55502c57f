#ifndef REPLICATION_PEER_FRAME_H
#define REPLICATION_PEER_FRAME_H

#include "base/bytes.h"

/*
 * Frame - one peer message on the stream: {"LH", u8 version, u8 type, u32 length} and the message
 *
 * The reader's buffer grows with the bytes that have arrived, never with what a header announces.
 * Pure: no sockets.
 */
enum {
    FRAME_HEADER = 8,
    FRAME_VERSION = 1,
    FRAME_MESSAGE = 1,          /* the one type: an encoded PeerMessage */
    FRAME_STRANGER_MAX = 512,   /* of a message before the peer is known */
    FRAME_READ_MIN = 4 * 1024,  /* room for one read of a stranger, ... */
    FRAME_READ_MAX = 64 * 1024, /* ... and of a peer */
};

struct frame_reader {
    uint8_t *buffer;
    size_t size, n; /* of the buffer; bytes in it */
    size_t used;    /* of those, already lent as frames */
    size_t message_max;
};

enum frame_outcome {
    FRAME_MORE = 1,    /* no whole frame has arrived */
    FRAME_GARBAGE = 2, /* not a frame of ours, or longer than message_max: close the connection */
};

void frame_reader_init(struct frame_reader *r, size_t message_max);
void frame_reader_deinit(struct frame_reader *r);

/* The peer is known now. */
void frame_reader_set_max(struct frame_reader *r, size_t message_max);

/* Lends room for the next read; what frame_reader_next() has lent ends. Returns 0 or ERR_NOMEM. */
int frame_reader_room(struct frame_reader *r, uint8_t **ret_at, size_t *ret_n);

/* @n bytes were read into the room. */
void frame_reader_filled(struct frame_reader *r, size_t n);

/* Lends the next message. Returns 0 or a frame_outcome. */
int frame_reader_next(struct frame_reader *r, struct bytes *ret_message);

void frame_write_header(uint8_t out[FRAME_HEADER], size_t message_size);

#endif
