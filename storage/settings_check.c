#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "proto/peer.h"
#include "storage/findings.h"

bool findings_name_is_good(struct bytes name)
{
    bool is_good = name.n >= 1 && name.n < NETWORK_NAME_MAX;

    for (size_t i = 0; is_good && i < name.n; i++) {
        uint8_t at = name.at[i];

        is_good = (at >= 'a' && at <= 'z') || (at >= '0' && at <= '9') || at == '-' || at == '_' ||
                  at == '.';
    }
    return is_good;
}

static void check_name(struct findings *f, const struct settings *s, unsigned i)
{
    struct bytes name = s->networks[i].name;

    if (!findings_name_is_good(name)) {
        findings_add(
            f,
            "the name of a network: expected 1 to %d characters a-z 0-9 - _ .",
            NETWORK_NAME_MAX - 1);
        return;
    }
    for (unsigned other = 0; other < i; other++) {
        if (bytes_equal(name, s->networks[other].name)) {
            findings_add(f, "there is another network %.*s", (int)name.n, (const char *)name.at);
            return;
        }
    }
}

static void check_thresholds(struct findings *f, const struct network *n)
{
    if (n->n_thresholds > MEMBERS_MAX) {
        findings_add(f, "%u delay thresholds: expected at most %d", n->n_thresholds, MEMBERS_MAX);
        return;
    }
    for (unsigned i = 0; i < n->n_thresholds; i++) {
        uint32_t node = n->thresholds[i].node;

        if (node == 0) {
            findings_add(f, "a delay threshold of node 0: expected 1 or above");
        }
        for (unsigned other = 0; other < i; other++) {
            if (n->thresholds[other].node == node) {
                findings_add(f, "node %" PRIu32 " has two delay thresholds", node);
                break;
            }
        }
    }
}

/* Where client identifiers are not looked at, a DUID would never match. */
static void check_no_duids(struct findings *f, const struct subnet *s)
{
    for (unsigned i = 0; i < s->n_reservations; i++) {
        if (s->reservations[i].duid.n > 0) {
            f->here.reservation = (int)i;
            findings_add(f, "a DUID matches nobody where client identifiers are not matched");
        }
    }
    f->here.reservation = -1;
}

static uint64_t check_network(struct findings *f, const struct settings *s, unsigned i)
{
    const struct network *n = &s->networks[i];
    uint64_t n_addresses = 0;

    f->here = findings_nowhere();
    f->here.network = (int)i;
    check_name(f, s, i);
    check_thresholds(f, n);
    if (n->server_id_mode == SERVER_ID_FIXED && !address_is_unicast(n->server_id)) {
        findings_add(
            f, "server id %s: expected a host address", address_text_of(n->server_id).text);
    }
    findings_check_options(f, n->options);
    findings_check_boot(f, &n->boot);
    for (unsigned k = 0; k < n->n_subnets; k++) {
        f->here.subnet = (int)k;
        n_addresses += findings_check_subnet(f, &n->subnets[k]);
        if (n->ignores_client_id) {
            check_no_duids(f, &n->subnets[k]);
        }
    }
    return n_addresses;
}

/* A subnet and where it stands. */
struct placed_subnet {
    struct ip4_prefix prefix;
    int network, subnet;
};

static int sort_by_prefix(const void *a, const void *b)
{
    const struct placed_subnet *x = a;
    const struct placed_subnet *y = b;

    if (x->prefix.network.value != y->prefix.network.value) {
        return x->prefix.network.value < y->prefix.network.value ? -1 : 1;
    }
    if (x->prefix.length != y->prefix.length) {
        return x->prefix.length < y->prefix.length ? -1 : 1;
    }
    return x->network != y->network ? x->network - y->network : x->subnet - y->subnet;
}

static void check_overlaps(struct findings *f, const struct settings *s, unsigned n_subnets)
{
    struct placed_subnet *sorted = calloc((size_t)n_subnets + 1, sizeof *sorted);
    unsigned n = 0;
    unsigned widest = 0; /* the last one that no earlier one contains */

    if (sorted == NULL) {
        f->is_out_of_memory = true;
        return;
    }
    for (unsigned i = 0; i < s->n_networks; i++) {
        for (unsigned k = 0; k < s->networks[i].n_subnets; k++) {
            struct ip4_prefix p = s->networks[i].subnets[k].prefix;

            if (p.length <= 32) { /* the others are at fault already */
                sorted[n++] = (struct placed_subnet){ p, (int)i, (int)k };
            }
        }
    }
    qsort(sorted, n, sizeof *sorted, sort_by_prefix);
    for (unsigned i = 1; i < n; i++) {
        struct ip4_prefix p = sorted[i].prefix;

        if (!ip4_prefix_overlaps(sorted[widest].prefix, p)) {
            widest = i;
            continue;
        }
        f->here = findings_nowhere();
        f->here.network = sorted[i].network;
        f->here.subnet = sorted[i].subnet;
        findings_add(
            f,
            "%s/%u overlaps another subnet",
            address_text_of(p.network).text,
            (unsigned)p.length);
    }
    free(sorted);
}

/* Totals first: what follows takes time and memory in proportion to them. */
static bool totals_are_good(struct findings *f, const struct settings *s, unsigned *ret_n_subnets)
{
    uint64_t n_subnets = 0;
    uint64_t n_reservations = 0;

    if (s->n_networks > NETWORKS_MAX) {
        findings_add(f, "%u networks: expected at most %d", s->n_networks, NETWORKS_MAX);
        return false;
    }
    for (unsigned i = 0; i < s->n_networks; i++) {
        n_subnets += s->networks[i].n_subnets;
        for (unsigned k = 0; k < s->networks[i].n_subnets && n_subnets <= SUBNETS_MAX; k++) {
            n_reservations += s->networks[i].subnets[k].n_reservations;
        }
    }
    if (n_subnets > SUBNETS_MAX) {
        findings_add(f, "%" PRIu64 " subnets: expected at most %d", n_subnets, SUBNETS_MAX);
        return false;
    }
    if (n_reservations > RESERVATIONS_MAX) {
        findings_add(
            f, "%" PRIu64 " reservations: expected at most %d", n_reservations, RESERVATIONS_MAX);
        return false;
    }
    *ret_n_subnets = (unsigned)n_subnets;
    return true;
}

int settings_check(
    const struct settings *s, struct settings_problem *problems, unsigned max, unsigned *ret_n)
{
    struct findings f = {
        .settings = s, .problems = problems, .max = max, .here = findings_nowhere()
    };
    uint64_t n_addresses = 0;
    unsigned n_subnets = 0;

    findings_check_options(&f, s->options);
    findings_check_classes(&f);
    f.here = findings_nowhere();
    if (totals_are_good(&f, s, &n_subnets)) {
        for (unsigned i = 0; i < s->n_networks; i++) {
            n_addresses += check_network(&f, s, i);
        }
        check_overlaps(&f, s, n_subnets);
    }
    f.here = findings_nowhere();
    if (n_addresses > SETTINGS_ADDRESSES_MAX) {
        findings_add(
            &f,
            "pools of %" PRIu64 " addresses in all: expected at most %d",
            n_addresses,
            SETTINGS_ADDRESSES_MAX);
    }
    if (f.is_out_of_memory) {
        return ERR_NOMEM;
    }
    *ret_n = f.n;
    return 0;
}
