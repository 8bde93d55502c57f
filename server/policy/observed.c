#include "server/policy/observed.h"

#include <stdlib.h>

#include "base/err.h"

struct observed {
    struct client_table *table;
};

int observed_new(struct observed **ret_observed, unsigned max, uint64_t seed)
{
    struct observed *o = calloc(1, sizeof *o);
    int r = o == NULL ? ERR_NOMEM : client_table_new(&o->table, max, seed);

    if (r != 0) {
        observed_free(o);
        return r;
    }
    *ret_observed = o;
    return 0;
}

struct observed *observed_free(struct observed *o)
{
    if (o != NULL) {
        o->table = client_table_free(o->table);
        free(o);
    }
    return NULL;
}

static bool is_over(const struct client_note *note, struct observed_moment moment)
{
    return !instant_before(moment.last_committed, note->since_cluster) ||
           !instant_before(moment.now, instant_add_ms(note->touched, OBSERVED_QUIET_MS));
}

int64_t observed_note(struct observed *o, struct client_place place, struct observed_moment moment)
{
    const struct client_note *old = client_table_find(o->table, place);
    bool begins = old == NULL || is_over(old, moment);
    struct client_note *note = client_table_touch(o->table, place, moment.now);

    if (note == NULL) {
        return 0;
    }
    if (begins) {
        note->since = moment.now;
        note->since_cluster = moment.cluster_time;
    }
    return moment.now.ms - note->since.ms;
}

void observed_remove(struct observed *o, struct client_place place)
{
    client_table_remove(o->table, place);
}

void observed_tick(struct observed *o, struct instant now)
{
    client_table_forget(o->table, instant_add_ms(now, 1 - OBSERVED_QUIET_MS));
}

unsigned observed_count(const struct observed *o)
{
    return client_table_count(o->table);
}
