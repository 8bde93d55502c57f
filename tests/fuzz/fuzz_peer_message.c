#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz.h"
#include "proto/peer_codec.h"

/*
 * Whatever a peer sends is refused, or is a message within the limits of peer.h: it can be
 * encoded again, in no more bytes, and is then read as the same message.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct peer_decoder *first, *second;
    struct peer_message m, again;
    uint8_t *encoded;
    size_t n;

    if (first == NULL) {
        require(peer_decoder_new(&first) == 0 && peer_decoder_new(&second) == 0);
    }
    if (peer_decode(first, bytes_of(data, size), &m) != 0) {
        return 0;
    }
    n = peer_encoded_size(&m);
    require(n > 0 && n <= size);
    encoded = malloc(2 * n);
    require(encoded != NULL);
    require(peer_encode(&m, encoded) == n);
    require(peer_decode(second, bytes_of(encoded, n), &again) == 0);
    require(again.kind == m.kind && peer_encode(&again, encoded + n) == n);
    require(memcmp(encoded, encoded + n, n) == 0);
    free(encoded);
    return 0;
}
