#ifndef PROTO_CLASS_SET_H
#define PROTO_CLASS_SET_H

#include <stdbool.h>
#include <stdint.h>

/* Class set - some of the classes of the settings, by their place in the document */
enum { CLASSES_MAX = 256 };

struct class_set {
    uint64_t bits[CLASSES_MAX / 64];
};

/* @class < CLASSES_MAX in all of these. */
void class_set_add(struct class_set *s, unsigned class);
bool class_set_has(const struct class_set *s, unsigned class);
bool class_set_is_empty(const struct class_set *s);
unsigned class_set_count(const struct class_set *s);

/* True when one class is in both. */
bool class_set_meets(const struct class_set *a, const struct class_set *b);

/* The first class of @s from @from on; CLASSES_MAX when there is none. */
unsigned class_set_next(const struct class_set *s, unsigned from);

#endif
