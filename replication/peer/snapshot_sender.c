#include "replication/peer/snapshot_sender.h"

#include "replication/peer/snapshot_receiver.h"

bool snapshot_sender_begin(struct snapshot_sender *s, const struct raft_install_snapshot *m)
{
    if (m->data.len == 0 || m->data.len > SNAPSHOT_MAX || m->conf.n == 0 ||
        m->conf.n > MEMBERS_MAX) {
        return false;
    }
    *s = (struct snapshot_sender){ .snapshot = *m, .is_active = true };
    for (unsigned i = 0; i < m->conf.n; i++) {
        const struct raft_server *server = &m->conf.servers[i];

        s->servers[i] = (struct peer_server){ .id = server->id,
                                              .address = bytes_of_text(server->address),
                                              .role = (uint32_t)server->role };
        if (s->servers[i].address.n >= MEMBER_ADDRESS_MAX) {
            s->is_active = false;
            return false;
        }
    }
    return true;
}

bool snapshot_sender_next(struct snapshot_sender *s, struct peer_message *ret_chunk)
{
    const struct raft_install_snapshot *m = &s->snapshot;
    bool is_first = s->offset == 0;
    struct bytes data;

    if (!s->is_active) {
        return false;
    }
    data = bytes_slice(bytes_of(m->data.base, m->data.len), s->offset, PEER_CHUNK_MAX);
    *ret_chunk = (struct peer_message){
        .kind = PEER_SNAPSHOT_CHUNK,
        .snapshot_chunk = {.term = m->term,
                           .last_index = m->last_index,
                           .last_term = m->last_term,
                           .configuration_index = m->conf_index,
                           .n_servers = is_first ? m->conf.n : 0,
                           .servers = s->servers,
                           .total = m->data.len,
                           .offset = s->offset,
                           .data = data},
    };
    s->offset += data.n;
    s->is_active = s->offset < m->data.len;
    return true;
}
