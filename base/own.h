#ifndef BASE_OWN_H
#define BASE_OWN_H

/*
 * Own - scoped release of owned objects
 *
 * `CLEANUP(x_freep) struct x *x = NULL;` frees x when the scope ends, unless it was
 * handed over: `*ret_x = x; x = NULL;`. Constructors use one `fail:` label instead.
 */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines x_freep(), the CLEANUP function that goes with `struct x *x_free(struct x *)`. */
#define DEFINE_FREEP(x)                                                    \
    static inline __attribute__((unused)) void x##_freep(struct x **owned) \
    {                                                                      \
        *owned = x##_free(*owned);                                         \
    }                                                                      \
    struct x

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
