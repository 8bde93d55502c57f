#include "support/exchange_case.h"

struct one_node node;

int exchange_case_setup(void **state)
{
    (void)state;
    if (one_node_open(&node) != 0) {
        return -1;
    }
    node.view.nodes[1].is_serving = false;
    node.view.nodes[2].is_serving = false;
    return 0;
}

int exchange_case_teardown(void **state)
{
    (void)state;
    one_node_close(&node);
    return 0;
}

uint64_t count_of(enum reason reason)
{
    const struct exchange_stats *stats = exchanges_stats(node.exchanges);
    uint64_t n = 0;

    for (unsigned kind = 0; kind <= REQUEST_KIND_COUNT; kind++) {
        n += stats->counts[kind][reason];
    }
    return n;
}
