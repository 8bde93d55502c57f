#include "replication/peer/handshake.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

__attribute__((format(printf, 2, 3))) static int refuse(
    char refusal[PEER_REFUSAL_MAX], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(refusal, PEER_REFUSAL_MAX, format, args);
    va_end(args);
    return HANDSHAKE_REFUSED;
}

static int judge_cluster(
    const struct handshake_self *self, const struct peer_hello *h, char refusal[PEER_REFUSAL_MAX])
{
    char theirs[80], ours[80];

    if (!bytes_equal(self->cluster, h->cluster)) {
        return refuse(
            refusal,
            "this is cluster '%s', not '%s'",
            log_text(self->cluster, ours, sizeof ours),
            log_text(h->cluster, theirs, sizeof theirs));
    }
    if (self->cluster_id != 0 && h->cluster_id != 0 && self->cluster_id != h->cluster_id) {
        return refuse(
            refusal,
            "this is another cluster of the same name: its id is %016lx, not %016lx",
            self->cluster_id,
            h->cluster_id);
    }
    return 0;
}

static int judge_node(
    const struct handshake_self *self,
    const struct handshake_known *known,
    const struct peer_hello *h,
    char refusal[PEER_REFUSAL_MAX])
{
    if (h->to_node != self->node) {
        return refuse(refusal, "this is node %u, not node %u", self->node, h->to_node);
    }
    if (h->node == self->node) {
        return refuse(refusal, "node id %u is used twice: it is mine", h->node);
    }
    if (known->certified != 0 && known->certified != h->node) {
        return refuse(
            refusal,
            "node %u shows the certificate of node %u: give each node its own",
            h->node,
            known->certified);
    }
    if (!known->is_member) {
        return refuse(refusal, "node %u is not in my list of members", h->node);
    }
    if (known->expected != 0 && known->expected != h->node) {
        return refuse(refusal, "node %u answers where node %u should", h->node, known->expected);
    }
    return 0;
}

static int judge_folder(
    const struct handshake_known *known, const struct peer_hello *h, char refusal[PEER_REFUSAL_MAX])
{
    if (known->incarnation != 0 && known->incarnation != h->incarnation) {
        return refuse(
            refusal,
            "node %u has joined with another data folder: bring that one back, or come under a "
            "node id of your own",
            h->node);
    }
    if (!known->is_connected) {
        return 0;
    }
    if (known->live_incarnation != h->incarnation || known->live_boot_id > h->boot_id) {
        return refuse(refusal, "node id %u is used twice: another one is connected", h->node);
    }
    return 0;
}

int handshake_judge(
    const struct handshake_self *self,
    const struct handshake_known *known,
    const struct peer_hello *hello,
    char refusal[PEER_REFUSAL_MAX])
{
    int rv;

    if (hello->protocol != PEER_PROTOCOL) {
        return refuse(
            refusal, "peer protocol %d is spoken here, not %u", PEER_PROTOCOL, hello->protocol);
    }
    rv = judge_cluster(self, hello, refusal);
    rv = rv == 0 ? judge_node(self, known, hello, refusal) : rv;
    return rv == 0 ? judge_folder(known, hello, refusal) : rv;
}
