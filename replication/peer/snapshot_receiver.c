#include "replication/peer/snapshot_receiver.h"

#include <string.h>

#include "base/check.h"
#include "base/err.h"

enum { FIRST_SIZE = 64 * 1024 };

void snapshot_receiver_reset(struct snapshot_receiver *r)
{
    if (r->is_active) {
        raft_free(r->snapshot.data.base);
        raft_configuration_close(&r->snapshot.conf);
    }
    *r = (struct snapshot_receiver){ .is_active = false };
}

/* Copies the members of @c. Returns 0, ERR_NOMEM or SNAPSHOT_RECEIVER_REFUSED. */
static int take_servers(const struct peer_snapshot_chunk *c, struct raft_configuration *conf)
{
    for (unsigned i = 0; i < c->n_servers; i++) {
        const struct peer_server *s = &c->servers[i];
        char address[MEMBER_ADDRESS_MAX] = "";
        int r;

        if (s->id == 0 || s->role > RAFT_SPARE || s->address.n == 0 ||
            s->address.n >= sizeof address) {
            return SNAPSHOT_RECEIVER_REFUSED;
        }
        memcpy(address, s->address.at, s->address.n);
        r = raft_configuration_add(conf, s->id, address, (int)s->role);
        if (r != 0) {
            return r == RAFT_NOMEM ? ERR_NOMEM : SNAPSHOT_RECEIVER_REFUSED; /* a duplicate */
        }
    }
    return 0;
}

static int begin(struct snapshot_receiver *r, const struct peer_snapshot_chunk *c)
{
    snapshot_receiver_reset(r);
    if (c->total == 0 || c->total > SNAPSHOT_MAX || c->n_servers == 0 || c->term == 0 ||
        c->term > INT64_MAX || c->last_index == 0 || c->last_index > INT64_MAX ||
        c->last_term == 0 || c->last_term > c->term || c->configuration_index == 0 ||
        c->configuration_index > c->last_index) {
        return SNAPSHOT_RECEIVER_REFUSED;
    }
    r->total = c->total;
    r->is_active = true;
    r->snapshot = (struct raft_install_snapshot){ .term = c->term,
                                                  .last_index = c->last_index,
                                                  .last_term = c->last_term,
                                                  .conf_index = c->configuration_index };
    raft_configuration_init(&r->snapshot.conf);
    return take_servers(c, &r->snapshot.conf);
}

static bool continues(const struct snapshot_receiver *r, const struct peer_snapshot_chunk *c)
{
    const struct raft_install_snapshot *s = &r->snapshot;

    return r->is_active && c->offset == r->received && c->total == r->total && c->term == s->term &&
           c->last_index == s->last_index && c->last_term == s->last_term &&
           c->configuration_index == s->conf_index;
}

/* Makes room for @n more bytes: twice what is there, and never more than the total. */
static int grow(struct snapshot_receiver *r, size_t n)
{
    size_t wanted = 2 * r->size;
    void *base;

    if (n <= r->size - r->received) {
        return 0;
    }
    wanted = wanted < FIRST_SIZE ? FIRST_SIZE : wanted;
    wanted = wanted < r->received + n ? r->received + n : wanted;
    wanted = wanted > r->total ? r->total : wanted;
    base = raft_realloc(r->snapshot.data.base, wanted);
    if (base == NULL) {
        return ERR_NOMEM;
    }
    r->snapshot.data.base = base;
    r->size = wanted;
    return 0;
}

static int add(struct snapshot_receiver *r, const struct peer_snapshot_chunk *c)
{
    int rv;

    if (c->offset == 0) {
        rv = begin(r, c);
        if (rv != 0) {
            return rv;
        }
    }
    if (!continues(r, c) || c->data.n == 0 || c->data.n > r->total - r->received) {
        return SNAPSHOT_RECEIVER_REFUSED;
    }
    rv = grow(r, c->data.n);
    if (rv != 0) {
        return rv;
    }
    memcpy((uint8_t *)r->snapshot.data.base + r->received, c->data.at, c->data.n);
    r->received += c->data.n;
    return r->received < r->total ? SNAPSHOT_RECEIVER_MORE : 0;
}

int snapshot_receiver_add(
    struct snapshot_receiver *r,
    const struct peer_snapshot_chunk *c,
    uint32_t from,
    const char *address,
    struct raft_message *ret_message)
{
    int rv;

    require(from > 0 && address != NULL);
    rv = add(r, c);
    if (rv == SNAPSHOT_RECEIVER_MORE) {
        return rv;
    }
    if (rv != 0) {
        snapshot_receiver_reset(r);
        return rv;
    }
    r->snapshot.data.len = r->received;
    *ret_message = (struct raft_message){ .type = RAFT_IO_INSTALL_SNAPSHOT,
                                          .server_id = from,
                                          .server_address = address,
                                          .install_snapshot = r->snapshot };
    *r = (struct snapshot_receiver){ .is_active = false };
    return 0;
}
