#include "server/exchange.h"

static int propose(void *data, struct proposal *p, const struct command *c, unsigned timeout_ms)
{
    return replica_propose(data, p, c, timeout_ms);
}

static void cancel(void *data, struct proposal *p)
{
    replica_cancel(data, p);
}

static struct instant cluster_time(void *data)
{
    return replica_cluster_time(data);
}

static void serving(void *data, struct bytes network, struct serving_view *ret_view)
{
    replica_serving(data, network, ret_view);
}

struct proposer_port proposer_port_of(struct replica *r)
{
    return (struct proposer_port){
        .data = r,
        .propose = propose,
        .cancel = cancel,
        .cluster_time = cluster_time,
        .serving = serving,
    };
}
