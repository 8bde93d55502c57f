#include "server/pki/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "server/config/values.h"
#include "server/ctl/command.h"

/* Pki - the CA's orders, with what to do next */
enum {
    CA_DAYS = 3650,
    NODE_DAYS = 730,
    DAYS_MAX = 36500,
    EARLIER_DAYS = 1, /* a clock may be behind by so much and still take a new certificate */
};

#define DEFAULT_FOLDER "pki"

static const int64_t day_ms = 86400000;

static struct instant wall_clock(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (struct instant){ (int64_t)t.tv_sec * 1000 };
}

/* Reads the options into @o; false after a complaint. */
static bool read_order(const struct ctl_line *line, unsigned days, struct pki_order *o)
{
    const char *folder = line->values[CTL_OPTION_FOLDER];
    const char *given = line->values[CTL_OPTION_DAYS];
    uint64_t n = days;

    if (given != NULL && (!values_parse_number(given, DAYS_MAX, &n) || n == 0)) {
        (void)ctl_fail(0, "--days: expected a whole number from 1 to %d", DAYS_MAX);
        return false;
    }
    (void)umask(027);
    *o = (struct pki_order){
        .folder = folder == NULL ? DEFAULT_FOLDER : folder,
        .now = wall_clock(),
        .force = line->values[CTL_OPTION_FORCE] != NULL,
    };
    o->from = instant_add_ms(o->now, -EARLIER_DAYS * day_ms);
    o->until = instant_add_ms(o->now, (int64_t)n * day_ms);
    return true;
}

static int finish(const struct pki_order *o, int rv)
{
    if (rv == 0) {
        return CTL_DONE;
    }
    return ctl_fail(CTL_REFUSED, "%s", rv == PKI_REFUSED ? o->reason : err_str(rv));
}

static bool read_node(const struct ctl_line *line, uint32_t *ret_node)
{
    uint64_t node = 0;

    if (!values_parse_number(line->arguments[0], UINT32_MAX, &node) || node == 0) {
        (void)ctl_fail(0, "expected the number of a node, from 1 on");
        return false;
    }
    *ret_node = (uint32_t)node;
    return true;
}

/* --- what is told --- */

static void tell_certificate(const struct pki_order *o, uint32_t node)
{
    char until[INSTANT_TEXT_MAX];

    (void)printf(
        "%s/node-%u.pem: node %u of cluster %s, until %.10s\n",
        o->folder,
        node,
        node,
        o->cluster,
        instant_format(o->ends, until));
}

int ctl_pki_init(const struct ctl_line *line)
{
    const char *cluster = line->arguments[0];
    char until[INSTANT_TEXT_MAX];
    struct pki_order o;

    if (!values_is_name(cluster)) {
        return ctl_fail(
            CTL_USAGE, "a cluster's name is 1 to 63 characters a-z, 0-9, '-', '_', '.'");
    }
    if (!read_order(line, CA_DAYS, &o)) {
        return CTL_USAGE;
    }

    int rv = pki_init(&o, cluster);

    if (rv == 0) {
        (void)printf(
            "%s/ca.pem: the CA of cluster %s, until %.10s\n"
            "%s/ca.key: its key; keep it off the nodes, and keep a copy\n"
            "%s/crl.pem: what is revoked; nothing yet\n"
            "next: for each node, leasehold pki issue NODE --folder %s\n",
            o.folder,
            o.cluster,
            instant_format(o.ends, until),
            o.folder,
            o.folder,
            o.folder);
    }
    return finish(&o, rv);
}

int ctl_pki_issue(const struct ctl_line *line)
{
    struct pki_order o;
    uint32_t node = 0;

    if (!read_node(line, &node) || !read_order(line, NODE_DAYS, &o)) {
        return CTL_USAGE;
    }

    int rv = pki_issue(&o, node);

    if (rv == 0) {
        tell_certificate(&o, node);
        (void)printf(
            "%s/node-%u.key: its key\n"
            "next: bring both to node %u with ca.pem and crl.pem, the key readable by the group\n"
            "leasehold alone, and name the four in its node.yaml, under cluster:\n"
            "  tls: {ca: /etc/leasehold/ca.pem, certificate: /etc/leasehold/node.pem,\n"
            "        key: /etc/leasehold/node.key, crl: /etc/leasehold/crl.pem}\n",
            o.folder,
            node,
            node);
    }
    return finish(&o, rv);
}

int ctl_pki_renew(const struct ctl_line *line)
{
    struct pki_order o;
    uint32_t node = 0;

    if (!read_node(line, &node) || !read_order(line, NODE_DAYS, &o)) {
        return CTL_USAGE;
    }

    int rv = pki_renew(&o, node);

    if (rv == 0) {
        tell_certificate(&o, node);
        (void)printf(
            "next: put it in the place of the old one on node %u; it is taken within a minute, or\n"
            "at once with `systemctl reload leasehold`\n",
            node);
    }
    return finish(&o, rv);
}

int ctl_pki_revoke(const struct ctl_line *line)
{
    struct pki_order o;
    uint32_t node = 0;

    if (!read_node(line, &node) || !read_order(line, NODE_DAYS, &o)) {
        return CTL_USAGE;
    }

    int rv = pki_revoke(&o, node);

    if (rv == 0) {
        (void)printf(
            "%s/crl.pem: certificates of node %u that are revoked now: %u\n"
            "next: bring it to every other node; it is taken within a minute, or at once with\n"
            "`systemctl reload leasehold`\n",
            o.folder,
            node,
            o.n_revoked);
    }
    return finish(&o, rv);
}
