#ifndef TESTS_SUPPORT_MESH_PAIR_H
#define TESTS_SUPPORT_MESH_PAIR_H

#include "replication/peer/mesh.h"
#include "replication/peer/tls.h"

/* Pair - two nodes on one loop, node 1 dials node 2, and strangers on plain sockets */

struct pair_node {
    struct mesh *mesh;
    struct tls *tls; /* NULL: plain TCP */
    unsigned n_received, n_raft, n_ups, n_downs;
    size_t snapshot_size;
    bool is_closed;
};

extern uv_loop_t pair_loop;
extern struct pair_node pair_nodes[2]; /* node 1 is the first */
extern struct replica_member pair_members[2];
extern unsigned pair_ports[2];

/* Makes the loop and finds ports; starts nobody. pair_close() wants both stopped. */
void pair_open(void);
int pair_close(void);

/* Node @i + 1; with certificates unless @tls is NULL. */
void pair_start(unsigned i, uint64_t boot_id, const struct tls_config *tls);
void pair_stop(unsigned i);

void pair_run(unsigned ms);
bool pair_run_until(unsigned ms, bool (*is_so)(void));
void pair_run_until_up(void);

struct peer_message pair_some_status(void);
void pair_assert_serving(void); /* they hear each other, and node 1 has never lost node 2 */

/* A stranger: connects, speaks, and is hung up on, which also closes the socket here. */
int pair_call(unsigned port);
void pair_say(int fd, const void *bytes, size_t n);
bool pair_is_hung_up(int fd, uint8_t *said, size_t size, size_t *ret_n); /* and what it was told */
void pair_assert_hung_up(int fd);

unsigned pair_count_descriptors(void);

#endif
