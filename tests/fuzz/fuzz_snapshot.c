#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/writer.h"
#include "fuzz.h"
#include "storage/store.h"
#include "support/files.h"
#include "support/folder.h"

/*
 * Any bytes as a snapshot image, with the checksum made right: what is refused changes nothing,
 * and what is accepted can be made into an image again. The first byte says what follows: an image,
 * or the rows of one, which are then put into a frame that zstd reads but does not compress.
 */
enum {
    WHOLE_IMAGE = 0,
    BLOCK_MAX = 1 << 17,
    FRAME_MAX = 256, /* what is added to the rows */
};

static char folder[FOLDER_PATH_MAX];
static struct store *store;

static void remove_all(void)
{
    store = store_free(store);
    folder_remove(folder);
}

static void open_store(void)
{
    struct store_options o = { .cluster = "office", .node = 1, .is_volatile = true };
    bool rebuilt = false;

    o.path = file_in(folder, "leases.db");
    require(store_open(&store, &o, &rebuilt) == 0 && !rebuilt);
}

static void start_anew(void)
{
    if (folder[0] == '\0') {
        folder_make(folder);
        require(atexit(remove_all) == 0);
    } else {
        store = store_free(store);
        folder_remove(folder);
        folder_make(folder);
    }
    open_store();
}

static void make_again(void)
{
    struct store_pin *pin = NULL;
    uint8_t *image = NULL;
    size_t n = 0;

    require(store_pin_new(store, &pin) == 0);
    require(store_pin_build(pin, &image, &n) == 0 && n > 0);
    pin = store_pin_free(pin);
    free(image);
}

static size_t put_whole(uint8_t *out, const uint8_t *data, size_t n)
{
    if (n > 0) {
        memcpy(out, data, n);
    }
    return n;
}

/* A header for our cluster at index 1, and one raw block (RFC 8878 3.1.1). */
static size_t put_rows(uint8_t *out, const uint8_t *data, size_t n)
{
    static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38 };
    struct writer w = writer_of(out, FRAME_MAX + n);
    unsigned block = (unsigned)n << 3 | 1;

    writer_bytes(&w, bytes_of_text("leaseimg"));
    writer_u16(&w, 1);
    writer_u16(&w, 6);
    writer_bytes(&w, bytes_of_text("office"));
    writer_u64(&w, 0);
    writer_u64(&w, 1);
    writer_fill(&w, 0, 4 * 8);
    writer_bytes(&w, bytes_of(frame, sizeof frame));
    writer_u8(&w, (uint8_t)block);
    writer_u8(&w, (uint8_t)(block >> 8));
    writer_u8(&w, (uint8_t)(block >> 16));
    writer_bytes(&w, bytes_of(data, n));
    ensure(!w.overrun);
    return w.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *image = malloc(size + FRAME_MAX);
    struct writer checksum;
    size_t n = 0;

    require(image != NULL);
    if (size == 0 || size > BLOCK_MAX) {
        free(image);
        return 0;
    }
    n = (data[0] == WHOLE_IMAGE ? put_whole : put_rows)(image, data + 1, size - 1);
    checksum = writer_of(image + n, 8);
    writer_u64(&checksum, hash64(bytes_of(image, n), 0));
    if (store == NULL) {
        start_anew();
    }
    if (store_restore(store, bytes_of(image, n + 8)) == 0) {
        make_again();
        start_anew();
    } else {
        ensure(store_applied_index(store) == 0);
    }
    free(image);
    return 0;
}
