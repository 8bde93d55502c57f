#include "proto/class_set.h"

#include "base/check.h"
#include "base/own.h"

void class_set_add(struct class_set *s, unsigned class)
{
    require(class < CLASSES_MAX);
    s->bits[class / 64] |= UINT64_C(1) << (class % 64);
}

bool class_set_has(const struct class_set *s, unsigned class)
{
    require(class < CLASSES_MAX);
    return (s->bits[class / 64] >> (class % 64) & 1) != 0;
}

bool class_set_is_empty(const struct class_set *s)
{
    return class_set_next(s, 0) == CLASSES_MAX;
}

unsigned class_set_count(const struct class_set *s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_LENGTH(s->bits); i++) {
        n += (unsigned)__builtin_popcountll(s->bits[i]);
    }
    return n;
}

bool class_set_meets(const struct class_set *a, const struct class_set *b)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(a->bits); i++) {
        if ((a->bits[i] & b->bits[i]) != 0) {
            return true;
        }
    }
    return false;
}

unsigned class_set_next(const struct class_set *s, unsigned from)
{
    while (from < CLASSES_MAX) {
        uint64_t rest = s->bits[from / 64] >> (from % 64);

        if (rest != 0) {
            return from + (unsigned)__builtin_ctzll(rest);
        }
        from = (from / 64 + 1) * 64;
    }
    return CLASSES_MAX;
}
