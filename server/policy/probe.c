#include "server/policy/probe.h"

static enum probe_kind kind_on_link(enum conflict_detection detection)
{
    switch (detection) {
    case CONFLICT_DETECTION_NO:
        return PROBE_NONE;
    case CONFLICT_DETECTION_ARP:
    case CONFLICT_DETECTION_YES:
        return PROBE_ARP;
    case CONFLICT_DETECTION_ICMP:
        return PROBE_ICMP;
    }
    return PROBE_NONE;
}

static enum probe_kind kind_beyond_relay(enum conflict_detection detection)
{
    switch (detection) {
    case CONFLICT_DETECTION_NO:
    case CONFLICT_DETECTION_ARP: /* no frame of ours gets there */
        return PROBE_NONE;
    case CONFLICT_DETECTION_ICMP:
    case CONFLICT_DETECTION_YES:
        return PROBE_ICMP;
    }
    return PROBE_NONE;
}

/* The first answer to a client that has no address: an OFFER, or a lease without one. */
static bool is_first_answer(const struct decision *d, const struct request *request)
{
    bool binds_unasked = request->kind == REQUEST_DISCOVER || request->kind == REQUEST_BOOTP;

    return d->verdict == VERDICT_OFFER || (d->verdict == VERDICT_PROPOSE_BIND && binds_unasked);
}

enum probe_kind probe_kind_of(
    const struct decision *d, const struct subnet *subnet, const struct request *request)
{
    bool is_on_link = ip4_is_any(request->relay) && ip4_is_any(request->link);

    if (!is_first_answer(d, request) || d->was_clients) {
        return PROBE_NONE;
    }
    return is_on_link ? kind_on_link(subnet->conflict_detection)
                      : kind_beyond_relay(subnet->conflict_detection);
}

const char *probe_kind_name(enum probe_kind kind)
{
    switch (kind) {
    case PROBE_NONE:
        return "none";
    case PROBE_ARP:
        return "arp";
    case PROBE_ICMP:
        return "icmp";
    }
    return "";
}

struct hardware probe_holder(const struct hardware *seen, struct ip4 address)
{
    struct hardware holder = { .n = 4 };

    if (seen->n > 0) {
        return *seen;
    }
    for (unsigned i = 0; i < 4; i++) {
        holder.address[i] = (uint8_t)(address.value >> (24 - 8 * i));
    }
    return holder;
}
