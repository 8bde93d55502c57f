#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz.h"
#include "proto/peer_codec.h"
#include "replication/peer/frame.h"
#include "replication/peer/handshake.h"

/*
 * What anyone can send to the peer port: the first byte says how the stream is cut into reads, the
 * rest is the stream. Frames are found, decoded, and the first must be a good Hello.
 */
static int greet(const struct peer_message *m)
{
    const struct handshake_self self = { bytes_of_text("office"), 0, 1 };
    const struct handshake_known known = { .is_member = m->hello.node == 2 };
    char refusal[PEER_REFUSAL_MAX];

    if (m->kind != PEER_HELLO) {
        return HANDSHAKE_REFUSED;
    }
    if (handshake_judge(&self, &known, &m->hello, refusal) != 0) {
        require(memchr(refusal, '\0', sizeof refusal) != NULL);
        return HANDSHAKE_REFUSED;
    }
    return 0;
}

struct stream {
    struct frame_reader reader;
    struct peer_decoder *decoder;
    bool is_known, is_closed;
};

static void take_frames(struct stream *s)
{
    struct bytes encoded;
    struct peer_message m;
    int rv;

    for (rv = 0; rv == 0 && !s->is_closed;) {
        rv = frame_reader_next(&s->reader, &encoded);
        if (rv != 0) {
            break;
        }
        s->is_closed =
            peer_decode(s->decoder, encoded, &m) != 0 || (!s->is_known && greet(&m) != 0);
        if (!s->is_closed && !s->is_known) {
            s->is_known = true;
            frame_reader_set_max(&s->reader, PEER_MESSAGE_MAX);
        }
    }
    s->is_closed = s->is_closed || rv == FRAME_GARBAGE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream s = { .is_closed = false };
    size_t step = size > 0 ? (size_t)data[0] + 1 : 1;

    frame_reader_init(&s.reader, FRAME_STRANGER_MAX);
    require(peer_decoder_new(&s.decoder) == 0);
    for (size_t from = 1; from < size && !s.is_closed; from += step) {
        size_t n = size - from < step ? size - from : step;
        uint8_t *at;
        size_t room;

        require(frame_reader_room(&s.reader, &at, &room) == 0);
        require(room >= n);
        memcpy(at, data + from, n);
        frame_reader_filled(&s.reader, n);
        take_frames(&s);
        require(s.reader.size <= 4 * (size + FRAME_READ_MAX));
    }
    (void)peer_decoder_free(s.decoder);
    frame_reader_deinit(&s.reader);
    return 0;
}
