#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz.h"
#include "proto/command_codec.h"

/* Any bytes as a command and as a log entry: what is accepted survives encoding and decoding. */

static void check_command(struct command_decoder *d, struct bytes encoded)
{
    struct command c;

    if (command_decode(d, encoded, &c) != 0) {
        return;
    }

    size_t n = command_encoded_size(&c);
    uint8_t *first = malloc(n);
    uint8_t *again = malloc(n);

    require(first != NULL && again != NULL);
    ensure(command_encode(&c, first) == n);
    ensure(command_decode(d, bytes_of(first, n), &c) == 0);
    ensure(command_encoded_size(&c) == n && command_encode(&c, again) == n);
    ensure(memcmp(first, again, n) == 0);
    free(first);
    free(again);
}

static void check_batch(struct command_decoder *d, struct bytes encoded)
{
    struct batch b;

    if (batch_decode(d, encoded, &b) != 0) {
        return;
    }

    size_t n = batch_encoded_size(&b);
    uint8_t *again = malloc(n);
    unsigned n_commands = b.n_commands;

    require(again != NULL);
    for (unsigned i = 0; i < n_commands; i++) {
        check_command(d, b.commands[i]);
    }
    ensure(batch_encode(&b, again) == n && n % 8 == 0);
    ensure(batch_decode(d, bytes_of(again, n), &b) == 0 && b.n_commands == n_commands);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct command_decoder *d = NULL;

    require(command_decoder_new(&d) == 0);
    check_command(d, bytes_of(data, size));
    check_batch(d, bytes_of(data, size));
    (void)command_decoder_free(d);
    return 0;
}
