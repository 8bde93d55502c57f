#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Errors
 *
 * Every fallible function returns int.
 *
 *   0         success; all out-parameters are set
 *   negative  fatal here: an ERR_* below. Nobody inspects it, everybody passes it on.
 *   positive  an outcome of this one function, named in its header comment. The
 *             caller handles it on the spot; it never travels further.
 *
 * On any non-zero return the out-parameters are untouched.
 */
#define ERR_MAP(X)                              \
    X(NOMEM, 1, "out of memory")                \
    X(IO, 2, "input/output error")              \
    X(CORRUPT, 3, "stored data is corrupt")     \
    X(CONFIG, 4, "configuration is invalid")    \
    X(LIMIT, 5, "a built-in limit was reached") \
    X(BUG, 6, "internal error: an outcome was not handled")

enum err {

#define X(name, number, text) ERR_##name = -(number),
    ERR_MAP(X)
#undef X
};

/* Returns a sentence fragment for @err; never NULL. */
const char *err_str(int err);

#endif
