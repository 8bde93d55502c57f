#ifndef PROTO_SETTINGS_PARTS_H
#define PROTO_SETTINGS_PARTS_H

#include "base/arena.h"
#include "proto/settings.h"
#include "proto/settings.pb-c.h"

/* Settings parts - what the files of the settings codec share, and nobody else */

/* settings_encode.c: messages made in @a, which latches exhaustion. */
ProtobufCBinaryData settings_lend(struct bytes b);
Leasehold__V1__Option **settings_encode_options(
    struct arena *a, struct option_list list, size_t *ret_n);
Leasehold__V1__Boot *settings_encode_boot(struct arena *a, const struct boot_settings *b);
Leasehold__V1__Moment *settings_encode_moment(struct arena *a, struct lease_moment moment);

/* settings_class.c */
Leasehold__V1__Class **settings_encode_classes(
    struct arena *a, const struct settings *s, size_t *ret_n);
uint32_t *settings_encode_class_set(struct arena *a, const struct class_set *set, size_t *ret_n);

/*
 * settings_decode.c: values copied into the document's arena. A reader fills what it can and
 * notes in `is_bad` that a number was out of its range; settings_decode() looks once, at the end.
 */
struct settings_decoding {
    struct arena *arena;
    bool is_bad;
};

uint32_t settings_at_most(struct settings_decoding *d, uint32_t value, uint32_t max);

/* Room for @n elements of @size bytes each; NULL when they are too many, or out of memory. */
void *settings_room(struct settings_decoding *d, size_t n, size_t max, size_t size);

struct bytes settings_decode_bytes(struct settings_decoding *d, ProtobufCBinaryData b);
struct option_list settings_decode_options(
    struct settings_decoding *d, Leasehold__V1__Option *const *at, size_t n);
struct boot_settings settings_decode_boot(
    struct settings_decoding *d, const Leasehold__V1__Boot *m);
struct lease_moment settings_decode_moment(
    struct settings_decoding *d, const Leasehold__V1__Moment *m);

/* settings_class.c */
void settings_decode_classes(
    struct settings_decoding *d, const Leasehold__V1__Settings *m, struct settings *s);
struct class_set settings_decode_class_set(
    struct settings_decoding *d, const uint32_t *classes, size_t n);

#endif
