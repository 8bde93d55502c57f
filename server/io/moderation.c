#include "server/io/moderation.h"

#include <stdint.h>

bool moderation_note(struct moderation *m, struct instant now, unsigned n)
{
    int64_t passed = now.ms - m->since.ms;

    m->n += n;
    if (passed >= MODERATION_WINDOW_MS) {
        m->is_fast = (int64_t)m->n * MODERATION_WINDOW_MS >= MODERATION_DATAGRAMS * passed;
        m->since = now;
        m->n = 0;
    }
    return m->is_fast;
}
