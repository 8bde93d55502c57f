#include <inttypes.h>

#include "storage/findings.h"

bool subnet_has_host(const struct subnet *s, struct ip4 a)
{
    bool is_edge = ip4_equal(a, s->prefix.network) || ip4_equal(a, ip4_prefix_last(s->prefix));

    return ip4_prefix_contains(s->prefix, a) && (s->prefix.length >= 31 || !is_edge);
}

static void check_prefix(struct findings *f, struct ip4_prefix p)
{
    struct address_text network = address_text_of(p.network);
    struct ip4_prefix loopback = { { 0x7f000000 }, 8 };

    if (p.length < 1 || p.length > 32) {
        findings_add(f, "prefix length %u: expected 1 to 32", (unsigned)p.length);
    } else if (!ip4_equal(ip4_of(p.network.value & ip4_prefix_mask(p).value), p.network)) {
        findings_add(f, "%s/%u has host bits set", network.text, (unsigned)p.length);
    } else if (
        !address_is_unicast(p.network) || !address_is_unicast(ip4_prefix_last(p)) ||
        ip4_prefix_overlaps(p, loopback)) {
        findings_add(f, "%s/%u is not for hosts", network.text, (unsigned)p.length);
    }
}

static void check_times(struct findings *f, const struct lease_times *t)
{
    if (t->min.value == 0) {
        findings_add(f, "the shortest lease time is 0: expected at least one second");
    }
    if (t->min.value > t->default_.value || t->default_.value > t->max.value) {
        findings_add(
            f,
            "lease times %" PRIu32 ", %" PRIu32 ", %" PRIu32 " s: expected min <= default <= max",
            t->min.value,
            t->default_.value,
            t->max.value);
    }
    findings_check_moments(f, t);
    if (seconds_is_infinite(t->headroom)) {
        findings_add(f, "the headroom is infinite: no address would ever come back");
    }
}

static bool ranges_overlap(struct ip4_range a, struct ip4_range b)
{
    return a.first.value <= b.last.value && b.first.value <= a.last.value;
}

static void check_excludes(struct findings *f, const struct pool *p)
{
    if (p->n_excludes > EXCLUDES_MAX) {
        findings_add(f, "%u excludes: expected at most %d", p->n_excludes, EXCLUDES_MAX);
        return;
    }
    for (unsigned i = 0; i < p->n_excludes; i++) {
        struct ip4_range e = p->excludes[i];

        if (e.first.value > e.last.value || !ip4_range_contains(p->range, e.first) ||
            !ip4_range_contains(p->range, e.last)) {
            findings_add(
                f,
                "exclude %s-%s: expected a range inside the pool",
                address_text_of(e.first).text,
                address_text_of(e.last).text);
        }
    }
}

static void check_classes_of_pool(struct findings *f, const struct pool *p)
{
    if (class_set_next(&p->classes, f->settings->n_classes) < CLASSES_MAX) {
        findings_add(
            f,
            "pool %s-%s is for a class that does not exist",
            address_text_of(p->range.first).text,
            address_text_of(p->range.last).text);
    }
}

/* Returns how many addresses the pool has; 0 when it has a fault. */
static uint64_t check_pool(struct findings *f, const struct subnet *s, unsigned i)
{
    const struct pool *p = &s->pools[i];
    struct address_text first = address_text_of(p->range.first);
    struct address_text last = address_text_of(p->range.last);

    if (p->range.first.value > p->range.last.value) {
        findings_add(f, "pool %s-%s ends before it begins", first.text, last.text);
        return 0;
    }
    if (!subnet_has_host(s, p->range.first) || !subnet_has_host(s, p->range.last)) {
        findings_add(f, "pool %s-%s: expected host addresses of the subnet", first.text, last.text);
        return 0;
    }
    for (unsigned other = 0; other < i; other++) {
        if (ranges_overlap(p->range, s->pools[other].range)) {
            findings_add(f, "pool %s-%s overlaps another pool", first.text, last.text);
            return 0;
        }
    }
    check_excludes(f, p);
    check_classes_of_pool(f, p);
    findings_check_options(f, p->options);
    return ip4_range_size(p->range);
}

static uint64_t check_pools(struct findings *f, const struct subnet *s)
{
    uint64_t n = 0;

    if (s->n_pools > POOLS_MAX) {
        findings_add(f, "%u pools: expected at most %d", s->n_pools, POOLS_MAX);
        return 0;
    }
    for (unsigned i = 0; i < s->n_pools; i++) {
        f->here.pool = (int)i;
        n += check_pool(f, s, i);
    }
    f->here.pool = -1;
    if (n > POOL_ADDRESSES_MAX) {
        findings_add(
            f, "pools of %" PRIu64 " addresses: expected at most %d", n, POOL_ADDRESSES_MAX);
    }
    return n;
}

uint64_t findings_check_subnet(struct findings *f, const struct subnet *s)
{
    unsigned n_before = f->n;
    uint64_t n = 0;

    check_prefix(f, s->prefix);
    if (f->n == n_before) { /* else every address of it would be at fault as well */
        n = check_pools(f, s);
        findings_check_reservations(f, s);
    }
    check_times(f, &s->times);
    findings_check_options(f, s->options);
    findings_check_boot(f, &s->boot);
    return n;
}
